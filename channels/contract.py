"""What a channel gets from the rest of the program and what it gives.

Inbound: a channel verifies and parses a provider's request into events and hands them to the `Gateway`,
which stores them before it returns. Outbound: the sender cuts a message into `Part`s within the channel's
`Capabilities` and hands them over one by one; the channel returns when the provider has taken a part, or
raises `SendError`.

What channels hand over is clean because it is made so (`store.core.cleaning`): no channel can forget it.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Literal, Protocol, cast

from sanic import Blueprint

from channels.splitting import Button, Capabilities, Part
from store.core.cleaning import clean, clean_line, clean_name

MAX_TEXT = 4000  # characters of one inbound message; longer ones are refused by pull channels, cut by others
MOST_REPLAYED = 200  # messages that `Gateway.replay` returns at once
MAX_ID = 128  # characters of an id or an address
MAX_WAIT = 3600.0  # seconds
MAX_SIZE = 2**31 - 1  # bytes; files may be larger, the store's numbers not


class CommandName(StrEnum):
    """What a message asks of us beside its words. Where the rules of the channel want an answer to help
    whoever has the conversation, its argument is "always"; that of help, stop and resume is "answered" where
    the provider gives the answer by itself."""

    BEGIN = "begin"  # the first message
    HELP = "help"
    ORDER = "order"  # named by a deep link: its number is no proof
    STOP = "stop"  # no more messages
    RESUME = "resume"  # messages again
    QUIET = "quiet"  # no answer: another message, with which it came, is answered


class AttachmentKind(StrEnum):
    IMAGE = "image"
    AUDIO = "audio"
    VOICE = "voice"
    VIDEO = "video"
    FILE = "file"
    LOCATION = "location"
    CONTACT = "contact"
    LINK = "link"


# These are the thing itself: nothing is fetched.
AT_HAND = frozenset({AttachmentKind.LOCATION, AttachmentKind.CONTACT, AttachmentKind.LINK})


class ProofBy(StrEnum):
    """Who says whose contact it is: the sender of an SMS, who can be forged, so it is good for reading only;
    the messenger itself; the shop's own site."""

    SENDER = "sender"
    PROVIDER = "provider"
    SHOP = "shop"


class Fault(StrEnum):
    """Why a provider refuses us, where only the shop's owner can mend it: its credentials aren't accepted, or
    may not do this; the number or page may not send; the account is suspended, unpaid, or on trial."""

    CREDENTIALS = "credentials"
    PERMISSION = "permission"
    SENDER = "sender"
    ACCOUNT = "account"


class ReceiptState(StrEnum):
    """What became of a part. A state never goes back: sent < delivered < read, and sent < failed."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


def now() -> datetime:
    return datetime.now(UTC)


# How long a text may be, in characters, where that isn't `MAX_ID`.
_SIZES = {"text": MAX_TEXT, "reference": MAX_TEXT, "contact": 254, "name": 200, "reason": 200, "account": 64}


class _FromOutside:
    """Cleans the texts that it is made of: what people read keeps its lines, or stands on one; ids and names
    look as they are. Raises ValueError for a time without a zone: nobody could tell when it was."""

    __slots__ = ()

    def __post_init__(self) -> None:
        for one in fields(cast(Any, self)):
            value = getattr(self, one.name)
            if isinstance(value, str) and not isinstance(value, StrEnum):
                clear = {"text": clean, "reference": clean_line}.get(one.name, clean_name)
                object.__setattr__(self, one.name, clear(value, _SIZES.get(one.name, MAX_ID)))
            elif isinstance(value, datetime) and value.tzinfo is None:
                raise ValueError(f"{one.name}: a time without a zone")


# --- in ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Command(_FromOutside):
    name: CommandName
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Attachment(_FromOutside):
    """Something a customer sent beside text. `reference` is how the channel's `fetch` finds it later (a
    file id, an URL); of a location, contact or link it is the thing itself, and nothing is fetched."""

    kind: AttachmentKind
    reference: str
    name: str = ""
    media_type: str = ""  # as the provider says; what is stored is sniffed
    size: int | None = None  # bytes, if the provider says

    def __post_init__(self) -> None:
        _FromOutside.__post_init__(self)
        if self.size is not None:
            object.__setattr__(self, "size", min(self.size, MAX_SIZE) if self.size >= 0 else None)


@dataclass(frozen=True, slots=True)
class Proof(_FromOutside):
    """A contact (e-mail, or phone as E.164) that is known to be the customer's."""

    contact: str
    by: ProofBy


