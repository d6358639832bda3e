"""What people at another desk do, by the rules of ours: each function is one transaction's work, under the
conversation's lock. They have no account here: a conversation that they have is `human` without an agent,
until a time.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.conversation import ownership
from bot.conversation.outgoing import Outgoing
from bot.desk.agent_actions import Desk, Outcome, cleared
from bot.shop.calendar.service_clock import DueBy, no_clock
from store.accounts import audit
from store.conversations import conversations, throttle
from store.conversations.conversations import Conversation
from store.conversations.transcript import Draft, Entry
from store.core.database import Connection
from store.handoffs import handoffs, surveys
from store.vocabulary import Author, Owner


class AgentsThere(Desk):
    """`by` is who did it, such as chatwoot:Rita. `silent_for`: how long a conversation is theirs after each
    of their answers."""

    def __init__(
        self, outgoing: Outgoing, clock: Callable[[], datetime], silent_for: timedelta, due: DueBy = no_clock
    ) -> None:
        super().__init__(outgoing, clock, due)
        self._silent_for = silent_for

    def answer(
        self, connection: Connection, conversation: Conversation, by: str, name: str, text: str, key: str
    ) -> Outcome:
        """Answers the customer under a name. Whoever had the conversation, the one who answers has it now."""
        at = self._clock()
        entries: tuple[Entry, ...] = ()
        until = at + self._silent_for
        if conversation.owner != Owner.HUMAN or conversation.held_by != by:
            others = conversation.owner == Owner.HUMAN and conversation.agent_id is None
            conversation = self._hand_to(connection, conversation, None, by, "answered elsewhere", at, until)
            if not others:
                entries = self._joined(connection, conversation, None, name, at)
        else:
            conversations.hold(connection, conversation.id, until)
            conversation = replace(conversation, held_until=until)
        draft = Draft(Author.AGENT, text, external_id=key, author_name=name)
        # Whether the channel still takes it is for the sender to find out: it says so there.
        entries += self.outgoing.write(connection, conversation, [draft])
        handoffs.answered(connection, conversation.id, at)
        _record(connection, conversation, by, "replied", {"seq": entries[-1].seq})
        return Outcome(conversation, entries)

    def end(self, connection: Connection, conversation: Conversation, by: str) -> Outcome:
        """Their work is done: the conversation is closed, unless the bot has it."""
        return self._over(
            connection, conversation, by, Owner.CLOSED, "resolved elsewhere", "utter_conversation_closed"
        )

    def return_to_bot(self, connection: Connection, conversation: Conversation, by: str) -> Outcome:
        """The bot goes on, from a clean start; wrong tries are forgiven, as at our own desk."""
        if conversation.owner in (Owner.QUEUE, Owner.HUMAN):
            throttle.forgive(connection, conversation.id, self._clock())
        return self._over(
            connection, conversation, by, Owner.BOT, "handed back elsewhere", "utter_back_from_person"
        )

    def resume(self, connection: Connection, conversation: Conversation, by: str) -> Outcome:
        """They opened it again: it is theirs, unless people have it anyway."""
        if conversation.owner in (Owner.BOT, Owner.CLOSED):
            at = self._clock()
            until = at + self._silent_for
            why = "opened again elsewhere"
            conversation = self._hand_to(connection, conversation, None, by, why, at, until)
            _record(connection, conversation, by, "opened_again")
        return Outcome(conversation)

    def _over(
        self,
        connection: Connection,
        conversation: Conversation,
        by: str,
        owner: Owner,
        why: str,
        response: str,
    ) -> Outcome:
        at = self._clock()
        handoffs.resolve(connection, conversation.id, at)
        if conversation.owner not in (Owner.QUEUE, Owner.HUMAN):
            return Outcome(conversation)
        conversation = ownership.change(connection, conversation, owner, by=by, why=why, at=at)
        surveys.finish(connection, conversation.id)  # what is written now is no answer to an old question
        conversation = cleared(connection, conversation, at)
        _record(connection, conversation, by, "closed" if owner == Owner.CLOSED else "handed_back")
        author = Author.BOT if owner == Owner.BOT else Author.SYSTEM
        return Outcome(conversation, self.outgoing.tell(connection, conversation, author, response))


def _record(
    connection: Connection,
    conversation: Conversation,
    by: str,
    action: str,
    details: dict[str, Any] | None = None,
) -> None:
    audit.record(connection, None, action, f"conversation:{conversation.id}", details, who=by)
