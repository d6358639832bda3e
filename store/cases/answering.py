"""What a customer answers to a question about their case."""

from sqlalchemy import Connection, update

from store.cases import acts, cases, opening
from store.cases.cases import Case
from store.cases.machine import CaseAct
from store.cases.timeline import By
from store.tables import case_deadlines
from store.vocabulary import CaseState, DeadlineKind


def awaiting(connection: Connection, conversation_id: int) -> Case | None:
    """The case of a conversation whose customer was asked for something; of several the newest."""
    found = cases.of_conversation(connection, conversation_id)
    return next((one for one in found if one.state is CaseState.NEEDS_INFORMATION), None)


def answer(connection: Connection, case: Case, words: str, by: By) -> Case:
    """Keeps what the customer wrote, and what they sent since they were asked. It is the shop's turn again,
    with the time that it had. Raises as `acts.act` does."""
    if case.conversation_id:
        files = opening.recent_files(connection, case.conversation_id, case.updated_at)
        opening.attach(connection, case.id, files, By(by.actor, f"{by.key}/files", by.at))
    connection.execute(
        update(case_deadlines)
        .where(case_deadlines.c.case_id == case.id, case_deadlines.c.kind == DeadlineKind.ANSWER)
        .values(met_at=None)
    )
    return acts.act(connection, case.id, CaseAct.ANSWER, by, words)
