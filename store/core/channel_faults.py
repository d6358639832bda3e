"""Refusals that only the shop's owner can mend: a token that was revoked, a number that may not send.

One that stands is a timed job (`store.core.timers`), which looks again and ends it; its row is what the
desk, `/health/ready` and `doctor` show. The customers' own refusals (blocked, unsubscribed, no such number)
are `store.conversations.suppressions`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, update

from store.core import events, timers
from store.core.events import ChannelFaultsChanged
from store.core.timers import Job
from store.tables import jobs, sends
from store.vocabulary import Fault, SendState, known

KIND = "channel_fault"
SETTLED = timedelta(minutes=15)  # without another refusal, but with something that went out
FORGOTTEN = timedelta(days=1)  # nothing was refused since; nor sent
MAX_REASON = 200


@dataclass(frozen=True, slots=True)
class ChannelFault:
    """`reason`: what the provider said last. `account`: the shop's own at the channel."""

    channel: str
    account: str
    fault: Fault
    reason: str
    since: datetime
    last: datetime


def note(connection: Connection, channel: str, account: str, fault: Fault, reason: str, at: datetime) -> bool:
    """Notes a refusal; whether it is a new one, which nobody was told of."""
    key = f"{channel}:{fault}:{account}"[:120]
    stands = _of(connection, key)
    payload = {
        "channel": channel,
        "account": account,
        "fault": fault,
        "reason": reason[:MAX_REASON],
        "since": stands.payload["since"] if stands else at.isoformat(),
        "last": at.isoformat(),
    }
    if timers.schedule(connection, KIND, key, at, payload):
        events.publish(connection, ChannelFaultsChanged())
        return True
    connection.execute(update(jobs).where(jobs.c.kind == KIND, jobs.c.key == key).values(payload=payload))
    return False


def standing(connection: Connection) -> list[ChannelFault]:
    """All that stand, the oldest first."""
    rows = connection.execute(select(jobs.c.payload).where(jobs.c.kind == KIND).order_by(jobs.c.id))
    return [read(row.payload) for row in rows]


def read(payload: Mapping[str, Any]) -> ChannelFault:
    """What a job's payload says."""
    return ChannelFault(
        payload["channel"],
        payload["account"],
        known(Fault, payload["fault"]),
        payload["reason"],
        datetime.fromisoformat(payload["since"]),
        datetime.fromisoformat(payload["last"]),
    )


def is_over(connection: Connection, job: Job, at: datetime) -> bool:
    """Whether a fault seems to be mended: messages went out since the last refusal and didn't come back."""
    one = read(job.payload)
    if at - one.last >= FORGOTTEN:
        return True
    if at - one.last < SETTLED:
        return False
    went_out = select(sends.c.id).where(
        sends.c.channel == one.channel,
        sends.c.account == one.account,
        sends.c.at > one.last,
        sends.c.state != SendState.FAILED,
    )
    return connection.execute(went_out.limit(1)).first() is not None


def clear(connection: Connection, channel: str) -> None:
    """Ends what stands of something that works again."""
    ended = delete(jobs).where(jobs.c.kind == KIND, jobs.c.key.startswith(f"{channel}:", autoescape=True))
    if connection.execute(ended).rowcount:
        events.publish(connection, ChannelFaultsChanged())


def _of(connection: Connection, key: str) -> Any:
    wanted = select(jobs.c.payload).where(jobs.c.kind == KIND, jobs.c.key == key)
    return connection.execute(wanted).one_or_none()
