"""The life of a message between inbox and outbox: one turn, one transaction."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from actions.intents import Form, Intent
from bot.assistant.protocol import Letter, Reply, TurnInput, TurnResult
from bot.conversation import case_answer, opt_out, ownership
from bot.conversation.meanwhile import Meanwhile, given, unchanging
from bot.conversation.outgoing import Outgoing
from bot.conversation.public.public_turns import PublicTurns
from bot.conversation.survey import survey
from bot.conversation.words import wordless
from bot.handoff import packet as handoff
from bot.handoff import turn as takeover
from bot.handoff.briefing import last_words
from bot.handoff.triggers import Call, Said, Triggers
from bot.runtime.work.jobs import jittered
from bot.shop.calendar.service_clock import DueBy, no_clock
from channels.contract import CommandName
from channels.registry import is_public
from store.cases.cases import Case
from store.conversations import archive, attachments, conversations, inbox, suppressions, transcript
from store.conversations.conversations import Conversation
from store.conversations.inbox import Claim, Waiting
from store.conversations.memory import NOTHING, Memory
from store.conversations.payload import Payload
from store.conversations.transcript import Entry
from store.core import mails
from store.core.database import Connection
from store.handoffs import handoffs
from store.handoffs.packets import Packet
from store.vocabulary import AttachmentState, Author, InboxState, Owner, Reason, Suppression

MAX_FAILURES = 3
_KEPT_SLOTS = ("order", "chosen_language")
_COMMANDS = {CommandName.BEGIN: Intent.GREET, CommandName.HELP: Intent.CAPABILITIES}
_ANNOUNCED = {Reason.DAMAGED: "utter_handoff_damaged", Reason.SAFETY: "utter_case_safety"}
BACKOFF = (timedelta(seconds=1), timedelta(seconds=5))  # at most, after the first and the second failure
APOLOGY = timedelta(seconds=2)
FETCHING = timedelta(seconds=10)  # that a message waits for its files at most
LOOK_AGAIN = timedelta(seconds=1)
PUT_OFF_AT_ONCE = 20  # messages, in one transaction


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn did, for whoever waits for it."""

    conversation: Conversation  # as it stands after the turn
    seq: int  # of the customer's message
    request_id: str
    replies: tuple[Entry, ...] = ()
    intent: str | None = None
    confidence: float = 0.0
    handoff: Reason | None = None
    refused: tuple[str, ...] = ()  # as `TurnResult` has it


class TurnFailed(Exception):
    """A turn raised an error of a `kind`; its transaction must be rolled back. The cause is chained.
    `waiting`: the message, if it could be read."""

    def __init__(self, claim: Claim, waiting: Waiting | None, kind: str) -> None:
        super().__init__(f"a turn of conversation {claim.conversation_id} failed")
        self.conversation_id, self.message_id = claim
        self.waiting = waiting
        self.request_id = waiting.request_id if waiting else ""
        self.seen = waiting.conversation.failures if waiting else None  # failures in a row before this one
        self.kind = kind


