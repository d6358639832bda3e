"""The pages' texts: each is there in each language, and each is used."""

import re
from datetime import UTC, datetime

import pytest

from bot.shop.page_texts import own_name
from store.cases.law.sums import PartKind
from store.vocabulary import CaseKind, CaseState, GoodsState, ReturnWay, Wish
from tests.paths import ROOT
from tests.web.customer_pages.paging import KNOWLEDGE

ENGLISH = KNOWLEDGE.texts.pages["en"]
HIDDEN = {GoodsState.INSPECTED, GoodsState.RESTOCKED, GoodsState.SCRAPPED}  # told as received


def used() -> set[str]:
    code = "".join(
        path.read_text("utf-8")
        for folder in ("bot/web/customer_pages", "bot/withdrawal")
        for path in sorted((ROOT / folder).glob("*.py"))
    )
    made = {f"kind_{one}" for one in CaseKind} | {f"state_{one}" for one in CaseState}
    made |= {f"goods_{one}" for one in GoodsState if one not in HIDDEN} | {f"wish_{one}" for one in Wish}
    made |= {f"way_{one}" for one in ReturnWay if one != ReturnWay.KEEP}
    made |= {f"part_{one}" for one in PartKind if one != PartKind.GOODS}
    made |= {f"problem_{one}" for one in ("name", "number")}
    return made | {
        name for name in ENGLISH if re.search(f"[\"']{name}[\"']", code) or name.startswith("reason_")
    }


def test_all_are_used_and_none_is_missing() -> None:
    assert used() == {*ENGLISH}


@pytest.mark.parametrize("language", KNOWLEDGE.shop.languages)
def test_each_language_has_them_with_the_same_places(language: str) -> None:
    texts = KNOWLEDGE.texts.pages[language]
    for name, text in ENGLISH.items():
        places = {*re.findall(r"\{\w+\}", text)} - {"{shop}"}
        assert {*re.findall(r"\{\w+\}", texts[name])} - {"{shop}"} == places, name
        if language != "en":
            assert texts[name] != text or name in ("case_state",), name


def test_days_times_and_sums_are_written_as_people_write_them() -> None:
    at = datetime(2026, 7, 31, 22, 30, tzinfo=UTC)
    said = {one: KNOWLEDGE.pages.speech(one) for one in KNOWLEDGE.shop.languages}
    assert said["en"].day(at) == "1 August 2026" and said["en"].time(at) == "01:30 (EEST)"
    assert said["lt"].day(at) == "2026 m. rugpjūčio 1 d." and said["id"].time(at) == "01.30 (EEST)"
    assert KNOWLEDGE.pages.speech("xx").language == "en"


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        ("lv", "lt", "lv"), ("", "lt-LT,lt;q=0.9,en;q=0.8", "lt"), ("xx", "de, kk;q=0.1, id;q=0.5", "id"),
        ("", "lt;q=0, lv;q=0.1", "lv"), ("", "", "en"),
        ("", "\0;q=x,,;;q=,*" * 999, "en"), ("<b>", "*", "en"),
    ],
)  # fmt: skip
def test_which_language_a_page_speaks(asked: str, accepted: str, language: str) -> None:
    assert KNOWLEDGE.pages.chosen(asked, accepted) == language


def test_languages_have_their_own_names() -> None:
    assert [own_name(one) for one in ("en", "lt", "id")] == ["English", "Lietuvių", "Bahasa Indonesia"]
