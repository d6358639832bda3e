"""How a message is cut into what a channel can carry."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.splitting import Button, Capabilities, Part, cut, shorten, split, utf16_units

WIDE = Capabilities(text=4096, buttons=3, title=20)
SMS = Capabilities(text=320)
RED, BLUE, LONG, FOUR = (
    Button("t1", "Red"),
    Button("t2", "Blue"),
    Button("t3", "The one with the very long name"),
    Button("t4", "Four"),
)


def test_a_short_message_is_one_part_with_its_buttons() -> None:
    assert cut("Which?", (RED, BLUE), WIDE) == [Part("Which?", (RED, BLUE))]


def test_choices_stand_under_the_last_part() -> None:
    parts = cut("one two three four", (RED,), Capabilities(text=9, buttons=3))
    assert [part.text for part in parts] == ["one two", "three", "four"]
    assert [part.buttons for part in parts] == [(), (), (RED,)]


def test_more_choices_than_a_part_may_carry_are_not_lost() -> None:
    parts = cut("Which?", (RED, BLUE, LONG, FOUR), WIDE)
    assert [one.token for part in parts for one in part.buttons] == ["t1", "t2", "t3", "t4"]
    assert parts[0].buttons[2].title == "The one with the ve…"
    assert parts[1] == Part("…", (FOUR,))


def test_where_there_are_no_buttons_choices_are_numbered_options() -> None:
    assert cut("Which?", (RED, BLUE), SMS) == [Part("Which?\n1. Red\n2. Blue")]


@pytest.mark.parametrize("text", ["", " \n ", "\u2003"])
def test_nothing_is_sent_of_nothing(text: str) -> None:
    assert cut(text, (), WIDE) == []


@pytest.mark.parametrize(
    ("text", "size", "pieces"),
    [
        ("First paragraph.\n\nSecond one, longer.", 30, ["First paragraph.", "Second one, longer."]),
        ("A line here\nand another line", 20, ["A line here", "and another line"]),
        ("One sentence. Another one here.", 25, ["One sentence.", "Another one here."]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("abcd efgh", 4, ["abcd", "efgh"]),
        ("a " + "b" * 9, 5, ["a", "bbbbb", "bbbb"]),
    ],
)
def test_it_is_cut_at_the_most_natural_place(text: str, size: int, pieces: list[str]) -> None:
    assert split(text, size) == pieces


def test_an_emoji_counts_as_its_provider_counts_it() -> None:
    assert utf16_units("a🙂") == 3
    assert split("🙂" * 5, 4, utf16_units) == ["🙂🙂", "🙂🙂", "🙂"]


@given(st.text(max_size=300), st.integers(2, 40))
def test_nothing_but_space_is_lost_and_no_piece_is_too_long(text: str, size: int) -> None:
    pieces = split(text, size, utf16_units)
    assert all(0 < utf16_units(piece) <= size for piece in pieces)
    assert re.sub(r"\s", "", "".join(pieces)) == re.sub(r"\s", "", text)


def test_a_title_is_shortened_with_an_ellipsis() -> None:
    assert shorten("Red", 3) == "Red"
    assert shorten("Reddish", 4) == "Red…"
