"""What agents and the desk say to customers: written down, and on its way, if the channel takes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.assistant.protocol import Assistant, Reply
from bot.conversation import deliverability
from bot.conversation.deliverability import Deliverable
from bot.conversation.survey import survey
from bot.desk.actor import Actor
from channels.splitting import Capabilities
from store.conversations import attachments, handoffs, outbox, transcript
from store.conversations.conversations import Conversation
from store.conversations.transcript import ButtonRow, Draft, Entry
from store.core import signals
from store.core.database import Connection
from store.desk import read_marks
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


class Speech:
    """`pulled` names the channels whose customers fetch from the transcript; `able` what each other channel
    can carry. Conversations are locked."""

    def __init__(
        self,
        assistant: Assistant,
        pulled: Callable[[str], bool],
        able: Mapping[str, Capabilities],
        clock: Callable[[], datetime],
    ) -> None:
        self._assistant = assistant
        self._pulled = pulled
        self._able = able
        self._clock = clock

    def phrase(self, response: str, language: str, values: Mapping[str, Any]) -> str:
        """A fixed response's text, for an agent to send."""
        return self._assistant.say(response, language, values).text

    def last_words(
        self, connection: Connection, who: Actor, conversation: Conversation, text: str | None
    ) -> tuple[Entry, ...]:
        if not text:
            return ()
        return (self.answer(connection, who, conversation, text, None, None),)

    def answer(
        self,
        connection: Connection,
        who: Actor,
        conversation: Conversation,
        text: str,
        key: str | None,
        file: NewFile | None,
    ) -> Entry:
        at = self._clock()
        deliverability.need(connection, conversation, self._able.get(conversation.channel), at)
        if file:
            row = {"kind": file.kind, "name": file.name, "media_type": file.media_type, "size": file.size}
            attachment = attachments.add_ours(
                connection, conversation.id, conversation.last_seq + 1, {**row, "file": file.file}, at
            )
            text = f"{text}\n{file.link(attachment)}".strip()
        draft = Draft(Author.AGENT, text, external_id=key, author_name=who.agent.name)
        (entry,) = self.send(connection, conversation, [draft], at, who.request_id)
        handoffs.answered(connection, conversation.id, at)
        read_marks.read(connection, who.agent.id, conversation.id, entry.seq)
        return entry

    def tell(
        self,
        connection: Connection,
        conversation: Conversation,
        author: Author,
        response: str,
        request_id: str,
        facts: Mapping[str, str] | None = None,
    ) -> tuple[Entry, ...]:
        """Says a fixed sentence, if the channel takes one."""
        at = self._clock()
        if (
            deliverability.of(connection, conversation, self._able.get(conversation.channel), at).state
            != Deliverable.OPEN
        ):
            return ()
        said = self._assistant.say(response, conversation.language, facts)
        return self._utter(connection, conversation, author, said, at, request_id)

    def ask(
        self,
        connection: Connection,
        conversation: Conversation,
        handoff_id: int | None,
        agent_id: int,
        request_id: str,
    ) -> tuple[Entry, ...]:
        """Asks how the agent's work was, if the channel takes a question and it is time for one."""
        at, able = self._clock(), self._able.get(conversation.channel)
        if deliverability.of(connection, conversation, able, at).state != Deliverable.OPEN:
            return ()
        buttons = able is None or able.buttons > 0
        asked = survey.question(
            connection, self._assistant, conversation, handoff_id, agent_id, at, buttons=buttons
        )
        return self._utter(connection, conversation, Author.BOT, asked, at, request_id) if asked else ()

    def _utter(
        self,
        connection: Connection,
        conversation: Conversation,
        author: Author,
        said: Reply,
        at: datetime,
        request_id: str,
    ) -> tuple[Entry, ...]:
        choices = [ButtonRow(one.title, one.payload) for one in said.buttons]
        return self.send(connection, conversation, [Draft(author, said.text, choices)], at, request_id)

    def send(
        self,
        connection: Connection,
        conversation: Conversation,
        drafts: list[Draft],
        at: datetime,
        request_id: str,
    ) -> tuple[Entry, ...]:
        entries = transcript.extend(connection, conversation.id, drafts, at, request_id=request_id)
        sent = self._pulled(conversation.channel)
        outbox.add(connection, conversation, *entries, sent=sent, at=at, request_id=request_id)
        signals.notify(connection, signals.message("shown", conversation, entries[0].seq - 1))
        return tuple(entries)
