"""What is said of a product, by what the store has of it."""

from decimal import Decimal
from typing import Any

import pytest

from actions.facts import product_facts
from actions.facts.product_facts import Aspect
from store.products.products import Option, Product

PRICE, STOCK, OPTIONS, CARE, GENERAL = Aspect
BARE = Product("A", "Mug", Decimal("12.30"), "EUR")
SIZES = Option({"any": "Size"}, [{"any": "S"}, {"any": "L"}])
COLOURS = Option({"any": "colour"}, [{"en": "blue", "lt": "mėlyna"}])


def product(**known: Any) -> Product:
    return Product("A", "Mug", Decimal("12.30"), "EUR", **known)


def phrases(one: Product, *aspects: Aspect, language: str = "en") -> list[str]:
    return [
        line["phrase"].removeprefix("product_") for line in product_facts.answer(one, aspects, language)[0]
    ]


@pytest.mark.parametrize(
    ("one", "aspects", "said"),
    [
        (BARE, [PRICE], ["price"]),
        (BARE, [STOCK], ["title", "stock_unknown"]),
        (product(stock=0), [STOCK], ["title", "sold_out"]),
        (product(stock=5), [STOCK], ["title", "few_left"]),
        (product(stock=6), [STOCK], ["title", "in_stock"]),
        (product(stock=6, options=[COLOURS]), [STOCK], ["title", "in_stock"]),
        (product(stock=6, options=[SIZES]), [STOCK], ["title", "in_stock", "stock_of_all"]),
        (BARE, [OPTIONS], ["title", "options_unknown"]),
        (product(options=[SIZES, COLOURS]), [OPTIONS], ["title", "sizes", "colours"]),
        (product(options=[Option({"en": "scent"}, [{"any": "rose"}])]), [OPTIONS], ["title", "option"]),
        (BARE, [CARE], ["title", "care_unknown"]),
        (product(page_url="https://x/p"), [CARE], ["title", "care_unknown", "page"]),
        (
            product(manual_url="https://x/m", page_url="https://x/p"),
            [CARE],
            ["title", "care_unknown", "manual"],
        ),
        (product(care={"any": "Wash."}), [CARE], ["title", "text"]),
        (product(page_url="https://x/p"), [PRICE, STOCK], ["price", "stock_unknown", "page"]),
        (BARE, [], ["title", "its_price"]),
        (
            product(description={"en": "A mug."}, stock=1, options=[SIZES], page_url="https://x/p"),
            [],
            ["title", "text", "its_price", "sizes", "few_left", "page"],
        ),
    ],
)
def test_only_what_the_store_has_is_told(one: Product, aspects: list[Aspect], said: list[str]) -> None:
    assert phrases(one, *aspects) == said
    _, known = product_facts.answer(one, aspects, "en")
    assert known is not any(phrase.endswith("_unknown") for phrase in said)


def test_texts_are_in_the_customers_language() -> None:
    one = product(options=[COLOURS], names={"lt": ["puodelis"]})
    ((title, colours), _) = product_facts.answer(one, [OPTIONS], "lt")
    assert title["product"] == "Puodelis" and colours["values"] == "mėlyna"
    ((title, colours), _) = product_facts.answer(one, [OPTIONS], "kk")
    assert title["product"] == "Mug" and colours["values"] == "blue"


def test_buttons_ask_for_what_is_there_and_was_not_told() -> None:
    def asked(one: Product, *aspects: Aspect) -> list[str]:
        return [choice["entities"]["aspects"] for choice in product_facts.next_questions(one, aspects)]

    full = product(stock=1, options=[SIZES], care={"any": "Wash."})
    assert asked(full, PRICE) == ["stock", "options"]
    assert asked(full, CARE) == ["price", "stock"]
    assert asked(full) == asked(full, GENERAL) == ["care"]
    assert asked(BARE, PRICE) == []
