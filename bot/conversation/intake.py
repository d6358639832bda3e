"""What channels bring, written to the store: messages, edits, receipts, consent, other people's answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.conversation import ownership
from bot.conversation.outgoing import Outgoing
from channels.contract import (
    AT_HAND,
    MAX_TEXT,
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
from store.conversations import (
    attachments,
    channel_faults,
    conversations,
    inbox,
    proofs,
    sends,
    suppressions,
    transcript,
)
from store.conversations.inbox import Place
from store.conversations.transcript import Draft
from store.core import events
from store.core.database import Connection
from store.core.events import DeliveryChanged, MessageEdited, MessageReceived
from store.vocabulary import AttachmentState, Author, Fault, Owner, ProofBy, SendState, Suppression

MAX_ATTACHMENTS = 20  # of one message
_BACK = (Suppression.BLOCKED, Suppression.UNREACHABLE)  # end when the customer can be reached again


@dataclass(frozen=True, slots=True)
class Taken:
    """What open pages and the worker must hear of."""

    inbound: Inbound | None = None
    place: Place | None = None
    early: Receipt | None = None  # for a message that is not known: it may be on its way into the store


class Intake:
    """Satisfies the storing half of `channels.contract.Gateway`, on a connection. The first of `languages` is
    a new conversation's, unless the channel hints at another one."""

    def __init__(self, languages: Sequence[str], outgoing: Outgoing) -> None:
        self._languages = languages
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
        """Stores a message. Raises `store.conversations.inbox.UnknownToken`."""
        hint = inbound.language
        command = inbound.command
        place = inbox.accept(
            connection,
            channel=inbound.channel,
            account=inbound.account,
            external_id=inbound.external_id,
            address=inbound.address,
            text=inbound.text[:MAX_TEXT],
            press=inbound.press,
            choice=inbound.choice,
            command=f"{command.name} {command.argument}".strip()[:80] if command else None,
            message_id=inbound.message_id,
            language=hint if hint and hint in self._languages else self.language,
            request_id=request_id,
            at=inbound.at,
        )
        if place.conversation is None:
            return place  # a duplicate
        attachments.add(
            connection,
            place.conversation_id,
            place.seq,
            [_row(one) for one in inbound.attachments[:MAX_ATTACHMENTS]],
            inbound.at,
        )
        if inbound.proof:
            proofs.vouch(connection, place.conversation_id, inbound.proof.contact, ProofBy(inbound.proof.by))
        if not self._outgoing.channels.fetched(inbound.channel):
            # Who writes can be reached.
            suppressions.remove(connection, inbound.channel, inbound.address, *_BACK)
        one = place.conversation
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
        transcript.edit(connection, conversation.id, edit.message_id, edit.text[:MAX_TEXT], edit.at)
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
        if conversation.owner != Owner.HUMAN:
            conversation = ownership.change(
                connection, conversation, Owner.HUMAN, by=echo.channel, why="answered elsewhere", at=echo.at
            )
        draft = Draft(Author.AGENT, echo.text[:MAX_TEXT], external_id=echo.external_id)
        self._outgoing.write(connection, conversation, [draft], request_id=request_id, at=echo.at, sent=True)
        return Taken()


def _as_typed(inbound: Inbound) -> Inbound:
    """A press of a button that we don't know (any more), as what stood on it."""
    return replace(inbound, press=None, text=inbound.text or "?")


def _row(attachment: Attachment) -> dict[str, Any]:
    return {
        "kind": attachment.kind,
        "reference": attachment.reference,
        "name": attachment.name[:200],
        "media_type": attachment.media_type[:100],
        "size": attachment.size,
        "state": AttachmentState.STORED if attachment.kind in AT_HAND else AttachmentState.WAITING,
    }
