"""What customers have in some hundreds of situations, in five kinds of jurisdiction."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.shop import laws as tables
from store.cases.law.claims import Doubt, Rights
from store.cases.law.sums import refund
from store.vocabulary import CaseKind, Wish
from tests.store.cases.situations import Situation, last_day, situations

LAWS = tables.load()
ALL = list(situations())
KEYS = {
    "what", "order", "with", "terms", "ask", "lines", "before", "at", "repaired", "refunded", "way",
    "delivery_refunded", "deductions", "is", "kind", "wishes", "pays", "back", "law", "rule", "until",
    "doubts", "sum", "due",
}  # fmt: skip


@pytest.mark.parametrize("one", ALL, ids=[one.what for one in ALL])
def test_a_situation(one: Situation) -> None:
    rights = Rights(LAWS, one.terms)
    found = rights.assess(one.order, one.lines, one.ask, one.at, one.before, repaired=one.repaired)
    expected = one.expected
    assert {
        "kind": found.kind,
        "wishes": list(found.wishes),
        "doubts": sorted(found.doubts),
        "pays": "shop" if found.shop_pays else "customer",
        "back": "yes" if found.goods_back else "no",
        "law": "yes" if found.stated_as_law else "no",
        "rule": found.rule,
        "until": found.last_day,
    } == {
        **{name: expected[name] for name in ("kind", "wishes", "pays", "back", "law", "rule")},
        "doubts": sorted(expected["doubts"]),
        "until": last_day(expected["until"]),
    }
    assert found.jurisdiction == (one.order.country or "LT")
    if "sum" in expected:
        back = refund(one.order, one.lines, found, one.terms, before=one.before, way=one.way, **one.money)
        assert back.total == Decimal(expected["sum"])
        assert sum((part.amount for part in back.parts), Decimal(0)) == back.total
    if "due" in expected:
        zone = rights.calendar(found.jurisdiction).zone
        due = rights.deadlines(found, one.at)
        assert {one.kind: one.due_at.astimezone(zone).date() for one in due} == expected["due"]
        assert len({one.kind for one in due}) == len(due)


@pytest.mark.parametrize("one", ALL, ids=[one.what for one in ALL])
def test_nobody_is_refused(one: Situation) -> None:
    """What isn't approved is looked at by a person, with a reason for that; something is always offered."""
    found = Rights(LAWS, one.terms).assess(one.order, one.lines, one.ask, one.at, one.before)
    assert found.wishes
    assert all(isinstance(doubt, Doubt) for doubt in found.doubts)
    if found.until is not None and one.at > found.until:
        assert Doubt.WINDOW_OVER in found.doubts
    # The customer who said nothing of credit isn't offered any, and who asks for it instead of money gets it.
    assert Wish.CREDIT not in found.wishes
    assert found.allows(Wish.CREDIT) == (Wish.REFUND in found.wishes)


@pytest.mark.parametrize("one", ALL, ids=[one.what for one in ALL])
def test_the_end_is_the_last_instant_of_a_day_there(one: Situation) -> None:
    rights = Rights(LAWS, one.terms)
    found = rights.assess(one.order, one.lines, one.ask, one.at, one.before, repaired=one.repaired)
    assert (found.until is None) == (found.last_day is None)
    if found.until is not None and found.last_day is not None:
        zone = rights.calendar(found.jurisdiction).zone
        assert found.until.astimezone(zone).date() == found.last_day
        after = (found.until + timedelta(microseconds=1)).astimezone(zone)
        assert (after.date(), after.hour, after.minute) == (found.last_day + timedelta(days=1), 0, 0)


def test_the_table_is_wide_enough() -> None:
    assert len(ALL) >= 200
    assert len({one.what for one in ALL}) == len(ALL)
    assert {one.ask for one in ALL} == set(CaseKind)
    assert {key for one in ALL for key in one.expected} <= KEYS
    countries = Counter(one.order.country for one in ALL)
    assert all(countries[country] >= 10 for country in ("LT", "LV", "KZ", "ID", "US"))
    assert countries["EE"] >= 3
    assert {doubt for one in ALL for doubt in one.expected["doubts"]} == set(Doubt)
