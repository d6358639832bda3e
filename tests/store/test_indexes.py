"""What is asked at every message must not cost more as the shop's history grows."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import event

from store.conversations import inbox, outbox
from store.core import schema
from store.core.database import Database
from store.desk import mirrors


@pytest.mark.parametrize(
    "ask", [inbox.claim, inbox.backlog, outbox.backlog, outbox.QUEUE.next_due, outbox.claim]
)
def test_open_rows_are_found_by_index(tmp_path: Path, ask: object) -> None:
    # SQLite only: PostgreSQL plans by statistics, and a test's tables are empty.
    database = Database(f"sqlite:///{tmp_path}/plans.db")
    schema.upgrade(database)
    statements: list[tuple[str, object]] = []
    event.listen(
        database.engine, "before_cursor_execute", lambda *args: statements.append((args[2], args[3]))
    )
    arguments = {"claim": [datetime.now(UTC)], "abandon": [datetime.now(UTC)]}.get(ask.__name__, [])  # type: ignore[attr-defined]
    if ask is outbox.claim:
        arguments = [datetime.now(UTC), 10]
    with database.write() as connection:
        ask(connection, *arguments)  # type: ignore[operator]
        asked = [one for one in statements if "inbox" in one[0] or "outbox" in one[0]]
        assert asked
        for statement, parameters in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps = [row[-1] for row in plan]
            scans = [step for step in steps if step.startswith(("SCAN inbox", "SCAN outbox"))]
            assert all(
                "INDEX ix_inbox_waiting" in step or "INDEX ix_outbox_open" in step for step in scans
            ), steps
    database.close()


def test_open_mirrors_are_found_by_index(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/plans.db")
    schema.upgrade(database)
    asked: list[tuple[str, object]] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))
    with database.read() as connection:
        mirrors.missing(connection, "chatwoot", 8)
        mirrors.due(connection, "chatwoot", datetime.now(UTC), 8)
        for statement, parameters in [one for one in asked if one[0].startswith("SELECT")]:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps = [row[-1] for row in plan]
            # A scan of one of the partial indexes of open ones is what it should be.
            scans = [one for one in steps if one.startswith("SCAN ")]
            assert all("ix_mirrors_open" in one or "ix_handoffs_unresolved" in one for one in scans), steps
            assert not any("(desk=?)" in one for one in steps), steps
    database.close()