class Turns:
    """Takes turns. `due`: until when somebody who asks for a person then is helped. `escalation` knows what
    calls a person, `summarise` puts that person's packet into words. `site` and
    `languages`: the shop's own. `label_link`: where the label of a case can be printed."""

    def __init__(
        self,
        outgoing: Outgoing,
        clock: Callable[[], datetime],
        *,
        due: DueBy = no_clock,
        escalation: Triggers | None = None,
        summarise: Callable[[Packet], str] = last_words,
        site: str = "",
        languages: Collection[str] = (),
        label_link: Callable[[Case], str] | None = None,
    ) -> None:
        self._languages = languages
        self._label_link = label_link
        self._site = site
        self._outgoing = outgoing
        self._assistant = outgoing.assistant
        self._clock = clock
        self._due = due
        self._escalation = escalation or Triggers()
        self._summarise = summarise
        self._meanwhile = Meanwhile(self._assistant, self._escalation, clock)
        self._public = PublicTurns(outgoing, self._escalation, summarise, due, clock)

    def take_turn(self, connection: Connection) -> Turn | None:
        """Works on the message whose turn it is, if one waits: transcript, events, ownership, outbox
        and inbox change in the caller's one transaction. Doing it again gives the same result.

        Raises `TurnFailed`."""
        for _ in range(PUT_OFF_AT_ONCE):
            claim = inbox.claim(connection, self._clock())
            if claim is None:
                return None
            waiting: Waiting | None = None
            try:
                waiting = inbox.oldest(connection, claim.conversation_id)
                if waiting is None:
                    return self._take_next(connection, claim)
                if self._awaits_files(connection, waiting):
                    continue
                turn = self._turn(connection, waiting)
                if waiting.conversation.failures:
                    conversations.recover(connection, waiting.conversation.id)
                confidence = round(turn.confidence, 4)
                inbox.finish(connection, waiting.id, self._clock(), intent=turn.intent, confidence=confidence)
            except TurnFailed:
                raise
            except Exception as error:
                raise TurnFailed(claim, waiting, type(error).__name__) from error
            return turn
        return None

    def _take_next(self, connection: Connection, done: Claim) -> Turn | None:
        """After another worker was quicker."""
        if inbox.claim(connection, self._clock()) == done:
            raise LookupError("a message waits in the inbox that no conversation has")
        return self.take_turn(connection)

    def _awaits_files(self, connection: Connection, waiting: Waiting) -> bool:
        """Puts off a message that is nothing but files while they are being fetched, for a moment: whether
        they can be taken is part of the answer."""
        at = self._clock()
        if not _is_wordless(waiting) or not timedelta(0) <= at - waiting.received_at < FETCHING:
            return False
        if AttachmentState.WAITING not in _files(connection, waiting):
            return False
        conversations.wait(connection, waiting.conversation.id, at + LOOK_AGAIN)
        return True

    def _turn(self, connection: Connection, waiting: Waiting) -> Turn:
        conversation = waiting.conversation
        command, argument = _command(waiting)
        if command in opt_out.RESPONSES and (command != CommandName.HELP or argument):
            return self._consent(connection, conversation, waiting, command, argument)
        pressed = _pressed(connection, conversation, waiting)
        alarm = not pressed and takeover.alarms(connection, conversation, waiting.text, self._escalation)
        answer = None
        if not alarm:
            answer = survey.hear(connection, self._assistant, conversation, waiting, pressed, self._clock())
        if answer is not None:
            replies = self._say(connection, conversation, answer, waiting)
            return Turn(conversation, waiting.seq, waiting.request_id, replies)
        if conversation.owner == Owner.CLOSED:
            conversation = self._owner(connection, conversation, Owner.BOT, "customer", "wrote again")
        kept, public = None, is_public(conversation.channel)
        if not (alarm or public or command is not None or _is_unreadable(connection, waiting)):
            kept = case_answer.hear(
                connection, self._assistant, conversation, waiting, pressed, self._clock()
            )
        if conversation.owner == Owner.HUMAN or command == CommandName.QUIET:
            return Turn(conversation, waiting.seq, waiting.request_id)
        if public:
            heard = self._public.take(connection, conversation, waiting)
            turn = Turn(heard.conversation, waiting.seq, waiting.request_id, heard.replies)
            return replace(turn, intent=heard.intent, confidence=heard.confidence, handoff=heard.handoff)
        if _is_unreadable(connection, waiting):
            # `files.not_taken` tells so: there is nothing here to thank for.
            return Turn(conversation, waiting.seq, waiting.request_id)
        if pressed and pressed.intent == Intent.BACK_TO_BOT:
            return self._back(connection, conversation, waiting)
        if kept:
            if conversation.owner == Owner.QUEUE and waiting.text:
                handoff.note(connection, conversation, waiting.text)
            return self._without_core(connection, conversation, waiting, kept)
        if conversation.owner == Owner.QUEUE and (alarm or not _calls_back(conversation, pressed)):
            return self._queue(connection, conversation, waiting, pressed, alarm)
        said = wordless.answer(connection, self._assistant, conversation, waiting, self._site)
        if said and not alarm:
            return self._without_core(connection, conversation, waiting, said)
        return self._bot(connection, conversation, waiting, pressed, alarm)

    def now(self) -> datetime:
        return self._clock()

    def give_up(
        self,
        connection: Connection,
        conversation_id: int,
        message_id: int | None = None,
        kind: str = "unknown",
        seen: int | None = None,
    ) -> Turn | None:
        """After a turn that failed: puts off the conversation; the third time in a row, hands the message (of
        the conversation's waiting ones the oldest, if none is named) over to a person instead. Here and in
        `hand_over` nothing is used that may have failed before."""
        if self.put_off(connection, conversation_id, seen):
            return None
        if message_id is None:
            claim = inbox.claim(connection, self._clock(), only=conversation_id)
        else:
            claim = Claim(conversation_id, message_id)
        return self.hand_over(connection, claim, kind) if claim else None

    def put_off(self, connection: Connection, conversation_id: int, seen: int | None = None) -> bool:
        """Leaves a conversation alone for a while; False if its turns have failed too often. `seen`: how
        often they had before the one that failed, as far as it knew: if another worker has counted the same
        failure since, it is put off already."""
        failures = conversations.failures(connection, conversation_id)
        if seen is not None and seen != failures:
            return True
        if failures + 1 >= MAX_FAILURES:
            return False
        until = self._clock() + jittered(BACKOFF[failures])
        return conversations.postpone(connection, conversation_id, until)

    def hand_over(self, connection: Connection, claim: Claim, kind: str) -> Turn | None:
        """Ends a message that no turn can be taken for, and asks for a person, unless one has the
        conversation; None if the message is over already."""
        at = self._clock()
        conversation = conversations.lock(connection, claim.conversation_id)
        given_up = inbox.give_up(connection, claim.message_id, InboxState.FAILED, kind, at)
        if conversation is None or given_up is None:
            return None
        reason = None
        if conversation.owner != Owner.HUMAN:
            reason = Reason.FAILURE
            if conversation.owner == Owner.CLOSED:
                conversation = self._owner(connection, conversation, Owner.BOT, "customer", "wrote again")
            if conversation.owner == Owner.BOT:
                conversation = self._owner(connection, conversation, Owner.QUEUE, "bot", reason)
            handoff.request_bare(connection, conversation.id, kind, at)
            conversations.remember(connection, conversation, NOTHING, conversation.language, at)
        # What is behind it waits a moment for the apology.
        conversations.recover(connection, conversation.id, at + APOLOGY)
        return Turn(conversation, given_up.seq, given_up.request_id, handoff=reason)

    def explain(self, connection: Connection, turn: Turn, failure: TurnFailed | None) -> Turn:
        """Puts the request of a message that was handed over into words, by the shop's rules."""
        conversation = conversations.lock(connection, turn.conversation.id)
        if conversation is None or turn.handoff is None:
            return turn
        waiting = failure.waiting if failure else None
        memory = waiting.conversation.memory if waiting else NOTHING
        wish = memory.wish or ""
        said = Said(waiting.text if waiting else "", conversation.language, wish=wish)
        call = self._escalation.call(turn.handoff, said)
        handoff.describe(
            connection,
            replace(conversation, memory=memory),
            wish,
            self._due(self._clock()),
            skill=call.skill,
            priority=call.priority,
            mood=self._escalation.mood,
            summarise=self._summarise,
        )
        return turn

    def apologise(self, connection: Connection, turn: Turn, _failure: TurnFailed | None) -> Turn:
        """Tells the customer whose message was handed over."""
        conversation = conversations.lock(connection, turn.conversation.id)
        if conversation is None or conversation.owner == Owner.HUMAN or turn.handoff is None:
            return turn
        conversations.recover(connection, conversation.id)
        replies = self._outgoing.say(
            connection,
            conversation,
            (self._assistant.say("utter_failed_turn", conversation.language),),
            reply_to=turn.seq,
            request_id=turn.request_id,
        )
        return replace(turn, replies=replies)

    def _bot(
        self,
        connection: Connection,
        conversation: Conversation,
        waiting: Waiting,
        pressed: Payload | None,
        alarm: bool,
    ) -> Turn:
        at = self._clock()
        turn = replace(_input(conversation, waiting, pressed), label_link=self._label_link)
        result = self._assistant.respond(connection, unchanging(turn) if alarm else turn)
        text = "" if pressed else waiting.text
        mine = conversation.owner == Owner.BOT  # else a call back is arranged while a person is awaited
        said = takeover.said(connection, conversation, text, result, self._escalation.weighs_orders)
        call = self._escalation.decide(said) if mine else None
        if call and call.reason == Reason.SAFETY:
            result = takeover.alarmed(result, self._assistant.say(_announcement(call), result.language))
        elif call and result.handoff != Reason.ASKED:  # then the assistant has said so
            # What a person needs has been asked for where the assistant calls one itself.
            response = "utter_handoff" if result.handoff else _announcement(call)
            announcement = self._assistant.say(response, result.language)
            result = takeover.passed_on(result, call, said, announcement)
        elif call and call.reason in _ANNOUNCED:
            result = replace(result, replies=(self._assistant.say(_announcement(call), result.language),))
        replies = self._say(connection, conversation, result.replies, waiting)
        memory = _in_queue(result.memory)
        if mine:
            memory = takeover.remembered(conversation.memory, result)
        self._remember(connection, conversation, result, memory)
        conversation = replace(conversation, language=result.language)
        if call:
            current = conversations.get(connection, conversation.id)
            told = replies[-1].seq if replies else None
            self._request(connection, current, call, memory.wish or "", at, told)
            conversation = self._owner(connection, conversation, Owner.QUEUE, "bot", call.reason)
        return _taken(conversation, waiting, replies, result, call.reason if call else None)

    def _post(self, connection: Connection, letter: Letter, language: str) -> None:
        """Queues a mail to a customer."""
        subject = self._assistant.say(f"{letter.response}_subject", language, letter.facts).text
        body = self._assistant.say(letter.response, language, letter.facts).text
        mails.add(connection, letter.key, letter.recipient, subject, f"{body}\n", at=self._clock())

    def _request(
        self,
        connection: Connection,
        conversation: Conversation,
        call: Call,
        wish: str,
        at: datetime,
        told: int | None = None,
    ) -> None:
        handoff.request(
            connection,
            conversation,
            call.reason,
            wish,
            at,
            self._due(at),
            skill=call.skill,
            priority=call.priority,
            mood=self._escalation.mood,
            summarise=self._summarise,
            told=told,
        )

    def _queue(
        self,
        connection: Connection,
        conversation: Conversation,
        waiting: Waiting,
        pressed: Payload | None,
        alarm: bool,
    ) -> Turn:
        """While a person is awaited: `meanwhile` answers, and what tells that person something is kept."""
        response = _ANNOUNCED[Reason.SAFETY] if alarm else None
        answer = self._meanwhile.take(connection, _input(conversation, waiting, pressed), waiting, response)
        result = answer.result
        replies = self._say(connection, conversation, result.replies, waiting)
        self._remember(connection, conversation, result, result.memory)
        if answer.keep:
            current = conversations.get(connection, conversation.id)
            handoff.note(connection, current, waiting.text)
            if alarm:
                self._sharpen(connection, current, waiting.text)
        conversation = replace(conversation, language=result.language)
        return _taken(conversation, waiting, replies, result)

    def _sharpen(self, connection: Connection, conversation: Conversation, text: str) -> None:
        """The person who is awaited must come at once."""
        wish = conversation.memory.wish
        call = self._escalation.call(Reason.SAFETY, Said(text, conversation.language, wish=wish))
        handoff.sharpen(
            connection,
            conversation,
            call.reason,
            skill=call.skill,
            priority=call.priority,
            summarise=self._summarise,
        )

    def _remember(
        self, connection: Connection, conversation: Conversation, result: TurnResult, memory: Memory
    ) -> None:
        """What outlives a turn of the core's: its mails, its events and what is remembered."""
        for letter in result.letters:
            self._post(connection, letter, result.language)
        archive.append(connection, conversation, result.events)
        conversations.remember(
            connection, conversation, memory, result.language, self._clock(), events=len(result.events)
        )

    def _without_core(
        self, connection: Connection, conversation: Conversation, waiting: Waiting, said: Reply
    ) -> Turn:
        """Answers what the core needn't hear of; what was offered before is void."""
        memory = replace(conversation.memory, offer=None, offered=None, begun=True)
        conversations.remember(connection, conversation, memory, conversation.language, self._clock())
        replies = self._say(connection, conversation, (said,), waiting)
        return Turn(conversation, waiting.seq, waiting.request_id, replies)

    def _consent(
        self,
        connection: Connection,
        conversation: Conversation,
        waiting: Waiting,
        command: CommandName,
        argument: str,
    ) -> Turn:
        """The customer wants no messages any more, or wants them again, or asks who writes: answered whoever
        has the conversation, unless the provider did. `argument`: the language of the word that was sent."""
        at = self._clock()
        if command == CommandName.STOP:
            suppressions.add(connection, conversation.channel, conversation.address, Suppression.STOPPED, at)
        elif command == CommandName.RESUME:
            suppressions.remove(connection, conversation.channel, conversation.address, *Suppression)
        said: tuple[Reply, ...] = ()
        if argument != opt_out.ANSWERED:
            language = opt_out.language(conversation, argument, self._languages)
            said = (self._assistant.say(opt_out.RESPONSES[command], language),)
        replies = self._say(connection, conversation, said, waiting, author=Author.SYSTEM)
        return Turn(conversation, waiting.seq, waiting.request_id, replies)

    def _back(self, connection: Connection, conversation: Conversation, waiting: Waiting) -> Turn:
        """The customer goes on with the bot, which knows what they have given and wished for meanwhile; the
        request for a person stays open, and the same reason doesn't take the conversation from the bot
        again."""
        if conversation.owner == Owner.QUEUE:
            conversation = self._owner(
                connection, conversation, Owner.BOT, "customer", "went on with the bot"
            )
        last = handoffs.latest(connection, conversation.id)
        declined = takeover.declined(conversation.memory, last.reason if last else None)
        before = conversation.memory
        memory = Memory(given(before), wish=before.wish, declined=declined)
        conversations.remember(connection, conversation, memory, conversation.language, self._clock())
        said = self._assistant.say("utter_back_to_bot", conversation.language)
        replies = self._say(connection, conversation, (said,), waiting)
        return Turn(conversation, waiting.seq, waiting.request_id, replies)

    def _say(
        self,
        connection: Connection,
        conversation: Conversation,
        replies: tuple[Reply, ...],
        waiting: Waiting,
        author: Author = Author.BOT,
    ) -> tuple[Entry, ...]:
        return self._outgoing.say(
            connection,
            conversation,
            replies,
            author=author,
            reply_to=waiting.seq,
            request_id=waiting.request_id,
        )

    def _owner(
        self, connection: Connection, conversation: Conversation, owner: Owner, by: str, why: str
    ) -> Conversation:
        return ownership.change(connection, conversation, owner, by=by, why=why, at=self._clock())


