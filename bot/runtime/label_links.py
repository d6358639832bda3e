"""Links to the label of a case: whoever knows one can print it, until it ends."""

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import Final

from store.cases.cases import Case
from store.vocabulary import CaseState, GoodsState

LIFETIME: Final = timedelta(days=60)  # longer than anybody has for sending goods back
_NUMBER: Final = re.compile(r"R-[0-9A-Z]{1,20}")
_ENDED: Final = frozenset({CaseState.SUBMITTED, CaseState.DECLINED, CaseState.WITHDRAWN, CaseState.CLOSED})
_LABELLED: Final = frozenset({GoodsState.LABEL_ISSUED, GoodsState.IN_TRANSIT})


def has_label(case: Case) -> bool:
    """Whether goods of a case are sent back with a label of ours."""
    return case.state not in _ENDED and any(line.state in _LABELLED for line in case.lines)


class LabelLinks:
    """`secret` signs them. `public_url`: where customers reach the server, "" for links within its pages."""

    def __init__(self, secret: bytes, public_url: str = "") -> None:
        self._key = hmac.new(secret, b"labels of cases", hashlib.sha256).digest()
        self._public_url = public_url.rstrip("/")

    def label_link(self, case: Case, at: datetime | None = None, lifetime: timedelta = LIFETIME) -> str:
        """Where the label of a case can be printed for a while, in the case's language."""
        return self._public_url + self.path(case.number, case.language, at, lifetime)

    def path(
        self, number: str, language: str, at: datetime | None = None, lifetime: timedelta = LIFETIME
    ) -> str:
        """The same, below the address of the server."""
        expires = int(((at or datetime.now(UTC)) + lifetime).timestamp())
        signature = self._sign(number, expires)
        return f"/cases/{number}/label?lang={language}&expires={expires}&signature={signature}"

    def is_valid(self, number: str, expires: str, signature: str, at: datetime | None = None) -> bool:
        """Whether a link was made here and is still good."""
        if not _NUMBER.fullmatch(number) or not re.fullmatch(r"\d{1,12}", expires, re.ASCII):
            return False
        expected = self._sign(number, int(expires))
        fresh = (at or datetime.now(UTC)).timestamp() < int(expires)
        given = signature.encode("utf-8", "surrogateescape")
        return hmac.compare_digest(expected.encode(), given) and fresh

    def _sign(self, number: str, expires: int) -> str:
        return hmac.new(self._key, f"{number}:{expires}".encode(), hashlib.sha256).hexdigest()