@dataclass(frozen=True, slots=True)
class Inbound(_FromOutside):
    """One message from a customer. (channel, account, external_id) names it for ever."""

    channel: str
    account: str
    external_id: str
    address: str  # where an answer goes: visitor id, chat id, or phone number (E.164, with its +)
    text: str = ""
    press: str | None = None  # token of a pressed button; `text`, its title, is kept if it is not known
    choice: int | None = None  # the text is this number of a numbered option, if options were offered
    command: Command | None = None
    attachments: tuple[Attachment, ...] = ()
    proof: Proof | None = None
    language: str | None = None  # a hint: the browser's or the provider's
    message_id: str | None = None  # what edits name it by, where that isn't external_id
    # A keyed hash of the customer's network (64 characters), where one customer has any number of addresses.
    network: str | None = None
    album: str | None = None  # the provider's name for what was sent together, a message each
    at: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True)
class Edit(_FromOutside):
    """The customer changed a message. The transcript follows; the assistant doesn't answer again."""

    channel: str
    account: str
    address: str
    message_id: str
    text: str
    at: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True)
class Receipt(_FromOutside):
    """What a provider says became of a part it took."""

    channel: str
    account: str
    provider_id: str
    state: ReceiptState
    reason: str | None = None
    unreachable: bool = False  # a failure that goes for every further message
    at: datetime = field(default_factory=now)
    fault: Fault | None = None  # a failure that the shop's owner must mend


@dataclass(frozen=True, slots=True)
class ReadUpTo(_FromOutside):
    """The customer has got (or read) all that was sent to them until a moment."""

    channel: str
    account: str
    address: str
    state: ReceiptState  # delivered or read
    until: datetime


@dataclass(frozen=True, slots=True)
class Reachability(_FromOutside):
    """The customer blocked us, or let us in again."""

    channel: str
    account: str
    address: str
    reachable: bool
    at: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True)
class HumanEcho(_FromOutside):
    """The customer was answered, not by us: by a person of the shop in the provider's own inbox, so that the
    bot must be silent, or by another program. `automatic`: the channel knows that it was a program."""

    channel: str
    account: str
    external_id: str
    address: str  # the customer's
    text: str
    automatic: bool = field(default=False, kw_only=True)
    at: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True)
class AccountRefused:
    """The provider refuses us while we ask what is new."""

    channel: str
    account: str
    fault: Fault
    reason: str
    at: datetime = field(default_factory=now)


Event = Inbound | Edit | Receipt | ReadUpTo | Reachability | HumanEcho | AccountRefused


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of an `Inbound`: its place in the conversation; `duplicate` if it was known already."""

    conversation_id: int
    seq: int
    duplicate: bool


class UnknownButton(Exception):
    """A pressed button's token is not one of the conversation's, or its question was answered by another."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A customer's stay on pages that fetch their messages: `id` names it, `address` their conversation.
    `vouched`: the shop's site says who they are; it then ends long before its token does, at `expires_at`."""

    id: str
    address: str
    expires_at: datetime
    vouched: bool = False


@dataclass(frozen=True, slots=True)
class Voucher:
    """The shop's site vouches for a customer. `subject` stands for their number there, and tells them from
    all others; `token_id` names the token that says so, and is remembered until it expires."""

    subject: str
    proof: Proof
    token_id: str
    expires_at: datetime


class VisitOver(Exception):
    """The customer's visit has ended, or nothing was written for too long."""


# --- out -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outbound:
    """One message to a customer. `late`: the channel's window for free answers has closed, and the message is
    one that may still be sent under the channel's special terms."""

    conversation_id: int
    seq: int
    account: str
    address: str
    author: str  # bot agent system
    text: str
    buttons: tuple[Button, ...] = ()
    late: bool = False


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """Something an open page is told at once: kind `message` (with its seq), `typing`, or `ended` (a
    visit)."""

    kind: str
    seq: int | None
    data: dict[str, Any]


