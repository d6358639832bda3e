import calendar
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from bot.shop.calendar.hours import Shift
from bot.shop.facts import Shop, load
from bot.shop.yaml_source import MAX_BYTES, SourceError
from tests.paths import ROOT

GOOD = r"""name: Test & Co
url: https://test.example/
country: LT
timezone: Europe/Vilnius
currency: EUR
languages: [en]
brand:
  colour: "#2f6b4f"
  logo: Test & Co
contact:
  email: help@test.example
  phone: "+370 5 200 0000"
  address: Liepų g. 10, Vilnius
support:
  hours:
    monday: 09:00-12:00, 13:00-18:00
    tuesday: 09:00-18:00
    wednesday: 09:00-18:00
    thursday: 09:00-18:00
    friday: 09:00-18:00
    saturday: closed
    sunday: closed
  closed_on:
    - 2026-12-24
orders:
  number: '\d{5}'
  phone_region: LT
widget:
  starters:
    en:
      - Where is my order?
  frame_ancestors:
    - https://test.example
facts:
  return_days: 30
  rating: 4.5
  free_from: 50 EUR
  locker_price: 2.5 EUR
  couriers:
    en: DPD and Omniva
    lt: DPD ir Omniva
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def loaded(folder: Path, text: str) -> Shop:
    path = folder / "shop.yml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def problems(folder: Path, text: str | bytes) -> list[str]:
    path = folder / "shop.yml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(SourceError) as caught:
        load(path)
    assert str(caught.value) == "\n".join(map(str, caught.value.problems))
    return [str(problem) for problem in caught.value.problems]


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


def test_the_demonstration_shop_loads_and_gives_every_value() -> None:
    shop = load(ROOT / "shop.yml")
    assert shop.name == "Linden & Co"
    for language in shop.languages:
        values = shop.values(language)
        assert values.keys() >= {"shop", "url", "email", "phone", "address", "country", "hours"}
        assert values.keys() >= shop.facts.keys()
        assert all(text.strip() for text in values.values())


def test_a_shop(folder: Path) -> None:
    shop = loaded(folder, GOOD)
    assert shop.timezone == ZoneInfo("Europe/Vilnius")
    assert shop.support.hours.monday == (Shift(540, 720), Shift(780, 1080))
    assert shop.opening_hours.shifts[6] == ()
    assert [str(day) for day in shop.support.closed_on] == ["2026-12-24"]
    with pytest.raises(ValidationError):
        shop.name = "Other"  # type: ignore[misc]  # what a type forbids is refused when it runs too


def test_holidays_and_days_with_hours_of_their_own(folder: Path) -> None:
    days = "- 2026-12-24\n  open_on:\n    2026-02-16: usual\n    2026-03-08: 10:00-12:00"
    hours = loaded(folder, changed("- 2026-12-24", days)).opening_hours

    def is_open(day: str) -> bool:
        return hours.is_open(datetime.fromisoformat(f"{day}T11:00").replace(tzinfo=hours.timezone))

    assert [is_open(f"2026-{day}") for day in ("02-16", "03-08", "03-11", "12-24", "12-25")] == [
        True, True, False, False, False,
    ]  # fmt: skip
    hours = loaded(folder, changed("- 2026-12-24", "- 2026-12-24\n  holidays: off")).opening_hours
    assert is_open("2026-12-25")


def test_the_service_clock_and_the_alert(folder: Path) -> None:
    support = loaded(folder, GOOD).support
    assert (support.targets.first_response, support.targets.resolution) == (None, None)
    assert support.alert_after == timedelta(minutes=10)
    more = "- 2026-12-24\n  targets:\n    first_response: 30 minutes\n  alert_after: off"
    shop = loaded(folder, changed("- 2026-12-24", more))
    assert shop.support.alert_after is None
    due = shop.service_clock.due(datetime(2026, 11, 23, 15, 45, tzinfo=UTC))
    assert (due.answer, due.end) == (datetime(2026, 11, 24, 7, 15, tzinfo=UTC), None)


def test_reading_the_shop_loads_no_calendars(folder: Path) -> None:
    (folder / "shop.yml").write_text(GOOD, encoding="utf-8")
    code = (
        "import sys, pathlib; from bot.shop.facts import load; load(pathlib.Path('shop.yml')).opening_hours"
    )
    run = subprocess.run(
        [sys.executable, "-c", f"{code}; print('holidays' in sys.modules)"],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert run.stdout.strip() == "False", run.stderr


def test_values_by_language(folder: Path) -> None:
    shop = loaded(
        folder,
        changed("languages: [en]", "languages: [en, lt]").replace(
            "    en:\n      -", "    lt: [Labas]\n    en:\n      -"
        ),
    )
    english, lithuanian = shop.values("en"), shop.values("lt")
    assert english["url"] == "https://test.example"
    assert english["country"] == "Lithuania"
    assert lithuanian["country"] == "Lietuva"
    assert english["hours"] == ("Monday 09:00–12:00, 13:00–18:00; Tuesday–Friday 09:00–18:00")
    assert lithuanian["hours"].startswith("pirmadienis 09:00–12:00")
    assert (english["couriers"], lithuanian["couriers"]) == ("DPD and Omniva", "DPD ir Omniva")
    assert (english["free_from"], lithuanian["free_from"]) == ("€50", "50\xa0€")
    assert (english["locker_price"], lithuanian["locker_price"]) == ("€2.50", "2,50\xa0€")
    assert (english["rating"], lithuanian["rating"]) == ("4.5", "4,5")
    assert english["return_days"] == "30"
    with pytest.raises(KeyError):
        shop.values("de")


def test_a_time_is_written_as_the_language_writes_it(folder: Path) -> None:
    shop = loaded(folder, changed("  return_days: 30", '  return_days: "16:05"'))
    assert shop.values("en")["return_days"] == "16:05"
    text = changed("  return_days: 30", '  return_days: "16:05"').replace(
        "languages: [en]", "languages: [id]"
    )
    text = text.replace("    en:", "    id:").replace("      en:", "      id:")
    assert loaded(folder, text).values("id")["return_days"] == "16.05"
    for other in ("24:05", "16:60", "6:05", "16:05 - 17:00"):
        plain = loaded(folder, changed("  return_days: 30", f'  return_days: "{other}"'))
        assert plain.values("en")["return_days"] == other


def test_what_may_be_left_out(folder: Path) -> None:
    shop = loaded(folder, GOOD[: GOOD.index("widget:")])
    assert (shop.widget.starters, shop.widget.frame_ancestors, shop.facts) == ({}, (), {})


def test_windows_files_are_read(folder: Path) -> None:
    (folder / "shop.yml").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load(folder / "shop.yml").name == "Test & Co"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name: Test & Co", "name:", "shop.yml:1: name: empty; write for example Linden & Co"),
        ("name: Test & Co", "name: 365", 'shop.yml:1: name: must be text; put it in quotes: "365"'),
        ("name: Test & Co", "name: '{email}'", "shop.yml:1: name: can't contain { or }"),
        ("name: Test & Co", f"name: {'x' * 61}", "shop.yml:1: name: too long (61 characters); at most 60"),
        ("https://test.example/\n", "test.example\n", 'shop.yml:2: url: "test.example" is not a web address'),
        ("https://test.example/\n", "javascript:alert(1)\n", "shop.yml:2: url: "),
        ("country: LT", "country: Lithuania", 'shop.yml:3: country: "Lithuania" is not a country\'s two'),
        ("Europe/Vilnius", "Vilnius", 'shop.yml:4: timezone: unknown time zone "Vilnius"; write for example'),
        ("Europe/Vilnius", "../../etc/passwd", "shop.yml:4: timezone: unknown time zone"),
        ("currency: EUR", "currency: euro", "shop.yml:5: currency: "),
        ("languages: [en]", "languages: []", "shop.yml:6: languages: only 0 given; write at least 1"),
        ("languages: [en]", "languages: en", "shop.yml:6: languages: must be a list"),
        ("languages: [en]", "languages: [en, en]", "shop.yml:6: languages: a language stands there twice"),
        ("languages: [en]", "languages: [english]", 'shop.yml:6: languages[1]: "english" is not a language'),
        ("languages: [en]", "languages: [en, lv]", 'couriers: missing for language "lv"; write a line lv: …'),
        ("languages: [en]", "languages: [en, lv]", 'widget: starters: missing for language "lv"'),
        ('"#2f6b4f"', "#2f6b4f", 'shop.yml:8: brand.colour: empty; write for example "#2f6b4f"'),
        ('"#2f6b4f"', "green", 'shop.yml:8: brand.colour: "green" doesn\'t fit; write for example "#2f6b4f"'),
        ("  logo: Test & Co\n", "", "shop.yml:7: brand.logo: missing; write for example Linden & Co"),
        ("  email: ", "  e_mail: ", 'shop.yml:11: contact.e_mail: unknown key; did you mean "email"?'),
        ("help@test.example", "help", 'shop.yml:11: contact.email: "help" is not an e-mail address; write'),
        ('"+370 5 200 0000"', "52000000", 'shop.yml:12: contact.phone: must be text; put it in quotes: "5'),
        ('"+370 5 200 0000"', '"5 200 0000"', "shop.yml:12: contact.phone: "),
        ("saturday: closed", "saturday: 10-14", 'shop.yml:21: support.hours.saturday: "10-14" is not a'),
        ("saturday: closed", "saturday: []", "shop.yml:21: support.hours.saturday: must be shifts"),
        ("    sunday: closed\n", "", "support.hours.sunday: missing; write for example closed"),
        ("2026-12-24", "24.12.2026", "shop.yml:24: support.closed_on[1]: \"24.12.2026\" is not a date"),
        ("2026-12-24", "2026-13-45", "shop.yml:24: a value that can't be read"),
        (r"'\d{5}'", "'(['", "shop.yml:26: orders.number: not a regular expression"),
        (r"'\d{5}'", r"'\d*'", "shop.yml:26: orders.number: fits an empty text too"),
        ("https://test.example\n", "https://test.example/shop\n", "shop.yml:33: widget.frame_ancestors[1]: "),
        ("https://test.example\n", "\"https://a.example; script-src *\"\n", "frame_ancestors[1]: "),
        ("Where is my order?", "x" * 81, "shop.yml:31: widget.starters.en[1]: too long (81"),
        ("return_days: 30", "email: x", "shop.yml:35: facts.email: this name is taken"),
        ("return_days: 30", "Return-days: 30", "shop.yml:35: facts.Return-days: can't name a fact"),
        ("return_days: 30", "return_days: true", "shop.yml:35: facts.return_days: must be text, a number"),
        ("return_days: 30", "return_days: .nan", "shop.yml:35: facts.return_days: must be text, a number"),
        ("return_days: 30", "return_days: [1, 2]", "shop.yml:35: facts.return_days: must be text, a number"),
        ("return_days: 30", "return_days:", "shop.yml:35: facts.return_days: must be text, a number"),
        ("return_days: 30", "return_days: '{url}'", "shop.yml:35: facts.return_days: can't contain { or }"),
        ("return_days: 30", "return_days: {en: 30}", "shop.yml:35: facts.return_days: must be text in each"),
        ("return_days: 30", "rating: 5", "shop.yml:36: rating: written twice (first in line 35)"),
        ("return_days: 30", "return_days: *days", "shop.yml:35: broken YAML"),
        ("rating: 4.5", "rating: &r 4.5\n  other: *r", "shop.yml:36: an alias (*) points here"),
        ("rating: 4.5", "rating: !!python/object:os.system x", "shop.yml:36: a value that can't be read"),
        ("rating: 4.5", "? [a, b]\n  : c", "shop.yml:36: a key must be one word"),
        ("rating: 4.5", "\trating: 4.5", "shop.yml:36: a tab; use spaces instead"),
        ("rating: 4.5", "rating: a: b", "shop.yml:36: broken YAML"),
        ("rating: 4.5", 'rating: "4.5', "broken YAML"),
        ("rating: 4.5", "rating: \x07", "shop.yml:36: a character that text can't have"),
        ("brand:\n", "--- \nbrand:\n", "broken YAML"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused(folder: Path, old: str, new: str, expected: str) -> None:
    found = problems(folder, changed(old, new))
    assert any(expected in problem for problem in found), found


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("holidays: maybe", '25: support.holidays: "maybe" doesn\'t fit; write for example on'),
        ("region: BY", 'region: no holidays of "BY" in LT are known; delete the line'),
        ("open_on: [1]", "open_on: must be a block"),
        ("open_on:\n    soon: usual", '26: support.open_on.soon: "soon" is not a date'),
        ("open_on:\n    2026-02-16: 10-12", '26: support.open_on.2026-02-16: "10-12" is not a shift'),
        ("open_on:\n    2026-02-16: closed", "must be shifts or the word usual"),
        ("open_on:\n    2026-02-15: usual", "2026-02-15 is a weekday without hours"),
        ("open_on:\n    2026-12-24: usual", "2026-12-24 stands in closed_on too"),
        ("targets: 8 hours", "25: support.targets: must be a block"),
        ("targets:\n    resolution: 8h", '26: support.targets.resolution: "8h" is not a length of time'),
        ("targets:\n    resolution: 8", "26: support.targets.resolution: must be a length of time; write"),
        ("targets:\n    first: 1 hour", "26: support.targets.first: unknown key; "),
        (
            "targets:\n    first_response: 9 hours\n    resolution: 8 hours",
            "25: support.targets: resolution is shorter than first_response",
        ),
        ("alert_after: never", '25: support.alert_after: "never" is not a length of time'),
        ("alert_after:", "25: support.alert_after: must be a length of time"),
    ],
)
def test_wrong_holidays_and_targets_are_refused(folder: Path, lines: str, expected: str) -> None:
    found = problems(folder, changed("- 2026-12-24\n", f"- 2026-12-24\n  {lines}\n"))
    assert any(expected in problem for problem in found), found


def test_all_problems_are_told_at_once_in_the_files_order(folder: Path) -> None:
    text = changed("country: LT", "country: XQ").replace("currency: EUR\n", "").replace("closed", "shut")
    lines = [problem.split(":")[1] for problem in problems(folder, text)]
    assert lines == ["1", "3", "20", "21", "22"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "shop.yml:1: "),
        (b"just words", "shop.yml:1: must be a block"),
        (b"- a\n- b", "shop.yml:1: must be a block"),
        (b"name: caf\xe9", "shop.yml:1: not UTF-8"),
        (b"#" * (MAX_BYTES + 1), "shop.yml:1: larger than 1 MB"),
        (b"[" * 1000, "shop.yml:1: broken YAML"),
        (b"a: &a [x]\nb: &b [*a,*a]\nc: [*b,*b]", "an alias (*) points here"),
        (b"name: " + b"9" * 5000, "shop.yml:1: a value that can't be read"),
    ],
)  # fmt: skip
def test_a_file_that_is_something_else(folder: Path, content: bytes, expected: str) -> None:
    assert any(expected in problem for problem in problems(folder, content))


def test_a_file_that_is_not_there(folder: Path) -> None:
    with pytest.raises(SourceError, match=r"shop\.yml:1: there is no such file"):
        load(folder / "shop.yml")
    (folder / "shop.yml").mkdir()
    with pytest.raises(SourceError, match="can't be read"):
        load(folder / "shop.yml")


def test_a_shop_elsewhere() -> None:
    """Another zone, language, and a currency with large amounts."""
    data: dict[str, Any] = {
        "name": "Toko", "url": "https://toko.example", "country": "ID", "timezone": "Asia/Jakarta",
        "currency": "IDR", "languages": ["id"], "brand": {"colour": "#000000", "logo": "Toko"},
        "contact": {"email": "a@toko.example", "phone": "+62 21 500 0000", "address": "Jakarta"},
        "support": {"hours": {calendar.day_name[n].lower(): "08:00-17:00" for n in range(7)}},
        "orders": {"phone_region": "ID"}, "facts": {"free_from": "250000 IDR", "founded": 2019},
    }  # fmt: skip
    values = Shop.model_validate(data).values("id")
    assert values["free_from"] == "Rp250.000"
    assert values["founded"] == "2019"
    assert values["hours"] == "Senin–Minggu 08.00–17.00"
