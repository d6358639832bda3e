"""Accounts without HTTP, on both databases: locks, links, sessions, the second factor, the last admin."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from bot.desk.accounts import passwords, tokens
from bot.desk.accounts.accounts import Accounts, Browser
from bot.desk.accounts.administration import Administration, CommandLine
from bot.desk.accounts.invitations import INVITATION, RESET, RESET_AGAIN, Invitations
from bot.desk.accounts.lockout import LOCK, MAX_FAILURES
from bot.desk.accounts.passwords import Hashing
from bot.desk.accounts.second_factor import SecondFactor
from bot.desk.accounts.sessions import IDLE, LIFETIME, SignedIn
from bot.runtime.http.refusals import Refusal
from store.accounts import agent_sessions, agents, audit
from store.accounts.agents import PENDING, Agent
from store.core import mails
from store.core.database import Database
from store.vocabulary import Role
from tests.desk.staff import CHEAP, LANGUAGES, SECRET, Clock, desk_parts, member, texts

PASSWORD = "four words by chance"
ANNA = "anna@linden.example"
HERE = Browser(request_id="r1")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(database: Database, clock: Clock) -> Accounts:
    return desk_parts(database, clock).accounts


def join(database: Database, email: str = ANNA, role: str = "agent", **values: Any) -> Agent:
    with database.write() as connection:
        return agents.add(connection, email, "Anna", Role(role), password=CHEAP.hash(PASSWORD), **values)


async def code_of(call: Awaitable[object]) -> str:
    """What became of a call: the code of its error, or ok."""
    try:
        await call
    except Refusal as error:
        return error.code
    return "ok"


def everything(database: Database) -> str:
    """All that the accounts' tables hold."""
    with database.read() as connection:
        tables = ("agents", "agent_sessions", "invitations", "audit_log")
        return "\n".join(
            str(row) for table in tables for row in connection.execute(text(f"SELECT * FROM {table}"))
        )


def actions(database: Database) -> list[str]:
    with database.read() as connection:
        return [entry.action for entry in reversed(audit.entries(connection))]


def test_an_e_mail_belongs_to_one_agent(database: Database) -> None:
    anna = join(database, languages=["lt", "en"], skills=["returns"], capacity=3)
    assert (anna.languages, anna.skills, anna.capacity) == (("lt", "en"), ("returns",), 3)
    assert (anna.invited, anna.totp, anna.disabled, anna.state) == (False, False, False, "offline")
    with pytest.raises(agents.EmailTaken):
        join(database)
    with database.read() as connection:
        assert agents.listed(connection) == [anna]
        assert agents.find(connection, ANNA) == agents.get(connection, anna.id) == anna
        assert agents.get(connection, anna.id + 1) is None


async def test_signing_in_and_being_known(database: Database, accounts: Accounts, clock: Clock) -> None:
    anna = join(database)
    started = await accounts.sign_in(ANNA, PASSWORD, None, HERE)
    assert started.agent.id == anna.id and started.agent.seen_at == clock.now
    session = tokens.hashed(started.token)

    def find(after: timedelta) -> agent_sessions.Session | None:
        now = clock.now + after
        with database.read() as connection:
            return agent_sessions.find(connection, session, now, now - IDLE)

    found = find(timedelta(hours=1))
    assert found and found.agent.id == anna.id and found.csrf == started.csrf
    assert find(IDLE) is None
    with database.write() as connection:
        agent_sessions.touch(connection, session, clock.now + timedelta(hours=11.5))
    assert find(timedelta(hours=11.9)) and find(LIFETIME) is None
    with database.write() as connection:
        agents.change(connection, anna.id, disabled=True)
    assert find(timedelta(hours=11.9)) is None


async def test_what_is_kept_opens_nothing(database: Database, accounts: Accounts) -> None:
    join(database)
    started = await accounts.sign_in(ANNA, PASSWORD, None, HERE)
    assert await code_of(accounts.sign_in(ANNA, "another one entirely", None, HERE)) == "wrong"
    with database.write() as connection:
        assert started.agent
        link = Invitations(texts(), None).invite(connection, started.agent, datetime.now(UTC))
    kept = everything(database)
    assert ANNA in kept
    for secret in (started.token, link.partition("=")[2], PASSWORD, "another one entirely"):
        assert secret not in kept


