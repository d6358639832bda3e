"""What agents do with conversations: each function is one transaction's work, under the conversation's lock.

One person at most has a conversation. Whoever comes second is told who was first.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from bot import handoff, ownership
from bot.assistant import Assistant
from bot.conversation import kept
from bot.desk import reach
from bot.desk.errors import DeskError, bad_request, not_found
from channels.parts import Capabilities
from store import agents, attachments, conversations, handoffs, notes, outbox, readings, signals, transcript
from store.agents import Agent
from store.conversations import Conversation
from store.database import Connection
from store.notes import Note
from store.transcript import ButtonRow, Draft, Entry

MAX_TEXT = 4000  # characters of an answer; channels cut it into parts


class Actor(Protocol):
    """Who does it, and for which request; `bot.desk.guard.SignedIn` is one."""

    @property
    def agent(self) -> Agent: ...

    @property
    def request_id(self) -> str: ...

    def record(
        self, connection: Connection, action: str, target: str = "", details: dict[str, Any] | None = None
    ) -> None:
        """Notes in the audit log what is done."""


class Taken(DeskError):
    """Somebody else, `agent`, has the conversation."""

    def __init__(self, agent: str | None) -> None:
        super().__init__(409, "taken", f"{agent or 'Somebody'} has this conversation.", more={"agent": agent})


class WrongState(DeskError):
    """The conversation's owner forbids it; `agent` has it, if anybody."""

    def __init__(self, what: str, agent: str | None = None) -> None:
        super().__init__(409, "wrong_state", what, more={"agent": agent})


@dataclass(frozen=True, slots=True)
class Outcome:
    """A conversation as it stands afterwards, and the messages that it got."""

    conversation: Conversation
    entries: tuple[Entry, ...] = ()
    new: bool = True  # False: the same request came before


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file for the customer, kept as `file`; `link` gives the address of an attachment's id."""

    file: str
    name: str
    kind: str
    media_type: str
    size: int
    link: Callable[[int], str]


Closed = Callable[[Connection, Conversation, Agent], None]


def _nothing(_connection: Connection, _conversation: Conversation, _agent: Agent) -> None:
    """Customers are asked for nothing."""


