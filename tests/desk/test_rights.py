"""Who may do what at the desk, operation by operation: whose conversation it is, and whose order.

The table names every operation below /desk/v1; one that is missing fails.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.conversation import ownership
from store.conversations import conversations, proofs
from store.core.database import Connection
from store.handoffs import callbacks
from store.vocabulary import Owner
from tests.desk.staff import Member
from tests.desk.test_desk_api import Office, blueprints, office, order

__all__ = ["office"]

# Whose a conversation may be: the agent's who asks, a colleague's, somebody's at another desk, or nobody's.
PLACES = ("mine", "colleague", "elsewhere", "queue", "bot", "closed")
FILE = {"files": {"file": ("a.txt", b"words", "text/plain")}}

Statuses = dict[str, int]


def each(status: int, **others: int) -> Statuses:
    return {**dict.fromkeys(PLACES, status), **others}


# Whoever is an agent may read all conversations, and write notes: a team has one inbox.
ALL = each(200)
# What changes whose it is.
FREE = each(200, colleague=409)
# What is said to the customer or sent out in their name.
HELD = each(409, mine=201)

# Operations on a conversation: the request, what an agent gets, what an admin gets.
CONVERSATION: dict[tuple[str, str], tuple[dict[str, Any], Statuses, Statuses]] = {
    ("GET", "conversations/<>"): ({}, ALL, ALL),
    ("GET", "conversations/<>/messages"): ({}, ALL, ALL),
    ("GET", "conversations/<>/orders"): ({}, ALL, ALL),
    ("GET", "conversations/<>/transcript"): ({}, ALL, ALL),
    ("GET", "conversations/<>/cases"): ({}, ALL, ALL),
    ("GET", "canned?conversation=<>"): ({}, ALL, ALL),
    ("POST", "conversations/<>/read"): ({"json": {"seq": 1}}, each(204), each(204)),
    ("POST", "conversations/<>/view"): ({}, ALL, ALL),
    ("POST", "conversations/<>/typing"): (
        {},
        each(204),
        each(204),
    ),  # told to the customer by who has it only
    ("POST", "conversations/<>/notes"): ({"json": {"text": "hm"}}, each(201), each(201)),
    ("POST", "conversations/<>/claim"): ({}, FREE, FREE),
    ("POST", "conversations/<>/assign"): ({"json": {"agent_id": "colleague"}}, FREE, ALL),
    ("POST", "conversations/<>/release"): (
        {},
        each(409, mine=200, elsewhere=200),
        each(409, mine=200, colleague=200, elsewhere=200),
    ),
    ("POST", "conversations/<>/bot"): (
        {"json": {}},
        each(409, mine=200, elsewhere=200, queue=200),
        each(409, mine=200, colleague=200, elsewhere=200, queue=200),
    ),
    ("POST", "conversations/<>/close"): (
        {"json": {"disposition": "answered"}},
        each(200, colleague=409, closed=409),
        each(200, closed=409),
    ),
    ("POST", "conversations/<>/messages"): (
        {"json": {"client_msg_id": "1", "text": "hello"}},
        HELD,
        each(409, mine=201, colleague=201, elsewhere=201),
    ),
    ("POST", "conversations/<>/files"): (FILE, HELD, each(409, mine=201, colleague=201, elsewhere=201)),
    ("POST", "conversations/<>/transcript"): (
        {"json": {"email": "me@example.com"}},
        each(409, mine=202),
        each(202),
    ),
    ("POST", "callbacks/<call>/done"): ({}, each(204, colleague=409), each(204)),
}
# Operations on an order, of the customer's own and on another's. Nobody but admins needs no conversation.
ORDER: dict[tuple[str, str], dict[str, Any]] = {
    ("GET", "orders/{}"): {"params": True},
    ("POST", "orders/{}/cancel"): {},
    ("POST", "orders/{}/address"): {"address": "Mill Lane 4"},
    ("POST", "orders/{}/invoice"): {},
}
# Operations on cases, which any agent may do; what is the money's stands in `test_cases_api`.
CASES = {
    ("GET", "cases"), ("GET", "case-counts"), ("GET", "cases/<>"), ("GET", "cases/<>/label"),
    ("POST", "cases/receive"),
    ("POST", "conversations/<>/cases"),
    *(("POST", f"cases/<>/{act}") for act in (
        "acknowledge", "ask", "approve", "decline", "close", "reopen", "withdraw", "assign", "notes", "goods",
        "sum", "refunds/<>",
    )),
}  # fmt: skip
# Operations that name nothing of a customer's.
AGENTS_OWN = {
    ("GET", "conversations"), ("GET", "callbacks"), ("GET", "canned"), ("GET", "figures"), ("GET", "events"),
    ("GET", "faults"),
    ("GET", "me"), ("PATCH", "me"), ("POST", "me/totp"), ("PUT", "me/totp"), ("DELETE", "me/totp"),
    ("DELETE", "sessions/current"),
}  # fmt: skip
ADMINS = {
    ("GET", "agents"): {},
    ("POST", "agents"): {"email": "new@linden.example", "name": "New"},
    ("PATCH", "agents/<>"): {"name": "Other"},
    ("POST", "agents/<>/invitation"): {},
    ("GET", "audit"): {},
}
ANYBODY = {("POST", "sessions"), ("POST", "invitations/accept"), ("POST", "password-resets")}


def test_the_table_names_every_operation(office: Office) -> None:
    routed = set()
    for one in blueprints(office.service, office.shop.database):
        for future in one._future_routes:
            path = re.sub(r"<\w+:str>", "<>", future.uri.removeprefix("/v1/"))
            routed |= {(method, path) for method in future.methods or () if method not in ("HEAD", "OPTIONS")}
    named = {(method, re.sub(r"\?.*|{}|<call>", lambda found: "" if "?" in found[0] else "<>", path))
             for method, path in [*CONVERSATION, *ORDER]}  # fmt: skip
    assert routed == named | CASES | AGENTS_OWN | set(ADMINS) | ANYBODY


def give(connection: Connection, which: int, place: str, anna: Member, bert: Member, at: datetime) -> None:
    """The conversation, which waits in the queue, comes where it is to be."""
    one = conversations.lock(connection, which)
    assert one is not None
    to = {"mine": anna.agent.id, "colleague": bert.agent.id, "elsewhere": None}
    if place in to:
        until = at + timedelta(hours=1) if to[place] is None else None
        ownership.change(
            connection, one, Owner.HUMAN, by="messenger", why="test", at=at, agent_id=to[place], until=until
        )
    elif place != "queue":
        ownership.change(connection, one, Owner(place), by="test", why="test", at=at)


@pytest.fixture
def talk(office: Office) -> Callable[[str], int]:
    """Makes conversations, each of a customer's own, that are where they are said to be."""
    count = 0

    def make(place: str, who: Member | None = None) -> int:
        nonlocal count
        count += 1
        which = office.shop.talk("person", address=f"customer-{count}")
        with office.shop.database.write() as connection:
            give(connection, which, place, who or office.anna, office.bert, office.shop.now)
        return which

    return make