@pytest.mark.parametrize("email", [ANNA, "nobody@linden.example"])
async def test_five_wrong_tries_lock_for_a_quarter_of_an_hour(
    database: Database, accounts: Accounts, clock: Clock, email: str
) -> None:
    join(database)
    for _ in range(2):
        outcomes = [await code_of(accounts.sign_in(email, "wrong wrong", None, HERE)) for _ in range(7)]
        assert outcomes == ["wrong"] * 5 + ["locked"] * 2
        with pytest.raises(Refusal) as locked:
            await accounts.sign_in(email, PASSWORD, None, HERE)
        assert locked.value.status == 429 and locked.value.retry_after == LOCK.total_seconds()
        clock.pass_by(minutes=15, seconds=1)
    assert actions(database).count("sign_in_failed") == 10
    if email == ANNA:
        await accounts.sign_in(email, PASSWORD, None, HERE)


async def test_success_ends_the_count(database: Database, accounts: Accounts) -> None:
    join(database)
    for _ in range(3):
        for _ in range(MAX_FAILURES - 1):
            assert await code_of(accounts.sign_in(ANNA, "wrong wrong", None, HERE)) == "wrong"
        await accounts.sign_in(ANNA, PASSWORD, None, HERE)


@pytest.mark.parametrize("email", [ANNA, "nobody@linden.example"])
async def test_tries_side_by_side_do_not_outrun_the_count(
    database: Database, accounts: Accounts, email: str
) -> None:
    join(database)
    tries = (code_of(accounts.sign_in(email, f"wrong {n} wrong", None, HERE)) for n in range(20))
    outcomes = await asyncio.gather(*tries)
    assert sorted(outcomes) == ["locked"] * 15 + ["wrong"] * 5


async def test_an_unknown_e_mail_costs_the_same_work(database: Database, clock: Clock) -> None:
    class Counting(PasswordHasher):
        checks = 0

        def verify(self, hash: str | bytes, password: str | bytes) -> Any:
            self.checks += 1
            return super().verify(hash, password)

    hasher = Counting(time_cost=1, memory_cost=8, parallelism=1)
    links, factor = Invitations(texts(), None), SecondFactor(SECRET, "x")
    accounts = Accounts(database, links, factor, hashing=Hashing(hasher), clock=clock)
    join(database)
    join(database, "ex@linden.example", disabled=True)
    with database.write() as connection:
        agents.add(connection, "new@linden.example", "New", Role.AGENT)
    said = set()
    for number, who in enumerate(("anna", "ex", "new", "nobody"), 1):
        with pytest.raises(Refusal) as refused:
            await accounts.sign_in(f"{who}@linden.example", "wrong wrong", None, HERE)
        said.add((refused.value.status, str(refused.value.body())))
        assert hasher.checks == number
    assert len(said) == 1
    # The right password of a disabled account, and of one without a password, says no more.
    assert await code_of(accounts.sign_in("ex@linden.example", PASSWORD, None, HERE)) == "wrong"
    assert await code_of(accounts.sign_in("new@linden.example", "nobody", None, HERE)) == "wrong"


@pytest.mark.parametrize("change", [{"password": "!"}, {"disabled": True}, {"totp_secret": "x"}])
async def test_what_changes_while_a_password_is_judged_counts(
    database: Database, clock: Clock, change: dict[str, Any]
) -> None:
    anna = join(database)

    class Slow(Hashing):
        async def fits(self, kept: str | None, password: str) -> bool:
            right = await super().fits(kept, password)
            await database.run(lambda connection: agents.change(connection, anna.id, **change))
            return right

    links, factor = Invitations(texts(), None), SecondFactor(SECRET, "x")
    accounts = Accounts(database, links, factor, hashing=Slow(CHEAP), clock=clock)
    assert await code_of(accounts.sign_in(ANNA, PASSWORD, None, HERE)) == "wrong"
    assert "signed_in" not in actions(database)


async def test_hashes_made_at_other_costs_are_renewed(database: Database, accounts: Accounts) -> None:
    costly = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    anna = join(database)
    with database.write() as connection:
        agents.change(connection, anna.id, password=costly.hash(PASSWORD))
    for _ in range(2):
        await accounts.sign_in(ANNA, PASSWORD, None, HERE)
        with database.read() as connection:
            found = agents.credentials(connection, anna.id)
        assert found and found.password and not CHEAP.check_needs_rehash(found.password)


