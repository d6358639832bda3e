"""The shop's own site vouches for a signed-in customer with a short-lived token (JWT, RFC 7519).

The site's server signs it with HS256 and the secret that it shares with this program:
`{"aud": "aftercare", "sub": the customer's number there, "email": …, "iat": …, "exp": …}`, and for each page
a new one. It counts once, and lives ten minutes at most. Who the customer is, `sub` says: an e-mail may
change, or pass to somebody else.
"""

import hashlib
from datetime import UTC, datetime, timedelta

import jwt

from bot.runtime.http.refusals import Forbidden
from channels.contract import Proof, ProofBy, Voucher
from store.core.identifiers import normalise_email

AUDIENCE = "aftercare"
LIFETIME = timedelta(minutes=10)
MAX_SUBJECT = 255  # characters
LEEWAY = 60  # seconds by which the clocks of two hosts may differ


def read(secret: bytes, token: str) -> Voucher:
    """Checks a token; `subject` is the customer's number as it stands in it. Raises `Forbidden` for one that
    doesn't hold."""
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            audience=AUDIENCE,
            leeway=LEEWAY,
            options={"require": ["aud", "sub", "iat", "exp"]},
        )
    except (jwt.PyJWTError, ValueError, OverflowError) as error:
        raise Forbidden("The shop's token is not valid, or no longer.") from error
    subject = claims["sub"].strip()
    if not 0 < len(subject) <= MAX_SUBJECT:
        raise Forbidden("The shop's token names no customer.")
    email = claims.get("email")
    email = normalise_email(email) if isinstance(email, str) else ""
    if email.count("@") != 1 or len(email) > 254:
        raise Forbidden("The shop's token names no e-mail.")
    issued, expires = int(claims["iat"]), int(claims["exp"])
    if expires - issued > LIFETIME.total_seconds() + LEEWAY:
        raise Forbidden("The shop's token lives too long: ten minutes at most.")
    # The signed part only: the same signature can be spelled in several ways.
    token_id = hashlib.sha256(token.rpartition(".")[0].encode()).hexdigest()
    until = datetime.fromtimestamp(expires + LEEWAY, UTC)
    return Voucher(subject, Proof(email, ProofBy.SHOP), token_id, until)
