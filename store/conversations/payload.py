"""What pressing a button means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Payload:
    """The intent, and the entities as if they stood in a text."""

    intent: str
    entities: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Payload":
        return cls(kept["intent"], kept.get("entities") or {})

    def as_json(self) -> dict[str, Any]:
        return {"intent": self.intent, "entities": dict(self.entities)}
