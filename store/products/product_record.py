"""A product as a shop's own system exports it, checked field by field.

`ProductRecord` is the one form in which products come in, by file or over HTTP. What customers are told of a
product is what stands here and nothing else.
"""

from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, StringConstraints, ValidationError, WithJsonSchema

from store.core.cleaning import clean_name
from store.intake.record_fields import (
    CODE,
    LINE,
    MONEY,
    TEXT,
    Currency,
    Money,
    Problem,
    Record,
    Url,
    count,
    problems,
    text,
)

ANY: Final = "any"  # stands where a text is said in whatever language
MAX_STOCK: Final = 1_000_000_000


def _by_language(value: object) -> object:
    """A text by itself is for customers of all languages; one that is empty is none."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return {ANY: value} if str(value).strip() else {}
    return {} if value is None else value


def _list(value: object) -> object:
    """One name by itself is a list of one."""
    return [value] if isinstance(value, str) else value


def _sku(value: object) -> object:
    return clean_name(value) if isinstance(value, str) else value


Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$"), CODE]
_SPOKEN = WithJsonSchema(
    {"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}}]}
)
Texts = Annotated[
    dict[Language, Annotated[str, text(1000), TEXT]],
    Field(max_length=20),
    BeforeValidator(_by_language),
    _SPOKEN,
]
Words = Annotated[
    dict[Language, Annotated[str, text(80), LINE]],
    Field(max_length=20),
    BeforeValidator(_by_language),
    _SPOKEN,
]
Sku = Annotated[str, text(64), CODE, BeforeValidator(_sku)]

_LANGUAGES = (
    'or an object with a text for each language, such as {"en": "…", "lt": "…"}, under ISO 639 codes in '
    f'small letters ("{ANY}" for all others)'
)


class OptionRecord(Record):
    """Something that a product can be had in, such as its size or colour."""

    name: Words = Field(
        min_length=1,
        description=f"what is chosen: size, colour, or a word of at most 80 characters, {_LANGUAGES}",
    )
    values: Annotated[list[Annotated[Words, Field(min_length=1)]], Field(min_length=1, max_length=100)] = (
        Field(description=f"a list of 1 to 100 values, each a word of at most 80 characters, {_LANGUAGES}")
    )


class ProductRecord(Record):
    """A whole product. It replaces what was stored under its article number before."""

    sku: Sku = Field(description="the article number, 1 to 64 characters")
    name: Annotated[str, text(200), LINE] = Field(description="the product's name, at most 200 characters")
    price: Money = Field(description=MONEY)
    currency: Currency = Field(description="an ISO 4217 currency code, such as EUR")
    stock: Annotated[int, Field(ge=0, le=MAX_STOCK), BeforeValidator(count)] | None = Field(
        None, description=f"how many there are, a whole number from 0 to {MAX_STOCK}; none if it isn't known"
    )
    description: Texts = Field(
        default_factory=dict, description=f"what it is, a text of at most 1000 characters, {_LANGUAGES}"
    )
    options: Annotated[list[OptionRecord], Field(max_length=10)] = Field(
        default_factory=list, description="a list of at most 10 options, such as size and colour"
    )
    care: Texts = Field(
        default_factory=dict,
        description=f"how it is set up, used and cared for, a text of at most 1000 characters, {_LANGUAGES}",
    )
    page_url: Url | None = Field(
        None, description="its page in the shop, a link that begins with https:// or http://"
    )
    manual_url: Url | None = Field(
        None, description="its manual, a link that begins with https:// or http://"
    )
    names: Annotated[
        dict[
            Language,
            Annotated[
                list[Annotated[str, text(80), LINE]],
                Field(min_length=1, max_length=20),
                BeforeValidator(_list),
            ],
        ],
        Field(max_length=20),
    ] = Field(
        default_factory=dict,
        description="what customers call it, an object with a list of 1 to 20 names of at most 80 characters "
        'for each language, such as {"en": ["lamp"], "lt": ["lempa"]}; the first is what they are told it is',
    )


def read(raw: Any) -> tuple[ProductRecord | None, tuple[Problem, ...], tuple[Problem, ...]]:
    """The product in a value out of JSON or of a file's cells, or what is wrong with it: at most 50 problems.
    Nothing is left out of a product."""
    try:
        return ProductRecord.model_validate(raw), (), ()
    except ValidationError as error:
        return None, tuple(problems(error, ProductRecord)), ()
