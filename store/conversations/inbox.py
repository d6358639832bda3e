"""The inbox: each inbound message once, for ever, and worked on in order."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, insert, or_, select, update

from store.conversations import conversations, transcript
from store.conversations.conversations import Conversation
from store.conversations.transcript import Entry
from store.tables import PARKED, WAITING, inbox, messages
from store.tables import conversations as conversations_table
from store.vocabulary import Author, InboxState

# After a failed turn; what is put off further ahead was by another clock.
LONGEST_PAUSE = timedelta(minutes=1)
QUIET = "quiet"  # the command of a message that isn't answered


class UnknownToken(LookupError):
    """A pressed button's token was never offered to this conversation."""


class AlreadyChosen(LookupError):
    """Another button of the same question was pressed before: it is answered."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an inbound message stands; `entry` is its new row of the transcript, if it wasn't known, and
    `conversation` the conversation as it was before."""

    conversation_id: int
    seq: int
    duplicate: bool
    entry: Entry | None = field(default=None, compare=False)
    conversation: Conversation | None = field(default=None, compare=False)


class Claim(NamedTuple):
    """A message whose turn it is."""

    conversation_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A message that no turn will be taken for."""

    seq: int
    request_id: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message whose turn it is; its conversation's row is locked."""

    id: int
    external_id: str
    seq: int
    text: str
    press: str | None
    command: str | None
    network: str | None
    request_id: str
    received_at: datetime
    conversation: Conversation


_KNOWN = select(inbox.c.conversation_id, inbox.c.seq).where(
    inbox.c.channel == bindparam("channel"),
    inbox.c.account == bindparam("account"),
    inbox.c.external_id == bindparam("external_id"),
)
_FREE = (
    select(inbox.c.conversation_id, inbox.c.id)
    .join(conversations_table, conversations_table.c.id == inbox.c.conversation_id)
    .where(
        WAITING,
        or_(
            conversations_table.c.retry_at.is_(None),
            conversations_table.c.retry_at <= bindparam("at"),
            # The clock was set back: no pause is so long.
            conversations_table.c.retry_at > bindparam("late"),
        ),
    )
    .order_by(inbox.c.id)
    .limit(1)
    .with_for_update(of=conversations_table, skip_locked=True)
)
_FREE_ONLY = _FREE.where(inbox.c.conversation_id == bindparam("only"))
_OLDEST = (
    select(
        inbox.c.id,
        inbox.c.external_id,
        inbox.c.seq,
        messages.c.text,
        inbox.c.press,
        inbox.c.command,
        inbox.c.network,
        inbox.c.request_id,
        inbox.c.received_at,
        *conversations.COLUMNS,
    )
    .join(messages, (messages.c.conversation_id == inbox.c.conversation_id) & (messages.c.seq == inbox.c.seq))
    .join(conversations_table, conversations_table.c.id == inbox.c.conversation_id)
    .where(inbox.c.conversation_id == bindparam("of"), WAITING)
    .order_by(inbox.c.id)
    .limit(1)
)
_ADD = insert(inbox)
_FINISH = (
    update(inbox)
    .where(inbox.c.id == bindparam("of"))
    .values(
        state=bindparam("ended"),
        done_at=bindparam("at", type_=inbox.c.done_at.type),
        network=None,
        intent=bindparam("meant"),
        confidence=bindparam("sure", type_=inbox.c.confidence.type),
    )
)


def accept(
    connection: Connection,
    *,
    channel: str,
    account: str,
    external_id: str,
    address: str,
    text: str,
    press: str | None,
    language: str,
    request_id: str,
    at: datetime,
    choice: int | None = None,
    command: str | None = None,
    message_id: str | None = None,
    network: str | None = None,
    album: str | None = None,
    revisable: Collection[str] = (),
) -> Place:
    """Stores a message and its place in the transcript; a known one changes nothing. `choice` is a press
    of that button of the last message that came with buttons, if it is still the conversation's last word.

    A question is answered by its first choice: a press of the same button again is that choice, whatever its
    id, unless the button means one of `revisable`; the same number typed again is kept without an answer. Of
    an album, one message is answered, beside those with words.

    Raises `UnknownToken`, `AlreadyChosen`.
    """
    conversation = conversations.open_for(connection, channel, account, address, language)
    key = {"channel": channel, "account": account, "external_id": external_id}
    known = connection.execute(_KNOWN, key).one_or_none()
    if known:
        return Place(*known, duplicate=True)
    if press is not None:
        offered = transcript.question(connection, conversation.id, press)
        if press not in offered:
            raise UnknownToken
        text = offered[press].title
        made = _made(offered)
        if made and offered[press].payload.intent not in revisable:
            if press not in made:
                raise AlreadyChosen
            return Place(conversation.id, made[press], duplicate=True)
    elif choice is not None:
        press = transcript.option(connection, conversation, choice)
        made = _made(transcript.question(connection, conversation.id, press)) if press else {}
        if made:
            command = command or (QUIET if press in made else None)
            press = None
    if album and _of_album(connection, conversation.id, album, has_words=bool(text.strip())):
        command = command or QUIET
    entry = transcript.append(
        connection,
        conversation.id,
        Author.CUSTOMER,
        text,
        at,
        external_id=message_id or external_id,
        request_id=request_id,
    )
    values = {
        **key,
        "conversation_id": conversation.id,
        "seq": entry.seq,
        "press": press,
        "command": command,
        "network": network,
        "album": album,
        "request_id": request_id,
        "received_at": at,
    }
    connection.execute(_ADD, values)
    if press is not None:
        transcript.choose(connection, press, entry.seq)
    return Place(conversation.id, entry.seq, False, entry, conversation)


