"""Hiding a comment, and answering its author in private: what is looked at before and written down after.

Between the two stands a request to the provider, which no transaction holds. It takes one private reply for a
comment only, so that one whose note was lost goes out no second time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.conversation import ownership
from bot.conversation.outgoing import Outgoing
from bot.desk import rights
from bot.desk.actor import Actor, by, target
from bot.runtime.http.refusals import Conflict, NoSuch
from bot.shop.desk_texts import DeskTexts
from channels.public import Invited, PublicChannel
from store.conversations import conversations, outbox
from store.conversations.conversations import Conversation
from store.conversations.transcript import Draft
from store.core import events
from store.core.database import Connection
from store.core.events import NoteAdded
from store.desk import notes, threads
from store.handoffs import handoffs
from store.vocabulary import Author, Owner

# After the comment: https://developers.facebook.com/docs/messenger-platform/discovery/private-replies
PRIVATE_FOR = timedelta(days=7)
MAX_PRIVATE = 2000  # characters of a private reply, which can't be cut: it is one


@dataclass(frozen=True, slots=True)
class Comment:
    """A customer's message that everybody reads; `id` is the provider's."""

    conversation: Conversation
    channel: PublicChannel
    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CommentWork:
    """All methods are a transaction's."""

    outgoing: Outgoing
    texts: DeskTexts
    clock: Callable[[], datetime]

    def need(self, connection: Connection, who: Actor, conversation_id: int, seq: int) -> Comment:
        """A comment of a conversation that the agent has. Raises `Taken`, `WrongState`, `NoSuch`, and
        `Conflict` where nothing is public."""
        conversation = rights.need_held(connection, who, conversation_id)
        channel = self.outgoing.channels.public(conversation.channel)
        if channel is None:
            raise Conflict("Nothing was said in public here.", code="not_public")
        for line in threads.lines(connection, conversation_id, before=seq + 1, limit=1):
            if line.seq == seq and line.author == Author.CUSTOMER and line.external_id:
                return Comment(conversation, channel, line.external_id, line.at)
        raise NoSuch("comment")

    def need_recent(self, connection: Connection, who: Actor, conversation_id: int, seq: int) -> Comment:
        """A comment that may still be answered in private. Raises as `need` does."""
        comment = self.need(connection, who, conversation_id, seq)
        if self.clock() > comment.at + PRIVATE_FOR:
            raise Conflict(
                f"A comment can be answered in private for {PRIVATE_FOR.days} days.", code="window_closed"
            )
        return comment

    def hidden(self, connection: Connection, who: Actor, comment: Comment, seq: int, *, hidden: bool) -> None:
        """Writes down that a comment was hidden, or shown again."""
        key = "comment_hidden" if hidden else "comment_shown"
        self._note(connection, who, comment.conversation, key)
        details = {"seq": seq}
        who.record(connection, key, target(comment.conversation), details)

    def invited(
        self, connection: Connection, who: Actor, comment: Comment, seq: int, invited: Invited, text: str
    ) -> int:
        """Writes down a private reply: in the conversation in which the talk goes on, which is the agent's
        unless another one has it; that one's id."""
        at = self.clock()
        public = comment.conversation
        private = conversations.open_for(
            connection, invited.channel, public.account, invited.address, public.language
        )
        if private.owner != Owner.HUMAN:
            private = ownership.change(
                connection,
                private,
                Owner.HUMAN,
                by=by(who),
                why="private reply",
                at=at,
                agent_id=who.agent.id,
            )
            outbox.withdraw(connection, private.id, at)
            handoffs.take_up(connection, private.id, who.agent.id, at)
        draft = Draft(Author.AGENT, text, external_id=invited.message_id, author_name=who.agent.name)
        self.outgoing.write(connection, private, [draft], request_id=who.request_id, at=at, sent=True)
        handoffs.answered(connection, public.id, at)
        self._note(connection, who, public, "private_reply_noted", number=private.id)
        self._note(connection, who, private, "private_reply_begun", number=public.id)
        who.record(connection, "private_reply", target(public), {"seq": seq, "to": private.id})
        return private.id

    def _note(
        self, connection: Connection, who: Actor, conversation: Conversation, key: str, **facts: int
    ) -> None:
        words = self.texts.desk.get(who.agent.language) or self.texts.desk[self.texts.languages[0]]
        text = words[key].format(**facts)
        notes.add(connection, conversation, who.agent, text, (), self.clock())
        events.publish(connection, NoteAdded(conversation.id))
