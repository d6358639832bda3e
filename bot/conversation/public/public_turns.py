"""What becomes of a remark that everybody can read: it is a person's to answer. The dialogue core never hears
it, so nothing can be proven, looked up or changed by it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from actions import intents
from bot.conversation import ownership
from bot.conversation.outgoing import Outgoing
from bot.conversation.public import urgency
from bot.handoff import packet as handoff
from bot.handoff.triggers import Call, Triggers
from bot.shop.calendar.service_clock import DueBy
from store.conversations import conversations
from store.conversations.conversations import Conversation
from store.conversations.inbox import Waiting
from store.conversations.transcript import Entry
from store.core.database import Connection
from store.handoffs import handoffs
from store.handoffs.packets import Packet
from store.vocabulary import Owner, Reason


@dataclass(frozen=True, slots=True)
class Heard:
    """What a public remark led to."""

    conversation: Conversation
    intent: str
    confidence: float
    replies: tuple[Entry, ...] = ()
    handoff: Reason | None = None


@dataclass(frozen=True, slots=True)
class PublicTurns:
    """The parts are those of `bot.conversation.turns.Turns`."""

    outgoing: Outgoing
    triggers: Triggers
    summarise: Callable[[Packet], str]
    due: DueBy
    clock: Callable[[], datetime]

    def take(self, connection: Connection, conversation: Conversation, waiting: Waiting) -> Heard:
        """Asks for a person, or tells the one who is awaited. Questions of the FAQ are answered, if the shop
        wants that and no person is awaited. The conversation, locked, is the assistant's or the queue's."""
        heard = self.outgoing.assistant.understand(waiting.text)
        language = conversation.language if heard.unknown or not waiting.text else heard.language
        heard = replace(heard, language=language)
        call = urgency.judge(heard, self.triggers)
        done = Heard(conversation, heard.intent, heard.confidence)
        if conversation.owner == Owner.QUEUE:
            handoff.note(connection, conversation, waiting.text)
            self._hurry(connection, conversation, call)
            return done
        able = self.outgoing.channels.capabilities(conversation.channel)
        said = urgency.answer(heard, call, self.outgoing.assistant) if able and able.assistant else None
        wish = heard.intent if intents.of(heard.intent).wish else None
        memory, at = replace(conversation.memory, wish=wish), self.clock()
        conversations.remember(connection, conversation, memory, language, at)
        conversation = replace(conversation, memory=memory, language=language)
        if said:
            replies = self.outgoing.say(
                connection,
                conversation,
                (said,),
                reply_to=waiting.seq,
                request_id=waiting.request_id,
                publicly=True,
            )
            return replace(done, conversation=conversation, replies=replies)
        handoff.request(
            connection,
            conversation,
            call.reason,
            wish or "",
            at,
            self.due(at),
            skill=call.skill,
            priority=call.priority,
            mood=self.triggers.mood,
            summarise=self.summarise,
        )
        conversation = ownership.change(
            connection, conversation, Owner.QUEUE, by="bot", why=call.reason, at=at
        )
        return replace(done, conversation=conversation, handoff=call.reason)

    def _hurry(self, connection: Connection, conversation: Conversation, call: Call) -> None:
        """The person who is awaited must come sooner than was thought."""
        before = handoffs.latest(connection, conversation.id)
        if before and before.open and before.priority < call.priority:
            handoff.sharpen(
                connection,
                conversation,
                call.reason,
                skill=call.skill,
                priority=call.priority,
                summarise=self.summarise,
            )
