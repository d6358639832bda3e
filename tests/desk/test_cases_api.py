"""After-sales cases over HTTP: what is shown, who may do what, and what never happens twice."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from bot.desk.desk_events import DeskEvents
from store.cases import cases, timeline
from store.conversations import proofs
from store.core import mails
from store.core.events import CaseChanged
from store.vocabulary import CaseKind, Wish
from tests.desk.case_office import CONTACT, Steps, case, order, talk
from tests.desk.staff import Member, member
from tests.desk.test_desk_api import Office, office

__all__ = ["office"]


@pytest.fixture
def carl(office: Office) -> Member:
    """An agent who may decide on money."""
    return member(office.shop.database, "Carl", skills=["returns"])


def mailed(office: Office) -> list[tuple[str, str, str]]:
    later = office.shop.now + timedelta(days=1)
    with office.shop.database.write() as connection:
        return [(one.recipient, one.subject, one.body) for one in mails.due(connection, later, later, 50)]


# --- what is shown -----------------------------------------------------------------------------------


async def test_a_list_says_what_hurries(office: Office) -> None:
    order(office)
    order(office, "2")
    late = case(office, days_ago=30)
    new = case(office, "2", CaseKind.DEFECT, {1: 1})
    found = await office.get("cases")
    assert [one["number"] for one in found["cases"]] == [late.number, new.number]
    assert found["next"] is None
    assert found["counts"] == {"open": 2, "mine": 0, "overdue": 1}, "sums that wait are money's"
    first = found["cases"][0]
    assert first["clock"]["part"] > 100 and first["clock"]["ours"]
    assert first["products"] == [{"name": "Mug", "quantity": 2}]
    for wanted, numbers in {
        "view=overdue": [late.number],
        "view=mine": [],
        f"kind={new.kind}": [new.number],
        "state=closed&view=all": [],
        "product=lamp": [new.number],
        "order=2": [new.number],
        "contact=ruta": [late.number, new.number],
        f"contact={new.number}": [new.number],
    }.items():
        found = await office.get(f"cases?{wanted}")
        assert [one["number"] for one in found["cases"]] == numbers, wanted
    assert (await office.get("case-counts", office.chief))["counts"]["unsigned"] == 0


@pytest.mark.parametrize(
    "query",
    ["view=x", "state=x", "kind=x", "after=x", "after=~", "order=" + "9" * 200, "x=1", "view=open&view=all"],
)
async def test_a_list_that_is_asked_for_wrongly(office: Office, query: str) -> None:
    answer = await office.ask(office.anna, "GET", f"cases?{query}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")


async def test_one_case_whole(office: Office, carl: Member) -> None:
    order(office)
    one = case(office)
    shown = (await office.get(f"cases/{one.id}", carl))["case"]
    assert (shown["words"], shown["contact"], shown["order"]) == ("per mažas", CONTACT, "10234")
    assert [(line["name"], line["paid"]) for line in shown["goods"]] == [("Mug", "24.60")]
    assert shown["money"]["reckoned"]["total"] == "24.60"
    assert shown["money"]["reckoned"]["parts"] == [
        {"kind": "goods", "amount": "24.60", "position": 0, "quantity": 2}
    ]
    assert shown["money"]["most"] == "64.80"
    assert [step["act"] for step in shown["timeline"]] == ["submit", "acknowledge"]
    assert "approve" in shown["can"]


@pytest.mark.parametrize("which", ["0", "-1", "999", "x", "9" * 30, "%00", "1%20or%201=1"])
async def test_a_case_that_is_not_there(office: Office, which: str) -> None:
    answer = await office.ask(office.anna, "GET", f"cases/{which}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    answer = await office.post(f"cases/{which}/close", {"key": "k", "version": 1})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


async def test_beside_a_conversation_stand_its_customers_cases(office: Office) -> None:
    order(office)
    order(office, "2")
    here, elsewhere = talk(office, None), case(office)
    assert (await office.get(f"conversations/{here}/cases"))["cases"] == []
    own = case(office, "2", talk=here)
    assert [one["id"] for one in (await office.get(f"conversations/{here}/cases"))["cases"]] == [own.id]
    proven = office.shop.talk("person", address="other")
    with office.shop.database.write() as connection:
        proofs.succeed(connection, proven, CONTACT)
    found = (await office.get(f"conversations/{proven}/cases"))["cases"]
    assert [one["id"] for one in found] == [own.id, elsewhere.id]
    assert (await office.ask(office.anna, "GET", "conversations/999/cases")).status_code == 404


# --- who may -----------------------------------------------------------------------------------------


async def test_money_is_not_everybodys(office: Office, carl: Member) -> None:
    order(office)
    steps = Steps(office, case(office))
    shown = await steps.read(office.anna)
    assert shown["money"] is None and "approve" not in shown["can"]
    assert shown["goods"][0]["paid"] is None
    assert "24.6" not in json.dumps(shown)
    denied = (403, "no_money_right")
    assert await steps.refused(office.anna, "approve", amount="24.60") == denied
    await steps.do(carl, "approve", amount="24.60")
    refund = (await steps.read(carl))["money"]["refunds"][0]["id"]
    for path, body in {
        f"refunds/{refund}": {"act": "void"},
        "sum": {"amount": "1", "why": "x"},
    }.items():
        assert await steps.refused(office.anna, path, **body) == denied
    shown = await steps.read(office.anna)
    assert "24.6" not in json.dumps(shown)
    assert [step["act"] for step in shown["timeline"]] == ["submit", "acknowledge", "approve", "issue_label"]
    assert len((await steps.read(carl))["timeline"]) == 5


async def test_where_no_money_is_wished_for_anybody_approves(office: Office) -> None:
    order(office)
    steps = Steps(office, case(office, kind=CaseKind.EXCHANGE, wish=Wish.EXCHANGE))
    assert await steps.refused(office.anna, "approve", amount="5") == (400, "bad_request")
    done = await steps.do(office.anna, "approve")
    assert done["case"]["state"] == "approved"


async def test_all_acts_are_audited(office: Office, carl: Member) -> None:
    order(office)
    one = case(office)
    steps = Steps(office, one)
    await steps.do(carl, "assign", mine=True)
    await steps.do(carl, "approve", amount="24.60")
    await steps.do(carl, "notes", text="Called them.")
    of = f"case:{one.number}"
    assert office.audited() == [
        (carl.agent.email, "case_assigned", of),
        (carl.agent.email, "case_approve", of),
        (carl.agent.email, "case_noted", of),
    ]
    found = await steps.read(carl)
    assert found["agent"] == {"id": carl.agent.id, "name": "Carl"}
    assert await steps.refused(office.anna, "assign", mine=False) == (409, "taken")


# --- never twice, never on what has changed -----------------------------------------------------------


async def test_a_stale_look_changes_nothing_and_shows_the_case(office: Office, carl: Member) -> None:
    order(office)
    steps = Steps(office, case(office))
    old = steps.version
    await steps.do(carl, "approve", amount="24.60")
    answer = await office.post(
        f"cases/{steps.id}/decline", {"key": "late", "version": old, "why": "Worn."}, office.anna
    )
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (409, "stale")
    assert (error["case"]["state"], error["case"]["version"]) == ("approved", steps.version)
    assert error["case"]["money"] is None, "not even here"
    # A note is about nothing that could have changed.
    answer = await office.post(f"cases/{steps.id}/notes", {"key": "n", "version": old, "text": "hm"})
    assert answer.status_code == 200


async def test_the_same_act_twice_is_one(office: Office, carl: Member) -> None:
    order(office)
    which = talk(office)
    steps = Steps(office, case(office, talk=which))
    sent = {"key": "once", "version": steps.version, "why": "Worn for months."}
    answers = await asyncio.gather(
        *(office.post(f"cases/{steps.id}/decline", sent, office.anna) for _ in range(4))
    )
    assert [one.status_code for one in answers] == [200] * 4
    assert sorted(str(one.json()["told"]) for one in answers) == ["None"] * 3 + ["conversation"]
    said = [one.text for one in office.shop.transcript(which)]
    assert sum("utter_case_declined" in one for one in said) == 1
    with office.shop.database.read() as connection:
        assert [one.act for one in timeline.of_case(connection, steps.id)].count("decline") == 1
    assert len(office.audited()) == 1
    # Another agent's same key is another act.
    answer = await office.post(f"cases/{steps.id}/decline", sent, office.bert)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "stale")


async def test_two_agents_at_the_same_moment(office: Office, carl: Member) -> None:
    order(office)
    steps = Steps(office, case(office))
    at = {"version": steps.version}
    approve, decline = await asyncio.gather(
        office.post(f"cases/{steps.id}/approve", {"key": "1", "amount": "24.60", **at}, carl),
        office.post(f"cases/{steps.id}/decline", {"key": "2", "why": "no", **at}, office.anna),
    )
    assert sorted([approve.status_code, decline.status_code]) == [200, 409]


# --- what is refused ---------------------------------------------------------------------------------

WRONG: list[tuple[str, dict[str, Any]]] = [
    ("acknowledge", {"version": 0}),
    ("acknowledge", {"version": "1"}),
    ("acknowledge", {"version": None}),
    ("acknowledge", {"key": ""}),
    ("acknowledge", {"key": "ž"}),
    ("acknowledge", {"key": "k" * 81}),
    ("acknowledge", {"more": 1}),
    ("close", {"why": "x" * 4001}),
    ("ask", {}),
    ("ask", {"question": " \n "}),
    ("ask", {"question": "x" * 4001}),
    ("decline", {}),
    ("decline", {"why": ""}),
    ("decline", {"why": "\u200b"}),
    ("approve", {"amount": 24.6}),
    ("approve", {"amount": "-1"}),
    ("approve", {"amount": "1e3"}),
    ("approve", {"amount": "1.005"}),
    ("approve", {"amount": "NaN"}),
    ("approve", {"amount": "١"}),
    ("approve", {"amount": "24.59"}),
    ("approve", {"amount": "64.81", "why": "more than was paid"}),
    ("assign", {"mine": "yes"}),
    ("goods", {"act": "receive", "lines": []}),
    ("goods", {"act": "receive", "lines": [{"id": 999_999}]}),
    ("goods", {"act": "receive", "lines": [{"id": "1"}]}),
    ("goods", {"act": "burn", "lines": [{"id": 1}]}),
    ("goods", {"act": "inspect", "lines": [{"id": 1}]}),
    ("goods", {"act": "receive", "lines": [{"id": 1, "condition": "used"}]}),
    ("goods", {"act": "inspect", "lines": [{"id": 1, "condition": "fine"}]}),
    ("goods", {"act": "receive", "lines": [{"id": 1}, {"id": 1}]}),
    ("goods", {"act": "receive", "lines": [{"id": n} for n in range(1, 102)]}),
    ("sum", {"amount": "5"}),
    ("refunds/1", {"act": "doubt"}),
    ("refunds/1", {"act": "confirm", "provider_id": "x" * 121}),
]


@pytest.mark.parametrize(("path", "body"), WRONG)
async def test_what_is_not_as_it_should_be(office: Office, path: str, body: dict[str, Any]) -> None:
    order(office)
    steps = Steps(office, case(office))
    status, code = await steps.refused(office.chief, path, **body)
    assert (status, code) == (400, "bad_request")
    assert (await steps.read(office.chief))["version"] == steps.version
    assert office.audited() == []


async def test_oversized_and_unreadable_bodies(office: Office) -> None:
    order(office)
    one = case(office)
    headers = {"Content-Type": "application/json"}
    for content, status in (
        (b'{"key":"' + b"x" * 70_000 + b'"}', 413),
        (b'{"key":"a","key":"b","version":1}', 400),
        (b"[]", 400),
        (b"\xff", 400),
    ):
        answer = await office.ask(
            office.anna, "POST", f"cases/{one.id}/close", content=content, headers=headers
        )
        assert answer.status_code == status
    answer = await office.ask(office.anna, "POST", f"cases/{one.id}/close", content=b"{}")
    assert answer.status_code == 415


async def test_what_is_impossible_says_so(office: Office) -> None:
    order(office)
    one = case(office)
    steps = Steps(office, one)
    answer = await steps.ask(office.anna, "reopen", {})
    assert answer.status_code == 409
    error = answer.json()["error"]
    assert (error["code"], error["act"], error["state"]) == ("impossible", "reopen", "acknowledged")
    restock = {"act": "restock", "lines": [{"id": one.lines[0].id}]}
    assert await steps.refused(office.anna, "goods", **restock) == (409, "impossible")
    assert await steps.refused(office.chief, "refunds/77", act="void") == (404, "not_found")
    order(office, "2")
    foreign = case(office, "2", CaseKind.DEFECT, {1: 1}).lines[0].id
    receive = {"act": "receive", "lines": [{"id": foreign}]}
    assert await steps.refused(office.anna, "goods", **receive) == (400, "bad_request")


# --- what is said to the customer -------------------------------------------------------------------


async def test_a_question_goes_to_the_conversation_and_else_by_mail(office: Office) -> None:
    order(office)
    order(office, "2")
    which = talk(office)
    steps = Steps(office, case(office, talk=which))
    done = await steps.do(office.anna, "ask", question="Ar turite nuotrauką?")
    assert (done["told"], done["case"]["state"]) == ("conversation", "needs_information")
    said = office.shop.transcript(which)[-1]
    assert said.text == f"utter_case_asked (lt) {done['case']['number']} Ar turite nuotrauką?"
    assert mailed(office) == []
    other = Steps(office, case(office, "2"))
    done = await other.do(office.anna, "ask", question="Kur?")
    number = done["case"]["number"]
    assert done["told"] == "mail"
    assert mailed(office) == [(CONTACT, f"Linden & Co: {number}", f"utter_case_asked (lt) {number} Kur?\n")]


async def test_who_is_approved_hears_what_to_do(office: Office, carl: Member) -> None:
    order(office)
    which = talk(office)
    steps = Steps(office, case(office, talk=which))
    done = await steps.do(carl, "approve")
    assert [one["state"] for one in done["case"]["goods"]] == ["label_issued"], "as where nobody was needed"
    said = office.shop.transcript(which)[-1].text
    assert said.startswith("utter_case_approved (lt)")
    for phrase in ("case_goods_label_issued", "case_money_held", "case_by_send_back"):
        assert phrase in said


async def test_who_can_not_be_reached_is_not_thought_told(office: Office) -> None:
    order(office, customer={"name": "Jonas", "phone": "+37060000001", "language": "lt"})
    steps = Steps(office, case(office, contact="+37060000001"))
    assert (await steps.do(office.anna, "decline", why="Per vėlu."))["told"] == "nobody"
    assert mailed(office) == []


async def asked(office: Office) -> tuple[int, Steps]:
    """A conversation in which a case waits for the customer's answer."""
    order(office)
    which = talk(office)
    steps = Steps(office, case(office, talk=which))
    await steps.do(office.anna, "ask", question="Where is it broken?")
    return which, steps


