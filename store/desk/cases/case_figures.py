"""How cases do: which there are, why goods come back, and whether clocks are kept."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select

from store.desk.cases.listing import OURS
from store.tables import case_deadlines, case_lines, cases
from store.vocabulary import DeadlineKind

MAX_PRODUCTS: Final = 50
MAX_CLOCKS: Final = 50_000  # the latest count


def since(connection: Connection, start: datetime, now: datetime) -> dict[str, Any]:
    """The figures of the cases that began from `start` on. `clocks`: by what the shop has to do, how many
    are judged, and the share from 0 to 1 that was kept; None where none is judged yet."""
    begun = cases.c.created_at >= start
    states = connection.execute(
        select(cases.c.kind, cases.c.state, func.count())
        .where(begun)
        .group_by(cases.c.kind, cases.c.state)
        .order_by(cases.c.kind, cases.c.state)
    )
    pieces = func.sum(case_lines.c.quantity).label("pieces")
    reasons = connection.execute(
        select(
            case_lines.c.sku,
            func.max(case_lines.c.name),
            cases.c.kind,
            case_lines.c.reason,
            pieces,
            func.count(cases.c.id.distinct()),
        )
        .join(cases, cases.c.id == case_lines.c.case_id)
        .where(begun)
        .group_by(case_lines.c.sku, cases.c.kind, case_lines.c.reason)
        .order_by(pieces.desc(), case_lines.c.sku, cases.c.kind, case_lines.c.reason)
        .limit(MAX_PRODUCTS)
    )
    clocks = connection.execute(
        select(case_deadlines.c.kind, case_deadlines.c.met_at, case_deadlines.c.due_at)
        .join(cases, cases.c.id == case_deadlines.c.case_id)
        .where(begun, case_deadlines.c.kind.in_(OURS))
        .order_by(case_deadlines.c.id.desc())
        .limit(MAX_CLOCKS)
    )
    return {
        "states": [{"kind": kind, "state": state, "count": count} for kind, state, count in states],
        "reasons": [
            {"sku": sku, "name": name, "kind": kind, "reason": reason, "pieces": int(many), "cases": count}
            for sku, name, kind, reason, many, count in reasons
        ],
        "clocks": _kept([(row.kind, row.met_at, row.due_at) for row in clocks], now),
    }


def _kept(
    found: Iterable[tuple[DeadlineKind, datetime | None, datetime]], now: datetime
) -> list[dict[str, Any]]:
    judged: dict[DeadlineKind, list[bool]] = {kind: [] for kind in DeadlineKind if kind in OURS}
    for kind, met_at, due_at in found:
        # What is neither done nor due yet is no success and no failure.
        if met_at or due_at <= now:
            judged[kind].append((met_at or now) <= due_at)
    return [
        {"kind": kind, "judged": len(all_), "kept": round(sum(all_) / len(all_), 3) if all_ else None}
        for kind, all_ in judged.items()
    ]
