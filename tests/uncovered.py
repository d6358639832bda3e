"""The total of a coverage report and the modules below 90 %: `python -m tests.uncovered report.json`."""

import json
import sys
from pathlib import Path
from typing import Any

ENOUGH = 90.0  # percent of lines and branches
SHOWN = 8  # stretches of a module


def told(report: dict[str, Any]) -> list[str]:
    """A line each: the total, then the modules below `ENOUGH`, the least covered first, with the
    lines that no test ran."""
    modules = {name: one["summary"]["percent_covered"] for name, one in report["files"].items()}
    few = sorted((percent, name) for name, percent in modules.items() if percent < ENOUGH)
    lines = [
        f"{report['totals']['percent_covered']:.1f} % of lines and branches; "
        f"{len(few)} of {len(modules)} modules below {ENOUGH:g} %"
    ]
    for percent, name in few:
        missing = stretches(report["files"][name]["missing_lines"])
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        lines.append(f"{percent:5.1f} %  {name}: {', '.join(missing[:SHOWN])}{more}".rstrip(": "))
    return lines


def stretches(numbers: list[int]) -> list[str]:
    """Line numbers, those that follow each other together: 3, 7-9."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return [str(first) if first == last else f"{first}-{last}" for first, last in found]


if __name__ == "__main__":
    print("\n".join(told(json.loads(Path(sys.argv[1]).read_text("utf-8")))))