@pytest.mark.parametrize(("method", "path"), CONVERSATION)
@pytest.mark.parametrize("role", ["agent", "admin"])
async def test_what_may_be_done_with_a_conversation(
    office: Office, talk: Callable[..., int], method: str, path: str, role: str
) -> None:
    more, as_agent, as_admin = CONVERSATION[method, path]
    who, expected = (office.anna, as_agent) if role == "agent" else (office.chief, as_admin)
    sent = {**more}
    if sent.get("json") == {"agent_id": "colleague"}:
        sent["json"] = {"agent_id": office.bert.agent.id}
    came = {}
    for place in PLACES:
        which = talk(place, who)
        at = path.replace("<>", str(which))
        if "<call>" in path:
            with office.shop.database.write() as connection:
                callbacks.request(connection, which, "+37060000123", "after five", office.shop.now)
                waiting = callbacks.waiting(connection)
            at = path.replace("<call>", str(waiting[-1].id))
        before = office.shop.get(which)
        seqs = len(office.shop.transcript(which))
        answer = await office.ask(who, method, at, **sent)
        came[place] = answer.status_code
        if answer.status_code >= 400:
            after = office.shop.get(which)
            assert (after.owner, after.agent_id) == (before.owner, before.agent_id)
            assert len(office.shop.transcript(which)) == seqs
    assert came == expected


def invoice(number: int) -> dict[str, str]:
    url = f"https://linden.example/i/{number}"
    return {"number": f"I-{number}", "url": url, "issued_at": "2026-03-01T11:00:00Z"}