async def test_a_password_is_one_however_its_accents_are_typed(
    database: Database, accounts: Accounts
) -> None:
    anna = join(database)
    with database.write() as connection:
        agents.change(connection, anna.id, password=await Hashing(CHEAP).hash("s\u0161e\u0117 ilgas"))
    await accounts.sign_in(ANNA, "ss\u030ce" + "e\u0307 ilgas", None, HERE)
    assert await code_of(accounts.sign_in(ANNA, "\ud800 lone surrogate", None, HERE)) == "wrong"


# Links


async def test_an_invitation_is_good_once(database: Database, accounts: Accounts, clock: Clock) -> None:
    links = Invitations(texts(), "https://chat.linden.example")
    admin = Administration(links)
    with database.write() as connection:
        agent, link = admin.add(
            connection, CommandLine(), clock.now, ANNA, "Anna", Role.AGENT, {"language": "lt"}
        )
        [mail] = mails.due(connection, clock.now, clock.now, 5)
    assert agent.invited
    assert link.startswith("https://chat.linden.example/desk#invitation=")
    assert link in mail.body and mail.recipient == ANNA and "septynias dienas" in mail.body
    token = link.partition("=")[2]
    assert await code_of(accounts.accept(token, None, "short", None, HERE)) == "bad_request"
    outcomes = await asyncio.gather(
        *(code_of(accounts.accept(token, "Anna L", PASSWORD, None, HERE)) for _ in range(4))
    )
    assert sorted(outcomes) == ["not_found"] * 3 + ["ok"]
    started = await accounts.sign_in(ANNA, PASSWORD, None, HERE)
    assert started.agent.name == "Anna L" and not started.agent.invited
    assert actions(database) == ["agent_added", "invitation_accepted", "signed_in"]


def test_a_link_is_used_up_by_its_use(database: Database, clock: Clock) -> None:
    anna = join(database)
    with database.write() as connection:
        agents.invite(connection, "a link", anna.id, clock.now, clock.now + timedelta(days=1))
        assert agents.use_invitation(connection, "a link", clock.now) == anna.id
        assert agents.use_invitation(connection, "a link", clock.now) is None


async def test_links_grow_old_and_newer_ones_replace_them(
    database: Database, accounts: Accounts, clock: Clock
) -> None:
    admin = Administration(Invitations(texts(), None))
    with database.write() as connection:
        agent, first = admin.add(connection, CommandLine(), clock.now, ANNA, "Anna", Role.AGENT, {})
        second = admin.invite(connection, CommandLine(), clock.now, agent.id)
    first, second = (link.partition("=")[2] for link in (first, second))
    assert await code_of(accounts.accept(first, None, PASSWORD, None, HERE)) == "not_found"
    clock.now += INVITATION
    assert await code_of(accounts.accept(second, None, PASSWORD, None, HERE)) == "not_found"
    with database.write() as connection:
        third = admin.invite(connection, CommandLine(), clock.now, agent.id).partition("=")[2]
        admin.change(connection, CommandLine(), clock.now, agent.id, {"disabled": True})
        with pytest.raises(Refusal):
            admin.invite(connection, CommandLine(), clock.now, agent.id)
        with pytest.raises(Refusal):
            admin.invite(connection, CommandLine(), clock.now, 10**9)
    assert await code_of(accounts.accept(third, None, PASSWORD, None, HERE)) == "not_found"


async def test_a_forgotten_password(database: Database, accounts: Accounts, clock: Clock) -> None:
    join(database)
    join(database, "ex@linden.example", disabled=True)
    started = await accounts.sign_in(ANNA, PASSWORD, None, HERE)
    # Another address's capitals are the caller's concern; strangers and the disabled get no mail.
    for email in ("nobody@linden.example", "ex@linden.example"):
        assert not await accounts.request_reset(email, HERE)
    assert await accounts.request_reset(ANNA, HERE)
    assert not await accounts.request_reset(ANNA, HERE)
    with database.write() as connection:
        [mail] = mails.due(connection, clock.now, clock.now, 5)
    token = mail.body.partition("#reset=")[2].split()[0]
    for _ in range(MAX_FAILURES):
        await code_of(accounts.sign_in(ANNA, "wrong wrong", None, HERE))
    await accounts.accept(token, None, "another four words", None, HERE)
    with database.read() as connection:
        now = clock.now
        assert not agent_sessions.find(connection, tokens.hashed(started.token), now, now - IDLE)
    assert (await accounts.sign_in(ANNA, "another four words", None, HERE)).agent.name == "Anna"
    assert await code_of(accounts.sign_in(ANNA, PASSWORD, None, HERE)) == "wrong"
    clock.pass_by(seconds=RESET_AGAIN)
    assert await accounts.request_reset(ANNA, HERE)
    with database.write() as connection:
        [mail] = mails.due(connection, clock.now, clock.now + timedelta(hours=1), 5)[-1:]
    clock.now += RESET
    token = mail.body.partition("#reset=")[2].split()[0]
    assert await code_of(accounts.accept(token, None, PASSWORD, None, HERE)) == "not_found"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_its_letters(language: str) -> None:
    values = {"name": "Anna {link}", "email": ANNA, "link": "https://x.example/desk#reset=abc"}
    for kind in ("invitation", "reset"):
        subject, body = texts().letter(kind, language, values)
        assert "Linden & Co" in subject and "\n" not in subject
        assert body.count("https://x.example") == 1 and "\nhttps://x.example/desk#reset=abc\n" in body
        # Nothing is left to be filled in but what the name itself says.
        assert "{" not in body.replace("Anna {link}", "")
    closings = texts().closings(language)
    assert [one["id"] for one in closings] == [one["id"] for one in texts().closings("en")]
    assert language == "en" or closings != texts().closings("en")


