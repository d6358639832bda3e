"""The table of laws as an owner writes it, and the shop's own terms that are made of `shop.yml`."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.shop import facts as shops
from bot.shop import laws as reading
from bot.shop.yaml_source import SourceError, read
from store.cases.law.rules import DeliveryBack, Laws, Payer, Period, Start, Unit
from store.vocabulary import CaseKind, NoReturn, ReturnWay, Wish
from tests.paths import ROOT
from tests.shop.test_facts import GOOD

RULE = """areas:
  EU:
    LT: Europe/Vilnius
    LV: Europe/Riga
laws:
  eu_withdrawal:
    jurisdiction: EU
    kinds: [withdrawal]
    window: 14 days
    starts: last_parcel
    remedies: [refund]
    excepted: [custom_made]
    excepted_unsealed: [sealed]
    way_back: customer
    delivery_back: standard
    send_back: 14 days
    refund: 14 days
    source: Directive 2011/83/EU, articles 9 to 16
    link: https://eur-lex.europa.eu/eli/dir/2011/83/oj
    checked: 2026-12-01
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def laws(folder: Path, *texts: str) -> Laws:
    sources = []
    for number, text in enumerate(texts):
        path = folder / f"rights{number}.yml"
        path.write_text(text, encoding="utf-8")
        sources.append(read(path))
    return reading.laws(*sources)


def changed(old: str, new: str) -> str:
    assert RULE.count(old) == 1
    return RULE.replace(old, new)


def test_a_rule(folder: Path) -> None:
    found = laws(folder, RULE)
    rule = found.right("LT", CaseKind.WITHDRAWAL)
    assert rule and rule is found.right("LV", CaseKind.WITHDRAWAL)
    assert (rule.name, rule.jurisdiction, rule.window) == ("eu_withdrawal", "EU", Period(14, Unit.DAYS))
    assert (rule.starts, rule.way_back, rule.delivery_back) == (
        Start.LAST_PARCEL,
        Payer.CUSTOMER,
        DeliveryBack.STANDARD,
    )
    assert (rule.remedies, rule.excepted) == ((Wish.REFUND,), (NoReturn.CUSTOM_MADE,))
    assert rule.checked == date(2026, 12, 1)
    assert found.zone("LV") == ZoneInfo("Europe/Riga")
    assert found.right("US", CaseKind.WITHDRAWAL) is None
    assert found.zone("US") is None
    assert found.answer("LT", CaseKind.WITHDRAWAL) is None


def test_a_countrys_own_rule_goes_first(folder: Path) -> None:
    own = (
        RULE.split("laws:\n")[1]
        .replace("eu_withdrawal", "aa_lt")
        .replace("jurisdiction: EU", "jurisdiction: LT")
    )
    for text in (RULE + own, RULE.replace("laws:\n", f"laws:\n{own}")):
        found = laws(folder, text)
        names = [getattr(found.right(country, CaseKind.WITHDRAWAL), "name", "") for country in ("LT", "LV")]
        assert names == ["aa_lt", "eu_withdrawal"]


def test_a_rule_that_only_answers_takes_no_right_away(folder: Path) -> None:
    answers = (
        "  lt_answer:\n    jurisdiction: LT\n    kinds: [withdrawal]\n    answer: 15 working days\n"
        "    source: x\n    link: https://x.example/\n    checked: no\n"
    )
    found = laws(folder, RULE + answers)
    right, answer = found.right("LT", CaseKind.WITHDRAWAL), found.answer("LT", CaseKind.WITHDRAWAL)
    assert right and right.name == "eu_withdrawal"
    assert answer and (answer.answer, answer.checked) == (Period(15, Unit.WORKING_DAYS), None)


def test_the_shops_file_lies_over_the_products(folder: Path) -> None:
    own = (
        "areas:\n  NO:\n    NO: Europe/Oslo\nlaws:\n"
        + changed("window: 14 days", "window: 30 days").split("laws:\n")[1]
    )
    found = laws(folder, RULE, own)
    rule = found.right("LT", CaseKind.WITHDRAWAL)
    assert rule and rule.window == Period(30, Unit.DAYS)
    assert found.zone("NO") == ZoneInfo("Europe/Oslo")
    with pytest.raises(SourceError, match="rights1.yml:2: laws.x.source: missing; write for example"):
        laws(folder, RULE, "laws:\n  x: {jurisdiction: EU}\n")


