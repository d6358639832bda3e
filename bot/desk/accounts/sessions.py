"""Who makes a request: the session behind the cookie, and what it may do."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sanic import HTTPResponse, Request

from bot.desk.accounts.tokens import hashed
from bot.runtime import log
from bot.runtime.http import addresses
from bot.runtime.http.refusals import Forbidden, Unauthorized
from store.accounts import agent_sessions, agents, audit
from store.accounts.agents import Agent
from store.core.database import Connection, Database
from store.vocabulary import Role

COOKIE = "aftercare_desk"
LIFETIME = timedelta(hours=12)
IDLE = timedelta(hours=2)
TOUCH = timedelta(minutes=1)  # how late `used_at` may be: not every request need write

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
UNASKED = "x-unasked"  # of what a page fetches by itself, while nobody may be there


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who makes the request."""

    agent: Agent
    session_id: str
    csrf: str
    request_id: str

    def record(
        self, connection: Connection, action: str, target: str = "", details: dict[str, Any] | None = None
    ) -> None:
        """Notes in the audit log what the agent does, in the same transaction."""
        audit.record(connection, self.agent, action, target, details, request_id=self.request_id)


class Sessions:
    """Checks requests. `secure`: browsers reach the desk over https only. `base_path`: the server's own, such
    as "/support"."""

    def __init__(
        self,
        database: Database,
        *,
        secure: bool,
        base_path: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._secure = secure
        self._path = f"{base_path}/desk"
        self._clock = clock

    async def check(self, request: Request, role: Role, *, passive: bool = False) -> SignedIn:
        """The session behind a request. Raises `Refusal`: `signed_out`, `csrf` or `forbidden`."""
        now = self._clock()
        session_id = presented(request) or ""
        found = await self._database.fetch(agent_sessions.find, session_id, now, now - IDLE)
        if found is None:
            raise Unauthorized("Sign in first.", code="signed_out")
        if request.method not in SAFE:
            given = request.headers.get("x-csrf-token", "").encode("utf-8", "surrogateescape")
            if not hmac.compare_digest(given, found.csrf.encode()):
                raise Forbidden("Send the session's token in X-CSRF-Token.", code="csrf")
        if role == Role.ADMIN and found.agent.role != Role.ADMIN:
            raise Forbidden("This is for admins only.")
        seen = found.agent.seen_at is None or now - found.agent.seen_at >= TOUCH
        used = not passive and now - found.used_at >= TOUCH
        if seen or used:
            await self._database.run(_touch, found, now, used)
        return SignedIn(found.agent, found.id, found.csrf, log.request_id.get())

    def give(self, request: Request, response: HTTPResponse, token: str) -> None:
        """Hands the browser a session's token. Raises `Forbidden`: it would not send it back."""
        self._set(response, token, int(LIFETIME.total_seconds()), secure=self.needs_secure(request))

    def needs_secure(self, request: Request) -> bool:
        """Whether the session's cookie must go over https only. Raises `Forbidden` where the browser came
        over plain http and would silently throw such a cookie away."""
        # What the browser itself says: no proxy in between can forget to tell the scheme.
        origin = urlsplit(request.headers.get("origin", ""))
        if origin.scheme != "http":
            return self._secure or origin.scheme == "https"
        if self._secure and not _is_this_host(origin.hostname or ""):
            raise Forbidden("The desk is reached over https only.", code="insecure")
        return False

    def take(self, response: HTTPResponse) -> None:
        """Makes the browser forget its token."""
        self._set(response, "", 0, secure=self._secure)

    def _set(self, response: HTTPResponse, token: str, age: int, *, secure: bool) -> None:
        response.add_cookie(
            COOKIE, token, path=self._path, max_age=age, httponly=True, samesite="Strict", secure=secure
        )


async def signed_in(request: Request, role: Role = Role.AGENT, *, passive: bool = False) -> SignedIn:
    """Who makes a request below /desk/v1; checks the cookie, `X-CSRF-Token` where the method changes
    something, and the role. `passive`: a page that merely stays open asks, which doesn't count as use; pages
    say the same of what they read by themselves, in `X-Unasked`. Raises `Refusal`: 401 `signed_out`, 403
    `csrf`, 403 `forbidden`."""
    guard: Sessions = request.app.ctx.desk_guard
    passive = passive or (request.method in SAFE and UNASKED in request.headers)
    return await guard.check(request, role, passive=passive)


def presented(request: Request) -> str | None:
    """The id of the session whose cookie came with a request; whether there is one is not known."""
    token = request.cookies.get(COOKIE)
    return hashed(token) if token else None


def _is_this_host(name: str) -> bool:
    address = addresses.parse(name)
    return name == "localhost" or name.endswith(".localhost") or (address is not None and address.is_loopback)


def _touch(connection: Connection, session: agent_sessions.Session, at: datetime, used: bool) -> None:
    agents.seen(connection, session.agent.id, at)
    if used:
        agent_sessions.touch(connection, session.id, at)
