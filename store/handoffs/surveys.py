"""What customers say of a person's work, asked once after it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, exists, func, insert, or_, select, true, update

from store.conversations.conversations import Conversation
from store.tables import conversations, messages, ownership_changes, surveys
from store.vocabulary import Author, Owner, SurveyState

BEST = 5
MAX_SURVEYS = 50  # of one conversation that are shown
MAX_COMMENTS = 20


@dataclass(frozen=True, slots=True)
class Survey:
    """`score`: from 1 to 5. `agent_id`: of whose work."""

    id: int
    agent_id: int | None
    state: SurveyState
    score: int | None
    comment: str | None
    asked_at: datetime
    answered_at: datetime | None


_SURVEY = (
    surveys.c.id,
    surveys.c.agent_id,
    surveys.c.state,
    surveys.c.score,
    surveys.c.comment,
    surveys.c.asked_at,
    surveys.c.answered_at,
)


def _survey(row: Sequence[Any]) -> Survey:
    return Survey(*row)


# --- asking --------------------------------------------------------------------------------------


def served(connection: Connection, conversation_id: int) -> bool:
    """Whether a person has answered since the conversation last went from the bot, or from its end, to
    people."""
    since = (
        select(func.max(ownership_changes.c.at))
        .where(
            ownership_changes.c.conversation_id == conversation_id,
            ownership_changes.c.from_owner.in_([Owner.BOT, Owner.CLOSED]),
            ownership_changes.c.to_owner.in_([Owner.QUEUE, Owner.HUMAN]),
        )
        .scalar_subquery()
    )
    answer = exists().where(
        messages.c.conversation_id == conversation_id,
        messages.c.author == Author.AGENT,
        messages.c.created_at >= since,
    )
    found: bool = connection.execute(select(answer)).scalar_one()
    return found


def asked_since(connection: Connection, conversation: Conversation, since: datetime) -> bool:
    """Whether the customer was asked after a moment, on this channel or, with the same proven contact, on
    another one."""
    same = conversations.c.id == conversation.id
    if conversation.proven_contact is not None:
        same = or_(same, conversations.c.proven_contact == conversation.proven_contact)
    asked = exists().where(surveys.c.conversation_id == conversations.c.id, same, surveys.c.asked_at > since)
    found: bool = connection.execute(select(asked)).scalar_one()
    return found


def add(
    connection: Connection, conversation_id: int, handoff_id: int | None, agent_id: int | None, at: datetime
) -> int:
    """Notes that the customer is asked; the survey's id."""
    survey_id: int = connection.execute(
        insert(surveys)
        .values(conversation_id=conversation_id, handoff_id=handoff_id, agent_id=agent_id, asked_at=at)
        .returning(surveys.c.id)
    ).scalar_one()
    return survey_id


# --- answers -------------------------------------------------------------------------------------


def get(connection: Connection, conversation_id: int, survey_id: int) -> Survey | None:
    """A survey of the conversation by its id."""
    row = connection.execute(
        select(*_SURVEY).where(surveys.c.id == survey_id, surveys.c.conversation_id == conversation_id)
    ).one_or_none()
    return _survey(row) if row else None


def latest(connection: Connection, conversation_id: int) -> Survey | None:
    """The conversation's last survey, answered or not."""
    row = connection.execute(
        select(*_SURVEY)
        .where(surveys.c.conversation_id == conversation_id)
        .order_by(surveys.c.id.desc())
        .limit(1)
    ).one_or_none()
    return _survey(row) if row else None


def rate(connection: Connection, survey_id: int, score: int, state: SurveyState, at: datetime) -> None:
    """Keeps a score, the first or a better thought; `state` is the survey's afterwards."""
    _change(connection, survey_id, score=score, state=state, answered_at=at)


def comment(connection: Connection, survey_id: int, text: str) -> None:
    """Keeps a word about the score; with it the survey is done."""
    _change(connection, survey_id, comment=text, state=SurveyState.DONE)


def finish(connection: Connection, conversation_id: int) -> None:
    """Waits no longer for typed answers to the conversation's surveys: the talk has gone on."""
    connection.execute(
        update(surveys)
        .where(surveys.c.conversation_id == conversation_id, surveys.c.state != SurveyState.DONE)
        .values(state=SurveyState.DONE)
    )


def _change(connection: Connection, survey_id: int, **values: Any) -> None:
    connection.execute(update(surveys).where(surveys.c.id == survey_id).values(**values))


# --- results -------------------------------------------------------------------------------------


def answered(connection: Connection, conversation_id: int) -> list[Survey]:
    """The conversation's last surveys that have a score, oldest first."""
    rows = connection.execute(
        select(*_SURVEY)
        .where(surveys.c.conversation_id == conversation_id, surveys.c.score.is_not(None))
        .order_by(surveys.c.id.desc())
        .limit(MAX_SURVEYS)
    ).all()
    return [_survey(row) for row in reversed(rows)]


def results(connection: Connection, start: datetime, comments_of: int | None = None) -> dict[str, Any]:
    """What was said to the surveys from `start` on: how many were asked and answered, their average or None,
    how many gave each score from 1 on, and the last comments, or those on one agent's work."""
    asked = surveys.c.asked_at >= start
    scored = and_(asked, surveys.c.score.is_not(None))
    sent = connection.execute(select(func.count()).select_from(surveys).where(asked)).scalar_one()
    given: dict[int, int] = {
        row[0]: row[1]
        for row in connection.execute(
            select(surveys.c.score, func.count()).where(scored).group_by(surveys.c.score)
        )
    }
    count = sum(given.values())
    comments = connection.execute(
        select(surveys.c.score, surveys.c.comment, surveys.c.conversation_id)
        .where(
            scored,
            surveys.c.comment.is_not(None),
            true() if comments_of is None else surveys.c.agent_id == comments_of,
        )
        .order_by(surveys.c.id.desc())
        .limit(MAX_COMMENTS)
    )
    return {
        "asked": sent,
        "count": count,
        "average": round(sum(score * n for score, n in given.items()) / count, 2) if count else None,
        "scores": [given.get(score, 0) for score in range(1, BEST + 1)],
        "comments": [
            {"score": row.score, "comment": row.comment, "conversation": row.conversation_id}
            for row in comments
        ],
    }


def by_agent(connection: Connection, start: datetime) -> dict[int, tuple[float, int]]:
    """The average score of each agent's surveys from `start` on, and how many it is of."""
    rows = connection.execute(
        select(surveys.c.agent_id, func.avg(surveys.c.score), func.count())
        .where(surveys.c.asked_at >= start, surveys.c.score.is_not(None), surveys.c.agent_id.is_not(None))
        .group_by(surveys.c.agent_id)
    )
    return {row[0]: (round(float(row[1]), 2), row[2]) for row in rows}
