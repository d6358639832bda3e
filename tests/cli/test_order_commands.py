import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.order_commands import demo as demo_command
from bot.cli.order_commands import import_orders
from store.core import schema
from store.core.database import Database
from store.orders import demo, orders

ORDER = (
    '{"number": "%s", "state": "paid", "placed_at": "2026-05-03T10:15:00Z", "currency": "EUR",'
    ' "total": 59.9, "customer": {"name": "A", "phone": "8 600 00123"},'
    ' "lines": [{"sku": "A-1", "name": "Mug", "quantity": 2, "unit_price": 29.95}]}\n'
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shop.yml").touch()
    monkeypatch.setenv("AFTERCARE_HOME", str(tmp_path))
    monkeypatch.setenv("AFTERCARE_SECRET", "s" * 32)


@pytest.fixture
def configured(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DATABASE_URL", database_url)
    return database_url


def test_importing_into_a_new_database(configured: str, tmp_path: Path) -> None:
    path = tmp_path / "o.jsonl"
    path.write_text(ORDER % 1 + ORDER % 2)
    result = CliRunner().invoke(import_orders, [str(path), "--region", "lt"])
    assert (result.exit_code, result.stdout) == (0, "2 created, 0 updated, 0 failed\n"), result.output
    database = Database(configured)
    with database.read() as conn:
        assert orders.find_with_contact(conn, "2", "+37060000123")
    database.close()


def test_older_orders_are_counted(configured: str, tmp_path: Path) -> None:
    path = tmp_path / "o.jsonl"
    for version, told in ((2, "1 created, 0 updated, 0 failed\n"), (1, "0 created, 0 updated, 0 failed\n")):
        path.write_text((ORDER % 1).replace("{", f'{{"version": {version}, ', 1))
        result = CliRunner().invoke(import_orders, [str(path), "--region", "LT"])
        assert (result.exit_code, result.stdout) == (0, told), result.output
        assert ("1 older than what is stored: not taken" in result.stderr) is (version == 1)


@pytest.mark.parametrize(("options", "created"), [([], 1), (["--all-or-nothing"], 0)])
def test_errors_name_file_line_and_field(
    configured: str, tmp_path: Path, options: list[str], created: int
) -> None:
    path = tmp_path / "o.jsonl"
    path.write_text(ORDER % 1 + (ORDER % 2).replace("paid", "lost") + "{\n")
    result = CliRunner().invoke(import_orders, [str(path), "--region", "LT", *options])
    assert result.exit_code == 1
    assert f"{path}:2: state: write one of placed, unpaid" in result.stderr
    assert f"{path}:3: not JSON" in result.stderr
    assert ("nothing was stored" in result.stderr) is bool(options)
    assert result.stdout == f"{created} created, 0 updated, 2 failed\n"


def test_a_files_control_codes_do_not_reach_the_terminal(configured: str, tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    path.write_text(
        "number,state,placed_at,currency,total,customer_name,email,sku,item,quantity,unit_price,\x1b[2J\n"
    )
    result = CliRunner().invoke(import_orders, [str(path), "--region", "LT"])
    assert result.exit_code == 1
    assert "unknown columns: [2j" in result.stderr and "\x1b" not in result.stderr


@pytest.mark.parametrize(
    "arguments", [["missing.csv"], [".", "--region", "LT"], [__file__, "--region", "XX"]]
)
def test_wrong_arguments_are_explained(configured: str, arguments: list[str]) -> None:
    result = CliRunner().invoke(import_orders, arguments)
    assert result.exit_code == 2 and "Error: Invalid value" in result.stderr


def test_the_demo_of_an_empty_store_is_a_fresh_one_and_creates_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "var" / "aftercare.db"
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{file}")
    result = CliRunner().invoke(demo_command, ["--json"])
    assert result.exit_code == 0, result.output
    sample = json.loads(result.stdout)
    assert set(sample) == {"email", "phone", "name", "orders", "other_customer_order"}
    assert not file.parent.exists()
    text = CliRunner().invoke(demo_command, [])
    assert sample["orders"]["shipped"] in text.stdout


def test_the_demo_of_a_filled_store_is_its_own(configured: str) -> None:
    database = Database(configured)
    schema.upgrade(database)
    empty = CliRunner().invoke(demo_command, ["--json"])
    with database.write() as conn:
        assert demo.is_empty(conn)
        demo.fill(conn, date(2026, 5, 4))
    filled = CliRunner().invoke(demo_command, ["--json"])
    database.close()
    assert empty.exit_code == filled.exit_code == 0
    assert json.loads(empty.stdout) == json.loads(filled.stdout)


def test_a_real_shops_store_has_no_demo(configured: str, tmp_path: Path) -> None:
    path = tmp_path / "o.jsonl"
    path.write_text(ORDER % 1)
    CliRunner().invoke(import_orders, [str(path), "--region", "LT"])
    result = CliRunner().invoke(demo_command, ["--json"])
    assert result.exit_code == 1 and "no demonstration shop" in result.stderr
