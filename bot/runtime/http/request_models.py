"""What requests say, checked: bodies and queries as pydantic models, and refusals that say what to write.

The description of a field is both the public reference and the advice in refusals, so it says what to write.
A check that knows better raises `ValueError` with a sentence, or `too_long`.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from bot.runtime.http.refusals import BadRequest, TooLarge, WrongField
from store.core.strict_json import shown

# The default of a field that may be left out, where null is none of its values. Who reads such a field asks
# `model_fields_set` first, or dumps the model with `exclude_unset`.
LEFT_OUT: Any = None


def _without_empty_defaults(schema: dict[str, Any]) -> None:
    for field in schema.get("properties", {}).values():
        if field.get("default", ...) in (None, ""):
            del field["default"]


class RequestModel(BaseModel):
    """Types are as written, and unknown fields are refused."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, json_schema_extra=_without_empty_defaults
    )


Model = TypeVar("Model", bound=RequestModel)


def read(model: type[Model], values: Mapping[str, Any], context: Mapping[str, Any] | None = None) -> Model:
    """The model with these values; `context` is what its checks stand on. Raises `BadRequest` with the first
    field that is wrong."""
    unknown = sorted(set(values) - set(model.model_fields))
    if unknown:
        name = shown(unknown[0])
        send = ", ".join(model.model_fields) or "none"
        raise BadRequest(f"Unknown field {name!r}: send {send}.", field=name)
    try:
        return model.model_validate(dict(values), context=dict(context or {}))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise _refusal(model, first["type"], first["msg"], first["loc"]) from None


def read_query(
    model: type[Model], query: Mapping[str, Sequence[str]], context: Mapping[str, Any] | None = None
) -> Model:
    """The model with what stands behind the ? of an address, or in a form. Raises `BadRequest`."""
    for name, values in query.items():
        if len(values) > 1:
            raise WrongField(shown(name), "write it once.")
    return read(model, {name: values[0] for name, values in query.items()}, context)


def _refusal(model: type[BaseModel], kind: str, text: str, place: tuple[int | str, ...]) -> BadRequest:
    own = text.removeprefix("Value error, ") if kind in ("value_error", "too_large") else ""
    if not place:
        return BadRequest(own)
    schema = _schema(model)
    node, path = schema, []
    for part in place:
        below = _below(schema, node, part)
        if below is None:  # an item of a list, or an unknown field of an object: the whole is told
            break
        node = below
        path.append(str(part))
    field = ".".join(path)
    if kind == "too_large":
        return TooLarge(f"{field}: {own}", field=field)
    return WrongField(field, own or f"write {node['description']}.")


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def _below(schema: dict[str, Any], node: dict[str, Any], part: int | str) -> dict[str, Any] | None:
    """The description of a part of what `node` describes, if it is a field of an object."""
    for one in (node, *node.get("anyOf", ())):
        if "$ref" in one:
            one = schema["$defs"][one["$ref"].rsplit("/", 1)[1]]
        found: dict[str, Any] | None = one.get("properties", {}).get(part)
        if found is not None:
            return found
    return None


def too_long(most: int) -> PydanticCustomError:
    """Raised by a check of a text: it is refused as too large."""
    return PydanticCustomError("too_large", f"write at most {most} characters.")