# Sessions and passwords


def signed_in(agent: Agent, token: str) -> SignedIn:
    return SignedIn(agent, tokens.hashed(token), "csrf", "r1")


async def test_a_new_password_ends_all_other_sessions(
    database: Database, accounts: Accounts, clock: Clock
) -> None:
    join(database)
    here, there = [await accounts.sign_in(ANNA, PASSWORD, None, HERE) for _ in range(2)]
    who = signed_in(here.agent, here.token)
    assert await code_of(accounts.change_password(who, "wrong wrong", "another four words")) == "wrong"
    assert await code_of(accounts.change_password(who, PASSWORD, ANNA)) == "bad_request"
    token = await accounts.change_password(who, PASSWORD, "another four words")

    def open_still(of: str) -> bool:
        with database.read() as connection:
            found = agent_sessions.find(connection, tokens.hashed(of), clock.now, clock.now - IDLE)
        return found is not None

    assert [open_still(of) for of in (token, here.token, there.token)] == [True, False, False]
    await accounts.sign_in(ANNA, "another four words", None, HERE)


async def test_the_same_browser_has_one_session(database: Database, accounts: Accounts) -> None:
    anna = join(database)
    first = await accounts.sign_in(ANNA, PASSWORD, None, HERE)
    again = Browser(tokens.hashed(first.token))
    second = await accounts.sign_in(ANNA, PASSWORD, None, again)
    assert second.token != first.token and second.csrf != first.csrf
    with database.write() as connection:
        assert agent_sessions.end_all(connection, anna.id) == 1


async def test_signing_out_of_the_last_session_takes_the_agent_offline(
    database: Database, accounts: Accounts
) -> None:
    anna = join(database, state="online")
    sessions = [await accounts.sign_in(ANNA, PASSWORD, None, HERE) for _ in range(2)]
    states = []
    for one in sessions:
        await accounts.sign_out(signed_in(anna, one.token))
        with database.read() as connection:
            found = agents.get(connection, anna.id)
        states.append(found and found.state)
    assert states == ["online", "offline"]


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "123456789",
        "x" * 201,
        "Password123!",
        "qwertyuiop",
        "QWERTY123456",
        "9876543210",
        "1234567890123",
        "abababababab",
        "anna@linden.example",
        "Anna Lindenberg",
        "AnnaLindenberg1",
        "linden.example2026",
        "slaptažodis1",
    ],
)
def test_passwords_that_are_easily_guessed(password: str) -> None:
    with pytest.raises(Refusal) as refused:
        passwords.check(password, ANNA, "Anna Lindenberg")
    assert refused.value.code == "bad_request" and password not in refused.value.message


@pytest.mark.parametrize(
    "password", [PASSWORD, "y7#Kq2!vLp", "keturi žodžiai", "құпия сөздің өзі", "x9" * 4 + "abc" + "d" * 189]
)
def test_passwords_that_are_fine(password: str) -> None:
    passwords.check(password, ANNA, "Anna Lindenberg")


# The second factor


def app_of(uri: str) -> pyotp.TOTP:
    app = pyotp.parse_uri(uri)
    assert isinstance(app, pyotp.TOTP)
    return app


