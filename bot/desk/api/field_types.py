"""The kinds of fields in requests to the desk: what each takes, and the form in which it is handed on.

A check that raises a bare `ValueError` is told as "write" and the field's description.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, Literal
from unicodedata import normalize

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    StringConstraints,
    ValidationInfo,
)

from bot.desk.answers import MAX_TEXT
from store.core.cleaning import clean, clean_name
from store.core.identifiers import normalise_email

MAX_ID = 2**53 - 1  # what JavaScript holds exactly
MAX_WORDS = 20
MAX_MENTIONS = 20

_EMAIL = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+$"
_WORD = re.compile(r"[\w .&/+-]{1,40}")


def _email(value: Any) -> Any:
    return normalise_email(value) if isinstance(value, str) else value


def _password(value: Any) -> str:
    # Whether it is a good one is another question; there may be half of a character in it.
    if not isinstance(value, str) or not value:
        raise ValueError
    return value


def _without_spaces(value: Any) -> Any:
    return value.replace(" ", "") if isinstance(value, str) else value


def _blank_is_none(value: Any) -> Any:
    return None if value == "" else value


def _name(value: Any) -> str:
    plain = normalize("NFC", " ".join(value.split())) if isinstance(value, str) else ""
    # By what nobody sees, a name could look like another one.
    if not 1 <= len(plain) <= 80 or plain != clean_name(plain):
        raise ValueError
    return plain


def _cleaned(value: Any) -> Any:
    return clean(value) if isinstance(value, str) else value


def _cleaned_or_blank(value: Any) -> Any:
    plain = "" if value is None else _cleaned(value)
    if value and not plain:
        raise ValueError
    return plain


def _words(value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > MAX_WORDS:
        raise ValueError
    if not all(isinstance(one, str) and _WORD.fullmatch(one.strip()) for one in value):
        raise ValueError
    return list(dict.fromkeys(one.strip().lower() for one in value))


def _one_of(choices: str) -> Callable[[str, ValidationInfo], str]:
    def check(value: str, info: ValidationInfo) -> str:
        known = (info.context or {})[choices]
        if value not in known:
            raise ValueError(f"write one of {', '.join(known)}.")
        return value

    return check


def _some_languages(value: list[str], info: ValidationInfo) -> list[str]:
    known = (info.context or {})["languages"]
    if not set(value) <= set(known):
        raise ValueError(f"write a list of some of {', '.join(known)}.")
    return list(dict.fromkeys(value))


def _number(value: Any) -> Any:
    """Out of an address, where all is text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
        return int(value)
    raise ValueError


def one_of(kind: type[StrEnum]) -> Any:
    """A word of a closed vocabulary."""

    def check(value: Any) -> StrEnum:
        found = next((one for one in kind if one == value), None)
        if found is None:
            raise ValueError
        return found

    words: Any = tuple(one.value for one in kind)
    return PlainValidator(check, json_schema_input_type=Literal[words])


def whole_number(least: int, most: int) -> Any:
    """What a whole number in a body may be."""
    return Field(ge=least, le=most, description=f"a whole number from {least} to {most}")


def written(most: int) -> Any:
    """What a text without space around it may be."""
    return Field(min_length=1, max_length=most, description=f"1 to {most} characters")


CLEANED = BeforeValidator(_cleaned)
FROM_QUERY = BeforeValidator(_number)

Email = Annotated[
    str,
    StringConstraints(max_length=254, pattern=_EMAIL),
    BeforeValidator(_email),
    Field(description="an e-mail address"),
]
Password = Annotated[
    str, PlainValidator(_password, json_schema_input_type=str), Field(description="a password")
]
Code = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{6}$"),
    BeforeValidator(_without_spaces),
    Field(description="six digits"),
]
MaybeCode = Annotated[Code | None, BeforeValidator(_blank_is_none), Field(description="six digits")]
LinkToken = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_-]{20,100}$"),
    Field(description="what stands behind the = in the link"),
]
Name = Annotated[
    str,
    PlainValidator(_name, json_schema_input_type=Annotated[str, Field(max_length=80)]),
    Field(description="a name of 1 to 80 characters"),
]
MaybeName = Annotated[
    Name | None, BeforeValidator(_blank_is_none), Field(description="a name of 1 to 80 characters")
]
# One of the context's "languages".
Language = Annotated[
    str, AfterValidator(_one_of("languages")), Field(description="one of the shop's languages")
]
Languages = Annotated[
    list[str], AfterValidator(_some_languages), Field(description="a list of some of the shop's languages")
]
Skills = Annotated[
    list[str],
    PlainValidator(_words, json_schema_input_type=list[str]),
    Field(description=f"a list of at most {MAX_WORDS} words of at most 40 characters"),
]
Switch = Annotated[bool, Field(description="true or false")]
# One of the context's "dispositions".
Disposition = Annotated[
    str, AfterValidator(_one_of("dispositions")), Field(description="an id of one of the desk's dispositions")
]
RowId = Annotated[int, whole_number(1, MAX_ID)]
QueryId = Annotated[int | None, whole_number(1, MAX_ID), FROM_QUERY]
QuerySeq = Annotated[int | None, Field(ge=0, le=999_999_999, description="a message's number"), FROM_QUERY]
Text = Annotated[str, written(MAX_TEXT), CLEANED]
MaybeText = Annotated[
    str,
    StringConstraints(max_length=MAX_TEXT),
    BeforeValidator(_cleaned_or_blank),
    Field(description=f"1 to {MAX_TEXT} characters"),
]
ClientId = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,80}$"),
    Field(description="1 to 80 letters, digits or any of . _ : -"),
]
QueryTag = Annotated[str | None, Field(pattern=r"^[A-Za-z0-9_-]{1,20}$", description="one word")]
Mentions = Annotated[
    list[Annotated[int, Field(ge=1, le=MAX_ID)]],
    Field(max_length=MAX_MENTIONS, description=f"a list of at most {MAX_MENTIONS} ids of agents"),
]
