"""Takes turn after turn from the inbox, as long as messages wait."""

import asyncio
import contextlib
from time import perf_counter

from actions.intents import Intent
from bot.conversation.turns import TurnFailed, Turns
from bot.runtime import log, metrics
from store.core.database import Database
from store.vocabulary import Author

# A message that nobody told of (its process died, or its turn failed and was put off) is found after this.
SWEEP_SECONDS = 1.0

_log = log.get("worker")


class Worker:
    """Runs turns side by side as far as the database allows."""

    def __init__(self, database: Database, turns: Turns) -> None:
        self._database = database
        self._turns = turns
        # One permit for each message that somebody told of: no look into an inbox known to be empty.
        self._told = asyncio.Semaphore(0)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Starts the tasks on the running loop."""
        self._tasks = [
            asyncio.create_task(self._run(), name=f"worker-{n}") for n in range(self._database.concurrency)
        ]

    async def stop(self) -> None:
        """Stops; a turn under way is finished or rolled back by the database."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def wake(self) -> None:
        """A message waits."""
        self._told.release()

    async def _run(self) -> None:
        while True:
            try:
                while await self.step():
                    pass
                while await self._is_told():
                    await self.step()
            except Exception:
                # The database may be away for a while: messages wait in it, and so do we.
                _log.exception("worker_failed")
                await asyncio.sleep(SWEEP_SECONDS)

    async def _is_told(self) -> bool:
        """Waits for a message to be told of; not for ever."""
        # Not wait_for: before Python 3.12 it loses a cancellation that meets the event.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SWEEP_SECONDS):
                await self._told.acquire()
                return True
        return False

    async def step(self) -> bool:
        """Takes one turn; whether there was one to take."""
        started = perf_counter()
        try:
            turn = await self._database.run(self._turns.take_turn)
        except TurnFailed as failure:
            metrics.turn_failures.inc()
            _log.error(
                "turn_failed",
                conversation=failure.conversation_id,
                request_id=failure.request_id,
                exc_info=_without_values(failure),
            )
            turn = await self._database.run(self._turns.give_up, failure.conversation_id)
            if turn is None:
                return True
        if turn is None:
            return False
        metrics.turns.observe(perf_counter() - started)
        if turn.handoff:
            metrics.handoffs.labels(turn.handoff).inc()
        if turn.intent == Intent.NLU_FALLBACK:
            metrics.fallbacks.inc()
        if turn.replies:
            metrics.messages_out.labels(turn.conversation.channel, Author.BOT).inc(len(turn.replies))
        _log.info(
            "turn",
            conversation=turn.conversation.id,
            seq=turn.seq,
            request_id=turn.request_id,
            intent=turn.intent,
            owner=turn.conversation.owner,
            replies=len(turn.replies),
        )
        return True


def _without_values(failure: TurnFailed) -> BaseException:
    """The error that ended a turn. Database errors repeat their statement's values: a customer's words
    would get into the log."""
    cause = failure.__cause__ or failure
    if hasattr(cause, "hide_parameters"):
        cause.hide_parameters = True
    return cause
