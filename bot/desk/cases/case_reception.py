"""Parcels that came: several cases noted as received one after another, by the numbers on their labels."""

from datetime import datetime
from enum import StrEnum

from bot.desk.actor import Actor as Agent
from bot.desk.cases.case_work import target
from store.cases import acts, cases, timeline
from store.cases.machine import GoodsAct, Impossible
from store.cases.timeline import By
from store.core.database import Connection
from store.desk.cases.choices import for_goods
from store.vocabulary import Actor


class Received(StrEnum):
    """`already`: all of it was received before. `impossible`: nothing of it can be, such as goods that stay
    with the customer."""

    RECEIVED = "received"
    ALREADY = "already"
    UNKNOWN = "unknown"
    IMPOSSIBLE = "impossible"


def receive(
    connection: Connection, who: Agent, number: str, key: str, at: datetime
) -> tuple[Received, int | None]:
    """Notes all goods of a case as received that can be; what came of it, and the case's id. With a known key
    the same is answered again."""
    found = cases.find(connection, number)
    if found is None:
        return Received.UNKNOWN, None
    case = cases.lock(connection, found.id)
    by = By(Actor.AGENT, f"desk:{who.agent.id}:{key}:{case.number}"[:140], at, who.agent.email)
    if timeline.known(connection, case.id, by.key):
        return Received.RECEIVED, case.id
    lines = {one.id: None for one in case.lines if GoodsAct.RECEIVE in for_goods(one, Actor.AGENT)}
    if not lines:
        return (Received.ALREADY if case.lines else Received.IMPOSSIBLE), case.id
    try:
        acts.move(connection, case.id, GoodsAct.RECEIVE, by, lines)
    except Impossible:
        return Received.IMPOSSIBLE, case.id
    who.record(connection, "case_receive", target(case), {"lines": sorted(lines), "scanned": True})
    return Received.RECEIVED, case.id