def stands(office: Office, which: int) -> tuple[str, str, str]:
    """The case's state, its last act and what was said then."""
    with office.shop.database.read() as connection:
        (found,) = cases.of_conversation(connection, which)
        last = timeline.of_case(connection, found.id)[-1]
    return found.state, last.act, last.why


@pytest.mark.parametrize("claimed", [False, True])
async def test_an_answer_comes_back_to_the_case(office: Office, claimed: bool) -> None:
    which, steps = await asked(office)
    if claimed:
        await office.post(f"conversations/{which}/claim")
    one = office.shop.get(which)
    said = len(office.shop.transcript(which))
    office.shop.talk("broken  at <b>the seam</b>", address=one.address, channel=one.channel, language="lt")
    assert stands(office, which) == ("acknowledged", "answer", "broken at <b>the seam</b>")
    with office.shop.database.read() as connection:
        (found,) = cases.of_conversation(connection, which)
    assert [one.met_at for one in found.deadlines if one.kind == "answer"] == [None], "it is the shop's turn"
    replies = [one.text for one in office.shop.transcript(which)[said + 1 :]]
    assert replies == ([] if claimed else [f"utter_case_photo (lt) {found.number}"])
    # What comes after it is no answer any more.
    office.shop.talk("and the lid", address=one.address, channel=one.channel, language="lt")
    assert stands(office, which)[1:] == ("answer", "broken at <b>the seam</b>")


