"""The signature of what the shop's own system is told, by which it knows that we said it, and when."""

import hashlib
import hmac
import re
from typing import Final

HEADER: Final = "Aftercare-Signature"
WINDOW: Final = 300  # seconds, after which a signature is too old to be taken

_FORM = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})", re.ASCII)


def sign(secret: bytes, body: bytes, at: float) -> str:
    """The header's value: the time in seconds since 1970, and the HMAC-SHA256 of time, point and body."""
    return f"t={int(at)},v1={_digest(secret, int(at), body)}"


def holds(secret: bytes, header: str, body: bytes, at: float) -> bool:
    """Whether a header is of this body, and not older (nor from further ahead) than `WINDOW`."""
    found = _FORM.fullmatch(header)
    if not found or abs(at - int(found[1])) > WINDOW:
        return False
    return hmac.compare_digest(found[2], _digest(secret, int(found[1]), body))


def _digest(secret: bytes, at: int, body: bytes) -> str:
    return hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
