"""Products as the shop sends them: the record, the store, the files, the demonstration shop's."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from store.core.database import Database
from store.products import demo_products, product_imports, product_record, products
from store.products.product_record import ProductRecord
from store.tables import now

MUG: dict[str, Any] = {"sku": "KIT-1", "name": "Mug", "price": "12.30", "currency": "EUR"}
FULL: dict[str, Any] = {
    **MUG,
    "stock": 3,
    "description": {"en": "A mug.", "lt": "Puodelis."},
    "options": [
        {"name": "size", "values": ["S", "L"]},
        {"name": "colour", "values": [{"en": "blue", "lt": "mėlyna"}, "red"]},
    ],
    "care": "Wash it.",
    "page_url": "https://linden.example/p/mug",
    "manual_url": "https://linden.example/m/mug.pdf",
    "names": {"en": ["mug", "cup"], "lt": "puodelis"},
}
HEADER = "sku;name;price;currency"


def record(raw: Any) -> ProductRecord:
    found, problems, _ = product_record.read(raw)
    assert found, problems
    return found


def wrong(raw: Any) -> dict[str, str]:
    found, problems, _ = product_record.read(raw)
    assert found is None
    return {problem.field: problem.message for problem in problems}


# --- the record ----------------------------------------------------------------------------------


def test_a_text_may_be_for_all_languages_or_for_each() -> None:
    found = record(FULL)
    assert found.care == {"any": "Wash it."}
    assert found.description == {"en": "A mug.", "lt": "Puodelis."}
    assert found.options[0].name == {"any": "size"} and found.options[1].values[1] == {"any": "red"}
    assert found.names == {"en": ["mug", "cup"], "lt": ["puodelis"]}
    assert record({**MUG, "care": "", "description": None}).care == {}
    assert record(found.model_dump(mode="json")) == found


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [
        ("sku", "", "sku"),
        ("sku", "x" * 65, "sku"),
        ("name", " \u200b", "name"),
        ("price", "-1", "price"),
        ("price", [1, 2], "price"),
        ("price", "1e400", "price"),
        ("currency", "EURO", "currency"),
        ("stock", -1, "stock"),
        ("stock", 1.5, "stock"),
        ("stock", True, "stock"),
        ("stock", 10**400, "stock"),
        ("care", {"lt": "x" * 1001}, "care.lt"),
        ("care", {"Lithuanian": "x"}, "care.Lithuanian"),
        ("care", ["a"], "care"),
        ("description", {f"a{chr(97 + n)}": "x" for n in range(21)}, "description"),
        ("page_url", "javascript:alert(1)", "page_url"),
        ("manual_url", "https://x/ y", "manual_url"),
        ("names", ["lamp"], "names"),
        ("names", {"lt": []}, "names.lt"),
        ("names", {"lt": ["x" * 81]}, "names.lt.0"),
        ("names", {"lt": ["x"] * 21}, "names.lt"),
        ("options", [{"name": "size", "values": []}], "options.0.values"),
        ("options", [{"name": "", "values": ["S"]}], "options.0.name"),
        ("options", [{"name": "size", "values": [["S"]]}], "options.0.values.0"),
        ("options", [{"name": "size", "values": ["S"]}] * 11, "options"),
        ("colour", "red", "colour"),
    ],
)
def test_what_can_not_be_taken_is_told_with_what_to_write(field: str, value: Any, place: str) -> None:
    told = wrong({**MUG, field: value})
    at = [name for name in told if name == place or name.startswith(f"{place}.")]
    assert at, told
    assert all("write " in told[name] and len(told[name]) > len("write ") + 5 for name in at), told


@pytest.mark.parametrize("raw", [None, [], "x", 1, {}])
def test_what_is_no_product_at_all_is_refused(raw: Any) -> None:
    assert wrong(raw)


# --- the store -----------------------------------------------------------------------------------


def test_a_product_is_stored_and_read_as_it_was_sent(database: Database) -> None:
    with database.write() as connection:
        assert products.upsert(connection, record(FULL)) == "created"
        assert products.upsert(connection, record(FULL)) == "updated"
        found = products.find(connection, "KIT-1")
        assert products.find(connection, "KIT-2") is None
    assert found and products.to_record(found) == record(FULL)
    assert found.called("en") == "Mug" and found.called("lt") == "Puodelis" and found.called("kk") == "Mug"


def test_a_record_replaces_all_that_was_there(database: Database) -> None:
    with database.write() as connection:
        products.upsert(connection, record(FULL))
        products.upsert(connection, record({**MUG, "price": 9}))
        found = products.find(connection, "KIT-1")
    assert found and found.stock is None and not found.names and not found.options and found.page_url is None


def test_what_changed_is_found_by_its_time(database: Database) -> None:
    with database.write() as connection:
        assert products.latest(connection) == (None, 0)
        products.upsert_many(connection, [record(FULL), record({**MUG, "sku": "B"})])
        at, number = products.latest(connection)
        assert at and number
        assert {sku for sku, *_ in products.called(connection)} == {"KIT-1", "B"}
        assert not products.called(connection, now() + timedelta(seconds=1))
        products.upsert(connection, record(MUG))
        later, _ = products.latest(connection)
        assert later and later > at
        assert [sku for sku, *_ in products.called(connection, later)] == ["KIT-1"]
        with pytest.raises(ValueError, match="two records"):
            products.upsert_many(connection, [record(MUG), record(MUG)])


@pytest.mark.parametrize(
    ("texts", "language", "text"),
    [
        ({"lt": "a", "any": "b"}, "lt", "a"),
        ({"lt": "a", "any": "b"}, "kk", "b"),
        ({"lt": "a"}, "kk", "a"),
        ({}, "kk", ""),
    ],
)
def test_a_text_is_said_in_the_customers_language_if_it_is_there(
    texts: dict[str, str], language: str, text: str
) -> None:
    assert products.said(texts, language) == text


# --- files ---------------------------------------------------------------------------------------


def file(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def errors(path: Path) -> list[tuple[int, str, str]]:
    return [
        (one.line, one.field, one.message) for row in product_imports.read_rows(path) for one in row.errors
    ]


def test_json_lines_are_stored_and_bad_ones_told(database: Database, tmp_path: Path) -> None:
    path = file(tmp_path / "p.jsonl", json.dumps(FULL), "{", json.dumps({**MUG, "sku": "B", "price": -1}))
    report = product_imports.import_products(database, path)
    assert (report.created, report.updated, report.failed) == (1, 0, 2)
    assert [(one.line, one.field) for one in report.errors] == [(2, ""), (3, "price")]
    assert product_imports.import_products(database, path).updated == 1


def test_all_or_nothing_stores_nothing_if_one_fails(database: Database, tmp_path: Path) -> None:
    path = file(tmp_path / "p.jsonl", json.dumps(MUG), "{}")
    report = product_imports.import_products(database, path, all_or_nothing=True)
    assert (report.created, report.failed) == (0, 1)
    with database.read() as connection:
        assert products.find(connection, "KIT-1") is None


def test_a_row_of_csv_is_a_product(tmp_path: Path) -> None:
    path = file(
        tmp_path / "p.csv",
        f"{HEADER};stock;names_lt;names_en;care;care_lt;sizes;colours;colours_lt;page_url",
        "KIT-1;Mug;12,30;eur;3.0;puodelis | puodukas;mug;Wash it.;Plaukite.;S|L;blue|red;mėlyna|raudona;https://x/1",
        "KIT-2;Cup;5;EUR;;;;;;;;;",
    )
    first, second = (row.record for row in product_imports.read_rows(path))
    assert first == record(
        {
            **MUG,
            "stock": 3,
            "names": {"lt": ["puodelis", "puodukas"], "en": ["mug"]},
            "care": {"any": "Wash it.", "lt": "Plaukite."},
            "options": [
                {"name": "size", "values": ["S", "L"]},
                {
                    "name": "colour",
                    "values": [{"any": "blue", "lt": "mėlyna"}, {"any": "red", "lt": "raudona"}],
                },
            ],
            "page_url": "https://x/1",
        }
    )
    assert second and second.stock is None and second.options == []


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], (1, "", "the file holds no products")),
        ([HEADER], (1, "", "the file holds no products")),
        (["sku;name;price"], (1, "", "missing columns: currency")),
        ([f"{HEADER};color"], (1, "", "unknown columns: color: known are sku, ")),
        ([f"{HEADER};care_lithuanian"], (1, "", "unknown columns: care_lithuanian")),
        ([f"{HEADER};sku"], (1, "", "a column is there twice")),
        ([HEADER, 'A;"B;1;EUR'], (2, "", "not CSV")),
        ([HEADER, "A;B;1;EUR;more"], (2, "", "more cells than columns")),
        ([HEADER, "A;B;1;EUR", "A;C;1;EUR"], (3, "sku", "product A stands on line 2 already: keep one")),
        ([HEADER, "1,23E+12;B;1;EUR"], (2, "", "line 2: the sku 1,23E+12 was rounded")),
        ([HEADER, "A;B;free;EUR"], (2, "price", "write an amount")),
        ([HEADER, "A;;1;EUR"], (2, "name", "missing: write the product's name")),
        ([f"{HEADER};names_lt", "A;B;1;EUR;" + "x" * 81], (2, "names_lt", "write what customers call it")),
        ([f"{HEADER};colours;colours_lt", "A;B;1;EUR;a|b;c"], (2, "colours", "write as many values")),
        ([f"{HEADER};sizes", "A;B;1;EUR;" + "x" * 81], (2, "sizes", "write a list of 1 to 100 values")),
    ],
)
def test_what_is_wrong_with_a_csv_file_is_told(
    tmp_path: Path, lines: list[str], expected: tuple[int, str, str]
) -> None:
    path = tmp_path / "p.csv"
    path.write_text("\n".join(lines), "utf-8")
    (first, *_) = errors(path)
    assert first[:2] == expected[:2] and first[2].startswith(expected[2]), first


def test_a_broken_csv_file_is_not_taken_at_all(database: Database, tmp_path: Path) -> None:
    path = file(tmp_path / "p.csv", HEADER, "A;B;1;EUR", 'C;"D;1;EUR')
    report = product_imports.import_products(database, path)
    assert (report.created, report.failed) == (0, 1)


def test_hostile_files_cost_a_line_of_error(tmp_path: Path) -> None:
    for name, content in (
        ("p.jsonl", b"\xff\xfe\x00"),
        ("p.jsonl", b"[" * 200_000),
        ("p.jsonl", b'{"sku": "' + b"x" * 1_100_000),
        ("p.csv", b"sku;name;price;currency\n" + b"\xff;a;1;EUR"),
        ("p.csv", b"\x00" * 1000),
        ("p.txt", b""),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        assert len(errors(path)) == 1


# --- the demonstration shop's --------------------------------------------------------------------


def test_the_demonstration_has_what_customers_ask_for_in_every_language() -> None:
    made = demo_products.make()
    assert len(made) == 28
    for one in made:
        assert set(one.names) == {"en", "lt", "lv", "id", "kk"}, one.sku
        assert set(one.description) == set(one.names)
        assert one.page_url
    assert sum(one.stock == 0 for one in made) >= 2 and sum(one.stock is None for one in made) >= 2
    assert sum(bool(one.options) for one in made) >= 12
    assert sum(not one.care for one in made) >= 1 and sum(bool(one.care) for one in made) >= 20
