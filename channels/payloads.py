"""Values out of a provider's JSON, whatever it holds: what isn't of the kind asked for isn't there."""

from collections.abc import Iterator, Mapping
from typing import Any

from channels.contract import MAX_TEXT
from store.core.cleaning import clean


def mapping(holder: Any, name: str) -> Mapping[str, Any]:
    """The object under a name; an empty one for anything else."""
    value = holder.get(name) if isinstance(holder, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def items(holder: Any, name: str) -> Iterator[Mapping[str, Any]]:
    """The objects in a list under a name."""
    value = holder.get(name) if isinstance(holder, Mapping) else None
    for one in value if isinstance(value, list) else ():
        if isinstance(one, Mapping):
            yield one


def integer(holder: Mapping[str, Any], name: str) -> int | None:
    """The 64-bit number under a name."""
    value = holder.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not -(2**63) <= value < 2**63:
        return None
    return value


def text_of(holder: Mapping[str, Any], name: str, size: int = MAX_TEXT) -> str:
    """The text under a name, clean; empty if there is none."""
    value = holder.get(name)
    return clean(value, size) if isinstance(value, str) else ""


def place(latitude: object, longitude: object) -> str | None:
    """`54.68,25.28`, if these are degrees."""
    return f"{latitude},{longitude}" if _is_degree(latitude, 90) and _is_degree(longitude, 180) else None


def _is_degree(value: object, most: int) -> bool:
    # Compared first: a number of 400 digits is an int like any other, and no float.
    return isinstance(value, int | float) and not isinstance(value, bool) and -most <= value <= most