class SendError(Exception):
    """A provider did not take a part.

    `permanent`: trying again is useless. `retry_after`: seconds the provider asks for. `unknown`: it
    may have been taken (a timeout after the request was sent), so it is never sent again.
    `unreachable`: nothing reaches this customer any more (blocked, opted out, no such number).
    `account`: the whole account is meant (its rate limit, its credentials): everything of it waits.
    `fault`: what the shop's owner must mend.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool = False,
        unknown: bool = False,
        unreachable: bool = False,
        account: bool = False,
        retry_after: float | None = None,
        fault: Fault | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent or unreachable
        self.unknown = unknown
        self.unreachable = unreachable
        self.account = account
        # Whatever is asked for: nobody waits longer than for an hour.
        self.retry_after = None if retry_after is None else min(MAX_WAIT, max(0.0, retry_after))
        self.fault = fault

    @property
    def kind(self) -> str:
        """Whose affair it is, in one word for figures: a fault of ours, the customer's, or the provider's."""
        if self.fault:
            return self.fault
        if self.unreachable:
            return "customer"
        if self.account or self.retry_after is not None:
            return "pace"
        if self.unknown:
            return "unknown"
        return "message" if self.permanent else "provider"


class FetchError(Exception):
    """An attachment could not be fetched; `permanent` if it never will be. `refused`: it is there, and larger
    than is taken."""

    def __init__(self, reason: str, *, permanent: bool = False, refused: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent or refused
        self.refused = refused


# --- both sides ----------------------------------------------------------------------------------


class Gateway(Protocol):
    """The rest of the program, as a channel's HTTP shell sees it."""

    async def accept(self, inbound: Inbound, visit: Visit | None = None) -> Accepted:
        """Stores a message durably; a known one is a no-op. Raises `UnknownButton` for a press that
        the conversation never offered, and `VisitOver` if the `visit` that it is written in is over."""

    async def take(self, events: Sequence[Event]) -> None:
        """Stores what one request of a provider brought, all of it in one transaction; what is known is a
        no-op. A press that was never offered is taken as its title typed; one of a question that another
        press has answered changes nothing."""

    async def begin_visit(
        self, channel: str, account: str, voucher: Voucher, before: Visit | None
    ) -> Visit | None:
        """A visit of the customer for whom the shop's site vouches, in their own conversation. The visit that
        their browser had `before` goes on if it is theirs and lasts; somebody else's ends. None, and nothing
        changes, if the voucher's token was used before."""

    async def visit_until(self, visit: Visit) -> datetime | None:
        """Until when a visit lasts if nothing is written any more; None if it is over."""

    async def end_visit(self, channel: str, account: str, visit: Visit, *, leaves: bool = False) -> None:
        """Ends a visit, and what was proven in it. Open pages are told by the live event `ended`, with the id
        of its `visit`. `leaves`: the customer's next visit begins another conversation, as is always so
        without the shop's word."""

    async def replay(
        self, channel: str, account: str, address: str, after: int, limit: int = MOST_REPLAYED
    ) -> Sequence[dict[str, Any]]:
        """The transcript's messages with seq > `after`, oldest first, at most `limit`."""

    def listen(self, channel: str, account: str, address: str) -> AsyncIterator[LiveEvent]:
        """Live events of one conversation, until the iterator is closed."""


class Channel(Protocol):
    """A channel whose messages are pushed to a provider."""

    name: str
    account: str
    capabilities: Capabilities

    def blueprint(self, gateway: Gateway) -> Blueprint | None:
        """The webhook's routes, if there are any."""

    async def start(self, gateway: Gateway) -> None:
        """Called on the server's loop before the first message: opens clients, begins to poll."""

    async def stop(self) -> None:
        """Closes them."""

    async def send(self, message: Outbound, part: Part) -> str | None:
        """Hands a part of a message to the provider and returns its id there, if any. Raises `SendError`."""

    async def signal(self, address: str, what: Literal["seen", "typing"]) -> None:
        """Shows the customer that they are read or answered, where the provider can. Best effort."""

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        """The bytes of an attachment of at most `limit` bytes. Raises `FetchError`."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What `aftercare doctor` says of a channel's set-up: never a secret's value."""

    level: Literal["ok", "off", "warning", "error"]
    text: str


class Setup(Protocol):
    """A channel's module as `channels.registry` lists it."""

    def load(self, environment: Mapping[str, str], public_url: str | None) -> Channel | None:
        """The channel as the environment configures it; None if it isn't. Raises `ChannelError`."""

    async def check(self, environment: Mapping[str, str], public_url: str | None) -> list[Finding]:
        """Looks at the configuration, and asks the provider whether it is right."""


class ChannelError(Exception):
    """A channel's configuration is incomplete or wrong; the text names the setting, never its value."""
