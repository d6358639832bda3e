"""What channels bring, written to the store: messages, edits, receipts, consent, other people's answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from actions.intents import Intent
from bot.conversation import ownership
from bot.conversation.outgoing import Outgoing
from bot.conversation.receiving import automatic_replies
from channels.contract import (
    AT_HAND,
    AccountRefused,
    Attachment,
    Edit,
    Event,
    HumanEcho,
    Inbound,
    Reachability,
    ReadUpTo,
    Receipt,
)
from channels.splitting import PROOF_IDLE
from store.conversations import (
    attachments,
    conversations,
    inbox,
    outbox,
    proofs,
    sends,
    suppressions,
    transcript,
)
from store.conversations.conversations import Conversation
from store.conversations.inbox import Place
from store.conversations.transcript import Draft
from store.core import channel_faults, events
from store.core.database import Connection
from store.core.events import DeliveryChanged, MessageEdited, MessageReceived
from store.handoffs import handoffs
from store.vocabulary import AttachmentState, Author, Fault, Owner, ProofBy, SendState, Suppression

MAX_ATTACHMENTS = 20  # of one message
# After each message of an album: the next one may have the words.
ALBUM_PAUSE = timedelta(seconds=1.5)
SILENT_FOR = timedelta(hours=1)
_BACK = (Suppression.BLOCKED, Suppression.UNREACHABLE)  # end when the customer can be reached again


@dataclass(frozen=True, slots=True)
class Taken:
    """What open pages and the worker must hear of."""

    inbound: Inbound | None = None
    place: Place | None = None
    early: Receipt | None = None  # for a message that is not known: it may be on its way into the store


class Intake:
    """Satisfies the storing half of `channels.contract.Gateway`, on a connection. The first of `languages` is
    a new conversation's, unless the channel hints at another one. `silent_for`: how long who answers in a
    provider's own inbox has the conversation, after each answer."""

    def __init__(
        self, languages: Sequence[str], outgoing: Outgoing, silent_for: timedelta = SILENT_FOR
    ) -> None:
        self._languages = languages
        self._silent_for = silent_for
        self.language = languages[0]  # where nothing hints at another one
        self._outgoing = outgoing

    def take(self, connection: Connection, event: Event, request_id: str) -> Taken:
        """Stores one event; a known one changes nothing."""
        match event:
            case Inbound():
                try:
                    place = self.accept(connection, event, request_id)
                except inbox.UnknownToken:
                    place = self.accept(connection, _as_typed(event), request_id)
                except inbox.AlreadyChosen:
                    return Taken()
                return Taken(event, place)
            case Edit():
                return self._edit(connection, event)
            case Receipt():
                return self._receipt(connection, event)
            case ReadUpTo():
                sends.report_until(
                    connection,
                    event.channel,
                    event.account,
                    event.address,
                    SendState(event.state),
                    event.until,
                )
                self._changed(connection, event)
                return Taken()
            case Reachability():
                if event.reachable:
                    suppressions.remove(connection, event.channel, event.address, *_BACK)
                else:
                    suppressions.add(connection, event.channel, event.address, Suppression.BLOCKED, event.at)
                self._changed(connection, event)
                return Taken()
            case HumanEcho():
                return self._echo(connection, event, request_id)
            case AccountRefused():
                channel_faults.note(
                    connection, event.channel, event.account, Fault(event.fault), event.reason, event.at
                )
                return Taken()

    def accept(self, connection: Connection, inbound: Inbound, request_id: str) -> Place:
        """Stores a message. Raises `store.conversations.inbox.UnknownToken` and `AlreadyChosen`."""
        hint = inbound.language
        command = inbound.command
        able = self._outgoing.channels.capabilities(inbound.channel)
        idle = able.proof_idle if able else PROOF_IDLE
        proofs.expire(connection, inbound.channel, inbound.account, inbound.address, inbound.at - idle)
        place = inbox.accept(
            connection,
            channel=inbound.channel,
            account=inbound.account,
            external_id=inbound.external_id,
            address=inbound.address,
            text=inbound.text,
            press=inbound.press,
            choice=inbound.choice,
            command=f"{command.name} {command.argument}".strip()[:80] if command else None,
            message_id=inbound.message_id,
            album=inbound.album[:64] if inbound.album else None,
            revisable=(Intent.RATE,),
            language=hint if hint and hint in self._languages else self.language,
            network=inbound.network,
            request_id=request_id,
            at=inbound.at,
        )
        if place.conversation is None:
            return place  # a duplicate
        if inbound.album:
            conversations.wait(connection, place.conversation_id, self._outgoing.now() + ALBUM_PAUSE)
        attachments.add(
            connection,
            place.conversation_id,
            place.seq,
            [_row(one) for one in inbound.attachments[:MAX_ATTACHMENTS]],
            inbound.at,
        )
        if inbound.proof:
            proofs.vouch(
                connection,
                place.conversation_id,
                inbound.proof.contact,
                ProofBy(inbound.proof.by),
                inbound.at,
            )
        if not self._outgoing.channels.fetched(inbound.channel):
            # Who writes can be reached.
            suppressions.remove(connection, inbound.channel, inbound.address, *_BACK)
        one = self._reveal(connection, place.conversation, inbound)
        events.publish(
            connection,
            MessageReceived(
                one.id, one.channel, one.account, one.address, place.seq - 1, one.owner, one.agent_id
            ),
        )
        return place

    def _changed(self, connection: Connection, event: ReadUpTo | Reachability) -> None:
        """Tells the desk that messages, or the customer, stand otherwise now."""
        conversation = conversations.find(connection, event.channel, event.account, event.address)
        if conversation:
            events.publish(connection, DeliveryChanged(conversation.id))

    def _edit(self, connection: Connection, edit: Edit) -> Taken:
        conversation = conversations.find(connection, edit.channel, edit.account, edit.address)
        if conversation is None:
            return Taken()
        transcript.edit(connection, conversation.id, edit.message_id, edit.text, edit.at)
        events.publish(connection, MessageEdited(conversation.id))
        return Taken()

    def _receipt(self, connection: Connection, receipt: Receipt) -> Taken:
        known = sends.report(
            connection,
            receipt.channel,
            receipt.account,
            receipt.provider_id,
            SendState(receipt.state),
            receipt.reason,
        )
        if known is None:
            return Taken(early=receipt)
        conversation_id, address = known
        events.publish(connection, DeliveryChanged(conversation_id))
        if receipt.fault:
            reason = receipt.reason or ""
            channel_faults.note(
                connection, receipt.channel, receipt.account, Fault(receipt.fault), reason, receipt.at
            )
        if receipt.unreachable:
            suppressions.add(connection, receipt.channel, address, Suppression.UNREACHABLE, receipt.at)
        return Taken()

    def _echo(self, connection: Connection, echo: HumanEcho, request_id: str) -> Taken:
        conversation = conversations.open_for(
            connection, echo.channel, echo.account, echo.address, self.language
        )
        # Our own messages come back too, and each of them perhaps twice.
        if sends.is_ours(connection, echo.channel, echo.account, echo.external_id) or transcript.has(
            connection, conversation.id, echo.external_id
        ):
            return Taken()
        automatic = automatic_replies.is_automatic(connection, conversation, echo)
        if automatic:
            automatic_replies.report(connection, conversation, echo.at)
        else:
            conversation = self._to_person(connection, conversation, echo)
        author = Author.SYSTEM if automatic else Author.AGENT
        draft = Draft(author, echo.text, external_id=echo.external_id)
        self._outgoing.write(connection, conversation, [draft], request_id=request_id, at=echo.at, sent=True)
        return Taken()

    def _to_person(self, connection: Connection, conversation: Conversation, echo: HumanEcho) -> Conversation:
        """Whoever answers there has the conversation for a while; an agent who has it here keeps it."""
        until = echo.at + self._silent_for
        if conversation.owner != Owner.HUMAN:
            conversation = ownership.change(
                connection,
                conversation,
                Owner.HUMAN,
                by=echo.channel,
                why="answered elsewhere",
                at=echo.at,
                until=until,
            )
            outbox.withdraw(connection, conversation.id, echo.at)
            handoffs.take_up(connection, conversation.id, None, echo.at)
        elif conversation.held_until and conversation.held_until < until:
            conversations.hold(connection, conversation.id, until)
        handoffs.answered(connection, conversation.id, echo.at)
        return conversation

    def _reveal(self, connection: Connection, conversation: Conversation, inbound: Inbound) -> Conversation:
        """An automatic reply that came before the message it answers looked like a person's first word: the
        bot has the conversation after all."""
        if conversation.held_by != inbound.channel:
            return conversation
        if not automatic_replies.was_automatic(connection, conversation, inbound.at):
            return conversation
        automatic_replies.report(connection, conversation, inbound.at)
        return ownership.change(
            connection, conversation, Owner.BOT, by=inbound.channel, why="an automatic reply", at=inbound.at
        )


def _as_typed(inbound: Inbound) -> Inbound:
    """A press of a button that we don't know (any more), as what stood on it."""
    return replace(inbound, press=None, text=inbound.text or "?")


def _row(attachment: Attachment) -> dict[str, Any]:
    return {
        "kind": attachment.kind,
        "reference": attachment.reference,
        "name": attachment.name,
        "media_type": attachment.media_type[:100],
        "size": attachment.size,
        "state": AttachmentState.STORED if attachment.kind in AT_HAND else AttachmentState.WAITING,
    }
