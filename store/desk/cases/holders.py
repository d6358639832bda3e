"""Who looks after a case."""

from sqlalchemy import Connection, update

from store.cases import acts, cases, timeline
from store.cases.cases import Case
from store.cases.timeline import By
from store.tables import cases as cases_table


def assign(connection: Connection, case_id: int, agent_id: int | None, by: By) -> Case:
    """Gives a case to an agent, or to nobody; with a known key nothing more happens. Raises `UnknownCase`."""
    case = cases.lock(connection, case_id)
    if timeline.known(connection, case_id, by.key) or case.agent_id == agent_id:
        return case
    acts.note(connection, case_id, by, "assign", "", {"from": case.agent_id, "to": agent_id})
    connection.execute(update(cases_table).where(cases_table.c.id == case_id).values(agent_id=agent_id))
    return cases.lock(connection, case_id)
