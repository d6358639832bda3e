"""The people who answer at the desk: their accounts, and the links by which they set a password."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, delete, insert, select, update

from store.core import events
from store.core.dialects import insert_new
from store.core.events import AgentsChanged
from store.tables import agents, invitations
from store.vocabulary import Presence, Role

PENDING = "pending:"  # before a second factor's secret that no code has confirmed yet


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent or admin. `languages`: those spoken with
    customers; none means all. `invited`: no password is set yet. `totp`: signing in takes a code."""

    id: int
    email: str
    name: str
    role: Role
    language: str
    languages: tuple[str, ...]
    skills: tuple[str, ...]
    capacity: int
    state: Presence
    disabled: bool
    invited: bool
    totp: bool
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Credentials:
    """What signing in is checked against. `password`: an argon2id hash. `totp_secret`: encrypted."""

    agent: Agent
    password: str | None
    totp_secret: str | None
    totp_step: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to sign in, counted before it is judged: tries side by side can't outrun the count.
    `locked_until`: it must not be judged. `locking`: it is the last one before the lock."""

    locked_until: datetime | None
    locking: bool


class EmailTaken(Exception):
    """Another agent has this e-mail."""


COLUMNS = (
    agents.c.id,
    agents.c.email,
    agents.c.name,
    agents.c.role,
    agents.c.language,
    agents.c.languages,
    agents.c.skills,
    agents.c.capacity,
    agents.c.state,
    agents.c.disabled,
    agents.c.password.is_(None),
    case((agents.c.totp_secret.is_(None), False), else_=~agents.c.totp_secret.startswith(PENDING)),
    agents.c.seen_at,
)
_SECRETS = (agents.c.password, agents.c.totp_secret, agents.c.totp_step)


def from_row(row: Sequence[Any]) -> Agent:
    """An agent from a row of `COLUMNS`."""
    (id, email, name, role, language, languages, skills, capacity, state, disabled, invited, totp, seen) = row
    return Agent(
        id,
        email,
        name,
        role,
        language,
        tuple(languages),
        tuple(skills),
        capacity,
        state,
        bool(disabled),
        bool(invited),
        bool(totp),
        seen,
    )


def add(connection: Connection, email: str, name: str, role: Role, **values: Any) -> Agent:
    """A new agent, not able to sign in yet; `values` are further columns. Raises `EmailTaken`."""
    new = insert_new(connection, agents, {"email": email, "name": name, "role": role, **values})
    if new is None:
        raise EmailTaken(email)
    events.publish(connection, AgentsChanged())
    found = get(connection, new)
    assert found is not None
    return found


def get(connection: Connection, agent_id: int) -> Agent | None:
    """An agent by the id."""
    row = connection.execute(select(*COLUMNS).where(agents.c.id == agent_id)).one_or_none()
    return from_row(row) if row else None


def find(connection: Connection, email: str) -> Agent | None:
    """An agent by the e-mail, in small letters."""
    row = connection.execute(select(*COLUMNS).where(agents.c.email == email)).one_or_none()
    return from_row(row) if row else None


def names(connection: Connection, ids: Sequence[int]) -> dict[int, str]:
    """The names of agents, by the id."""
    if not ids:
        return {}
    rows = connection.execute(select(agents.c.id, agents.c.name).where(agents.c.id.in_(ids)))
    return {row.id: row.name for row in rows}


def listed(connection: Connection) -> list[Agent]:
    """All agents by name."""
    return [
        from_row(row) for row in connection.execute(select(*COLUMNS).order_by(agents.c.name, agents.c.id))
    ]


def change(connection: Connection, agent_id: int, **values: Any) -> Agent:
    """Writes an agent's columns. Whether it is allowed is the caller's."""
    connection.execute(update(agents).where(agents.c.id == agent_id).values(**values))
    events.publish(connection, AgentsChanged())
    found = get(connection, agent_id)
    if found is None:
        raise LookupError(f"no agent {agent_id}")
    return found


def lock_admins(connection: Connection) -> set[int]:
    """The ids of the admins who can sign in; nobody else changes them until the transaction ends."""
    rows = connection.execute(
        select(agents.c.id)
        .where(agents.c.role == Role.ADMIN, ~agents.c.disabled, agents.c.password.is_not(None))
        .order_by(agents.c.id)
        .with_for_update()
    )
    return set(rows.scalars())


def credentials(connection: Connection, agent_id: int, *, lock: bool = False) -> Credentials | None:
    """An agent's credentials; `lock`: nobody else changes them until the transaction ends."""
    statement = select(*COLUMNS, *_SECRETS).where(agents.c.id == agent_id)
    row = connection.execute(statement.with_for_update() if lock else statement).one_or_none()
    return Credentials(from_row(row[: len(COLUMNS)]), *row[len(COLUMNS) :]) if row else None


