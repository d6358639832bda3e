"""What `make coverage` tells of a report."""

from typing import Any

from tests.uncovered import told


def module(percent: float, *missing: int) -> dict[str, Any]:
    return {"summary": {"percent_covered": percent}, "missing_lines": list(missing)}


def test_it_names_the_modules_that_tests_reach_too_little() -> None:
    report = {
        "totals": {"percent_covered": 87.25},
        "files": {
            "bot/a.py": module(89.99, 3, 7, 8, 9, 12),
            "bot/b.py": module(90.0, 1),
            "bot/c.py": module(10.0, *range(1, 20, 2)),
            "bot/d.py": module(50.0),
        },
    }
    assert told(report) == [
        "87.2 % of lines and branches; 3 of 4 modules below 90 %",
        " 10.0 %  bot/c.py: 1, 3, 5, 7, 9, 11, 13, 15 and 2 more",
        " 50.0 %  bot/d.py",
        " 90.0 %  bot/a.py: 3, 7-9, 12",
    ]
