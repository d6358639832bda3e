"""A desk of another program, which the shop has already: what an adapter for one must be able to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from store.vocabulary import Fault, MirrorStatus


class ExternalError(Exception):
    """The desk didn't do what was asked; perhaps it did, where it only didn't answer. `gone`: it doesn't know
    the conversation (any more). `refused`: it will not take this message, however often it is sent.
    `retry_after`: seconds that it asks to wait. `fault`: what the shop's owner must mend."""

    def __init__(
        self,
        reason: str,
        *,
        gone: bool = False,
        refused: bool = False,
        retry_after: float | None = None,
        fault: Fault | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.gone = gone
        self.refused = refused
        self.retry_after = retry_after
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Opened:
    """A conversation there. `read_id`: its last message before it was of interest, 0 if there is none."""

    external_id: str
    contact_id: str
    read_id: int = 0


@dataclass(frozen=True, slots=True)
class Remark:
    """A message there. `key`: the one that we gave it, if it is ours. `agent`: the name of the person who
    wrote it to the customer; None if it is anything else. `failed`: people there are told that it didn't
    reach the customer."""

    id: int
    key: str | None
    agent: str | None
    text: str
    at: datetime
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation there, with the messages that were asked for, by their ids."""

    status: MirrorStatus
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class Upload:
    """A customer's file."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Post:
    """What is to be written there: the customer's words, or with `private` a note that the customer never
    sees. `key` stays with the message, so that it is known again."""

    key: str
    text: str
    private: bool
    files: Sequence[Upload] = ()


class ExternalDesk(Protocol):
    """An adapter. All methods raise `ExternalError`; each may be called again after an error.

    Attributes: `name` stands in the database."""

    name: str

    async def start(self) -> None:
        """Opens what it needs on the running loop; connects to nobody yet."""

    async def stop(self) -> None:
        """Closes it."""

    async def open(self, identifier: str, customer: str, since: datetime) -> Opened:
        """The conversation of the customer whom `identifier` names for ever, by the name `customer`; made if
        need be. What was said there before `since` is old."""

    async def read(self, external_id: str, identifier: str, after: int) -> Thread:
        """The conversation, with its messages whose id is above `after`. One that isn't the customer's, since
        it is another desk now, is `gone`."""

    async def post(self, external_id: str, post: Post) -> None:
        """Writes into the conversation."""

    async def set_status(self, external_id: str, status: MirrorStatus) -> None:
        """Opens or ends the conversation."""

    async def report(self, external_id: str, remark_id: int, reason: str | None) -> None:
        """Tells people there that a message reached the customer or, for a `reason`, didn't."""
