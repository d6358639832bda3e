"""Takes turn after turn from the inbox, as long as messages wait."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from time import perf_counter

from bot import log, metrics
from bot.conversation import Conversations, Turn, TurnFailed
from store import inbox
from store.database import Connection, Database

# A message that another process accepted and died over is found at the latest after this.
POLL_SECONDS = 2.0

_log = log.get("worker")


class Worker:
    """Runs turns side by side as far as the database allows; `done` hears of each after its commit."""

    def __init__(
        self, database: Database, conversations: Conversations, done: Callable[[Turn], None]
    ) -> None:
        self._database = database
        self._conversations = conversations
        self._done = done
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
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
        self._wake.set()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                while await self.step():
                    pass
                wait = await self._database.fetch(_seconds_to_retry)
            except Exception:
                # The database may be away for a while: messages wait in it, and so do we.
                _log.exception("worker_failed")
                wait = POLL_SECONDS
            # Not wait_for: before Python 3.12 it loses a cancellation that meets the event.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._wake.wait()

    async def step(self) -> bool:
        """Takes one turn; whether there was one to take."""
        started = perf_counter()
        try:
            turn = await self._database.run(self._conversations.take_turn)
        except TurnFailed as failure:
            metrics.turn_failures.inc()
            _log.error(
                "turn_failed",
                conversation=failure.conversation_id,
                request_id=failure.request_id,
                exc_info=_without_values(failure),
            )
            turn = await self._database.run(self._conversations.give_up, failure.conversation_id)
            if turn is None:
                return True
        if turn is None:
            return False
        metrics.turns.observe(perf_counter() - started)
        if turn.handoff:
            metrics.handoffs.labels(turn.handoff).inc()
        if turn.intent == "nlu_fallback":
            metrics.fallbacks.inc()
        if turn.replies:
            metrics.messages_out.labels(turn.conversation.channel, "bot").inc(len(turn.replies))
        _log.info(
            "turn",
            conversation=turn.conversation.id,
            seq=turn.seq,
            request_id=turn.request_id,
            intent=turn.intent,
            owner=turn.conversation.owner,
            replies=len(turn.replies),
        )
        self._done(turn)
        return True


def _seconds_to_retry(connection: Connection) -> float:
    due = inbox.next_retry(connection)
    if due is None:
        return POLL_SECONDS
    return min(POLL_SECONDS, max(0.01, (due - datetime.now(UTC)).total_seconds()))


def _without_values(failure: TurnFailed) -> BaseException:
    """The error that ended a turn. Database errors repeat their statement's values: a customer's words
    would get into the log."""
    cause = failure.__cause__ or failure
    if hasattr(cause, "hide_parameters"):
        cause.hide_parameters = True
    return cause