async def with_factor(database: Database, accounts: Accounts, clock: Clock) -> tuple[SignedIn, pyotp.TOTP]:
    agent = join(database)
    started = await accounts.sign_in(ANNA, PASSWORD, None, HERE)
    who = signed_in(agent, started.token)
    secret, uri = await accounts.offer_second_factor(who)
    app = app_of(uri)
    assert (app.secret, app.name, app.issuer) == (secret, ANNA, "Linden & Co")
    # Not confirmed yet: signing in takes no code.
    await accounts.sign_in(ANNA, PASSWORD, None, HERE)
    wrong = f"{(int(app.at(clock.now)) + 1) % 1_000_000:06d}"
    assert await code_of(accounts.confirm_second_factor(who, wrong)) == "second_factor"
    await accounts.confirm_second_factor(who, app.at(clock.now))
    assert secret not in everything(database)
    clock.pass_by(minutes=2)
    return who, app


async def test_a_second_factor(database: Database, accounts: Accounts, clock: Clock) -> None:
    who, app = await with_factor(database, accounts, clock)
    assert await code_of(accounts.offer_second_factor(who)) == "wrong_state"
    assert await code_of(accounts.confirm_second_factor(who, app.at(clock.now))) == "wrong_state"
    assert await code_of(accounts.sign_in(ANNA, PASSWORD, None, HERE)) == "second_factor"
    # Without the password nothing tells that there is a second factor.
    assert await code_of(accounts.sign_in(ANNA, "wrong wrong", app.at(clock.now), HERE)) == "wrong"
    for drift in (-90, 90):
        late = app.at(clock.now + timedelta(seconds=drift))
        assert await code_of(accounts.sign_in(ANNA, PASSWORD, late, HERE)) == "second_factor"
    slow = app.at(clock.now - timedelta(seconds=30))
    assert (await accounts.sign_in(ANNA, PASSWORD, slow, HERE)).agent.totp
    outcomes = await asyncio.gather(
        *(code_of(accounts.sign_in(ANNA, PASSWORD, app.at(clock.now), HERE)) for _ in range(3))
    )
    assert sorted(outcomes) == ["ok", "second_factor", "second_factor"]
    # An older code than the last one used is as used up.
    assert await code_of(accounts.sign_in(ANNA, PASSWORD, slow, HERE)) == "second_factor"
    assert await code_of(accounts.remove_second_factor(who, "wrong wrong")) == "wrong"
    await accounts.remove_second_factor(who, PASSWORD)
    await accounts.sign_in(ANNA, PASSWORD, None, HERE)


async def test_codes_are_not_guessed(database: Database, accounts: Accounts, clock: Clock) -> None:
    _, app = await with_factor(database, accounts, clock)
    right = {app.at(clock.now + timedelta(seconds=30 * n)) for n in (-1, 0, 1)}
    guesses = [code for code in (f"{n:06d}" for n in range(20)) if code not in right][:8]
    # Asking in between whether a code is needed takes back no guess.
    calls = [accounts.sign_in(ANNA, PASSWORD, code, HERE) for code in guesses for _ in (0, 1)]
    tries = [accounts.sign_in(ANNA, PASSWORD, None, HERE) if n % 2 else one for n, one in enumerate(calls)]
    for n, one in enumerate(calls):
        if n % 2:
            one.close()
    outcomes = [await code_of(one) for one in tries]
    assert outcomes[0::2] == ["second_factor"] * 5 + ["locked"] * 3
    assert await code_of(accounts.sign_in(ANNA, PASSWORD, app.at(clock.now), HERE)) == "locked"


async def test_a_reset_does_not_go_round_the_second_factor(
    database: Database, accounts: Accounts, clock: Clock
) -> None:
    who, app = await with_factor(database, accounts, clock)
    with database.write() as connection:
        agent = agents.get(connection, who.agent.id)
        assert agent
        token = Invitations(texts(), None).invite(connection, agent, clock.now).partition("=")[2]
    new = "another four words"
    assert await code_of(accounts.accept(token, None, new, None, HERE)) == "second_factor"
    assert await code_of(accounts.sign_in(ANNA, new, app.at(clock.now), HERE)) == "wrong"
    await accounts.accept(token, None, new, app.at(clock.now), HERE)