@pytest.mark.parametrize("text", ["thank you", "track_order please"])
async def test_what_is_no_answer_leaves_the_case_as_it_is(office: Office, text: str) -> None:
    which, _ = await asked(office)
    one = office.shop.get(which)
    office.shop.talk(text, address=one.address, channel=one.channel, language="lt")
    assert stands(office, which)[0] == "needs_information"


# --- from the first word to the last cent -------------------------------------------------------------


async def test_two_people_approve_a_large_sum(office: Office, carl: Member) -> None:
    order(office)
    which = talk(office)
    steps = Steps(office, case(office, lines={0: 2, 1: 1}, talk=which))
    shown = await steps.read(carl)
    assert shown["money"]["reckoned"]["two"], "64.80 is over the limit of 50"
    total = shown["money"]["reckoned"]["total"]
    done = await steps.do(carl, "approve", amount=total)
    (refund,) = done["case"]["money"]["refunds"]
    assert refund["unsigned"] and refund["state"] == "held" and "sign" not in refund["can"]
    path = f"refunds/{refund['id']}"
    assert await steps.refused(carl, path, act="sign") == (403, "same_person")
    assert await steps.refused(carl, path, act="release") == (409, "impossible")
    assert await steps.refused(office.anna, path, act="sign") == (403, "no_money_right")
    shown = await steps.read(office.chief)
    assert "sign" in shown["money"]["refunds"][0]["can"]
    assert (await office.get("cases?view=unsigned", office.chief))["cases"][0]["id"] == steps.id
    done = await steps.do(office.chief, path, act="sign")
    assert not done["case"]["money"]["refunds"][0]["unsigned"]
    # The goods come, and the money goes.
    lines = [{"id": line["id"]} for line in done["case"]["goods"]]
    done = await steps.do(office.anna, "goods", act="receive", lines=lines)
    found = [{**line, "condition": "as_new"} for line in lines]
    await steps.do(office.anna, "goods", act="inspect", lines=found)
    await steps.do(office.anna, "goods", act="restock", lines=lines)
    await steps.do(carl, path, act="request")
    assert await steps.refused(carl, path, act="confirm") == (400, "bad_request")
    done = await steps.do(carl, path, act="confirm", provider_id="re_123")
    assert done["told"] == "conversation"
    said = office.shop.transcript(which)[-1].text
    assert said.startswith("utter_case_refunded (lt)") and total in said
    assert {one["kind"] for one in done["case"]["deadlines"] if not one["met_at"]} <= {"answer"}
    done = await steps.do(office.anna, "close")
    assert done["case"]["state"] == "closed" and done["case"]["clock"] is None
    done = await steps.do(office.anna, "reopen")
    assert done["case"]["state"] == "acknowledged"


