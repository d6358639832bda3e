"""What a customer's form holds, whatever was sent in its place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

from sanic import Request

from bot.runtime.http.refusals import BadRequest, TooLarge, UnsupportedMediaType
from store.core.cleaning import clean, clean_line
from store.core.identifiers import normalise_email, normalise_phone

MAX_FORM: Final = 100_000  # bytes
MAX_FIELDS: Final = 400  # an order has up to some hundred lines
MAX_CONTACT: Final = 254
FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Fields:
    """A form's fields by name, as they were sent."""

    sent: Mapping[str, Sequence[str]]

    def raw(self, name: str) -> str:
        return self.sent.get(name, [""])[0]

    def line(self, name: str, size: int) -> str:
        return clean_line(self.raw(name), size)

    def text(self, name: str, size: int) -> str:
        return clean(self.raw(name), size)

    def count(self, name: str) -> int:
        """A number from 0 on; -1 for what is none."""
        text = self.raw(name).strip()
        return int(text) if text.isascii() and text.isdecimal() and len(text) <= 6 else -1


def read(request: Request) -> Fields:
    """The form of a request. Raises `Refusal`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != FORM:
        raise UnsupportedMediaType(f"send a form: {FORM}")
    if len(request.body) > MAX_FORM:
        raise TooLarge("the form is too large")
    try:
        text = request.body.decode("ascii")
        sent = parse_qs(text, keep_blank_values=True, errors="replace", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise BadRequest("this is no form") from None
    return Fields(sent)


def contact(text: str, region: str) -> str | None:
    """An e-mail, or a phone in E.164, as orders have it; None for what is neither."""
    if "@" in text:
        found = normalise_email(text)
        name, _, host = found.rpartition("@")
        # It becomes a mail's recipient.
        fits = name and "." in host.strip(".") and not set(found) & set(' \t\n\r,;<>()[]":\\')
        return found if fits and "@" not in name and len(found) <= MAX_CONTACT else None
    try:
        return normalise_phone(text, region)
    except ValueError:
        return None
