"""Ids and times as Meta writes them in webhooks."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from channels.provider_values import text_of

MAX_ID = 128
_LATEST = 4102444800  # the year 2100


def id_of(holder: Mapping[str, Any], name: str) -> str:
    """An id, which Meta writes as a number or in quotes; "" if there is none."""
    value = holder.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < 10**30 else ""
    return short_id(text_of(holder, name, 1000))


def short_id(text: str) -> str:
    """An id that fits into its column: long ones by their hash."""
    return text if len(text) <= MAX_ID else hashlib.sha256(text.encode()).hexdigest()


def moment(value: object) -> datetime | None:
    """A time in milliseconds, as a number or in quotes; in seconds here and there."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < _LATEST * 1000:
        return None
    seconds = value / 1000 if value > 10**11 else float(value)
    return datetime.fromtimestamp(seconds, UTC) if seconds < _LATEST else None