def test_a_shops_folder(folder: Path) -> None:
    assert reading.load(folder) == reading.load()
    (folder / "data").mkdir()
    own = (
        (ROOT / "data" / "rights.yml")
        .read_text("utf-8")
        .replace("    window: 14 days", "    window: 20 days", 1)
    )
    (folder / "data" / "rights.yml").write_text(own, encoding="utf-8")
    rule = reading.load(folder).right("LT", CaseKind.WITHDRAWAL)
    assert rule and rule.window == Period(20, Unit.DAYS)


def test_the_products_table() -> None:
    found = reading.load()
    assert set(found.areas) == {"EU", "KZ", "ID"} and len(found.areas["EU"]) == 27
    for country in ("LT", "LV", "EE", "KZ", "ID"):
        for kind in set(CaseKind) - {
            CaseKind.RETURN,
            CaseKind.EXCHANGE,
            CaseKind.WARRANTY,
            CaseKind.COMPLAINT,
        }:
            rule = found.right(country, kind)
            assert rule, (country, kind)
            assert rule.remedies and rule.source and rule.link.startswith("http")
    # What nobody read at its source is known to be so.
    unread = {name for name, rule in found.rules.items() if rule.checked is None}
    assert unread == {
        "kz_guarantee", "kz_arrival", "kz_missing", "kz_not_delivered", "id_compensation", "id_missing",
        "id_not_delivered",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            changed("14 days\n    starts", "14\n    starts"),
            '9: laws.eu_withdrawal.window: "14" is not a length of time; write for example 14 days',
        ),
        (changed("14 days\n    starts", "0 days\n    starts"), '"0 days" is not a length of time'),
        (changed("14 days\n    starts", "14 working months\n    starts"), "is not a length of time"),
        (changed("14 days\n    starts", "99999 days\n    starts"), "is not a length of time"),
        (changed("14 days\n    starts", "[14 days]\n    starts"), "is not a length of time"),
        (
            changed("starts: last_parcel", "starts: receipt"),
            '10: laws.eu_withdrawal.starts: "receipt" doesn\'t fit; write for example last_parcel',
        ),
        (
            changed("[refund]", "[money]"),
            'remedies[1]: "money" doesn\'t fit; write for example [repair, replacement]',
        ),
        (changed("[refund]", "[credit]"), "credit and answer are no law's remedies"),
        (changed("[refund]", "refund"), "remedies: must be a list"),
        (changed("    remedies: [refund]\n", ""), "gives nothing; write remedies, or answer"),
        (changed("    remedies: [refund]\n", "    answer: 5 days\n"), "need remedies; write them too"),
        (changed("[withdrawal]", "[]"), "kinds: only 0 given; write at least 1"),
        (changed("[withdrawal]", "[returning]"), 'kinds[1]: "returning" doesn\'t fit'),
        (changed("[custom_made]", "[everything]"), 'excepted[1]: "everything" doesn\'t fit'),
        (changed("[custom_made]", "[sealed]"), "the same goods are in excepted and excepted_unsealed"),
        (
            changed("    way_back: customer\n", ""),
            "who pays the way back is missing; write way_back: customer or shop",
        ),
        (changed("way_back: customer", "way_back: nobody"), '"nobody" doesn\'t fit; write for example shop'),
        (changed("delivery_back: standard", "delivery_back: half"), '"half" doesn\'t fit'),
        (
            changed("jurisdiction: EU", "jurisdiction: UE"),
            '7: laws.eu_withdrawal.jurisdiction: unknown jurisdiction "UE"; known: EU, LT, LV',
        ),
        (changed("jurisdiction: EU", "jurisdiction: lt"), "jurisdiction: "),
        (
            changed("link: https://eur-lex.europa.eu/eli/dir/2011/83/oj", "link: 2011/83"),
            '"2011/83" is not a web address; write for example https://',
        ),
        (
            changed("link: https://eur-lex.europa.eu/eli/dir/2011/83/oj", "link: 'javascript:alert(1)'"),
            "is not a web address",
        ),
        (
            changed("checked: 2026-12-01", "checked: yes"),
            '"yes" is neither a date nor the word no; write for example 2026-12-01',
        ),
        (changed("checked: 2026-12-01", "checked: 2026-13-01"), "20: a value that can't be read"),
        (changed("    checked: 2026-12-01\n", ""), "checked: missing; write for example 2026-12-01"),
        (changed("refund: 14 days", "refunds: 14 days"), 'unknown key; did you mean "refund"?'),
        (
            changed("refund: 14 days", "repair_adds: 12 months"),
            "repair_adds and repair_since belong together",
        ),
        (
            changed("refund: 14 days", "repair_adds: 12 months\n    repair_since: 2026-07-31"),
            "a repair adds months to a window of months or years",
        ),
        (changed("refund: 14 days", "minimum: perhaps"), "minimum: must be yes or no"),
        (changed("  eu_withdrawal:", "  EU withdrawal:"), "can't name a rule"),
        (changed("  eu_withdrawal:", "  shop:"), "can't name a rule"),
        (changed("Europe/Riga", "Europe/Rīga"), '4: areas.EU.LV: unknown time zone "Europe/Rīga"'),
        (changed("    LV: Europe/Riga", "    LATVIA: Europe/Riga"), "is not a country's two capital letters"),
        (
            changed("laws:", "  XX:\n    LV: Europe/Riga\nlaws:"),
            "6: areas.XX.LV: is a country of EU too; keep one of them",
        ),
        (
            RULE + RULE.split("laws:\n")[1].replace("eu_withdrawal", "eu_zz"),
            "eu_withdrawal is for withdrawal in EU too; keep one of them",
        ),
        ("areas: []\n", "areas: must be a block"),
        ("laws: 5\n", "laws: must be a block"),
        ("law: {}\n", "unknown key; did you mean"),
        ("", "rights0.yml:1: empty"),
        ("laws: {a: 1, a: 2}\n", "written twice"),
        ("laws: [\n", "broken YAML"),
        (
            changed("source: Directive 2011/83/EU, articles 9 to 16", f"source: {'x' * 1001}"),
            "too long (1001 characters); at most 1000",
        ),
    ],
)
def test_a_wrong_table_is_refused(folder: Path, text: str, problem: str) -> None:
    with pytest.raises(SourceError) as caught:
        laws(folder, text)
    assert any(problem in str(one) for one in caught.value.problems), str(caught.value)
    assert all(str(one).startswith("rights0.yml:") for one in caught.value.problems)


