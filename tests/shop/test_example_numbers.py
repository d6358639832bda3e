"""Examples of order numbers, made from the shop's own pattern."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.shop.wording.example_numbers import examples


@pytest.mark.parametrize(
    ("pattern", "first"),
    [
        (r"\d{5}", "12345"),
        (r"\d{8}", "12345678"),
        (r"WEB-\d{5}", "WEB-12345"),
        (r"[A-Z]{2}\d{4}", "AB3456"),
        (r"20\d\d/\d{1,6}", "2012/34567"),
        (r"(?:LT|LV)-?[0-9]+", "LT23456"),
        (r"[1-9]\d{3,}", "123456"),
        (r"(ord|web)\d{4}x", "ord1234x"),
        (r"#?\d{6}", "123456"),
        (r"[^\W\d]{3}", "ABC"),
    ],
)
def test_an_example_looks_like_the_shops_numbers(pattern: str, first: str) -> None:
    found = examples(pattern)
    assert found[0] == first and found == examples(pattern)
    assert all(re.fullmatch(pattern, one, re.IGNORECASE) for one in found)


@pytest.mark.parametrize("pattern", [r"(?=x)\d", "(", r"\d{99999}", r"(?!.)x"])
def test_of_what_is_too_odd_there_is_none(pattern: str) -> None:
    assert examples(pattern) == ()


@given(
    st.lists(
        st.sampled_from([r"\d", "[A-Z]", "-", r"\d{3}", "(a|b)", r"\w?", "[0-9]+", "X"]),
        min_size=1,
        max_size=8,
    )
)
def test_ordinary_patterns_have_examples(parts: list[str]) -> None:
    assert examples("".join(parts))
