"""What a browser posts, parsed: a pure function from a request's body to an `Inbound`."""

import re
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from bot.runtime.http.json_bodies import parse_object
from bot.runtime.http.request_models import LEFT_OUT, RequestModel, read, too_long
from channels.contract import MAX_TEXT, Inbound
from store.core.cleaning import clean

# A text of MAX_TEXT characters fits even if each one is written as two \uXXXX escapes.
MAX_BODY = 64 * 1024
MAX_SEQ = 2**31 - 1

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("write a text.")
    text = clean(value)
    if not text:
        raise ValueError("write something that isn't blank.")
    if len(text) > MAX_TEXT:
        raise too_long(MAX_TEXT)
    return text


def _seq(value: Any) -> Any:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10:
        return int(value)
    raise ValueError


class Message(RequestModel):
    """A customer's message: what was typed, or the button that was pressed."""

    client_msg_id: str = Field(
        pattern=r"^[A-Za-z0-9_-]{8,64}$", description="8 to 64 characters of A-Z, a-z, 0-9, _ and -"
    )
    text: Annotated[str, BeforeValidator(_text)] = Field(
        "", description=f"1 to {MAX_TEXT} characters, in place of press"
    )
    press: str = Field(
        LEFT_OUT, pattern=r"^[A-Za-z0-9_-]{1,64}$", description="the token of a button, in place of text"
    )
    language: str = Field(LEFT_OUT, max_length=100, description='a tag such as "en"')

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if len(self.model_fields_set & {"text", "press"}) != 1:
            raise ValueError("Send either text or press, and not both.")
        return self


class ShopToken(RequestModel):
    """What the shop's own site says of who is signed in to it."""

    token: str = Field(
        min_length=1,
        max_length=4096,
        description="the signed token (JWT) of the shop's site, and nothing else",
    )


class Place(RequestModel):
    """The place in the transcript after which messages are wanted."""

    after: Annotated[int, BeforeValidator(_seq)] = Field(
        0, ge=0, le=MAX_SEQ, description="a message's seq: a whole number from 0"
    )


def parse(visitor: str, account: str, body: bytes, language: str | None) -> Inbound:
    """The message in `body`. `language` is used when the body names none. Raises `BadRequest`."""
    message = read(Message, parse_object(body, MAX_BODY))
    return Inbound(
        channel="web",
        account=account,
        external_id=f"{visitor}:{message.client_msg_id}",
        address=visitor,
        text=message.text,
        press=message.press,
        language=primary_language(message.language) or language,
    )


def parse_shop_token(body: bytes) -> str:
    """The token in `body`. Raises `BadRequest`."""
    return read(ShopToken, parse_object(body, MAX_BODY)).token


def primary_language(tags: str | None) -> str | None:
    """The first language of an `Accept-Language` header or a tag: "pt" for "pt-BR,pt;q=0.9"."""
    match = _LANGUAGE.match((tags or "").strip())
    rest = (tags or "").strip()[match.end() :] if match else ""
    return match.group().lower() if match and (not rest or rest[0] in "-_,; ") else None


def parse_seq(value: str | None) -> int:
    """A place in the transcript out of a query or header; none is 0. Raises `BadRequest`."""
    return read(Place, {"after": value} if value else {}).after
