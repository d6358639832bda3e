"""What a person who takes over needs to know: the facts, and a short summary of them."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.handoff import reminders
from bot.handoff.briefing import last_words
from bot.shop.calendar.service_clock import Due
from store.conversations import people, proofs, transcript
from store.conversations.conversations import Conversation
from store.core import events
from store.core.database import Connection
from store.core.events import OwnerChanged
from store.handoffs import handoffs
from store.handoffs.packets import Packet, PacketOrder
from store.orders import orders
from store.orders.orders import Order
from store.vocabulary import Author, Mood, Reason

LAST_MESSAGES = 8
LAST_ANSWERS = 3
MAX_QUOTE = 200
MAX_NOTED = 20  # messages written while a person is awaited
FAILURE_PRIORITY = 1

MoodOf = Callable[[Iterable[str], str], Mood]
Summarise = Callable[[Packet], str]


def request(
    connection: Connection,
    conversation: Conversation,
    reason: Reason,
    wish: str,
    at: datetime,
    due: Due,
    *,
    skill: str = "",
    priority: int = 0,
    mood: MoodOf | None = None,
    summarise: Summarise = last_words,
    told: int | None = None,
) -> None:
    """Records that `conversation` needs a person until `due`, with the packet for that person. `wish` is the
    intent that the customer had, "" if none is known; `mood` tells that of texts in a language; `told` is the
    number of the message by which the customer learnt of it."""
    packet = _packet(connection, conversation, reason, wish, told, mood)
    handoffs.record(
        connection,
        conversation.id,
        reason,
        summarise(packet),
        packet,
        at,
        skill=skill,
        priority=priority,
        answer_due_at=due.answer,
        resolve_due_at=due.end,
    )
    reminders.schedule(connection, conversation.id, due.reminder)


def request_bare(connection: Connection, conversation_id: int, kind: str, at: datetime) -> None:
    """Records that a conversation needs a person since a turn failed by a fault of this `kind`, with nothing
    that could fail too."""
    reason = Reason.FAILURE
    handoffs.record(
        connection,
        conversation_id,
        reason,
        f"{reason}: {kind}",
        Packet(reason),
        at,
        priority=FAILURE_PRIORITY,
    )


def describe(
    connection: Connection,
    conversation: Conversation,
    wish: str,
    due: Due,
    *,
    skill: str,
    priority: int,
    mood: MoodOf,
    summarise: Summarise,
) -> None:
    """Says what can be said of a bare request."""
    packet = _packet(connection, conversation, Reason.FAILURE, wish, None, mood)
    handoffs.describe(
        connection,
        conversation.id,
        summarise(packet),
        packet,
        skill=skill,
        priority=priority,
        answer_due_at=due.answer,
        resolve_due_at=due.end,
    )
    reminders.schedule(connection, conversation.id, due.reminder)


def note(connection: Connection, conversation: Conversation, text: str) -> None:
    """Adds to the open request what the customer writes while they wait, and what they have proven since."""
    open_one = handoffs.latest(connection, conversation.id)
    if open_one is None or not open_one.open:
        return
    before = open_one.packet or Packet(open_one.reason)
    noted = (*before.noted, text[:MAX_QUOTE])[-MAX_NOTED:] if text.strip() else before.noted
    packet = replace(before, messages=conversation.last_seq, noted=noted, **_proven(connection, conversation))
    handoffs.note(connection, conversation.id, packet)


def sharpen(
    connection: Connection,
    conversation: Conversation,
    reason: Reason,
    *,
    skill: str,
    priority: int,
    summarise: Summarise,
) -> None:
    """Gives the open request a graver reason, which came up while the customer waits: it is no less urgent
    than before, its clock runs on, and what it was about stays in the packet."""
    open_one = handoffs.latest(connection, conversation.id)
    if open_one is None or not open_one.open:
        return
    packet = replace(open_one.packet or Packet(reason), reason=reason)
    handoffs.sharpen(
        connection,
        conversation.id,
        reason,
        summarise(packet),
        packet,
        skill=open_one.skill or skill,
        priority=max(open_one.priority, priority),
    )
    events.publish(connection, OwnerChanged(conversation.id))  # so that the desk looks at the queue again


def _packet(
    connection: Connection,
    conversation: Conversation,
    reason: Reason,
    wish: str,
    told: int | None,
    mood: MoodOf | None,
) -> Packet:
    recent = transcript.after(connection, conversation.id, max(0, conversation.last_seq - LAST_MESSAGES))
    answers = [entry.text for entry in recent if entry.author == Author.BOT and entry.seq != told]
    packet = Packet(
        reason,
        wish,
        conversation.language,
        conversation.channel,
        messages=conversation.last_seq,
        said=tuple(entry.text[:MAX_QUOTE] for entry in recent if entry.author == Author.CUSTOMER),
        tried=tuple(text[:MAX_QUOTE] for text in answers[-LAST_ANSWERS:]),
        also=tuple(sorted({one.channel for one in people.linked(connection, conversation)})),
        **_proven(connection, conversation),
    )
    if mood is None:
        return packet
    return replace(packet, mood=mood(packet.said[-LAST_ANSWERS:], conversation.language))


def _proven(connection: Connection, conversation: Conversation) -> dict[str, Any]:
    """Who the customer is, and the order, as far as they have proven it."""
    standing = proofs.identity(connection, conversation.id)
    number = conversation.memory.order
    # Only what the proof covers: it may have ended, or another contact have taken its place.
    contact = standing.contact
    order = None
    if number and contact:
        order = orders.find_with_contact(connection, number, contact, standing.since)
    return {
        "customer": order.customer_name if order else None,
        "proven": contact is not None,
        "proven_by": standing.by if contact else None,
        "contact": masked(contact) if contact else None,
        "locked": standing.locked,
        "order": _order(order) if order else None,
    }


def _order(order: Order) -> PacketOrder:
    parcel = order.shipments[-1] if order.shipments else None
    return PacketOrder(
        order.number,
        order.state,
        parcel.carrier if parcel else None,
        parcel.tracking_number if parcel else None,
        (parcel.expected_on if parcel else None) or order.expected_on,
    )


def masked(contact: str) -> str:
    """Enough of an e-mail or phone to know it again by: a…@example.com, +370…00."""
    name, at, domain = contact.partition("@")
    return f"{name[:1]}…@{domain}" if at else f"{contact[:4]}…{contact[-2:]}"
