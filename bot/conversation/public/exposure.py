"""What in a public text is nobody else's business: a contact, an order's number."""

import re
from collections.abc import Iterator

from store.core.database import Connection
from store.orders import orders

MOST = 20  # looked up, of one text
_EMAIL = re.compile(r"[^\s@,;:<>()]{1,64}@[^\s@,;:<>()]{1,190}\.[^\W\d_]{2,24}")
# A phone, or an order's number: digits, perhaps in groups, perhaps behind letters.
_NUMBER = re.compile(r"(?:[^\W\d_]{1,6}[-–]?)?\+?\d(?:[ \-–./()]{0,2}\d){4,18}")
_DIGIT = re.compile(r"\d")
_LINK = re.compile(r"https?://\S+")


def exposes(text: str) -> bool:
    """Whether a text may hold a contact or an order's number. In doubt it does: somebody looks."""
    return bool(_EMAIL.search(text) or _NUMBER.search(_LINK.sub(" ", text)))


def of_an_order(connection: Connection, text: str) -> bool:
    """Whether a text names an order that there is, or a contact that one was given with."""
    for found in _candidates(text):
        if orders.find(connection, found) is not None or orders.of_contact(connection, found, 1):
            return True
    return False


def _candidates(text: str) -> Iterator[str]:
    """Words that may be numbers of orders, e-mails and phones, each once."""
    words = (word.strip(".,;:!?()[]{}«»„“”\"'…") for word in text.split())
    found = [word for word in words if _DIGIT.search(word)]
    found += _EMAIL.findall(text)
    found += (one.replace(" ", "") for one in _NUMBER.findall(text))
    yield from list(dict.fromkeys(one for one in found if len(one) >= 3))[:MOST]
