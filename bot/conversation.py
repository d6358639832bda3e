"""The life of a message between inbox and outbox: one turn, one transaction."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot import handoff, ownership
from bot.assistant import Assistant, Reply, TurnInput, TurnResult
from store import archive, attachments, conversations, inbox, outbox, signals, suppressions, transcript
from store.conversations import Conversation
from store.database import Connection
from store.inbox import Waiting
from store.transcript import ButtonRow, Draft, Entry

MAX_FAILURES = 3
_COMMANDS = {"begin": "greet", "help": "capabilities"}
_CONSENT = {
    "stop": "utter_messages_stopped",
    "resume": "utter_messages_resumed",
    "help": "utter_messages_help",
}
BACKOFF = (timedelta(seconds=1), timedelta(seconds=5))


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn did, for whoever waits for it."""

    conversation: Conversation  # as it stands after the turn
    seq: int  # of the customer's message
    request_id: str
    replies: tuple[Entry, ...] = ()
    intent: str | None = None
    confidence: float = 0.0
    handoff: str | None = None


class TurnFailed(Exception):
    """A turn raised an error; its transaction must be rolled back. The cause is chained."""

    def __init__(self, conversation_id: int, request_id: str) -> None:
        super().__init__(f"a turn of conversation {conversation_id} failed")
        self.conversation_id = conversation_id
        self.request_id = request_id


class Conversations:
    """Takes turns. `pulled` names the channels whose customers fetch from the transcript: for them a
    committed message is a sent one."""

    def __init__(
        self, assistant: Assistant, pulled: Callable[[str], bool], clock: Callable[[], datetime]
    ) -> None:
        self._assistant = assistant
        self._pulled = pulled
        self._clock = clock

    def take_turn(self, connection: Connection) -> Turn | None:
        """Works on the message whose turn it is, if one waits: transcript, events, ownership, outbox
        and inbox change in the caller's one transaction. Doing it again gives the same result.

        Raises `TurnFailed`."""
        waiting = inbox.claim(connection, self._clock())
        if waiting is None:
            return None
        try:
            turn = self._turn(connection, waiting)
            if waiting.conversation.failures:
                conversations.recover(connection, waiting.conversation.id)
            confidence = round(turn.confidence, 4)
            inbox.finish(connection, waiting.id, self._clock(), intent=turn.intent, confidence=confidence)
        except Exception as error:
            raise TurnFailed(waiting.conversation.id, waiting.request_id) from error
        return turn

    def _turn(self, connection: Connection, waiting: Waiting) -> Turn:
        conversation = waiting.conversation
        command, _, argument = (waiting.command or "").partition(" ")
        if command in _CONSENT and (command != "help" or argument):
            return self._consent(connection, conversation, waiting, command, argument)
        if conversation.owner == "closed":
            conversation = self._owner(connection, conversation, "bot", "customer", "wrote again")
        if conversation.owner == "human" or command == "quiet":
            return Turn(conversation, waiting.seq, waiting.request_id)
        pressed = _pressed(connection, conversation, waiting)
        if pressed and pressed["intent"] == "back_to_bot":
            return self._back(connection, conversation, waiting)
        if conversation.owner == "queue":
            return self._queue(connection, conversation, waiting)
        return self._bot(connection, conversation, waiting, pressed)

    def give_up(self, connection: Connection, conversation_id: int) -> Turn | None:
        """After a turn that failed: postpones the conversation; the third time in a row, apologises and
        asks for a person instead, so that no message blocks those behind it."""
        at = self._clock()
        waiting = inbox.claim(connection, at, only=conversation_id)
        if waiting is None:
            return None
        conversation = waiting.conversation
        if conversation.failures + 1 < MAX_FAILURES:
            conversations.postpone(connection, conversation.id, at + BACKOFF[conversation.failures])
            return None
        reply = self._assistant.say("utter_failed_turn", conversation.language)
        if conversation.owner == "closed":
            conversation = self._owner(connection, conversation, "bot", "customer", "wrote again")
        if conversation.owner == "bot":
            conversation = self._owner(connection, conversation, "queue", "bot", "failure")
        handoff.request(connection, conversation, "failure", "", at)
        replies = self._say(connection, conversation, (reply,), waiting)
        conversations.remember(connection, conversation, {}, conversation.language, at)
        conversations.recover(connection, conversation.id)
        inbox.finish(connection, waiting.id, at, "failed")
        return Turn(conversation, waiting.seq, waiting.request_id, replies, handoff="failure")

    def _bot(
        self,
        connection: Connection,
        conversation: Conversation,
        waiting: Waiting,
        pressed: dict[str, Any] | None,
    ) -> Turn:
        at = self._clock()
        result = self._assistant.respond(connection, _input(conversation, waiting, pressed))
        replies = self._say(connection, conversation, result.replies, waiting)
        archive.append(connection, conversation, result.events)
        conversations.remember(
            connection, conversation, result.state, result.language, at, events=len(result.events)
        )
        conversation = replace(conversation, language=result.language)
        if result.handoff:
            current = conversations.get(connection, conversation.id)
            handoff.request(connection, current, result.handoff, _wish(result), at)
            conversation = self._owner(connection, conversation, "queue", "bot", result.handoff)
        return Turn(
            conversation,
            waiting.seq,
            waiting.request_id,
            replies,
            result.intent,
            result.confidence,
            result.handoff,
        )

    def _queue(self, connection: Connection, conversation: Conversation, waiting: Waiting) -> Turn:
        """While a person is awaited: the message is kept for him, which the customer is told once."""
        if conversation.state.get("told"):
            return Turn(conversation, waiting.seq, waiting.request_id)
        state = {**conversation.state, "told": True}
        conversations.remember(connection, conversation, state, conversation.language, self._clock())
        said = self._assistant.say("utter_already_handed_off", conversation.language)
        replies = self._say(connection, conversation, (said,), waiting)
        return Turn(conversation, waiting.seq, waiting.request_id, replies)

    def _consent(
        self,
        connection: Connection,
        conversation: Conversation,
        waiting: Waiting,
        command: str,
        argument: str,
    ) -> Turn:
        """The customer wants no messages any more, or wants them again, or asks who writes (`argument`
        "always"): answered whoever has the conversation, unless the provider did (`argument` "answered")."""
        at = self._clock()
        if command == "stop":
            suppressions.add(connection, conversation.channel, conversation.address, "stopped", at)
        elif command == "resume":
            suppressions.remove(
                connection, conversation.channel, conversation.address, "stopped", "unreachable", "blocked"
            )
        said: tuple[Reply, ...] = ()
        if argument != "answered":
            said = (self._assistant.say(_CONSENT[command], conversation.language),)
        replies = self._say(connection, conversation, said, waiting, author="system")
        return Turn(conversation, waiting.seq, waiting.request_id, replies)

    def _back(self, connection: Connection, conversation: Conversation, waiting: Waiting) -> Turn:
        """The customer goes on with the bot; his request for a person stays open."""
        if conversation.owner == "queue":
            conversation = self._owner(connection, conversation, "bot", "customer", "went on with the bot")
        state = {"slots": kept(conversation.state)}
        conversations.remember(connection, conversation, state, conversation.language, self._clock())
        said = self._assistant.say("utter_back_to_bot", conversation.language)
        replies = self._say(connection, conversation, (said,), waiting)
        return Turn(conversation, waiting.seq, waiting.request_id, replies)

    def _say(
        self,
        connection: Connection,
        conversation: Conversation,
        replies: tuple[Reply, ...],
        waiting: Waiting,
        author: str = "bot",
    ) -> tuple[Entry, ...]:
        at = self._clock()
        drafts = [
            Draft(
                author,
                reply.text,
                [ButtonRow(choice.title, choice.payload) for choice in reply.buttons],
                reply_to=waiting.seq,
            )
            for reply in replies
        ]
        request_id = waiting.request_id
        entries = transcript.extend(connection, conversation.id, drafts, at, request_id=request_id)
        sent = self._pulled(conversation.channel)
        outbox.add(connection, conversation, *entries, sent=sent, at=at, request_id=request_id)
        if entries:
            signals.notify(connection, {"shown": conversation.id, "after": entries[0].seq - 1})
        return tuple(entries)

    def _owner(
        self, connection: Connection, conversation: Conversation, owner: str, by: str, why: str
    ) -> Conversation:
        return ownership.change(connection, conversation, owner, by=by, why=why, at=self._clock())