async def test_another_sum_needs_a_reason_and_stays_within_what_was_paid(
    office: Office, carl: Member
) -> None:
    order(office)
    steps = Steps(office, case(office))
    done = await steps.do(carl, "approve", amount="20.00", why="One is chipped.")
    (refund,) = done["case"]["money"]["refunds"]
    assert (refund["amount"], refund["why"]) == ("20.00", "One is chipped.")
    assert refund["parts"][-1] == {
        "kind": "deduction", "amount": "-4.60", "position": None, "quantity": None,
    }  # fmt: skip
    assert await steps.refused(carl, "sum", amount="99", why="x") == (400, "bad_request")
    done = await steps.do(carl, "sum", amount="12.30", why="The other one too.")
    void, planned = done["case"]["money"]["refunds"]
    assert (void["state"], planned["amount"], planned["parts"][-1]["amount"]) == ("void", "12.30", "-7.70")
    assert sum(float(part["amount"]) for part in planned["parts"]) == pytest.approx(12.3)
    path = f"refunds/{planned['id']}"
    await steps.do(carl, path, act="release")
    await steps.do(carl, path, act="request")
    assert await steps.refused(carl, "sum", amount="5", why="late") == (409, "impossible")
    done = await steps.do(carl, path, act="fail", why="card closed")
    assert done["case"]["money"]["refunds"][1]["state"] == "failed"


