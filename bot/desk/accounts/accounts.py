"""An agent's own account: signing in and out, passwords, the second factor."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.desk.accounts import passwords, tokens
from bot.desk.accounts.invitations import Invitations
from bot.desk.accounts.lockout import Attempts
from bot.desk.accounts.passwords import Hashing
from bot.desk.accounts.second_factor import SecondFactor
from bot.desk.accounts.sessions import IDLE, LIFETIME, SignedIn
from bot.runtime.http.refusals import BadRequest, Conflict, Forbidden, NoSuch, Refusal, Unauthorized
from store.accounts import agent_sessions, agents, audit
from store.accounts.agents import PENDING, Agent, Attempt, Credentials
from store.core.database import Connection, Database
from store.vocabulary import Presence


@dataclass(frozen=True, slots=True)
class Started:
    """A new session; `token` is for the cookie."""

    agent: Agent
    token: str
    csrf: str


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a request came from: `session_id` is that of the cookie that came with it, if one did."""

    session_id: str | None = None
    request_id: str = ""


def _wrong() -> Refusal:
    return Unauthorized("The e-mail or the password is wrong.", code="wrong")


def _second_factor() -> Refusal:
    return Unauthorized("Write the code that your authenticator app shows now.", code="second_factor")


class Accounts:
    """Every method is one thing an agent does. All raise `Refusal`. `hashing` with lower costs is for
    tests."""

    def __init__(
        self,
        database: Database,
        links: Invitations,
        second_factor: SecondFactor,
        *,
        hashing: Hashing | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._links = links
        self._second_factor = second_factor
        self._hashing = hashing or Hashing()
        self._clock = clock
        self._attempts = Attempts(database, clock)

    async def sign_in(self, email: str, password: str, code: str | None, browser: Browser) -> Started:
        """Opens a session; the browser's earlier one is over. Raises `wrong`, `second_factor`, `locked`."""
        attempt, found = await self._attempts.begin(email)
        if not await self._hashing.fits(found.password if found else None, password) or not found:
            await self._attempts.failed(email, attempt, browser.request_id)
            raise _wrong()
        if found.agent.disabled:
            await self._attempts.failed(email, attempt, browser.request_id)
            raise _wrong()
        step = await self._judge_code(found, code, attempt, browser)
        assert found.password is not None
        values = (
            {"password": await self._hashing.hash(password)} if self._hashing.is_old(found.password) else {}
        )

        def finish(connection: Connection) -> Started:
            now = agents.credentials(connection, found.agent.id, lock=True)
            if now is None or now.agent.disabled or _changed(found, now):
                raise _wrong()
            self._use_code(connection, found.agent.id, step)
            return self._start(connection, found.agent.id, browser, "signed_in", values)

        return await self._database.run(finish)

    async def accept(
        self, token: str, name: str | None, password: str, code: str | None, browser: Browser
    ) -> Started:
        """Sets a password by a link, once, and signs in. All other sessions of the agent are over."""
        link = tokens.hashed(token)
        found = await self._database.fetch(_behind, link, self._clock())
        if found is None:
            raise NoSuch("link: it is used or too old. Ask for a new one")
        passwords.check(password, found.agent.email, name or found.agent.name)
        step = None
        if found.agent.totp:
            # Who reads the agent's mail is not past the second factor yet.
            attempt, _ = await self._attempts.begin(found.agent.email)
            step = await self._judge_code(found, code, attempt, browser)
        values: dict[str, Any] = {"password": await self._hashing.hash(password)}
        if name:
            values["name"] = name

        def finish(connection: Connection) -> Started:
            agent_id = agents.use_invitation(connection, link, self._clock())
            now = agents.credentials(connection, agent_id, lock=True) if agent_id else None
            if now is None or now.agent.disabled or _changed(found, now):
                raise NoSuch("link: it is used or too old. Ask for a new one")
            self._use_code(connection, now.agent.id, step)
            agent_sessions.end_all(connection, now.agent.id)
            action = "invitation_accepted" if now.agent.invited else "password_reset"
            return self._start(connection, now.agent.id, browser, action, values)

        return await self._database.run(finish)

    async def request_reset(self, email: str, browser: Browser) -> bool:
        """Mails a link to set a new password, if an agent has this e-mail; whether a mail goes out."""

        def request(connection: Connection) -> bool:
            agent = agents.find(connection, email)
            if agent is None or agent.disabled or not self._links.reset(connection, agent, self._clock()):
                return False
            target, request_id = f"agent:{agent.id}", browser.request_id
            audit.record(connection, None, "reset_requested", target, who=email, request_id=request_id)
            return True

        return await self._database.run(request)

    async def sign_out(self, who: SignedIn) -> None:
        """Ends the session; with the last one, the agent is offline."""

        def end(connection: Connection) -> None:
            now = self._clock()
            agent_sessions.end(connection, who.session_id)
            if not agent_sessions.count(connection, who.agent.id, now, now - IDLE):
                agents.change(connection, who.agent.id, state=Presence.OFFLINE)
            who.record(connection, "signed_out")

        await self._database.run(end)

    async def change(self, who: SignedIn, values: dict[str, Any]) -> Agent:
        """Changes the agent's own name, language or state."""

        def write(connection: Connection) -> Agent:
            if values.keys() - {"state"}:
                who.record(connection, "profile_changed", f"agent:{who.agent.id}", {"fields": sorted(values)})
            return agents.change(connection, who.agent.id, **values)

        return await self._database.run(write)

    async def change_password(self, who: SignedIn, old: str, new: str) -> str:
        """Sets a new password. All other sessions are over, and this one has a new token: the result."""
        found = await self._confirm(who, old)
        passwords.check(new, who.agent.email, who.agent.name)
        hashed = await self._hashing.hash(new)
        token = tokens.new()

        def write(connection: Connection) -> str:
            now = agents.credentials(connection, who.agent.id, lock=True)
            if now is None or now.password != found.password:
                raise Forbidden("The old password is wrong.", code="wrong")
            agents.change(connection, who.agent.id, password=hashed, failures=0, locked_until=None)
            agents.withdraw_invitations(connection, who.agent.id)
            agent_sessions.end_all(connection, who.agent.id, but=who.session_id)
            if not agent_sessions.renew(connection, who.session_id, tokens.hashed(token)):
                raise Unauthorized("Sign in first.", code="signed_out")
            who.record(connection, "password_changed", f"agent:{who.agent.id}")
            return token

        return await self._database.run(write)

    async def offer_second_factor(self, who: SignedIn) -> tuple[str, str]:
        """A new secret for the agent's app, and its URI; it counts once a code has confirmed it."""
        secret, kept = self._second_factor.new(who.agent.id)

        def write(connection: Connection) -> None:
            now = agents.credentials(connection, who.agent.id, lock=True)
            if now is None or now.agent.totp:
                raise Conflict("There is a second factor already. Remove it first.", code="wrong_state")
            agents.change(connection, who.agent.id, totp_secret=PENDING + kept)

        await self._database.run(write)
        return secret, self._second_factor.uri(secret, who.agent.email)

    async def confirm_second_factor(self, who: SignedIn, code: str) -> None:
        """From now on signing in takes a code; this one is used up."""

        def write(connection: Connection) -> None:
            now = agents.credentials(connection, who.agent.id, lock=True)
            pending = now.totp_secret if now and not now.agent.totp else None
            if pending is None:
                raise Conflict("Ask for a secret first.", code="wrong_state")
            kept = pending.removeprefix(PENDING)
            step = self._second_factor.step(kept, who.agent.id, code, self._clock())
            if step is None:
                raise BadRequest("Write the six digits that your app shows now.", code="second_factor")
            agents.change(connection, who.agent.id, totp_secret=kept, totp_step=step)
            who.record(connection, "second_factor_added", f"agent:{who.agent.id}")

        await self._database.run(write)

    async def remove_second_factor(self, who: SignedIn, password: str) -> None:
        """Signing in takes no code any more."""
        await self._confirm(who, password)

        def write(connection: Connection) -> None:
            agents.change(connection, who.agent.id, totp_secret=None)
            who.record(connection, "second_factor_removed", f"agent:{who.agent.id}")

        await self._database.run(write)

    async def _judge_code(
        self, found: Credentials, code: str | None, attempt: Attempt, browser: Browser
    ) -> int | None:
        """The time step of a right code; None where none is needed. Raises `second_factor`."""
        if not found.agent.totp or found.totp_secret is None:
            return None
        if code is None:
            await self._database.run(agents.forgive, found.agent.id, attempt)
            raise _second_factor()
        step = self._second_factor.step(found.totp_secret, found.agent.id, code, self._clock())
        if step is None:
            await self._attempts.failed(found.agent.email, attempt, browser.request_id)
            raise _second_factor()
        return step

    def _use_code(self, connection: Connection, agent_id: int, step: int | None) -> None:
        if step is not None and not agents.use_code(connection, agent_id, step):
            raise _second_factor()

    async def _confirm(self, who: SignedIn, password: str) -> Credentials:
        """Asks a signed-in agent for the password; wrong ones count as when signing in."""
        attempt, found = await self._attempts.begin(who.agent.email)
        if found is None or not await self._hashing.fits(found.password, password):
            await self._attempts.failed(who.agent.email, attempt, who.request_id)
            raise Forbidden("The password is wrong.", code="wrong")
        await self._database.run(agents.forgive, who.agent.id, attempt)
        return found

    def _start(
        self, connection: Connection, agent_id: int, browser: Browser, action: str, values: dict[str, Any]
    ) -> Started:
        now, token, csrf = self._clock(), tokens.new(), tokens.new()
        agent = agents.change(connection, agent_id, failures=0, locked_until=None, seen_at=now, **values)
        if browser.session_id:
            agent_sessions.end(connection, browser.session_id)
        agent_sessions.start(connection, tokens.hashed(token), agent_id, csrf, now, now + LIFETIME)
        audit.record(connection, agent, action, f"agent:{agent_id}", request_id=browser.request_id, at=now)
        return Started(agent, token, csrf)


def _changed(then: Credentials, now: Credentials) -> bool:
    """Whether something that was judged is not what is kept any more."""
    factor = now.agent.totp != then.agent.totp or (now.agent.totp and now.totp_secret != then.totp_secret)
    return now.password != then.password or factor


def _behind(connection: Connection, link: str, at: datetime) -> Credentials | None:
    agent_id = agents.invited(connection, link, at)
    found = agents.credentials(connection, agent_id) if agent_id else None
    return None if found is None or found.agent.disabled else found