# --- the shop's own terms ------------------------------------------------------------------------


def shop(folder: Path, section: str = "", facts: str = "") -> shops.Shop:
    path = folder / "shop.yml"
    path.write_text(f"{GOOD}{facts}{section}", encoding="utf-8")
    return shops.load(path)


def test_terms_of_a_shop_that_says_nothing(folder: Path) -> None:
    terms = reading.terms(shop(folder))
    assert (terms.return_days, terms.warranty_months, terms.refund_working_days) == (30, 24, 5)
    assert (terms.return_cost, terms.approve_up_to, terms.keep_below) == (None, None, None)
    assert (terms.country, terms.currency, terms.ways) == ("LT", "EUR", (ReturnWay.LABEL,))
    assert terms.address == "Liepų g. 10, Vilnius"


def test_terms_of_a_shop(folder: Path) -> None:
    section = (
        "returns:\n  days: 30\n  cost: 2.99 EUR\n  ways: [locker, shop]\n  approve_up_to: 100 EUR\n"
        "  four_eyes_over: 300 EUR\n  keep_below: 5 EUR\n  send_back_days: 10\n  answer_days: 7\n"
        "  address: Uosių g. 2, Kaunas\n"
    )
    facts = "  warranty_months: 36\n  refund_days: 3\n  repair_days: 20\n"
    terms = reading.terms(shop(folder, section, facts))
    assert (terms.return_cost, terms.approve_up_to) == (Decimal("2.99"), Decimal(100))
    assert (terms.four_eyes_over, terms.keep_below) == (Decimal(300), Decimal(5))
    assert reading.terms(shop(folder, "", "  warranty_months: '36'\n")).warranty_months == 36
    assert reading.terms(shop(folder, "", "  warranty_months: three years\n")).warranty_months == 24
    assert (terms.ways, terms.address) == ((ReturnWay.LOCKER, ReturnWay.SHOP), "Uosių g. 2, Kaunas")
    assert (terms.warranty_months, terms.refund_working_days, terms.repair_days) == (36, 3, 20)
    assert (terms.send_back_days, terms.answer_days) == (10, 7)
    assert not terms.works_on(date(2026, 12, 24)) and terms.works_on(date(2026, 12, 23))
    assert terms.holiday_in("LV", date(2026, 11, 18)) and not terms.holiday_in("LT", date(2026, 11, 18))
    assert not terms.holiday_in("XX", date(2026, 11, 18))


