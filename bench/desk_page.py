"""The page about the desk's speed: tables and what they mean."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from bench.machine import Machine
from bench.stock_project import ROOT
from bench.summary import percentile

PAGE = ROOT / "docs" / "benchmarks-desk.md"


def page(
    machine: Machine,
    alone: Any,
    shown: Mapping[str, list[float]],
    busy: Any,
    seen: Any,
    plan: Any,
    engine: str,
) -> str:
    """Markdown. `alone`, `busy`: `bench.desk.Measured`; `shown`: of the browser."""
    clicks = {f"in the browser: from a click to the {name} shown": times for name, times in shown.items()}
    rates = len(seen.posted) / plan.seconds
    lines = [
        "# The desk under load",
        "",
        f"Written by `python -m bench.desk` on {date.today()}, on {machine.cores} cores of {machine.cpu},",
        f"with {engine}. Before it began, {machine.load:.1f} processes wanted to run (the load average); the",
        "load generator, and Chromium, share the machine with the server.",
        "",
        "## One agent with 300 open conversations",
        "",
        "They have 20 to 400 messages each; 3000 closed conversations and a queue of 100 lie in the same",
        "database. The aim is 200 ms.",
        "",
        *_table({**alone.times, **clicks}),
        "",
        f"## {len(plan.desks)} agents and {len(plan.writers)} customers at once",
        "",
        f"For {plan.seconds:.0f} s the customers write a message every {plan.pause:g} s on average "
        f"({rates:.0f} a second in all), half of them",
        f"to the bot, half to an agent; the agents answer every {plan.answer:g} s. Everybody's page is",
        "connected.",
        "The agent of the first table goes on working meanwhile:",
        "",
        *_table(busy.times),
        "",
        "And what all the others saw:",
        "",
        *_table(
            {
                "a customer's message is accepted": seen.posted,
                "from its sending to the event at each desk": seen.heard,
                "from its sending to the bot's answer on the page": seen.answered,
                "from an agent's sending to the customer's page": seen.reached,
                "a desk fetches its list or thread anew": seen.lists,
            }
        ),
        "",
        f"The server, one process, used {busy.cores:.2f} cores and {busy.memory / 1e6:.0f} MB "
        f"({alone.memory / 1e6:.0f} MB before).",
        _lost(seen),
        "",
        "What limits it: the server is one process of Python, so turns of the bot, events and lists share",
        "little more than a core; more processes need PostgreSQL. Each event goes to each desk, but those",
        "of a seventh of a second go together. A search reads the words of up to 200,000 messages. In the",
        "browser, most of the time goes into drawing the 200 messages that a conversation opens with.",
        "",
    ]
    return "\n".join(lines)


def _lost(seen: Any) -> str:
    lost = ", ".join(f"{count} {kind}" for kind, count in seen.lost.items() if count)
    failed = (
        f" {len(seen.failures)} requests failed, the first with: {seen.failures[0]}" if seen.failures else ""
    )
    return f"Lost: {lost or 'nothing'}.{failed}"


def _table(rows: Mapping[str, list[float]]) -> list[str]:
    lines = ["| | times | p50 | p95 | p99 | longest |", "|---|---:|---:|---:|---:|---:|"]
    for name, times in rows.items():
        if not times:
            lines.append(f"| {name} | 0 | | | | |")
            continue
        cells = " | ".join(
            f"{1000 * one:.0f} ms" for one in (*(percentile(times, p) for p in (50, 95, 99)), max(times))
        )
        lines.append(f"| {name} | {len(times)} | {cells} |")
    return lines
