"""What a person who takes over needs to know: a short summary and the facts behind it."""

from datetime import datetime
from typing import Any

from store import handoffs, orders, people, transcript
from store.conversations import Conversation
from store.database import Connection

LAST_MESSAGES = 6
MAX_QUOTE = 200


def request(
    connection: Connection, conversation: Conversation, reason: str, intent: str, at: datetime
) -> None:
    """Records that `conversation` needs a person, with the packet for that person."""
    packet = _packet(connection, conversation, reason, intent)
    handoffs.record(connection, conversation.id, reason, _summary(packet), packet, at)


def _packet(connection: Connection, conversation: Conversation, reason: str, intent: str) -> dict[str, Any]:
    recent = transcript.after(connection, conversation.id, max(0, conversation.last_seq - LAST_MESSAGES))
    number = conversation.state.get("slots", {}).get("order")
    order = orders.find(connection, number) if number else None
    return {
        "reason": reason,
        "intent": intent,
        "language": conversation.language,
        "channel": conversation.channel,
        "messages": conversation.last_seq,
        "said": [entry.text[:MAX_QUOTE] for entry in recent if entry.author == "customer"],
        "customer": order.customer_name if order else None,
        "proven": conversation.proven_contact is not None,
        "also": [one.channel for one in people.linked(connection, conversation)],
        "order": {"number": order.number, "state": order.state} if order else None,
    }


def _summary(packet: dict[str, Any]) -> str:
    """One paragraph in English, the desk's working language."""
    why = {"asked": "asked for a person", "failure": "could not be answered: an error of ours"}
    who = packet["customer"] or ("A proven customer" if packet["proven"] else "A customer, not proven,")
    parts = [f"{who} {why.get(packet['reason'], packet['reason'])} on {packet['channel']}."]
    if packet["order"]:
        parts.append(f"It is about order {packet['order']['number']} ({packet['order']['state']}).")
    if packet["also"]:
        parts.append(f"The same customer has written on: {', '.join(sorted(set(packet['also'])))}.")
    if packet["said"]:
        quotes = " / ".join(f"“{text}”" for text in packet["said"][-3:])
        parts.append(f"Last words: {quotes}")
    return " ".join(parts)
