"""Hands queued messages to their channels, with retries, and settles what became of each."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.runtime import log, metrics
from bot.runtime.http.ratelimit import RateLimit
from bot.runtime.work.jobs import Backoff, JobError, Jobs, NotYet
from channels.contract import Channel, Outbound, SendError
from channels.registry import Channels
from channels.splitting import Button, Capabilities, Part, Window, cut
from store.conversations import outbox, suppressions
from store.conversations.outbox import LEASE, Due
from store.core import channel_faults
from store.core.database import Connection, Database
from store.core.outage import is_outage
from store.vocabulary import Author, Fault, OutboxState, Suppression

UNDER_WAY = 50  # messages that one process sends at the same time
MAX_ATTEMPTS = 8
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


class Undelivered(JobError):
    """A message was not taken, or it is not known whether it was; `cause` is what the provider said."""

    def __init__(self, cause: SendError) -> None:
        super().__init__(cause.reason, permanent=cause.permanent, retry_after=cause.retry_after)
        self.cause = cause


class OutboxSender(Jobs[Due]):
    """Claims due messages and sends them side by side, one a conversation at a time. A slow one holds up
    its own conversation only."""

    kind = "sender"
    queue = outbox.QUEUE
    at_once = UNDER_WAY
    lease = LEASE
    max_attempts = MAX_ATTEMPTS
    backoff = Backoff(1.0, 300.0)
    look_every = 2.0

    def __init__(self, database: Database, channels: Channels) -> None:
        super().__init__(database)
        self._left: set[int] = set()  # messages of which a part is leaving
        self._lines = {channel.name: _Line.to(channel) for channel in channels}

    def claim(self, connection: Connection, at: datetime, until: datetime, room: int) -> list[Due]:
        return outbox.claim(connection, at, room, until)

    def abandoned(self, connection: Connection, at: datetime) -> int:
        """Unlike other work, these are not done again: the provider may have them."""
        return outbox.abandon(connection, at)

    async def run(self, message: Due, until: datetime) -> None:
        self._left.discard(message.id)
        try:
            outcome = await self._deliver(message, until)
        except SendError as error:
            metrics.refusals.labels(message.channel, error.kind).inc()
            if error.fault:
                _log.error("refused", channel=message.channel, fault=error.fault, reason=error.reason)
            line = self._lines.get(message.channel)
            if error.account and line:
                line.close(error.retry_after or self.backoff.longest)
                _log.error("account_refused", channel=message.channel, reason=error.reason)
            raise Undelivered(error) from error
        except NotYet:
            self._note(message, "postponed")
            raise
        except Exception as error:
            if is_outage(error):
                raise
            _log.exception("send_broke", conversation=message.conversation_id, seq=message.seq)
            unknown = message.id in self._left
            raise Undelivered(SendError(type(error).__name__, unknown=unknown)) from error
        self._note(message, outcome)

    def failed(self, connection: Connection, message: Due, until: datetime, error: JobError) -> str:
        """Fails, retries or leaves a message in doubt."""
        # One that was cut off: only if a part was leaving may the provider have it.
        broken = SendError(error.reason, unknown=message.id in self._left)
        cause = error.cause if isinstance(error, Undelivered) else broken
        if cause.unknown:
            outbox.settle(connection, message.id, OutboxState.UNKNOWN, self._clock(), reason=cause.reason)
            self._note(message, "unknown")
            return "parked"
        if cause.fault:
            channel_faults.note(
                connection,
                message.channel,
                message.account,
                Fault(cause.fault),
                cause.reason,
                self._clock(),
            )
        if cause.unreachable:
            suppressions.add(
                connection, message.channel, message.address, Suppression.UNREACHABLE, self._clock()
            )
        if cause.permanent or message.attempts + 1 >= self.max_attempts:
            outbox.settle(connection, message.id, OutboxState.FAILED, self._clock(), reason=cause.reason)
            self._note(message, "failed")
            return "parked"
        self._note(message, "retry")
        due_at = self._clock() + self.backoff.pause(message.attempts, cause.retry_after)
        outbox.stayed(connection, message, until, due_at, cause.reason)
        return "retried"

    def put_off(self, connection: Connection, message: Due, until: datetime, due_at: datetime) -> None:
        outbox.stayed(connection, message, until, due_at, None)

    def _note(self, message: Due, outcome: str) -> None:
        metrics.sends.labels(message.channel, outcome).inc()
        _log.info(
            "send",
            conversation=message.conversation_id,
            seq=message.seq,
            request_id=message.request_id,
            outcome=outcome,
        )

    async def _deliver(self, message: Due, until: datetime) -> str:
        """Sends the parts that were not sent yet, each noted before the next."""
        line = self._lines.get(message.channel)
        if line is None:
            raise SendError(f"the channel {message.channel} is not set up", permanent=True)
        outbound = _outbound(message, line.channel.capabilities)
        parts = cut(outbound.text, outbound.buttons, line.channel.capabilities)
        for number, part in enumerate(parts[message.parts_sent :], message.parts_sent):
            while wait := line.wait(message.address):
                if wait > PATIENCE or self._loop.stopping:
                    raise NotYet(wait)
                await asyncio.sleep(wait)
            # Until this is committed nothing has left. A person may have taken over meanwhile, or the
            # customer stopped all messages.
            if not await self._database.run(outbox.depart, message, until, datetime.now(UTC)):
                return OutboxState.WITHDRAWN
            provider_id = await self._hand_over(message, line.channel, outbound, part)
            last = number + 1 == len(parts)
            at = datetime.now(UTC)
            await self.keep(message, outbox.part_sent, message, number, provider_id, at, last=last)
        if not parts:
            await self.keep(message, outbox.settle, message.id, OutboxState.SENT, datetime.now(UTC))
        return OutboxState.SENT

    async def _hand_over(self, message: Due, channel: Channel, outbound: Outbound, part: Part) -> str | None:
        """Has a part sent. What the provider says of it, whatever that is, ends the doubt."""
        self._left.add(message.id)
        provider_id = await channel.send(outbound, part)
        self._left.discard(message.id)
        return provider_id


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
