"""What a form's steps hand on to each other: signed, and good for a while. A customer can read theirs and
change nothing."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import jwt

MAX_STATE: Final = 60_000  # characters


@dataclass(frozen=True, slots=True)
class FormState:
    """`over`: made here, but not good any more."""

    values: dict[str, Any]
    over: bool


class FormStates:
    """Those of one kind of form (`of`) are no good in another."""

    def __init__(self, secret: bytes, of: str, lifetime: timedelta) -> None:
        self._key = hmac.new(secret, b"forms of customers' pages", hashlib.sha256).digest()
        self._of = of
        self._lifetime = lifetime

    def seal(self, values: Mapping[str, Any], at: datetime) -> str:
        """The text of a hidden field."""
        claims = {"aud": self._of, "exp": int((at + self._lifetime).timestamp()), "values": dict(values)}
        return jwt.encode(claims, self._key, algorithm="HS256")

    def open(self, text: str, at: datetime) -> FormState | None:
        """None for what wasn't made here, or was changed."""
        if not 0 < len(text) <= MAX_STATE:
            return None
        try:
            claims = jwt.decode(
                text,
                self._key,
                algorithms=["HS256"],
                audience=self._of,
                options={"require": ["aud", "exp"], "verify_exp": False},
            )
            ends = datetime.fromtimestamp(claims["exp"], UTC)
        except (jwt.PyJWTError, ValueError, OverflowError, TypeError):
            return None
        values = claims.get("values")
        return FormState(values, at >= ends) if isinstance(values, dict) else None
