"""Cases in the order in which they last changed, for who follows them page by page.

A case's place is the number of its last event. It moves to the end whenever something happens to it, so
whoever goes on from where a page ended misses nothing, and gets nothing twice that hasn't changed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, exists, select

from store.cases import cases, timeline
from store.cases.cases import Case
from store.tables import case_events, case_lines
from store.tables import cases as cases_table
from store.vocabulary import CaseState

MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Page:
    """`after`: where to go on. `more`: there is more already."""

    cases: list[Case]
    after: int
    more: bool


def page(
    connection: Connection,
    after: int,
    limit: int,
    *,
    since: datetime | None = None,
    state: CaseState | None = None,
    order_number: str | None = None,
) -> Page:
    """Up to `limit` cases that changed after a place; 0 is the first. `since`: whose last change was at that
    time or later. `order_number`: that a case began with, or has lines of."""
    last = timeline.settle(connection)
    later = case_events.alias()
    wanted = (
        select(case_events.c.id, case_events.c.case_id)
        .join(cases_table, cases_table.c.id == case_events.c.case_id)
        .where(
            case_events.c.id > after,
            # What happens from now on stands on a later page.
            case_events.c.id <= last,
            ~exists().where(
                later.c.case_id == case_events.c.case_id, later.c.id > case_events.c.id, later.c.id <= last
            ),
        )
        .order_by(case_events.c.id)
        .limit(limit + 1)
    )
    if since is not None:
        wanted = wanted.where(case_events.c.at >= since)
    if state is not None:
        wanted = wanted.where(cases_table.c.state == state)
    if order_number is not None:
        lines = select(case_lines.c.case_id).where(case_lines.c.order_number == order_number)
        wanted = wanted.where((cases_table.c.order_number == order_number) | cases_table.c.id.in_(lines))
    rows = connection.execute(wanted).all()
    more = len(rows) > limit
    rows = rows[:limit]
    place = rows[-1].id if more else max(last, after)
    return Page(cases.in_order(connection, [row.case_id for row in rows]), place, more)