def _made(offered: Mapping[str, transcript.Offered]) -> dict[str, int]:
    """What was chosen of a question's buttons, and by which message."""
    return {token: one.chosen for token, one in offered.items() if one.chosen is not None}


def _of_album(connection: Connection, conversation_id: int, album: str, *, has_words: bool) -> bool:
    """Whether a message of an album needs no answer of its own. One with words does, and then those without
    that still wait don't."""
    same = (inbox.c.conversation_id == conversation_id) & (inbox.c.album == album)
    if not has_words:
        return connection.execute(select(inbox.c.id).where(same).limit(1)).first() is not None
    wordless = select(messages.c.seq).where(
        messages.c.conversation_id == conversation_id, messages.c.seq == inbox.c.seq, messages.c.text == ""
    )
    connection.execute(
        update(inbox).where(same, WAITING, inbox.c.command.is_(None), wordless.exists()).values(command=QUIET)
    )
    return False


def claim(connection: Connection, at: datetime, only: int | None = None) -> Claim | None:
    """The oldest waiting message of all conversations that nobody works on and that aren't put off; of the
    conversation `only`, if given. Reads nothing but ids, so that no message can stand in the others' way.

    The conversation is locked until the transaction ends, so it is worked on by one worker at a time.
    """
    moments = {"at": at, "late": at + LONGEST_PAUSE}
    row = connection.execute(
        _FREE if only is None else _FREE_ONLY, moments if only is None else {**moments, "only": only}
    ).one_or_none()
    return Claim(*row) if row else None


def oldest(connection: Connection, conversation_id: int) -> Waiting | None:
    """The oldest waiting message of a locked conversation, if one still waits: before the lock another worker
    may have finished the claimed one."""
    row = connection.execute(_OLDEST, {"of": conversation_id}).one_or_none()
    return Waiting(*row[:9], conversation=conversations.from_row(row[9:])) if row else None


def finish(
    connection: Connection,
    inbox_id: int,
    at: datetime,
    state: InboxState = InboxState.DONE,
    *,
    intent: str | None = None,
    confidence: float | None = None,
) -> None:
    """Marks a message `done`, or `failed` for good, and what it was taken for."""
    values = {"of": inbox_id, "ended": state, "at": at, "meant": intent, "sure": confidence}
    connection.execute(_FINISH, values)


def give_up(connection: Connection, message_id: int, state: str, reason: str, at: datetime) -> GivenUp | None:
    """Ends a message that can't be worked on: `failed` where a person is asked for instead, else `parked`.
    None if it is over already."""
    row = connection.execute(
        update(inbox)
        .where(inbox.c.id == message_id, or_(WAITING, PARKED))
        .values(state=state, reason=reason[:200], done_at=at, network=None)
        .returning(inbox.c.seq, inbox.c.request_id)
    ).one_or_none()
    return GivenUp(*row) if row else None


def parked(connection: Connection, limit: int) -> list[tuple[Claim, str]]:
    """Messages that were given up and of which no person knows yet, with the reason."""
    rows = connection.execute(
        select(inbox.c.conversation_id, inbox.c.id, inbox.c.reason)
        .where(PARKED)
        .order_by(inbox.c.id)
        .limit(limit)
    )
    return [(Claim(*row[:2]), row[2]) for row in rows]


def count_parked(connection: Connection) -> int:
    """How many such messages there are."""
    count: int = connection.execute(select(func.count()).select_from(inbox).where(PARKED)).scalar_one()
    return count


def backlog(connection: Connection) -> tuple[int, datetime | None]:
    """How many messages wait, and since when the oldest one does."""
    row: Any = connection.execute(select(func.count(), func.min(inbox.c.received_at)).where(WAITING)).one()
    return int(row[0]), row[1]
