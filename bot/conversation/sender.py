"""Hands queued messages to their channels, with retries, and settles what became of each."""

import asyncio
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.runtime import log, metrics
from bot.runtime.loop import Loop, TaskPool, seconds_until
from bot.runtime.ratelimit import RateLimit
from channels.contract import Channel, Outbound, SendError
from channels.registry import Channels
from channels.splitting import Button, Capabilities, Window, cut
from store.conversations import outbox, suppressions
from store.conversations.outbox import Due
from store.core.database import Connection, Database
from store.vocabulary import Author, OutboxState, Suppression

UNDER_WAY = 50  # messages that one process sends at the same time
STOP_SECONDS = 5.0  # for these to end when the process does
POLL_SECONDS = 2.0
# A claim this old belongs to a process that died while it was sending.
LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 8
FIRST_RETRY, LONGEST_RETRY = 1.0, 300.0  # seconds
# A message whose turn at its provider comes later than this goes back into the queue until then.
PATIENCE = 2.0  # seconds

_log = log.get("sender")


@dataclass
class _Line:
    """A channel's account: how fast it may send, and until when it must not at all."""

    channel: Channel
    account: RateLimit
    address: RateLimit
    closed_until: float = 0.0

    @classmethod
    def to(cls, channel: Channel) -> "_Line":
        able = channel.capabilities
        return cls(
            channel,
            RateLimit(able.account_pace.burst, able.account_pace.rate),
            RateLimit(able.address_pace.burst, able.address_pace.rate),
        )

    def wait(self, address: str) -> float:
        """Seconds until the next message may go to an address; 0 takes that place."""
        closed = self.closed_until - time.monotonic()
        if closed > 0:
            return closed
        return self.address.take(address) or self.account.take("")

    def close(self, seconds: float) -> None:
        self.closed_until = max(self.closed_until, time.monotonic() + seconds)


class Sender:
    """Claims due messages and sends them side by side, one a conversation at a time. A slow one holds up
    its own conversation only."""

    def __init__(self, database: Database, channels: Channels) -> None:
        self._database = database
        self._lines = {channel.name: _Line.to(channel) for channel in channels}
        self._loop = Loop("sender", self._look, POLL_SECONDS, _log)
        self.start, self.wake = self._loop.start, self._loop.wake
        # With room again, the conversation's next message may go. What became of one that fails could not be
        # noted: it ends as `unknown` after the lease.
        self._crew = TaskPool(_log, "settle_failed", most=UNDER_WAY, ended=self.wake)

    async def stop(self) -> None:
        """Stops; what is under way has a moment to end, else it ends as `unknown` after the lease."""
        # Not cancelled: a claim that is being committed would never be sent.
        await self._loop.stop(patience=None)
        await self._crew.stop(STOP_SECONDS)

    async def _look(self) -> float:
        abandoned = await self._database.run(_abandon)
        if abandoned:
            _log.warning("sends_abandoned", count=abandoned)
        while not self._loop.stopping and await self.step():
            pass
        return seconds_until(await self._database.fetch(outbox.next_due), POLL_SECONDS, least=0.01)

    async def step(self) -> int:
        """Begins to send what is due, as far as there is room; how many messages that were."""
        room = self._crew.room
        due = await self._database.run(_claim, room) if room else []
        for message in due:
            self._crew.begin(self._send(message))
        return len(due)

    async def _send(self, message: Due) -> None:
        try:
            outcome = await self._deliver(message)
        except SendError as error:
            line = self._lines.get(message.channel)
            if error.account and line:
                line.close(error.retry_after or LONGEST_RETRY)
                _log.error("account_refused", channel=message.channel, reason=error.reason)
            outcome = await self._database.run(_settle_error, message, error)
        except Exception as error:
            # Whether the provider got it is not known: a second try could double it.
            _log.exception("send_broke", conversation=message.conversation_id, seq=message.seq)
            outcome = await self._database.run(
                _settle_error, message, SendError(type(error).__name__, unknown=True)
            )
        metrics.sends.labels(message.channel, outcome).inc()
        _log.info(
            "send",
            conversation=message.conversation_id,
            seq=message.seq,
            request_id=message.request_id,
            outcome=outcome,
        )

    async def _deliver(self, message: Due) -> str:
        """Sends the parts that were not sent yet, each noted before the next."""
        line = self._lines.get(message.channel)
        if line is None:
            raise SendError(f"the channel {message.channel} is not set up", permanent=True)
        outbound = _outbound(message, line.channel.capabilities)
        parts = cut(outbound.text, outbound.buttons, line.channel.capabilities)
        for number, part in enumerate(parts[message.parts_sent :], message.parts_sent):
            while wait := line.wait(message.address):
                if wait > PATIENCE or self._loop.stopping:
                    due = datetime.now(UTC) + timedelta(seconds=wait)
                    await self._database.run(outbox.postpone, message.id, due)
                    return "postponed"
                await asyncio.sleep(wait)
                # A person may have taken over meanwhile, or the customer stopped all messages.
                if not await self._database.run(outbox.still_wanted, message, datetime.now(UTC)):
                    return OutboxState.WITHDRAWN
            provider_id = await line.channel.send(outbound, part)
            await self._database.run(
                outbox.part_sent,
                message,
                number,
                provider_id,
                datetime.now(UTC),
                last=number + 1 == len(parts),
            )
        if not parts:
            await self._database.run(outbox.settle, message.id, OutboxState.SENT, datetime.now(UTC))
        return OutboxState.SENT


def _outbound(message: Due, able: Capabilities) -> Outbound:
    """The message as a channel gets it. Raises `SendError` if the channel's window has closed for it."""
    window, _ = able.window_at(message.heard_at, datetime.now(UTC))
    if window == Window.CLOSED or (window == Window.LATE and message.author != Author.AGENT):
        raise SendError("the channel's window for answers has closed", permanent=True)
    return Outbound(
        message.conversation_id,
        message.seq,
        message.account,
        message.address,
        message.author,
        message.text,
        tuple(Button(one["token"], one["title"]) for one in message.buttons),
        late=window == Window.LATE,
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
        outbox.settle(connection, message.id, OutboxState.UNKNOWN, now, reason=error.reason)
        return OutboxState.UNKNOWN
    if error.unreachable:
        suppressions.add(connection, message.channel, message.address, Suppression.UNREACHABLE, now)
    if error.permanent or message.attempts + 1 >= MAX_ATTEMPTS:
        outbox.settle(connection, message.id, OutboxState.FAILED, now, reason=error.reason)
        return OutboxState.FAILED
    seconds = error.retry_after
    if seconds is None:
        # Full jitter: clients that failed together don't come back together.
        seconds = random.uniform(0.5, 1) * min(LONGEST_RETRY, FIRST_RETRY * 2**message.attempts)
    outbox.retry(connection, message.id, now + timedelta(seconds=seconds), error.reason)
    return "retry"
