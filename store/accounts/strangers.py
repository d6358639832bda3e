"""Tries to sign in with e-mails that nobody has: counted as an account's are, by all processes together, so
that what a try is told doesn't tell whether there is an account."""

import hashlib
from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from store.accounts.agents import Attempt
from store.tables import throttles
from store.vocabulary import ThrottleScope


def attempt(connection: Connection, email: str, at: datetime, most: int, until: datetime) -> Attempt:
    """Counts a try, as `store.accounts.agents.attempt` does. What is kept of the e-mail is a hash."""
    scope = ThrottleScope.SIGN_IN
    key = hashlib.sha256(f"{scope}:{email}".encode()).hexdigest()
    row = {"scope": scope, "key": key, "level": 0, "counted_at": at}
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    connection.execute(dialect.insert(throttles).values(**row).on_conflict_do_nothing())
    known = connection.execute(
        select(throttles.c.id, throttles.c.level, throttles.c.waits_until)
        .where(throttles.c.scope == scope, throttles.c.key == key)
        .with_for_update()
    ).one()
    if known.waits_until and known.waits_until > at:
        return Attempt(known.waits_until, False)
    count = (0 if known.waits_until else known.level) + 1
    locking = count >= most
    connection.execute(
        update(throttles)
        .where(throttles.c.id == known.id)
        .values(level=count, counted_at=at, waits_until=until if locking else None)
    )
    return Attempt(None, locking)
