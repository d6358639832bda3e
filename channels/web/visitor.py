"""A visitor of the web chat: a random id in a signed token, nothing else."""

import secrets
from datetime import UTC, datetime, timedelta

import jwt

from bot.runtime.http.refusals import Unauthorized

AUDIENCE = "web-visitor"
LIFETIME = timedelta(days=365)
LEEWAY = 60  # seconds by which the clocks of two hosts may differ


def issue(secret: bytes, *, at: datetime | None = None) -> str:
    """A token for a new visitor, good for a year from `at` (now)."""
    start = at or datetime.now(UTC)
    claims = {
        "aud": AUDIENCE,
        "sub": secrets.token_urlsafe(16),
        "iat": start,
        "exp": start + LIFETIME,
    }
    return jwt.encode(claims, secret, algorithm="HS256")


def verify(secret: bytes, authorization: str | None) -> str:
    """The visitor's id out of an `Authorization` header. Raises `Unauthorized`."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthorized(
            "Send the header `Authorization: Bearer <token>` with a token of POST sessions.",
            challenge="Bearer",
        )
    try:
        claims = jwt.decode(
            token.strip(),
            secret,
            algorithms=["HS256"],
            audience=AUDIENCE,
            leeway=LEEWAY,
            options={"require": ["aud", "sub", "iat", "exp"]},
        )
    except (jwt.PyJWTError, UnicodeError) as error:
        raise Unauthorized(
            "The token is not valid, or no longer: ask POST sessions for a new one.", challenge="Bearer"
        ) from error
    return str(claims["sub"])
