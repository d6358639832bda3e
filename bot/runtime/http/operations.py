"""What an API's route does, said beside it: the OpenAPI document is made from these."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

JSON = "application/json"
FORM = "multipart/form-data"
EVENTS = "text/event-stream"
TEXT = "text/plain"

Handler = TypeVar("Handler", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Answer:
    """What a status means; `content` is its media type, None without a body, `model` its shape if that is
    described."""

    meaning: str
    model: type[BaseModel] | None = None
    content: str | None = JSON


@dataclass(frozen=True, slots=True)
class Operation:
    """`summary` begins with a verb. `refusals`: by status, when it refuses; what all routes of an API refuse
    needn't stand here. `public`: nobody need say who they are."""

    summary: str
    answers: Mapping[int, Answer]
    description: str = ""
    body: type[BaseModel] | None = None
    content: str = JSON
    query: type[BaseModel] | None = None
    refusals: Mapping[int, str] = field(default_factory=dict)
    public: bool = False

    def __call__(self, handler: Handler) -> Handler:
        """Says it of a route's handler."""
        handler.operation = self  # type: ignore[attr-defined]
        return handler


def done(meaning: str = "it is done") -> dict[int, Answer]:
    """204, and nothing to say."""
    return {204: Answer(meaning, content=None)}


def ok(meaning: str, model: type[BaseModel] | None = None) -> dict[int, Answer]:
    """200 with JSON."""
    return {200: Answer(meaning, model)}


def operation_of(handler: Any) -> Operation | None:
    found = getattr(handler, "operation", None)
    return found if isinstance(found, Operation) else None
