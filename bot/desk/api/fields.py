"""Fields of requests to the desk, checked one by one; each raises `DeskError` naming the field."""

import re
import unicodedata
from collections.abc import Collection
from typing import Any, TypeVar

from bot.desk.errors import bad_request

_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
Word = TypeVar("Word", bound=str)

_WORD = re.compile(r"[\w .&/+-]{1,40}")


def email(fields: dict[str, Any]) -> str:
    """An e-mail address in small letters."""
    value = fields.get("email")
    if not isinstance(value, str) or len(value) > 254 or not _EMAIL.fullmatch(value.strip()):
        raise bad_request("email", "write an e-mail address.")
    return value.strip().lower()


def password(fields: dict[str, Any], field: str = "password") -> str:
    """A password of any kind: whether it is a good one is another question."""
    value = fields.get(field)
    if not isinstance(value, str) or not value:
        raise bad_request(field, "write a password.")
    return value


def code(fields: dict[str, Any]) -> str | None:
    """Six digits of an authenticator app, if there are any; people write spaces between them."""
    value = fields.get("code")
    if value is None or value == "":
        return None
    digits = value.replace(" ", "") if isinstance(value, str) else ""
    if not re.fullmatch("[0-9]{6}", digits):
        raise bad_request("code", "write six digits.")
    return digits


def token(fields: dict[str, Any]) -> str:
    """The token of a link."""
    value = fields.get("token")
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_-]{20,100}", value):
        raise bad_request("token", "write what stands behind the = in the link.")
    return value


def name(fields: dict[str, Any]) -> str:
    """A person's name in one line of at most 80 characters."""
    value = fields.get("name")
    plain = " ".join(value.split()) if isinstance(value, str) else ""
    # Left out: control and format characters, by which a name could look like another one.
    if not 1 <= len(plain) <= 80 or any(unicodedata.category(c) in _HIDDEN for c in plain):
        raise bad_request("name", "write a name of 1 to 80 characters.")
    return plain


_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def choice(fields: dict[str, Any], field: str, choices: Collection[Word]) -> Word:
    """One of a few words."""
    value = fields.get(field)
    if not isinstance(value, str) or value not in choices:
        raise bad_request(field, f"write one of {', '.join(choices)}.")
    return next(one for one in choices if one == value)


def choices(fields: dict[str, Any], field: str, known: Collection[str]) -> list[str]:
    """Some of a few words, each once."""
    value = fields.get(field)
    if not isinstance(value, list) or not all(isinstance(one, str) and one in known for one in value):
        raise bad_request(field, f"write a list of some of {', '.join(known)}.")
    return list(dict.fromkeys(value))


def words(fields: dict[str, Any], field: str) -> list[str]:
    """At most 20 words or short phrases, each once, in small letters."""
    value = fields.get(field)
    if (
        not isinstance(value, list)
        or len(value) > 20
        or not all(isinstance(one, str) and _WORD.fullmatch(one.strip()) for one in value)
    ):
        raise bad_request(field, "write a list of at most 20 words of at most 40 characters.")
    return list(dict.fromkeys(one.strip().lower() for one in value))


def number(fields: dict[str, Any], field: str, least: int, most: int) -> int:
    """A whole number."""
    value = fields.get(field)
    if type(value) is not int or not least <= value <= most:
        raise bad_request(field, f"write a whole number from {least} to {most}.")
    return value


def switch(fields: dict[str, Any], field: str) -> bool:
    """True or false."""
    value = fields.get(field)
    if not isinstance(value, bool):
        raise bad_request(field, "write true or false.")
    return value


def query_number(text: str | None, field: str, default: int | None, most: int) -> int | None:
    """A whole number from 1 in the address; `default` if it isn't there."""
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 18 and 1 <= int(text) <= most):
        raise bad_request(field, f"write a whole number from 1 to {most}.")
    return int(text)
