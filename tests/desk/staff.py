"""Agents who are signed in, and the parts they stand on, for tests of the desk."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from argon2 import PasswordHasher

from bot.desk.accounts import tokens
from bot.desk.accounts.accounts import Accounts
from bot.desk.accounts.administration import Administration
from bot.desk.accounts.invitations import Invitations
from bot.desk.accounts.passwords import Hashing
from bot.desk.accounts.second_factor import SecondFactor
from bot.desk.accounts.sessions import COOKIE, LIFETIME, Sessions
from bot.desk.api.account_dependencies import AccountDependencies
from bot.shop.desk_texts import DeskTexts
from store.accounts import agent_sessions, agents
from store.accounts.agents import Agent
from store.core.database import Database
from tests.paths import ROOT

SECRET = b"0123456789abcdef0123456789abcdef"
LANGUAGES = ("en", "lt", "lv", "id", "kk")
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


@cache
def texts() -> DeskTexts:
    return DeskTexts.load(ROOT, "Linden & Co", LANGUAGES)


def desk_parts(
    database: Database,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    *,
    public_url: str | None = "https://chat.linden.example",
    **more: Any,
) -> AccountDependencies:
    """The accounts of a desk, with passwords that are cheap to check."""
    links = Invitations(texts(), public_url)
    factor = SecondFactor(SECRET, "Linden & Co")
    return AccountDependencies(
        database=database,
        guard=Sessions(database, secure=(public_url or "").startswith("https"), clock=clock),
        accounts=Accounts(database, links, factor, hashing=Hashing(CHEAP), clock=clock),
        administration=Administration(links),
        texts=texts(),
        colour="#2f6b4f",
        **more,
    )


@dataclass(frozen=True, slots=True)
class Member:
    """An agent with an open session; `headers` are those of a request of the agent's browser."""

    agent: Agent
    token: str
    csrf: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Cookie": f"{COOKIE}={self.token}", "X-CSRF-Token": self.csrf}


def member(database: Database, name: str = "Anna", role: str = "agent", **values: Any) -> Member:
    """Adds an agent, by default with a password that nothing fits, and signs the agent in."""
    token, csrf, now = tokens.new(), tokens.new(), datetime.now(UTC)
    values = {"email": f"{name.lower()}@linden.example", "password": "!", **values}
    with database.write() as connection:
        agent = agents.add(connection, name=name, role=role, **values)
        agent_sessions.start(connection, tokens.hashed(token), agent.id, csrf, now, now + LIFETIME)
    return Member(agent, token, csrf)
