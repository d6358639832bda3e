"""Tokens of the web chat: a visitor's, which opens one conversation, and a browser's note of whose visit it
had, which opens nothing and is good for ending it.

A visitor's is a random id in a signed token, and for a customer for whom the shop's site vouches also the
visit.
"""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta

import jwt

from bot.runtime.http.refusals import Unauthorized
from channels.contract import Visit

AUDIENCE = "web-visitor"
NOTE = "web-visit"  # another audience
LIFETIME = timedelta(days=365)  # of a visitor nobody vouches for
NOTE_LIFETIME = timedelta(days=30)
LEEWAY = 60  # seconds by which the clocks of two hosts may differ


def issue(secret: bytes, *, at: datetime | None = None) -> str:
    """A token for a new visitor, good for a year from `at` (now)."""
    start = at or datetime.now(UTC)
    claims = {"sub": secrets.token_urlsafe(16), "iat": start, "exp": start + LIFETIME}
    return jwt.encode({"aud": AUDIENCE, **claims}, secret, algorithm="HS256")


def issue_vouched(secret: bytes, visit: Visit) -> str:
    """A token of a vouched customer's visit, good as long as that lasts at most."""
    return _of_visit(secret, AUDIENCE, visit, visit.expires_at)


def note(secret: bytes, visit: Visit, *, at: datetime | None = None) -> str:
    """What a browser may keep of a visit: it ends the visit or goes on with it, together with the shop's
    word, and opens nothing."""
    return _of_visit(secret, NOTE, visit, (at or datetime.now(UTC)) + NOTE_LIFETIME)


def verify(secret: bytes, authorization: str | None, *, notes: bool = False) -> Visit:
    """The visit out of an `Authorization` header, also out of the note of one if `notes`. Whether it is over
    is not known. Raises `Unauthorized`."""
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
            audience=[AUDIENCE, NOTE] if notes else AUDIENCE,
            leeway=LEEWAY,
            options={"require": ["aud", "sub", "iat", "exp"]},
        )
    except (jwt.PyJWTError, UnicodeError) as error:
        raise Unauthorized(
            "The token is not valid, or no longer: ask POST sessions for a new one.", challenge="Bearer"
        ) from error
    address = str(claims["sub"])
    until = datetime.fromtimestamp(int(claims["exp"]) + LEEWAY, UTC)
    return Visit(str(claims.get("jti", address)), address, until, vouched="jti" in claims)


def customer(secret: bytes, account: str, subject: str) -> str:
    """What a customer's number at the shop is known by here: 64 hexadecimal digits."""
    return hmac.new(secret, f"{account}\n{subject}".encode(), hashlib.sha256).hexdigest()


def _of_visit(secret: bytes, audience: str, visit: Visit, until: datetime) -> str:
    now = datetime.now(UTC)
    claims = {"aud": audience, "sub": visit.address, "jti": visit.id, "iat": now, "exp": until}
    return jwt.encode(claims, secret, algorithm="HS256")
