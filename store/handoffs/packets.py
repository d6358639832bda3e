"""What a person who takes over gets to know, as it is kept with the request."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from store.vocabulary import Mood, OrderState, ProofBy, Reason, known


@dataclass(frozen=True, slots=True)
class PacketOrder:
    """The order that the talk was about, as it stood, with its last parcel."""

    number: str
    state: OrderState
    carrier: str | None = None
    tracking_number: str | None = None
    expected_on: date | None = None

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "PacketOrder | None":
        """From the column; None where too little is kept."""
        if not kept.get("number") or not kept.get("state"):
            return None
        expected = kept.get("expected_on")
        return cls(
            kept["number"],
            known(OrderState, kept["state"]),
            kept.get("carrier"),
            kept.get("tracking_number"),
            date.fromisoformat(expected) if expected else None,
        )

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"expected_on": self.expected_on.isoformat() if self.expected_on else None}


@dataclass(frozen=True, slots=True)
class Packet:
    """`intent`: what the customer wanted, "" if that isn't known. `messages`: how many there were. `said`,
    `tried`: the customer's last words and the assistant's last answers. `noted`: what the customer has
    written since, while they waited. `contact`: masked. `also`: other channels on which the same customer
    writes."""

    reason: Reason
    intent: str = ""
    language: str = ""
    channel: str = ""
    messages: int = 0
    said: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()
    customer: str | None = None
    proven: bool = False
    proven_by: ProofBy | None = None
    contact: str | None = None
    locked: bool = False
    also: tuple[str, ...] = ()
    order: PacketOrder | None = None
    mood: Mood | None = None
    noted: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Packet | None":
        """From the column; earlier versions told less, so what is missing has its default. None: it holds
        nothing. Whatever it holds, the request can be read: an agent must get to the conversation."""
        if not isinstance(kept, Mapping) or not kept:
            return None
        by, order, mood = kept.get("proven_by"), kept.get("order"), kept.get("mood")
        return cls(
            known(Reason, kept.get("reason", "")),
            kept.get("intent", ""),
            kept.get("language", ""),
            kept.get("channel", ""),
            kept.get("messages", 0),
            _texts(kept.get("said")),
            _texts(kept.get("tried")),
            kept.get("customer"),
            bool(kept.get("proven")),
            known(ProofBy, by) if by else None,
            kept.get("contact"),
            bool(kept.get("locked")),
            _texts(kept.get("also")),
            PacketOrder.from_json(order) if isinstance(order, Mapping) else None,
            known(Mood, mood) if mood else None,
            _texts(kept.get("noted")),
        )

    def as_json(self) -> dict[str, Any]:
        """For the column, and for the desk's pages."""
        lists = {name: list(getattr(self, name)) for name in ("said", "tried", "also", "noted")}
        return asdict(self) | lists | {"order": self.order.as_json() if self.order else None}


def _texts(kept: object) -> tuple[str, ...]:
    return tuple(str(one) for one in kept if one) if isinstance(kept, list) else ()
