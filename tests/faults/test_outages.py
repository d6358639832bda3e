"""A few outages in every test run (`make faults` plays many), and whether the count would see a fault."""

import pytest

from tests.conftest import POSTGRES_URL
from tests.faults import outages, pgbouncer
from tests.faults.outages import misplaced


@pytest.mark.slow
@pytest.mark.parametrize("pooler", [False, True])
async def test_a_database_that_goes_away_loses_and_doubles_nothing(pooler: bool) -> None:
    if not POSTGRES_URL:
        pytest.skip("TEST_DATABASE_URL is not set")
    if pooler:
        pgbouncer.need()
    kinds = ("cut", "restart", "hang") if pooler else ("cut", "kill while filled")
    plan = outages.Plan(len(kinds), POSTGRES_URL, pooler, refusing=2, web_customers=3, seed=5, kinds=kinds)
    outcome = await outages.run(plan)
    assert outcome.findings.faults == []
    assert all(outcome.accepted[channel] for channel in ("web", "sms", "messenger", "telegram"))
    assert outcome.spooled > 0
    assert pooler is False or outcome.unknown == 0


@pytest.mark.parametrize(
    ("tried", "stored", "right"),
    [
        ([("a", True), ("b", True)], ["a", "b"], True),
        ([("a", True), ("b", True)], ["b", "a"], False),
        ([("a", True), ("b", True)], ["a"], False),
        ([("a", True)], ["a", "a"], False),
        ([("a", False), ("a", True)], ["a", "a"], True),
        ([("a", False), ("a", True)], ["a"], True),
        ([("a", False), ("b", True)], ["b"], True),
        ([("a", True), ("b", False), ("c", True)], ["a", "b", "c"], True),
        ([("a", True), ("b", False), ("c", True)], ["a", "b"], False),
        ([], [], True),
    ],
)
def test_the_count_sees_what_is_missing_doubled_or_misplaced(
    tried: list[tuple[str, bool]], stored: list[str], right: bool
) -> None:
    assert (misplaced(tried, stored) == "") is right
