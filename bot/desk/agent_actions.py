"""What agents do with conversations: each function is one transaction's work, under the conversation's lock.

One person at most has a conversation. Whoever comes second is told who was first.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.conversation import ownership
from bot.conversation.outgoing import Outgoing
from bot.conversation.turns import paused
from bot.desk import rights
from bot.desk.actor import Actor, by, target
from bot.desk.answers import Answers, NewFile
from bot.desk.conflicts import Taken, WrongState
from bot.handoff import packet, reminders
from bot.runtime.http.refusals import NoSuch, WrongField
from bot.shop.calendar.service_clock import DueBy, no_clock
from store.accounts import agents
from store.accounts.agents import Agent
from store.conversations import conversations, outbox, throttle, transcript
from store.conversations.conversations import Conversation
from store.conversations.transcript import Entry
from store.core import events
from store.core.database import Connection
from store.core.events import AgentsMentioned, NoteAdded
from store.desk import notes, read_marks
from store.desk.notes import Note
from store.handoffs import handoffs, surveys
from store.vocabulary import Author, Owner, Reason, Role

SOON = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A conversation as it stands afterwards, and the messages that it got."""

    conversation: Conversation
    entries: tuple[Entry, ...] = ()
    new: bool = True  # False: the same request came before


class Desk:
    """`due`: until when somebody who waits since then is helped."""

    def __init__(self, outgoing: Outgoing, clock: Callable[[], datetime], due: DueBy = no_clock) -> None:
        self.outgoing = outgoing
        self._answers = Answers(outgoing, clock)
        self._clock = clock
        self._due = due

    # --- who has it ---

    def claim(self, connection: Connection, who: Actor, conversation_id: int) -> Outcome:
        """The agent takes the conversation, from the queue, from the bot or out of the closed ones. Again
        changes nothing. Raises `Taken`."""
        conversation = self._held(connection, conversation_id)
        if conversation.owner == Owner.HUMAN and conversation.agent_id == who.agent.id:
            return Outcome(conversation, new=False)
        if conversation.owner == Owner.HUMAN and conversation.agent_id is not None:
            raise Taken(self._holder(connection, conversation))
        return self._give(connection, who, conversation, who.agent, "claimed")

    def assign(self, connection: Connection, who: Actor, conversation_id: int, agent_id: int) -> Outcome:
        """Gives a conversation that nobody has, or one's own, to an agent; an admin gives anybody's. Raises
        `Taken`."""
        conversation = self._held(connection, conversation_id)
        rights.need_not_taken(connection, who, conversation)
        agent = agents.get(connection, agent_id)
        if agent is None or agent.disabled or agent.invited:
            raise WrongField("agent_id", "name an agent who can sign in.")
        if conversation.owner == Owner.HUMAN and conversation.agent_id == agent_id:
            return Outcome(conversation, new=False)
        return self._give(connection, who, conversation, agent, "assigned")

    def give(self, connection: Connection, conversation: Conversation, agent: Agent, why: str) -> Outcome:
        """Gives a locked conversation of the queue to an agent, without anybody's asking."""
        at = self._clock()
        conversation = self._hand_to(connection, conversation, agent.id, "desk", why, at)
        return Outcome(conversation, self._joined(connection, conversation, agent.id, agent.name, at))

    def release(self, connection: Connection, who: Actor, conversation_id: int) -> Outcome:
        """Puts a conversation back into the queue. Raises `Taken`, `WrongState`."""
        conversation = self._held(connection, conversation_id)
        rights.need_not_taken(connection, who, conversation)
        if conversation.owner != Owner.HUMAN:
            raise WrongState("Nobody has this conversation.")
        conversation = _put_back(connection, conversation, by(who), "released", self._clock(), self._due)
        who.record(connection, "released", target(conversation))
        return Outcome(conversation)

    def put_back(self, connection: Connection, conversation: Conversation, why: str) -> Outcome:
        """Puts a locked conversation, whose customer waits, back into the queue without anybody's asking. If
        nobody takes it up at once, the customer is told."""
        at = self._clock()
        due = self._due(at)
        if due.reminder:
            due = replace(due, reminder=min(due.reminder, at + SOON))
        return Outcome(_put_back(connection, conversation, "desk", why, at, lambda _: due, Reason.UNANSWERED))

    def hand_back(
        self, connection: Connection, who: Actor, conversation_id: int, text: str | None = None
    ) -> Outcome:
        """The bot goes on, from a clean start, after the agent's last words, if there are any. Raises
        `Taken`, `WrongState`."""
        conversation = self._held(connection, conversation_id)
        rights.need_not_taken(connection, who, conversation)
        if conversation.owner not in (Owner.HUMAN, Owner.QUEUE):
            raise WrongState("Neither a person nor the queue has this conversation.")
        entries = self._last_words(connection, who, conversation, text)
        conversation = self._end(connection, who, conversation, Owner.BOT, "handed back")
        throttle.forgive(connection, conversation.id, self._clock())
        entries += self.outgoing.tell(
            connection, conversation, Author.BOT, "utter_back_from_person", who.request_id
        )
        who.record(connection, "handed_back", target(conversation))
        return Outcome(conversation, entries)

    def close(
        self,
        connection: Connection,
        who: Actor,
        conversation_id: int,
        disposition: str,
        text: str | None = None,
        *,
        ask: bool = False,
    ) -> Outcome:
        """Closes a conversation, after the agent's last words, if there are any; its next message opens it
        again. `ask`: the customer is asked how it was, if that can be. Raises `Taken`, `WrongState`."""
        conversation = self._held(connection, conversation_id)
        rights.need_not_taken(connection, who, conversation)
        if conversation.owner == Owner.CLOSED:
            raise WrongState("This conversation is closed already.")
        entries = self._last_words(connection, who, conversation, text)
        request = handoffs.latest(connection, conversation.id)
        worked = conversation.agent_id or who.agent.id
        conversation = self._end(connection, who, conversation, Owner.CLOSED, "closed", disposition)
        entries += self.outgoing.tell(
            connection, conversation, Author.SYSTEM, "utter_conversation_closed", who.request_id
        )
        surveys.finish(connection, conversation.id)
        if ask:
            handoff_id = request.id if request and request.open else None
            entries += self._answers.ask(connection, conversation, handoff_id, worked, who.request_id)
        who.record(connection, "closed", target(conversation), {"disposition": disposition})
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
        `WrongState`, or `Refusal` where the channel takes no message."""
        conversation = self._held(connection, conversation_id)
        key = _key(who.agent, client_msg_id)
        known = transcript.find_sent(connection, conversation, key)
        if known:
            return Outcome(conversation, (known,), new=False)
        mine = conversation.agent_id == who.agent.id or who.agent.role == Role.ADMIN
        if conversation.owner != Owner.HUMAN or not mine:
            holder = self._holder(connection, conversation)
            raise WrongState("Take the conversation before you answer.", holder)
        entry = self._answers.answer(connection, who, conversation, text, key=key, file=file)
        who.record(connection, "replied", target(conversation), {"seq": entry.seq})
        return Outcome(replace(conversation, last_seq=entry.seq), (entry,))

    def note(
        self, connection: Connection, who: Actor, conversation_id: int, text: str, mentions: list[int]
    ) -> Note:
        """Adds a note for colleagues, whoever has the conversation."""
        conversation = self._held(connection, conversation_id)
        known = agents.names(connection, mentions)
        mentioned = [one for one in dict.fromkeys(mentions) if one in known]
        note = notes.add(connection, conversation, who.agent, text, mentioned, self._clock())
        events.publish(connection, NoteAdded(conversation_id))
        if mentioned:
            events.publish(connection, AgentsMentioned(conversation_id, who.agent.name, tuple(mentioned)))
        who.record(connection, "noted", target(conversation), {"note": note.id})
        return note

    # --- parts ---

    def _held(self, connection: Connection, conversation_id: int) -> Conversation:
        conversation = conversations.lock(connection, conversation_id)
        if conversation is None:
            raise NoSuch("conversation")
        return conversation

    def _last_words(
        self, connection: Connection, who: Actor, conversation: Conversation, text: str | None
    ) -> tuple[Entry, ...]:
        return (self._answers.answer(connection, who, conversation, text),) if text else ()

    def _holder(self, connection: Connection, conversation: Conversation) -> str | None:
        agent = agents.get(connection, conversation.agent_id) if conversation.agent_id else None
        return agent.name if agent else None

    def _give(
        self, connection: Connection, who: Actor, conversation: Conversation, agent: Agent, action: str
    ) -> Outcome:
        at = self._clock()
        conversation = self._hand_to(connection, conversation, agent.id, by(who), action, at)
        who.record(connection, action, target(conversation), {"to": agent.id} if action == "assigned" else {})
        entries = self._joined(connection, conversation, agent.id, agent.name, at, who.request_id)
        return Outcome(conversation, entries)

    def _hand_to(
        self,
        connection: Connection,
        conversation: Conversation,
        agent_id: int | None,
        by: str,
        why: str,
        at: datetime,
        until: datetime | None = None,
    ) -> Conversation:
        """Gives a conversation to a person, whoever had it; None is `by`, who has no account, `until` a
        time."""
        if conversation.owner == Owner.HUMAN:
            conversation = ownership.hand_on(
                connection, conversation, agent_id, by=by, why=why, at=at, until=until
            )
        else:
            conversation = ownership.change(
                connection, conversation, Owner.HUMAN, by=by, why=why, at=at, agent_id=agent_id, until=until
            )
        # What the bot said and nobody has seen yet: from here on it would talk over a person.
        outbox.withdraw(connection, conversation.id, at)
        return conversation

    def _joined(
        self,
        connection: Connection,
        conversation: Conversation,
        agent_id: int | None,
        name: str,
        at: datetime,
        request_id: str = "",
    ) -> tuple[Entry, ...]:
        """Tells the customer who is with them now."""
        handoffs.take_up(connection, conversation.id, agent_id, at)
        return self.outgoing.tell(
            connection, conversation, Author.SYSTEM, "utter_person_joined", request_id, {"agent": name}
        )

    def _end(
        self,
        connection: Connection,
        who: Actor,
        conversation: Conversation,
        owner: Owner,
        why: str,
        disposition: str | None = None,
    ) -> Conversation:
        at = self._clock()
        conversation = ownership.change(
            connection, conversation, owner, by=by(who), why=why, at=at, disposition=disposition
        )
        handoffs.resolve(connection, conversation.id, at)
        read_marks.read(connection, who.agent.id, conversation.id, conversation.last_seq)
        return cleared(connection, conversation, at)


def release_all(connection: Connection, agent: Agent, at: datetime, due: DueBy = no_clock) -> None:
    """Puts all that an agent has back into the queue: the account is disabled."""
    for conversation_id in conversations.of_agent(connection, agent.id):
        conversation = conversations.lock(connection, conversation_id)
        if conversation and conversation.agent_id == agent.id:
            _put_back(connection, conversation, "desk", "agent disabled", at, due)


def _put_back(
    connection: Connection,
    conversation: Conversation,
    by: str,
    why: str,
    at: datetime,
    due: DueBy,
    reason: Reason = Reason.RELEASED,
) -> Conversation:
    conversation = ownership.change(connection, conversation, Owner.QUEUE, by=by, why=why, at=at)
    if handoffs.is_open(connection, conversation.id):
        handoffs.put_back(connection, conversation.id)
        reminders.schedule(connection, conversation.id, due(at).reminder)
    else:
        packet.request(connection, conversation, reason, "", at, due(at))
    return cleared(connection, conversation, at)


def cleared(connection: Connection, conversation: Conversation, at: datetime) -> Conversation:
    """The conversation with nothing of the bot's open any more; one who waits is told so again."""
    memory = paused(conversation.memory)
    conversations.remember(connection, conversation, memory, conversation.language, at)
    return replace(conversation, memory=memory)


def _key(agent: Agent, client_msg_id: str) -> str:
    return f"desk:{agent.id}:{client_msg_id}"
