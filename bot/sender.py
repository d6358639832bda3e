"""Hands queued messages to their channels, with retries, and settles what became of each."""

import asyncio
import contextlib
import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from bot import log, metrics
from channels.contract import Button, Channel, Outbound, SendError
from store import outbox
from store.database import Connection, Database
from store.outbox import Due

UNDER_WAY = 20  # messages that one process sends at the same time
STOP_SECONDS = 5.0  # for these to end when the process does
POLL_SECONDS = 2.0
# A claim this old belongs to a process that died while it was sending.
LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 8
FIRST_RETRY, LONGEST_RETRY = 1.0, 300.0  # seconds

_log = log.get("sender")


class Sender:
    """Claims due messages and sends them side by side, one a conversation at a time. A slow one holds up
    its own conversation only."""

    def __init__(self, database: Database, channels: Mapping[str, Channel]) -> None:
        self._database = database
        self._channels = channels
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._stopping = False

    def start(self) -> None:
        """Starts the task on the running loop."""
        self._stopping = False
        self._task = asyncio.create_task(self._run(), name="sender")

    async def stop(self) -> None:
        """Stops; what is under way has a moment to end, else it ends as `unknown` after the lease."""
        # Not cancelled: a claim that is being committed would never be sent.
        self._stopping = True
        self._wake.set()
        if self._task:
            await self._task
        if self._sending:
            _, late = await asyncio.wait(self._sending, timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def wake(self) -> None:
        """A message was queued."""
        self._wake.set()

    async def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                abandoned = await self._database.run(_abandon)
                if abandoned:
                    _log.warning("sends_abandoned", count=abandoned)
                while not self._stopping and await self.step():
                    pass
                wait = await self._database.fetch(_seconds_to_due)
            except Exception:
                _log.exception("sender_failed")
                wait = POLL_SECONDS
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), wait)

    async def step(self) -> int:
        """Begins to send what is due, as far as there is room; how many messages that were."""
        room = UNDER_WAY - len(self._sending)
        due = await self._database.run(_claim, room) if room else []
        for message in due:
            task = asyncio.create_task(self._send(message))
            self._sending.add(task)
            task.add_done_callback(self._ended)
        return len(due)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        # There is room again, and the conversation's next message may go.
        self._wake.set()
        if not task.cancelled() and (error := task.exception()):
            # What became of the message could not be noted: it ends as `unknown` after the lease.
            _log.error("settle_failed", exc_info=error)

    async def _send(self, message: Due) -> None:
        outbound = Outbound(
            message.conversation_id,
            message.seq,
            message.account,
            message.address,
            message.author,
            message.text,
            tuple(Button(one["token"], one["title"]) for one in message.buttons),
        )
        try:
            channel = self._channels.get(message.channel)
            if channel is None:
                raise SendError(f"the channel {message.channel} is not set up", permanent=True)
            provider_id = await channel.send(outbound)
        except SendError as error:
            outcome = await self._database.run(_settle_error, message, error)
        except Exception as error:
            # Whether the provider got it is not known: a second try could double it.
            _log.exception("send_broke", conversation=message.conversation_id, seq=message.seq)
            outcome = await self._database.run(
                _settle_error, message, SendError(type(error).__name__, unknown=True)
            )
        else:
            await self._database.run(
                outbox.settle, message.id, "sent", datetime.now(UTC), provider_id=provider_id
            )
            outcome = "sent"
        metrics.sends.labels(message.channel, outcome).inc()
        _log.info(
            "send",
            conversation=message.conversation_id,
            seq=message.seq,
            request_id=message.request_id,
            outcome=outcome,
        )


def _claim(connection: Connection, room: int) -> list[Due]:
    return outbox.claim(connection, datetime.now(UTC), room)


def _abandon(connection: Connection) -> int:
    now = datetime.now(UTC)
    return outbox.abandon(connection, now - LEASE, now)


def _settle_error(connection: Connection, message: Due, error: SendError) -> str:
    """Fails, retries or leaves a message in doubt; the state it ends in."""
    now = datetime.now(UTC)
    if error.unknown:
        outbox.settle(connection, message.id, "unknown", now, reason=error.reason)
        return "unknown"
    if error.permanent or message.attempts + 1 >= MAX_ATTEMPTS:
        outbox.settle(connection, message.id, "failed", now, reason=error.reason)
        return "failed"
    seconds = error.retry_after
    if seconds is None:
        # Full jitter: clients that failed together don't come back together.
        seconds = random.uniform(0.5, 1) * min(LONGEST_RETRY, FIRST_RETRY * 2**message.attempts)
    outbox.retry(connection, message.id, now + timedelta(seconds=seconds), error.reason)
    return "retry"


def _seconds_to_due(connection: Connection) -> float:
    due = outbox.next_due(connection)
    if due is None:
        return POLL_SECONDS
    return min(POLL_SECONDS, max(0.01, (due - datetime.now(UTC)).total_seconds()))