@pytest.mark.parametrize(("method", "path"), ORDER)
async def test_what_may_be_done_with_an_order(
    office: Office, talk: Callable[..., int], method: str, path: str
) -> None:
    agent: dict[tuple[str, str], int] = {}
    admin: dict[tuple[str, str], int] = {}
    number = 20_000
    for place in PLACES:
        for whose in ("own", "unproven", "foreign", "missing"):
            for who, came in ((office.anna, agent), (office.chief, admin)):
                number += 1
                own = f"c{number}@example.com"
                email = "somebody@example.com" if whose == "foreign" else own
                customer = {"name": "Ona", "email": email, "language": "lt"}
                if whose != "missing":
                    order(office, str(number), customer=customer, invoices=[invoice(number)])
                which = talk(place, who)
                if whose != "unproven":
                    with office.shop.database.write() as connection:
                        proofs.succeed(connection, which, own)
                noted = len(office.audited())
                answer = await ask_order(office, who, method, path.format(number), which)
                came[place, whose] = answer.status_code
                told = office.audited()[noted:]
                if answer.status_code == 200:
                    assert (who.agent.email, f"order:{number}") in [(by, target) for by, _, target in told]
                else:
                    assert told == []
    taken = dict.fromkeys(((place, whose) for place in PLACES for whose in WHOSE), 409)
    assert agent == {
        **taken,
        ("mine", "own"): 200,
        ("mine", "unproven"): 403,
        ("mine", "foreign"): 403,
        ("mine", "missing"): 403,
    }
    # An answer needs a person who has the conversation, whoever sends it.
    said = path.endswith("/invoice")
    for (place, whose), status in admin.items():
        wanted = 404 if whose == "missing" else 409 if said and place in ("queue", "bot", "closed") else 200
        assert status == wanted, (place, whose)


WHOSE = ("own", "unproven", "foreign", "missing")


async def ask_order(office: Office, who: Member, method: str, path: str, which: int | None) -> Any:
    about = {} if which is None else {"conversation": which}
    if method == "GET":
        return await office.ask(who, "GET", path, params=about)
    template = re.sub(r"\d+", "{}", path)
    return await office.post(path, {**about, **ORDER[method, template]}, who)


async def test_an_order_without_a_conversation_is_an_admins_to_read(office: Office) -> None:
    order(office)
    assert (await office.ask(office.anna, "GET", "orders/10234")).status_code == 403
    assert (await office.ask(office.anna, "GET", "orders/99999")).status_code == 403
    assert office.audited() == []
    assert (await office.ask(office.chief, "GET", "orders/10234")).status_code == 200
    assert office.audited() == [(office.chief.agent.email, "order_read", "order:10234")]


async def test_what_an_admin_does_by_right_is_marked(office: Office, talk: Callable[..., int]) -> None:
    order(office)
    elsewhere, own = talk("queue"), talk("mine", office.chief)
    with office.shop.database.write() as connection:
        proofs.succeed(connection, own, "ona@example.com")
    await office.post("orders/10234/address", {"conversation": elsewhere, "address": "A 1"}, office.chief)
    await office.post("orders/10234/address", {"conversation": own, "address": "B 2"}, office.chief)
    entries = (await office.get("audit", office.chief))["entries"]
    assert [one["details"] for one in reversed(entries)] == [
        {"conversation": elsewhere, "as": "admin"},
        {"conversation": own},
    ]


async def test_what_may_not_be_done_is_not_offered(office: Office, talk: Callable[..., int]) -> None:
    order(office)
    for place, offered in (("mine", True), ("colleague", False), ("queue", False)):
        which = talk(place)
        with office.shop.database.write() as connection:
            proofs.succeed(connection, which, "ona@example.com")
        (shown,) = (await office.get(f"conversations/{which}/orders"))["orders"]
        assert (shown["can_cancel"], shown["can_change_address"]) == (offered, offered), place
        (shown,) = (await office.get(f"conversations/{which}/orders", office.chief))["orders"]
        assert shown["can_cancel"]


async def test_comments_concern_whose_work_they_are_on(office: Office) -> None:
    which = office.shop.talk("person")
    await office.post(f"conversations/{which}/claim")
    await office.post(
        f"conversations/{which}/close", {"disposition": "answered", "text": "x", "survey": True}
    )
    for said in ("2", "not quick"):
        office.shop.write(said)
        office.shop.work()
    for who, comments in ((office.anna, 1), (office.bert, 0), (office.chief, 1)):
        assert len((await office.get("figures", who))["satisfaction"]["comments"]) == comments


@pytest.mark.parametrize(("method", "path"), ADMINS)
async def test_what_admins_may(office: Office, method: str, path: str) -> None:
    body = ADMINS[method, path] if method != "GET" else None
    path = path.replace("<>", str(office.bert.agent.id))
    assert (await office.ask(office.anna, method, path, body)).status_code == 403
    assert (await office.ask(office.chief, method, path, body)).status_code in (200, 201)
