"""What requests about conversations say, and about what stands beside them."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from bot.desk.api.field_types import (
    CLEANED,
    FROM_QUERY,
    ClientId,
    Disposition,
    Email,
    MaybeText,
    Mentions,
    QueryId,
    QuerySeq,
    QueryTag,
    RowId,
    Switch,
    Text,
    one_of,
    whole_number,
    written,
)
from bot.runtime.http.request_models import LEFT_OUT, RequestModel
from store.desk.lists import Filter, View

MAX_DAYS = 366
MAX_SEARCH = 100


class ListQuery(RequestModel):
    """Which conversations a list shows, and after what. `agent`: whose; `q`: what is searched for."""

    view: Annotated[View, one_of(View)] = Field(View.QUEUE, description=f"one of {', '.join(View)}")
    channel: QueryTag = None
    language: QueryTag = None
    agent: QueryId = None
    q: Annotated[str, CLEANED] = Field(
        "", max_length=MAX_SEARCH, description=f"at most {MAX_SEARCH} characters"
    )
    after: str | None = Field(None, max_length=100, description="what the list before had as next")

    def filter(self, agent_id: int) -> Filter:
        """As the store takes it, for an agent."""
        return Filter(self.view, agent_id, self.channel, self.language, self.agent, self.q or None)


class ThreadQuery(RequestModel):
    """The messages after one, in place of the last ones."""

    after: QuerySeq = None


class OlderQuery(RequestModel):
    """The messages before one."""

    before: QuerySeq = None


class HandBack(RequestModel):
    """A conversation goes back to the assistant, with a last word to the customer."""

    text: MaybeText = ""


class Closing(RequestModel):
    """How a conversation ended. `text`: a last word; `survey`: whether the customer is asked how it was."""

    disposition: Disposition
    text: MaybeText = ""
    survey: Switch = False


class Assignment(RequestModel):
    """Who gets a conversation."""

    agent_id: RowId


class ReadMark(RequestModel):
    """Up to which message an agent has read."""

    seq: Annotated[int, whole_number(0, 2**31 - 1)]


class NewAnswer(RequestModel):
    """An answer to the customer. The same `client_msg_id` again is the same answer."""

    client_msg_id: ClientId
    text: Text


class FileForm(RequestModel):
    """A file for the customer, as a form. Without a `client_msg_id` it is a new one each time."""

    file: Any = Field(
        LEFT_OUT,
        description="the file, of at most 10 MB",
        json_schema_extra={"type": "string", "format": "binary"},
    )
    text: MaybeText = ""
    client_msg_id: ClientId = LEFT_OUT


class NewNote(RequestModel):
    """A note that customers don't see. `mentions`: whom it concerns."""

    text: Text
    mentions: Mentions = Field(default_factory=list)


class TranscriptMail(RequestModel):
    """Where the transcript goes."""

    email: Email


class OrderChange(RequestModel):
    """The conversation in which the customer asked for it."""

    conversation: RowId


class AddressChange(RequestModel):
    """Where an order goes, and the conversation in which the customer said so."""

    conversation: RowId
    address: Annotated[str, written(1000), CLEANED]


class OrderQuery(RequestModel):
    """The conversation whose customer's order it is; admins need none."""

    conversation: QueryId = None


class CannedQuery(RequestModel):
    """Which ready answers: in a language, or a conversation's, with its customer's facts; all words of `q`
    stand in them."""

    conversation: QueryId = None
    language: QueryTag = None
    q: Annotated[str, BeforeValidator(lambda text: text[:MAX_SEARCH])] = Field(
        "", description=f"words; what comes after {MAX_SEARCH} characters doesn't count"
    )


class FiguresQuery(RequestModel):
    """Of how many days."""

    days: Annotated[int, whole_number(1, MAX_DAYS), FROM_QUERY] = 7
