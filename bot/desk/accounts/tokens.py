"""Random tokens: the holder has the token, the database its hash."""

import hashlib
import secrets


def new() -> str:
    """256 random bits, 43 characters that may stand in a URL or cookie."""
    return secrets.token_urlsafe(32)


def hashed(token: str) -> str:
    """What the database keeps of a token: 64 hexadecimal digits."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