def _input(conversation: Conversation, waiting: Waiting, pressed: dict[str, Any] | None) -> TurnInput:
    return TurnInput(
        conversation_id=conversation.id,
        message_id=f"{conversation.channel}:{conversation.account}:{waiting.external_id}",
        text=waiting.text,
        payload=pressed,
        language=conversation.language,
        channel=conversation.channel,
        state=conversation.state,
        at=waiting.received_at,
    )


def _pressed(connection: Connection, conversation: Conversation, waiting: Waiting) -> dict[str, Any] | None:
    """What a message means that isn't told by its words: a pressed button, a command, a picture."""
    if waiting.press is not None:
        button = transcript.button(connection, conversation.id, waiting.press)
        return button.payload if button else None
    command, _, argument = (waiting.command or "").partition(" ")
    if command == "order":
        return {"intent": "track_order", "entities": {"order_number": argument}}
    if command in _COMMANDS:
        return {"intent": _COMMANDS[command], "entities": {}}
    if not waiting.text.strip() and attachments.of_conversation(connection, conversation.id, waiting.seq - 1):
        return {"intent": "send_attachment", "entities": {}}
    return None


def kept(state: dict[str, Any]) -> dict[str, Any]:
    """What survives a pause of the bot: the order the talk was about and a chosen language, but no open
    question."""
    slots = state.get("slots", {})
    return {name: slots[name] for name in ("order", "chosen_language") if name in slots}


def _wish(result: TurnResult) -> str:
    """What the customer was after, beyond the person itself."""
    task = result.state.get("slots", {}).get("task")
    return str(task or result.intent)
