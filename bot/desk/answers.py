"""What agents say to customers, and what is asked of these about it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.conversation.deliverability import Undeliverable
from bot.conversation.outgoing import Outgoing
from bot.conversation.public import exposure
from bot.conversation.survey import survey
from bot.desk.actor import Actor
from bot.runtime.http.refusals import Conflict
from channels.registry import is_public
from store.conversations import attachments
from store.conversations.conversations import Conversation
from store.conversations.transcript import Draft, Entry
from store.core.database import Connection
from store.desk import read_marks
from store.handoffs import handoffs
from store.vocabulary import Author

MAX_TEXT = 4000  # characters of an answer; channels cut it into parts


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file for the customer, kept as `file`; `link` gives the address of an attachment's id."""

    file: str
    name: str
    kind: str
    media_type: str
    size: int
    link: Callable[[int], str]


class Answers:
    """All methods belong to a transaction in which the conversation is locked."""

    def __init__(self, outgoing: Outgoing, clock: Callable[[], datetime]) -> None:
        self._outgoing = outgoing
        self._clock = clock

    def answer(
        self,
        connection: Connection,
        who: Actor,
        conversation: Conversation,
        text: str,
        *,
        key: str | None = None,
        file: NewFile | None = None,
    ) -> Entry:
        """Answers the customer; `key` names the answer for ever. Raises `Refusal` where the channel takes
        none."""
        at = self._clock()
        if is_public(conversation.channel):
            self._need_harmless(connection, text, file)
        try:
            self._outgoing.reach(connection, conversation).require()
        except Undeliverable as error:
            raise Conflict(str(error), code=error.code) from None
        if file:
            row = {"kind": file.kind, "name": file.name, "media_type": file.media_type, "size": file.size}
            attachment = attachments.add_ours(
                connection, conversation.id, conversation.last_seq + 1, {**row, "file": file.file}, at
            )
            text = f"{text}\n{file.link(attachment)}".strip()
        draft = Draft(Author.AGENT, text, external_id=key, author_name=who.agent.name)
        (entry,) = self._outgoing.write(connection, conversation, [draft], request_id=who.request_id)
        handoffs.answered(connection, conversation.id, at)
        read_marks.read(connection, who.agent.id, conversation.id, entry.seq)
        return entry

    def _need_harmless(self, connection: Connection, text: str, file: NewFile | None) -> None:
        """Nothing of an order's, and no file that anybody could open. Raises `Conflict`."""
        if file:
            raise Conflict("Everybody could open this file. Send it in private.", code="public_file")
        if exposure.of_an_order(connection, text):
            raise Conflict(
                "This names an order or a customer's contact, and everybody could read it. Write in private.",
                code="public_order",
            )

    def ask(
        self,
        connection: Connection,
        conversation: Conversation,
        handoff_id: int | None,
        agent_id: int,
        request_id: str,
    ) -> tuple[Entry, ...]:
        """Asks how the agent's work was, if the channel takes a question and it is time for one."""
        outgoing = self._outgoing
        if is_public(conversation.channel):
            return ()
        able = outgoing.channels.capabilities(conversation.channel)
        if not outgoing.reach(connection, conversation).is_open:
            return ()
        asked = survey.question(
            connection,
            outgoing.assistant,
            conversation,
            handoff_id,
            agent_id,
            self._clock(),
            buttons=able is None or able.buttons > 0,
        )
        return outgoing.say(connection, conversation, (asked,), request_id=request_id) if asked else ()
