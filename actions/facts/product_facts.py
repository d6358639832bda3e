"""What may be said about a product: pure functions from products to phrases, but for the shop's own texts in
no language yet.

A phrase is a dict: its name under `phrase` (see data/responses) and its facts.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from actions.facts.order_facts import money
from actions.intents import Intent
from store.products.products import Option, Product, said

Phrase = dict[str, Any]

FEW = 5  # so many, or less, are told by number
NEXT = 2  # buttons for what else may be asked

# Options that every language has a word for.
_SIZE = frozenset({"size", "sizes"})
_COLOUR = frozenset({"colour", "colours", "color", "colors"})


class Aspect(StrEnum):
    """What of a product is asked."""

    PRICE = "price"
    STOCK = "stock"
    OPTIONS = "options"
    CARE = "care"
    GENERAL = "general"


def answer(product: Product, aspects: Collection[Aspect], language: str) -> tuple[list[Phrase], bool]:
    """What is said when these are asked, general things if nothing is; and whether the store has all of it.
    The name stands once, before the rest."""
    wanted = [aspect for aspect in Aspect if aspect in aspects] or [Aspect.GENERAL]
    lines = [line for aspect in wanted for line in _ASPECTS[aspect](product, language)]
    known = not any(line["phrase"].endswith("_unknown") for line in lines)
    if not known or Aspect.GENERAL in wanted or Aspect.CARE in wanted:
        lines += _link(product, Aspect.CARE in wanted)
    name = product.called(language)
    if lines[0]["phrase"] != "product_price":
        lines.insert(0, {"phrase": "product_title"})
    return [{"product": name, **line} for line in lines], known


def _price(product: Product, language: str) -> list[Phrase]:
    return [{"phrase": "product_price", "price": money(product.price, product.currency)}]


def _stock(product: Product, language: str) -> list[Phrase]:
    if product.stock is None:
        return [{"phrase": "product_stock_unknown"}]
    if not product.stock:
        return [{"phrase": "product_sold_out"}]
    if product.stock <= FEW:
        lines: list[Phrase] = [{"phrase": "product_few_left", "count": product.stock}]
    else:
        lines = [{"phrase": "product_in_stock"}]
    if any(len(option.values) > 1 for option in product.options):
        lines.append({"phrase": "product_stock_of_all"})
    return lines


def _options(product: Product, language: str) -> list[Phrase]:
    return list(_comes_in(product.options, language)) or [{"phrase": "product_options_unknown"}]


def _comes_in(options: Sequence[Option], language: str) -> Iterator[Phrase]:
    for option in options:
        values = ", ".join(said(value, language) for value in option.values)
        names = {text.lower() for text in option.name.values()}
        if names & _SIZE:
            yield {"phrase": "product_sizes", "values": values}
        elif names & _COLOUR:
            yield {"phrase": "product_colours", "values": values}
        else:
            yield {"phrase": "product_option", "option": said(option.name, language), "values": values}


def _care(product: Product, language: str) -> list[Phrase]:
    text = said(product.care, language)
    return [{"phrase": "product_text", "text": text} if text else {"phrase": "product_care_unknown"}]


def _general(product: Product, language: str) -> list[Phrase]:
    lines: list[Phrase] = []
    if text := said(product.description, language):
        lines.append({"phrase": "product_text", "text": text})
    lines.append({"phrase": "product_its_price", "price": money(product.price, product.currency)})
    lines += _comes_in(product.options, language)
    if product.stock is not None:
        lines.append(_stock(product, language)[0])
    return lines


_ASPECTS: Mapping[Aspect, Callable[[Product, str], list[Phrase]]] = {
    Aspect.PRICE: _price,
    Aspect.STOCK: _stock,
    Aspect.OPTIONS: _options,
    Aspect.CARE: _care,
    Aspect.GENERAL: _general,
}


def _link(product: Product, care: bool) -> list[Phrase]:
    """Where more of it stands: for its care the manual, else its page."""
    if care and product.manual_url:
        return [{"phrase": "product_manual", "link": product.manual_url}]
    return [{"phrase": "product_page", "link": product.page_url}] if product.page_url else []


def next_questions(product: Product, aspects: Collection[Aspect]) -> list[dict[str, Any]]:
    """Buttons for what else the store knows of it, at most two."""
    there = {
        Aspect.PRICE: True,
        Aspect.STOCK: product.stock is not None,
        Aspect.OPTIONS: bool(product.options),
        Aspect.CARE: bool(product.care or product.manual_url),
    }
    told = set(aspects) or {Aspect.GENERAL}
    if Aspect.GENERAL in told:
        told |= {Aspect.PRICE, Aspect.STOCK, Aspect.OPTIONS}
    asked = [aspect for aspect, known in there.items() if known and aspect not in told]
    return [choice(product.sku, [aspect], title_key=f"product_{aspect}") for aspect in asked[:NEXT]]


def choice(sku: str, aspects: Collection[Aspect], **title: str) -> dict[str, Any]:
    """A button that asks these of a product."""
    return {
        "intent": Intent.ASK_PRODUCT,
        "entities": {"product": sku, "aspects": " ".join(aspects)},
        **title,
    }