def _taken(
    conversation: Conversation,
    waiting: Waiting,
    replies: tuple[Entry, ...],
    result: TurnResult,
    handoff: Reason | None = None,
) -> Turn:
    """A turn that the core has taken."""
    intent, sure = result.intent, result.confidence
    return Turn(conversation, waiting.seq, waiting.request_id, replies, intent, sure, handoff, result.refused)


def _announcement(call: Call) -> str:
    """The response that says that a person takes over; of goods it asks what that person will need."""
    return _ANNOUNCED.get(call.reason, "utter_handoff")


def _input(conversation: Conversation, waiting: Waiting, pressed: Payload | None) -> TurnInput:
    return TurnInput(
        conversation_id=conversation.id,
        message_id=f"{conversation.channel}:{conversation.account}:{waiting.external_id}",
        text=waiting.text,
        payload=pressed,
        language=conversation.language,
        channel=conversation.channel,
        memory=conversation.memory,
        at=waiting.received_at,
        network=waiting.network or f"{conversation.channel}:{conversation.address}",
    )


def _command(waiting: Waiting) -> tuple[CommandName | None, str]:
    """What a message asks of us beside its words, and its argument."""
    name, _, argument = (waiting.command or "").partition(" ")
    return CommandName(name) if name else None, argument


def _pressed(connection: Connection, conversation: Conversation, waiting: Waiting) -> Payload | None:
    """What a message means that isn't told by its words: a pressed button, a command, a picture."""
    if waiting.press is not None:
        button = transcript.button(connection, conversation.id, waiting.press)
        return button.payload if button else None
    command, argument = _command(waiting)
    if command == CommandName.ORDER:
        return Payload(Intent.TRACK_ORDER, {"order_number": argument})
    if command in _COMMANDS:
        return Payload(_COMMANDS[command])
    if _is_wordless(waiting) and _files(connection, waiting):
        return Payload(Intent.SEND_ATTACHMENT)
    return None


