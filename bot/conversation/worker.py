"""Takes turn after turn from the inbox, as long as messages wait."""

import time
from collections import OrderedDict
from time import perf_counter

from actions.intents import Intent
from bot.conversation import giving_up
from bot.conversation.turns import Turn, TurnFailed, Turns
from bot.runtime import log, metrics
from bot.runtime.work.jobs import STOP_SECONDS
from bot.runtime.work.loop import Loop, Outage, TaskPool
from store.core.database import Database
from store.vocabulary import Author

# A message that nobody told of (its process died, or its turn failed and was put off) is found after this.
SWEEP_SECONDS = 1.0
REMEMBERED = 1000  # failed messages
PARKED_SECONDS = 60.0  # after which a person is asked for again for what was parked

_log = log.get("worker")


class Worker:
    """Runs turns side by side as far as the database allows. A message is claimed and worked on in one
    transaction: the conversation's lock is its lease."""

    def __init__(self, database: Database, turns: Turns) -> None:
        self._database = database
        self._turns = turns
        # Of so many messages somebody told: each is one look, and none goes into an inbox known to be empty.
        self._told = 0
        self._swept_at = self._brought_at = -PARKED_SECONDS  # never; by a clock that nobody sets
        self._failed: OrderedDict[int, None] = OrderedDict()  # messages whose failure was logged
        self._outage = Outage("worker", _log)
        self._loop = Loop("worker", self._look, SWEEP_SECONDS, _log)
        self._pool = TaskPool(_log, "turn_broke", most=database.concurrency, ended=self._loop.wake)
        self.start = self._loop.start

    async def stop(self) -> None:
        """Stops; a turn under way is finished or rolled back by the database."""
        await self._loop.stop()
        await self._pool.stop(STOP_SECONDS)

    def wake(self) -> None:
        """A message waits."""
        self._told += 1
        self._loop.wake()

    async def _look(self) -> float:
        now = time.monotonic()
        if self._pool.room and now - self._swept_at >= SWEEP_SECONDS:
            self._swept_at = now
            self._pool.begin(self._sweep())
        while self._pool.room and self._told:
            self._told -= 1
            self._pool.begin(self._take())
        return SWEEP_SECONDS

    async def _take(self) -> None:
        """A turn for a message that was told of. What a failing database leaves waits for the next sweep."""
        try:
            await self.step()
            self._outage.over()
        except Exception as error:
            self._outage.failed(error)

    async def _sweep(self) -> None:
        """All turns that can be taken."""
        try:
            while not self._loop.stopping and await self.step():
                pass
            if time.monotonic() - self._brought_at >= PARKED_SECONDS:
                await giving_up.bring_to_people(self._database, self._turns)
                self._brought_at = time.monotonic()
            self._outage.over()
        except Exception as error:
            self._outage.failed(error)

    async def step(self) -> bool:
        """Takes one turn; whether there was one to take."""
        started = perf_counter()
        try:
            turn = await self._database.run(self._turns.take_turn)
        except TurnFailed as failure:
            metrics.turn_failures.inc()
            self._tell(failure)
            turn = await giving_up.give_up(self._database, self._turns, failure)
            if turn is None:
                return True
        if turn is None:
            return False
        metrics.turns.observe(perf_counter() - started)
        _count(turn)
        return True

    def _tell(self, failure: TurnFailed) -> None:
        """Logs a message's failure once, however many workers try it, and however often."""
        if failure.message_id in self._failed:
            return
        self._failed[failure.message_id] = None
        if len(self._failed) > REMEMBERED:
            self._failed.popitem(last=False)
        _log.error(
            "turn_failed",
            conversation=failure.conversation_id,
            request_id=failure.request_id,
            exc_info=failure,
        )


def _count(turn: Turn) -> None:
    if turn.handoff:
        metrics.handoffs.labels(turn.handoff).inc()
    for reason in turn.refused:
        metrics.refused_proofs.labels(reason).inc()
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