async def test_parcels_are_scanned_one_after_another(office: Office) -> None:
    order(office)
    order(office, "2")
    one, other = case(office), case(office, "2")
    numbers = [one.number.lower(), "R-NOTHERE", f" {other.number} ", one.number, "'; drop"]
    sent = {"key": "scan-1", "numbers": numbers}
    first, again = [(await office.post("cases/receive", sent)).json()["results"] for _ in range(2)]
    assert [(line["number"], line["result"]) for line in first] == [
        (one.number, "received"),
        ("R-NOTHERE", "unknown"),
        (other.number, "received"),
        ("'; DROP", "unknown"),
    ]
    assert again == first, "the same key is the same reception"
    later = (await office.post("cases/receive", {"key": "scan-2", "numbers": [one.number]})).json()["results"]
    assert later == [{"number": one.number, "result": "already", "id": one.id}]
    for wrong in ([], ["x" * 41], ["R"] * 201, [1], "R-1"):
        answer = await office.post("cases/receive", {"key": "k", "numbers": wrong})
        assert answer.status_code == 400
    with office.shop.database.read() as connection:
        assert [line.state for line in cases.find(connection, one.number).lines] == ["received"]  # type: ignore[union-attr]


# --- a case is opened ----------------------------------------------------------------------------------

NEW = {"order": "10234", "kind": "return", "lines": [{"position": 0, "quantity": 1}], "words": "too small"}