class Desk:
    """`pulled` names the channels whose customers fetch from the transcript; `able` what each other channel
    can carry. `ask` is called when a conversation is closed whose customer shall be asked how it was."""

    def __init__(
        self,
        assistant: Assistant,
        pulled: Callable[[str], bool],
        able: Mapping[str, Capabilities],
        clock: Callable[[], datetime],
        ask: Closed = _nothing,
    ) -> None:
        self._assistant = assistant
        self._pulled = pulled
        self._able = able
        self._clock = clock
        self._ask = ask

    # --- who has it ---

    def claim(self, connection: Connection, who: Actor, conversation_id: int) -> Outcome:
        """The agent takes the conversation, from the queue, from the bot or out of the closed ones. Again
        changes nothing. Raises `Taken`."""
        conversation = self._held(connection, conversation_id)
        if conversation.owner == "human" and conversation.agent_id == who.agent.id:
            return Outcome(conversation, new=False)
        if conversation.owner == "human" and conversation.agent_id is not None:
            raise Taken(self._holder(connection, conversation))
        return self._give(connection, who, conversation, who.agent, "claimed")

    def assign(self, connection: Connection, who: Actor, conversation_id: int, agent_id: int) -> Outcome:
        """Gives a conversation that nobody has, or one's own, to an agent; an admin gives anybody's. Raises
        `Taken`."""
        conversation = self._held(connection, conversation_id)
        self._need(connection, who, conversation)
        agent = agents.get(connection, agent_id)
        if agent is None or agent.disabled or agent.invited:
            raise bad_request("agent_id", "name an agent who can sign in.")
        if conversation.owner == "human" and conversation.agent_id == agent_id:
            return Outcome(conversation, new=False)
        return self._give(connection, who, conversation, agent, "assigned")

    def give(self, connection: Connection, conversation: Conversation, agent: Agent, why: str) -> Outcome:
        """Gives a locked conversation of the queue to an agent, without anybody's asking."""
        at = self._clock()
        conversation = ownership.change(
            connection, conversation, "human", by="desk", why=why, at=at, agent_id=agent.id
        )
        return self._joined(connection, conversation, agent, at)

    def release(self, connection: Connection, who: Actor, conversation_id: int) -> Outcome:
        """Puts a conversation back into the queue. Raises `Taken`, `WrongState`."""
        conversation = self._held(connection, conversation_id)
        self._need(connection, who, conversation)
        if conversation.owner != "human":
            raise WrongState("Nobody has this conversation.")
        conversation = _put_back(connection, conversation, _by(who), "released", self._clock())
        who.record(connection, "released", _target(conversation))
        return Outcome(conversation)

    def put_back(self, connection: Connection, conversation: Conversation, why: str) -> Outcome:
        """Puts a locked conversation back into the queue, without its agent's asking."""
        return Outcome(_put_back(connection, conversation, "desk", why, self._clock()))

    def hand_back(
        self, connection: Connection, who: Actor, conversation_id: int, text: str | None = None
    ) -> Outcome:
        """The bot goes on, from a clean start, after the agent's last words, if there are any. Raises
        `Taken`, `WrongState`."""
        conversation = self._held(connection, conversation_id)
        self._need(connection, who, conversation)
        if conversation.owner not in ("human", "queue"):
            raise WrongState("Neither a person nor the queue has this conversation.")
        entries = self._last_words(connection, who, conversation, text)
        conversation = self._end(connection, who, conversation, "bot", "handed back")
        entries += self._tell(connection, conversation, "bot", "utter_back_from_person", who.request_id)
        who.record(connection, "handed_back", _target(conversation))
        return Outcome(conversation, entries)

    def close(
        self,
        connection: Connection,
        who: Actor,
        conversation_id: int,
        disposition: str,
        text: str | None = None,
        *,
        survey: bool = False,
    ) -> Outcome:
        """Closes a conversation, after the agent's last words, if there are any; its next message opens it
        again. Raises `Taken`, `WrongState`."""
        conversation = self._held(connection, conversation_id)
        self._need(connection, who, conversation)
        if conversation.owner == "closed":
            raise WrongState("This conversation is closed already.")
        entries = self._last_words(connection, who, conversation, text)
        conversation = self._end(connection, who, conversation, "closed", "closed", disposition)
        entries += self._tell(connection, conversation, "system", "utter_conversation_closed", who.request_id)
        if survey:
            self._ask(connection, conversation, who.agent)
        who.record(connection, "closed", _target(conversation), {"disposition": disposition})
        return Outcome(conversation, entries)

    # --- what is said ---

    def reply(
        self,
        connection: Connection,
        who: Actor,
        conversation_id: int,
        client_msg_id: str,
        text: str,
        file: NewFile | None = None,
    ) -> Outcome:
        """Answers the customer; the same `client_msg_id` of the same agent's again changes nothing. Raises
        `WrongState`, or `DeskError` where the channel takes no message."""
        conversation = self._held(connection, conversation_id)
        key = _key(who.agent, client_msg_id)
        known = transcript.find_sent(connection, conversation, key)
        if known:
            return Outcome(conversation, (known,), new=False)
        mine = conversation.agent_id == who.agent.id or who.agent.role == "admin"
        if conversation.owner != "human" or not mine:
            holder = self._holder(connection, conversation)
            raise WrongState("Take the conversation before you answer.", holder)
        entry = self._answer(connection, who, conversation, text, key, file)
        who.record(connection, "replied", _target(conversation), {"seq": entry.seq})
        return Outcome(replace(conversation, last_seq=entry.seq), (entry,))

    def note(
        self, connection: Connection, who: Actor, conversation_id: int, text: str, mentions: list[int]
    ) -> Note:
        """Adds a note for colleagues, whoever has the conversation."""
        conversation = self._held(connection, conversation_id)
        known = agents.names(connection, mentions)
        mentioned = [one for one in dict.fromkeys(mentions) if one in known]
        note = notes.add(connection, conversation, who.agent, text, mentioned, self._clock())
        signals.notify(connection, {"desk": "note", "id": conversation_id})
        if mentioned:
            signal = {"desk": "mention", "id": conversation_id, "by": who.agent.name, "to": mentioned}
            signals.notify(connection, signal)
        who.record(connection, "noted", _target(conversation), {"note": note.id})
        return note

    def phrase(self, response: str, language: str, values: Mapping[str, Any]) -> str:
        """A fixed response's text, for an agent to send."""
        return self._assistant.say(response, language, values).text

    # --- parts ---

    def _held(self, connection: Connection, conversation_id: int) -> Conversation:
        conversation = conversations.lock(connection, conversation_id)
        if conversation is None:
            raise not_found("conversation")
        return conversation

    def _holder(self, connection: Connection, conversation: Conversation) -> str | None:
        agent = agents.get(connection, conversation.agent_id) if conversation.agent_id else None
        return agent.name if agent else None

    def _need(self, connection: Connection, who: Actor, conversation: Conversation) -> None:
        """Nobody else has it, or an admin asks."""
        if conversation.agent_id not in (None, who.agent.id) and who.agent.role != "admin":
            raise Taken(self._holder(connection, conversation))

    def _give(
        self, connection: Connection, who: Actor, conversation: Conversation, agent: Agent, action: str
    ) -> Outcome:
        at, by = self._clock(), _by(who)
        if conversation.owner == "human":
            conversation = ownership.hand_on(connection, conversation, agent.id, by=by, why=action, at=at)
        else:
            conversation = ownership.change(
                connection, conversation, "human", by=by, why=action, at=at, agent_id=agent.id
            )
        who.record(
            connection, action, _target(conversation), {"to": agent.id} if action == "assigned" else {}
        )
        return self._joined(connection, conversation, agent, at, who.request_id)

    def _joined(
        self,
        connection: Connection,
        conversation: Conversation,
        agent: Agent,
        at: datetime,
        request_id: str = "",
    ) -> Outcome:
        handoffs.take_up(connection, conversation.id, agent.id, at)
        # What the bot said and nobody has seen yet: from here on it would talk over a person.
        outbox.withdraw(connection, conversation.id, at)
        entries = self._tell(
            connection, conversation, "system", "utter_person_joined", request_id, {"agent": agent.name}
        )
        return Outcome(conversation, entries)

    def _end(
        self,
        connection: Connection,
        who: Actor,
        conversation: Conversation,
        owner: str,
        why: str,
        disposition: str | None = None,
    ) -> Conversation:
        at = self._clock()
        conversation = ownership.change(
            connection, conversation, owner, by=_by(who), why=why, at=at, disposition=disposition
        )
        handoffs.resolve(connection, conversation.id, at)
        state = {"slots": kept(conversation.state)}
        conversations.remember(connection, conversation, state, conversation.language, at)
        readings.read(connection, who.agent.id, conversation.id, conversation.last_seq)
        return replace(conversation, state=state)

    def _last_words(
        self, connection: Connection, who: Actor, conversation: Conversation, text: str | None
    ) -> tuple[Entry, ...]:
        if not text:
            return ()
        return (self._answer(connection, who, conversation, text, None, None),)

    def _answer(
        self,
        connection: Connection,
        who: Actor,
        conversation: Conversation,
        text: str,
        key: str | None,
        file: NewFile | None,
    ) -> Entry:
        at = self._clock()
        reach.need(connection, conversation, self._able.get(conversation.channel), at)
        if file:
            row = {"kind": file.kind, "name": file.name, "media_type": file.media_type, "size": file.size}
            attachment = attachments.add_ours(
                connection, conversation.id, conversation.last_seq + 1, {**row, "file": file.file}, at
            )
            text = f"{text}\n{file.link(attachment)}".strip()
        draft = Draft("agent", text, external_id=key, author_name=who.agent.name)
        (entry,) = self._send(connection, conversation, [draft], at, who.request_id)
        handoffs.answered(connection, conversation.id, at)
        readings.read(connection, who.agent.id, conversation.id, entry.seq)
        return entry

    def _tell(
        self,
        connection: Connection,
        conversation: Conversation,
        author: str,
        response: str,
        request_id: str,
        facts: Mapping[str, str] | None = None,
    ) -> tuple[Entry, ...]:
        """Says a fixed sentence, if the channel takes one."""
        at = self._clock()
        if reach.of(connection, conversation, self._able.get(conversation.channel), at).state != "open":
            return ()
        said = self._assistant.say(response, conversation.language, facts)
        choices = [ButtonRow(one.title, one.payload) for one in said.buttons]
        return self._send(connection, conversation, [Draft(author, said.text, choices)], at, request_id)

    def _send(
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
        signals.notify(connection, {"shown": conversation.id, "after": entries[0].seq - 1})
        return tuple(entries)


def release_all(connection: Connection, agent: Agent, at: datetime) -> None:
    """Puts all that an agent has back into the queue: the account is disabled."""
    for conversation_id in conversations.of_agent(connection, agent.id):
        conversation = conversations.lock(connection, conversation_id)
        if conversation and conversation.agent_id == agent.id:
            _put_back(connection, conversation, "desk", "agent disabled", at)


def _put_back(
    connection: Connection, conversation: Conversation, by: str, why: str, at: datetime
) -> Conversation:
    conversation = ownership.change(connection, conversation, "queue", by=by, why=why, at=at)
    if handoffs.is_open(connection, conversation.id):
        handoffs.put_back(connection, conversation.id)
    else:
        handoff.request(connection, conversation, "released", "", at)
    # The customer is told again that a person is awaited.
    state = {name: value for name, value in conversation.state.items() if name != "told"}
    conversations.remember(connection, conversation, state, conversation.language, at)
    return replace(conversation, state=state)


def _by(who: Actor) -> str:
    return f"agent:{who.agent.id}"


def _target(conversation: Conversation) -> str:
    return f"conversation:{conversation.id}"


def _key(agent: Agent, client_msg_id: str) -> str:
    return f"desk:{agent.id}:{client_msg_id}"