def _is_wordless(waiting: Waiting) -> bool:
    """Whether a message is nothing but what came with it."""
    return not waiting.text.strip() and waiting.press is None and waiting.command is None


def _is_unreadable(connection: Connection, waiting: Waiting) -> bool:
    return _is_wordless(waiting) and _nothing_taken(_files(connection, waiting))


def _nothing_taken(files: set[AttachmentState]) -> bool:
    return bool(files) and files <= {AttachmentState.REFUSED, AttachmentState.FAILED}


def _files(connection: Connection, waiting: Waiting) -> set[AttachmentState]:
    """What became of what came with a message."""
    found = attachments.of_conversation(connection, waiting.conversation.id, waiting.seq - 1, waiting.seq)
    return {one.state for one in found}


def _calls_back(conversation: Conversation, pressed: Payload | None) -> bool:
    """Whether the bot asks what it needs for a call back, while the conversation keeps its place."""
    wished = pressed is not None and pressed.intent == Intent.REQUEST_CALLBACK
    return wished or conversation.memory.form == Form.CALLBACK


def _in_queue(memory: Memory) -> Memory:
    """What the bot remembers while a person is awaited: nothing that it would ask for but a call back."""
    return memory if memory.form == Form.CALLBACK else Memory(given(memory), told=True)


def paused(memory: Memory) -> Memory:
    """What survives a pause of the bot: the order the talk was about and a chosen language, but no open
    question."""
    return Memory({name: memory.slots[name] for name in _KEPT_SLOTS if name in memory.slots})
