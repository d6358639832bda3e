"""What is remembered of a conversation from one message to the next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from store.vocabulary import Reason, known


@dataclass(frozen=True, slots=True)
class Memory:
    """`slots`, `form` and `offer` are the dialogue core's: what it must know beyond the tail of its events,
    the open form, and the wish that its last reply offered with a question. `wish`: the customer's last one.
    `offered`: why the last answer offered a person. `declined`: why one was called before the customer went
    on with the assistant. `told`: the customer knows that a person is awaited; `noted`: and heard last that
    their words are kept for that person. `begun`: a turn was taken."""

    slots: Mapping[str, Any] = field(default_factory=dict)
    form: str | None = None
    offer: str | None = None
    wish: str | None = None
    offered: Reason | None = None
    declined: tuple[Reason, ...] = ()
    told: bool = False
    begun: bool = True
    noted: bool = False

    @property
    def order(self) -> str | None:
        """The number of the proven order that the talk is about."""
        return self.slots.get("order")

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Memory":
        """From the column; what is missing there has its default. What holds no memory at all is as before
        the first turn: a customer must not wait for want of it."""
        if not isinstance(kept, Mapping):
            return NOTHING
        offered = kept.get("offered")
        return cls(
            kept.get("slots") or {},
            kept.get("form"),
            kept.get("offer"),
            kept.get("wish"),
            known(Reason, offered) if offered else None,
            tuple(known(Reason, reason) for reason in kept.get("declined", ())),
            bool(kept.get("told")),
            bool(kept),
            bool(kept.get("noted")),
        )

    def as_json(self) -> dict[str, Any]:
        """For the column; what has its default is left out, but for the slots once a turn was taken."""
        kept: dict[str, Any] = {"slots": dict(self.slots)} if self.begun or self.slots else {}
        for name in ("form", "offer", "wish", "offered", "told", "noted"):
            if value := getattr(self, name):
                kept[name] = value
        if self.declined:
            kept["declined"] = list(self.declined)
        return kept


NOTHING = Memory(begun=False)  # before the first turn
