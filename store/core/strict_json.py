"""JSON as RFC 8259 means it: no field twice, no NaN, no endless numbers, no bottomless nesting."""

import json
import math
import re
from typing import Any, NoReturn

MAX_DEPTH = 100  # of lists and objects in each other


class NotJson(ValueError):
    """What is wrong with a text that should be JSON."""


def parse(text: str | bytes) -> Any:
    """The value in a text, or in bytes of UTF-8. Raises `NotJson`."""
    try:
        whole = text if isinstance(text, str) else text.decode("utf-8")
        value = json.loads(whole, object_pairs_hook=_object, parse_float=_number, parse_constant=_no_number)
        _measure(value)
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg}, line {error.lineno}, column {error.colno}") from None
    except UnicodeDecodeError:
        raise NotJson("it is not in UTF-8") from None
    except NotJson:
        raise
    except ValueError:
        raise NotJson("a number has too many digits") from None
    except RecursionError:
        raise NotJson("it is nested too deep") from None
    return value


def shown(field: str) -> str:
    """A field's name as it may be shown: it is the sender's text and may be anything."""
    return re.sub(r"[^\w.-]", "?", field)[:40]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise NotJson(f"the field {shown(name)!r} stands twice")
            seen.add(name)
    return found


def _number(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _no_number(text)


def _no_number(text: str) -> NoReturn:
    raise NotJson(f"{shown(text)} is no number that can be used")


def _measure(value: Any) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise NotJson("it is nested too deep")
        level = [
            below
            for one in level
            if isinstance(one, dict | list)
            for below in (one.values() if isinstance(one, dict) else one)
            if isinstance(below, dict | list)
        ]