async def test_a_case_is_opened_in_a_conversation(office: Office) -> None:
    order(office)
    which = talk(office)
    path = f"conversations/{which}/cases"
    answer = await office.post(path, {"key": "n-1", **NEW})
    assert answer.status_code == 409, "the conversation is nobody's yet"
    await office.post(f"conversations/{which}/claim")
    answer = await office.post(path, {"key": "n-1", **NEW})
    assert answer.status_code == 201
    made = answer.json()["case"]
    assert (made["conversation"], made["contact"], made["language"]) == (which, CONTACT, "lt")
    assert (made["goods"][0]["quantity"], made["words"]) == (1, "too small")
    ((recipient, subject, body),) = mailed(office)
    assert recipient == CONTACT and subject.startswith("utter_mail_case_subject (lt)")
    assert made["number"] in subject and "too small" in body
    answer = await office.post(path, {"key": "n-2", **NEW})
    assert (answer.status_code, answer.json()["case"]["id"]) == (200, made["id"]), "told twice it is one"
    assert len(mailed(office)) == 1, "and acknowledged once"
    wrongs: list[dict[str, Any]] = [
        {"lines": []},
        {"lines": [{"position": 7, "quantity": 1}]},
        {"lines": [{"position": 0, "quantity": 3}]},
        {"lines": [{"position": 0, "quantity": 0}]},
        {"lines": [{"position": 0, "quantity": 1}] * 2},
        {"kind": "revenge"},
        {"stated_at": "2020-01-01T00:00:00+00:00"},
        {"stated_at": "2026-01-01"},
        {"stated_at": (office.shop.now + timedelta(hours=1)).isoformat()},
    ]
    for wrong in wrongs:
        answer = await office.post(path, {"key": "n-3", **NEW, **wrong})
        assert answer.status_code == 400, wrong


async def test_of_an_order_that_is_not_theirs_nobody_is_told_there(office: Office) -> None:
    order(office)
    which = talk(office, "somebody@example.com")
    await office.post(f"conversations/{which}/claim")
    answer = await office.post(f"conversations/{which}/cases", {"key": "n-1", **NEW})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_theirs")
    answer = await office.post(f"conversations/{which}/cases", {"key": "n-1", **NEW}, office.chief)
    assert answer.status_code == 201
    made = answer.json()["case"]
    assert (made["conversation"], made["contact"]) == (None, CONTACT)
    assert [one[0] for one in mailed(office)] == [CONTACT], "whose order it is, and nobody else"


# --- live ------------------------------------------------------------------------------------------------


async def test_open_desks_hear_of_it() -> None:
    desks = DeskEvents()
    heard: list[bytes] = []

    async def listen() -> None:
        async def still() -> None:
            return None

        async for block in desks.stream(1, still):
            heard.append(block)
            if b"event: case" in block:
                return

    task = asyncio.create_task(listen())
    await asyncio.sleep(0.01)
    desks.tell(CaseChanged(7))
    desks.tell(CaseChanged(7))
    await asyncio.wait_for(task, 5)
    assert heard[-1] == b'event: case\ndata: {"id":7}\n\n', "of one case once"


# --- on paper, and in numbers ------------------------------------------------------------------------


async def test_a_packing_slip_names_no_contact_and_runs_nothing(office: Office) -> None:
    hostile = "<script>alert(1)</script>"
    order(
        office, lines=[{"sku": "<b>", "name": hostile, "quantity": 2, "unit_price": "12.30", "paid": "24.60"}]
    )
    one = case(office)
    answer = await office.ask(office.anna, "GET", f"cases/{one.id}/label")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    text = answer.text
    assert hostile not in text and "&lt;script&gt;" in text
    assert one.number in text and "<svg" in text and "Mill Lane 4" in text and "10234" in text
    assert CONTACT not in text
    assert (await office.ask(office.anna, "GET", "cases/999/label")).status_code == 404


async def test_the_desks_figures_tell_of_cases(office: Office) -> None:
    order(office)
    case(office, days_ago=2)
    found = (await office.get("figures"))["cases"]
    assert found["states"] == [{"kind": "return", "state": "acknowledged", "count": 1}]
    assert found["reasons"][0]["pieces"] == 2
    assert [one["kind"] for one in found["clocks"]] == ["answer", "refund", "repair"]
