from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.product_commands import import_products
from store.core.database import Database
from store.products import demo_products, products


@pytest.fixture
def configured(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "shop.yml").touch()
    monkeypatch.setenv("AFTERCARE_HOME", str(tmp_path))
    monkeypatch.setenv("AFTERCARE_SECRET", "s" * 32)
    monkeypatch.setenv("DATABASE_URL", database_url)
    return database_url


def test_the_demonstration_file_is_imported_into_a_new_database(configured: str) -> None:
    result = CliRunner().invoke(import_products, [str(demo_products.FILE)])
    assert (result.exit_code, result.stdout) == (0, "28 created, 0 updated, 0 failed\n"), result.output
    database = Database(configured)
    with database.read() as connection:
        assert products.find(connection, "HOM-301")
    database.close()


@pytest.mark.parametrize(("options", "created"), [([], 1), (["--all-or-nothing"], 0)])
def test_errors_name_file_line_and_field(
    configured: str, tmp_path: Path, options: list[str], created: int
) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes("sku;name;price;currency\nA;Šalmas;1;EUR\nB\x1b[2J;C;x;EUR\n".encode("cp1257"))
    result = CliRunner().invoke(import_products, [str(path), "--encoding", "cp1257", *options])
    assert result.exit_code == 1
    assert f"{path}:3: price: write an amount" in result.stderr and "\x1b" not in result.stderr
    assert ("nothing was stored" in result.stderr) is bool(options)
    assert result.stdout == f"{created} created, 0 updated, 1 failed\n"