def use_code(connection: Connection, agent_id: int, step: int) -> bool:
    """Takes note of the time step of a second factor's code; whether it is later than the last one used."""
    return bool(
        connection.execute(
            update(agents).where(agents.c.id == agent_id, agents.c.totp_step < step).values(totp_step=step)
        ).rowcount
    )


def attempt(connection: Connection, email: str, at: datetime, most: int, until: datetime) -> Attempt | None:
    """Counts a try to sign in; the `most`-th in a row locks the account. None: nobody has this e-mail."""
    row = connection.execute(
        select(agents.c.id, agents.c.failures, agents.c.locked_until)
        .where(agents.c.email == email)
        .with_for_update()
    ).one_or_none()
    if row is None:
        return None
    if row.locked_until and row.locked_until > at:
        return Attempt(row.locked_until, False)
    count = (0 if row.locked_until else row.failures) + 1
    locking = count >= most
    connection.execute(
        update(agents)
        .where(agents.c.id == row.id)
        .values(failures=count, locked_until=until if locking else None)
    )
    return Attempt(None, locking)


def forgive(connection: Connection, agent_id: int, attempt: Attempt) -> None:
    """Takes back a counted try that was neither right nor wrong, and the lock if it was that one's."""
    values: dict[str, Any] = {"failures": case((agents.c.failures > 0, agents.c.failures - 1), else_=0)}
    if attempt.locking:
        values["locked_until"] = None
    connection.execute(update(agents).where(agents.c.id == agent_id).values(**values))


def seen(connection: Connection, agent_id: int, at: datetime) -> None:
    """The desk is open at the agent's."""
    connection.execute(update(agents).where(agents.c.id == agent_id).values(seen_at=at))


def invite(
    connection: Connection, token_hash: str, agent_id: int, at: datetime, expires_at: datetime
) -> None:
    """Keeps a link by which an agent sets a password; those that have expired are thrown away."""
    connection.execute(delete(invitations).where(invitations.c.expires_at <= at))
    connection.execute(insert(invitations).values(id=token_hash, agent_id=agent_id, expires_at=expires_at))


def withdraw_invitations(connection: Connection, agent_id: int) -> None:
    """An agent's links lead nowhere any more."""
    connection.execute(delete(invitations).where(invitations.c.agent_id == agent_id))


def invited(connection: Connection, token_hash: str, at: datetime) -> int | None:
    """The id of the agent whose link this is, if it is still good."""
    found: int | None = connection.execute(
        select(invitations.c.agent_id).where(
            invitations.c.id == token_hash, invitations.c.used_at.is_(None), invitations.c.expires_at > at
        )
    ).scalar_one_or_none()
    return found


def use_invitation(connection: Connection, token_hash: str, at: datetime) -> int | None:
    """Uses a link up, and all others of its agent; the agent's id, or None if it was not good any more."""
    agent_id: int | None = connection.execute(
        update(invitations)
        .where(invitations.c.id == token_hash, invitations.c.used_at.is_(None), invitations.c.expires_at > at)
        .values(used_at=at)
        .returning(invitations.c.agent_id)
    ).scalar_one_or_none()
    if agent_id is not None:
        connection.execute(
            update(invitations)
            .where(invitations.c.agent_id == agent_id, invitations.c.used_at.is_(None))
            .values(used_at=at)
        )
    return agent_id