async def test_secrets_of_another_program_or_another_account_open_nothing(
    database: Database, accounts: Accounts, clock: Clock
) -> None:
    who, app = await with_factor(database, accounts, clock)
    other = join(database, "other@linden.example")
    with database.write() as connection:
        kept = agents.credentials(connection, who.agent.id)
        assert kept and kept.totp_secret and not kept.totp_secret.startswith(PENDING)
        assert len(PENDING + kept.totp_secret) <= 200  # the column's
        agents.change(connection, other.id, totp_secret=kept.totp_secret)
    code = app.at(clock.now)
    assert await code_of(accounts.sign_in("other@linden.example", PASSWORD, code, HERE)) == "second_factor"
    changed = SecondFactor(b"x" * 32, "Linden & Co")
    stranger = Accounts(database, Invitations(texts(), None), changed, hashing=Hashing(CHEAP), clock=clock)
    assert await code_of(stranger.sign_in(ANNA, PASSWORD, code, HERE)) == "second_factor"
    assert await code_of(accounts.sign_in(ANNA, PASSWORD, code, HERE)) == "ok"


def test_a_try_is_taken_back_with_its_own_lock_only(database: Database) -> None:
    anna, now = join(database), datetime.now(UTC)

    def attempt() -> agents.Attempt:
        with database.write() as connection:
            made = agents.attempt(connection, ANNA, now, 2, now + LOCK)
        assert made
        return made

    first, second = attempt(), attempt()
    assert (first.locking, second.locking) == (False, True)
    with database.write() as connection:
        agents.forgive(connection, anna.id, first)
    assert attempt().locked_until
    with database.write() as connection:
        agents.forgive(connection, anna.id, second)
    assert attempt().locked_until is None


# Admins


async def test_the_last_admin_stays(database: Database, clock: Clock) -> None:
    admin = Administration(Invitations(texts(), None))
    one, two = (member(database, name, "admin").agent for name in ("One", "Two"))
    # Invited admins can't sign in yet, disabled ones no more: they are no help.
    with database.write() as connection:
        agents.add(connection, "new@linden.example", "New", Role.ADMIN)
        agents.add(connection, "ex@linden.example", "Ex", Role.ADMIN, password="!", disabled=True)

    async def change(agent: Agent, values: dict[str, Any]) -> str:
        return await code_of(database.run(admin.change, CommandLine(), clock.now, agent.id, values))

    outcomes = await asyncio.gather(change(one, {"role": "agent"}), change(two, {"disabled": True}))
    assert sorted(outcomes) == ["ok", "wrong_state"]
    with database.write() as connection:
        [left] = agents.lock_admins(connection)
    last = one if left == one.id else two
    assert await change(last, {"role": "agent"}) == await change(last, {"disabled": True}) == "wrong_state"
    assert await change(last, {"role": "admin", "disabled": False, "capacity": 2}) == "ok"


def test_disabling_signs_out_and_gives_conversations_back(database: Database, clock: Clock) -> None:
    released: list[int] = []
    admin = Administration(
        Invitations(texts(), None), lambda _connection, agent, _at: released.append(agent.id)
    )
    anna = member(database, state="online")
    with database.write() as connection:
        agents.change(connection, anna.agent.id, totp_secret="x")
        for values in ({"disabled": True}, {"disabled": True}, {"disabled": False}):
            admin.change(connection, CommandLine(), clock.now, anna.agent.id, values)
        changed = admin.change(connection, CommandLine(), clock.now, anna.agent.id, {"totp": False})
        now = datetime.now(UTC)
        assert not agent_sessions.find(connection, tokens.hashed(anna.token), now, now - IDLE)
    assert released == [anna.agent.id]
    assert (changed.state, changed.totp, changed.disabled) == ("offline", False, False)


def test_a_session_of_a_disabled_account_opens_nothing(database: Database) -> None:
    """Even one that began while the account was being disabled."""
    anna = member(database)
    now = datetime.now(UTC)
    with database.write() as connection:
        assert agent_sessions.find(connection, tokens.hashed(anna.token), now, now - IDLE)
        agents.change(connection, anna.agent.id, disabled=True)
        assert not agent_sessions.find(connection, tokens.hashed(anna.token), now, now - IDLE)


def test_the_audit_log_is_read_page_by_page(database: Database) -> None:
    anna = member(database).agent
    with database.write() as connection:
        for number in range(5):
            audit.record(connection, anna, "note", f"conversation:{number}", {"n": number}, request_id="r")
        audit.record(connection, None, "sign_in_failed", who="x" * 300)
        first = audit.entries(connection, limit=4)
        rest = audit.entries(connection, before=first[-1].id, limit=4)
        assert audit.entries(connection, before=rest[-1].id) == []
    assert [entry.target for entry in first + rest][1:] == [f"conversation:{n}" for n in (4, 3, 2, 1, 0)]
    assert first[0].who == "x" * 254 and rest[0].who == anna.email and rest[0].details == {"n": 1}