def test_the_demonstration_shop() -> None:
    terms = reading.terms(shops.load(ROOT / "shop.yml"))
    assert (terms.return_days, terms.return_cost, terms.warranty_months) == (30, Decimal("2.99"), 24)


COST = "  return_cost:\n    en: It costs €2.99\n    lt: Kainuoja 2,99 €\n"


@pytest.mark.parametrize(
    ("section", "facts", "problem"),
    [
        (
            "  days: 20\n",
            "",
            "returns.days: the fact return_days is 30; write the same number, or leave days out",
        ),
        ("  days: 0\n", "", 'returns.days: "0" doesn\'t fit; write for example 30'),
        ("  days: many\n", "", "returns.days: "),
        (
            "  cost: 3.99 EUR\n",
            COST,
            "returns.cost: the fact return_cost (en) says 2.99; write the same sum in both",
        ),
        ("  cost: 3.99 EUR\n", COST, "returns.cost: the fact return_cost (lt) says 2.99"),
        ("  cost: free\n", COST, "returns.cost: the fact return_cost (en) says 2.99"),
        ("  ways: [label]\n", COST, "returns.cost: the fact return_cost (en) says 2.99"),
        ("  cost: 2.99 EUR\n", "  return_cost: 3 EUR\n", "returns.cost: the fact return_cost says 3; write"),
        ("  cost: 2.99\n", "", '"2.99" is not an amount of money; write for example 2.99 EUR, or free'),
        ("  cost: -1 EUR\n", "", "is not an amount of money"),
        ("  cost: 2.99 USD\n", "", "returns.cost: the shop's currency is EUR; write 2.99 EUR"),
        ("  keep_below: 5 USD\n", "", "returns.keep_below: the shop's currency is EUR; write 5 EUR"),
        ("  approve_up_to: a lot\n", "", "returns.approve_up_to: "),
        ("  ways: []\n", "", "returns.ways: only 0 given"),
        ("  ways: [pigeon]\n", "", 'returns.ways[1]: "pigeon" is no way back; write label, locker or shop'),
        ("  ways: [keep]\n", "", 'returns.ways[1]: "keep" is no way back'),
        ("  ways: [label, label]\n", "", "returns.ways: a way stands there twice; keep one of them"),
        ("  way: label\n", "", 'returns.way: unknown key; did you mean "ways"?'),
        ("  - label\n", "", "returns: must be a block"),
        (f"  address: {'x' * 201}\n", "", "too long (201 characters); at most 200"),
    ],
)
def test_wrong_terms_are_refused(folder: Path, section: str, facts: str, problem: str) -> None:
    with pytest.raises(SourceError) as caught:
        shop(folder, f"returns:\n{section}", facts)
    assert any(problem in str(one) for one in caught.value.problems), str(caught.value)
    assert all(one.line > GOOD.count("\n") for one in caught.value.problems)


def test_terms_that_agree_with_the_facts(folder: Path) -> None:
    assert shop(folder, "returns:\n  cost: 2.99 EUR\n", COST).returns.cost
    assert shop(folder, "returns:\n  cost: free\n", "  return_cost: We pay\n").returns.cost is None
    # A shop that writes no section is told nothing: its facts stay what they are.
    assert shop(folder, "", COST).returns.cost is None
