"""The withdrawal function: two steps, kept first, acknowledged, and no oracle."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from bot.cases.acknowledgement import Acknowledgement
from bot.cases.statement import meant
from bot.cases.withdrawals import Withdrawals
from bot.runtime.work.timed_jobs import Timers
from bot.web.customer_pages.guarded import Rates
from store.cases import acts, cases, timeline
from store.cases.after_sales import AfterSales
from store.cases.machine import CaseAct
from store.core import timers
from store.core.database import Database
from store.tables import case_deadlines, case_lines, case_refunds, jobs, throttles
from store.tables import cases as cases_table
from store.vocabulary import Actor, CaseKind, CaseState, GoodsState, MoneyState
from tests.store.cases.making import AT, CONTACT, by, order
from tests.store.cases.offering import after_sales
from tests.web.customer_pages.paging import KNOWLEDGE, Doc, Served, Visitor, pages

GIVEN = {"name": "Rūta Žukė", "number": "10234", "contact": CONTACT, "goods": "", "reason": ""}


@pytest.fixture
async def served(database: Database) -> AsyncIterator[Served]:
    with database.write() as connection:
        order(connection)
    async with pages(database) as served:
        yield served


async def review(visitor: Visitor, **more: str) -> Doc:
    return await visitor.send("/withdraw", {**GIVEN, **more, "go": "state"})


async def withdraw(visitor: Visitor, **more: str) -> Doc:
    return await visitor.press("/withdraw", await review(visitor, **more), "confirm")


def numbers(doc: Doc) -> list[str]:
    return re.findall(r"R-[0-9A-Z]{7}", doc.text)


async def test_two_steps_and_only_what_the_law_names_is_needed(served: Served) -> None:
    first = await served.visitor.get("/withdraw")
    assert first.status == 200 and "Withdraw from contract here" in first.text
    needed = {given["name"] for _, given in first.tags if "required" in given}
    assert needed == {"name", "number", "contact"}
    assert set(first.fields) == {*GIVEN}
    second = await served.visitor.press("/withdraw", first, "state", **GIVEN)
    assert "Confirm withdrawal" in second.text and "the whole order" in second.text
    assert not served.rows() and not served.rows(jobs)
    third = await served.visitor.press("/withdraw", second, "confirm")
    assert third.status == 200 and len(set(numbers(third))) == 1
    (case,) = served.rows()
    assert (case.number, case.kind, case.state) == (
        numbers(third)[0], CaseKind.WITHDRAWAL, CaseState.APPROVED
    )  # fmt: skip
    assert case.stated_at == AT and case.contact == CONTACT and case.channel == "page"
    (refund,) = served.rows(case_refunds)
    assert (str(refund.amount), refund.state) == ("61.30", MoneyState.HELD)
    assert "2 November 2026, 12:00 (EET)" in third.text


async def test_the_mail_has_content_date_time_and_number(served: Served) -> None:
    done = await withdraw(served.visitor, reason="too big\nsorry")
    (mail,) = served.mails()
    (number,) = set(numbers(done))
    assert mail.recipient == CONTACT and number in mail.subject
    for part in (
        number, "Rūta Žukė", "10234", "the whole order", "2 November 2026, 12:00 (EET)", "too big\n  sorry",
        "I hereby give notice that I withdraw",
    ):  # fmt: skip
        assert part in mail.body, part
    with served.database.read() as connection:
        case = cases.find(connection, number)
        assert case
        (told,) = [one for one in timeline.of_case(connection, case.id) if one.act == "acknowledgement"]
    assert told.details["body"] == mail.body
    assert told.details["sha256"] == hashlib.sha256(mail.body.encode()).hexdigest()


@pytest.mark.parametrize("language", KNOWLEDGE.shop.languages)
async def test_page_and_mail_speak_the_customers_language(served: Served, language: str) -> None:
    served.visitor.language = language
    done = await withdraw(served.visitor)
    says = KNOWLEDGE.texts.pages[language]
    assert says["withdrawal_statement"] in done.text and says["withdrawal_done_title"] in done.text
    (mail,) = served.mails()
    assert says["withdrawal_statement"] in mail.body and "{" not in mail.body + mail.subject
    assert served.rows()[0].language == language


def neutral(doc: Doc, **more: str) -> str:
    """A page without what is somebody's own."""
    text = re.sub(r"R-[0-9A-Z]{7}", "R-", doc.answer.text)
    text = re.sub(r'name="state" value="[^"]*"', "", text)
    for own in more.values():
        text = text.replace(own, "…")
    return text


async def test_nobody_is_told_whether_the_order_exists(served: Served) -> None:
    tries = [
        {"number": "10234", "contact": CONTACT},
        {"number": "99999", "contact": CONTACT},
        {"number": "10234", "contact": "mallory@example.com"},
        {"number": "10234 or 1=1", "contact": "x@example.com"},
    ]
    said = set()
    for one in tries:
        done = await withdraw(served.visitor, **one)
        said.add((done.status, neutral(done, **one)))
    assert len(said) == 1
    assert [mail.recipient for mail in served.mails()] == [one["contact"] for one in tries]
    rows = served.rows()
    assert [row.order_id is None for row in rows] == [False, True, True, True]
    # A person finds out, and not later than any answer is due.
    assert all(row.state == CaseState.ACKNOWLEDGED for row in rows[1:])
    assert len([one for one in served.rows(case_deadlines) if one.kind == "answer"]) == 3


async def test_the_same_told_again_is_one_case_and_each_is_acknowledged(served: Served) -> None:
    first = await withdraw(served.visitor)
    served.clock.pass_(hours=2)
    again = await withdraw(served.visitor)
    assert numbers(first)[0] == numbers(again)[0] and len(served.rows()) == 1
    # Of an earlier statement, which may be somebody else's, the second says nothing.
    assert "12:00" not in again.text and "14:00" in again.text
    assert len(served.mails()) == 2


async def test_goods_are_told_apart_alike_whether_the_order_exists(served: Served) -> None:
    for number in ("10234", "99999"):
        cases_of = {numbers(await withdraw(served.visitor, number=number, goods=goods))[0]
                    for goods in ("", "nonsense", "other nonsense", "Nonsense ")}  # fmt: skip
        assert len(cases_of) == 3, number


async def test_confirmed_twice_or_reloaded_is_once(served: Served) -> None:
    second = await review(served.visitor)
    done = await served.visitor.press("/withdraw", second, "confirm")
    served.clock.pass_(minutes=10)
    again = await served.visitor.press("/withdraw", second, "confirm")
    assert neutral(done) == neutral(again) and numbers(done)[0] == numbers(again)[0]
    assert len(served.rows()) == len(served.mails()) == 1
    with served.database.write() as connection:
        connection.execute(cases_table.update().values(state=CaseState.CLOSED, same=None))
    third = await served.visitor.press("/withdraw", second, "confirm")
    assert numbers(third)[0] == numbers(done)[0] and len(served.rows()) == 1


async def test_the_goods_that_were_named_and_no_others(served: Served) -> None:
    await withdraw(served.visitor, goods="1 x oak LAMP")
    with served.database.read() as connection:
        (case,) = cases.of_contact(connection, CONTACT)
    assert [(one.sku, one.quantity) for one in case.lines] == [("LAMP", 1)]
    # What isn't plain is for a person, and the words are kept.
    await withdraw(served.visitor, goods="the lamp thing, and 3 chairs")
    with served.database.read() as connection:
        unclear = cases.of_contact(connection, CONTACT)[0]
    assert not unclear.lines and unclear.order_id and unclear.state == CaseState.ACKNOWLEDGED
    assert unclear.words == "the lamp thing, and 3 chairs"


def test_what_is_meant(database: Database) -> None:
    with database.write() as connection:
        one = order(connection)
    assert meant(one, "", {}) == {0: 2, 1: 1}
    assert meant(one, "", {0: 1}) == {0: 1, 1: 1}
    assert meant(one, "", {0: 2, 1: 1}) == {0: 2, 1: 1}
    assert meant(one, "Mug\nLAMP", {}) == {0: 2, 1: 1}
    assert meant(one, "mug x 1; Oak  lamp", {}) == {0: 1, 1: 1}
    assert meant(one, "1 vnt. Mug", {}) == {0: 1}
    assert meant(one, "99 Mug", {}) == {0: 2}
    for unclear in ("a mug", "Mug, mug", "Mug, chair", ",", "\0"):
        assert meant(one, unclear, {}) in ({}, {0: 2, 1: 1}) and meant(one, unclear, {}) != {0: 1}
    assert meant(one, "a mug", {}) == meant(one, "Mug, mug", {}) == meant(one, "Mug, chair", {}) == {}


async def test_whoever_gave_a_phone_is_mailed_where_the_order_has_an_e_mail(database: Database) -> None:
    customer = {"name": "Rūta", "email": CONTACT, "phone": "+37061234567", "language": "lt"}
    with database.write() as connection:
        order(connection, customer=customer)
    async with pages(database) as served:
        right = await withdraw(served.visitor, contact="8 612 34567")
        wrong = await withdraw(served.visitor, contact="+370 612 34567", number="99999")
        assert neutral(right, a="10234") == neutral(wrong, a="99999")
        assert [mail.recipient for mail in served.mails()] == [CONTACT]
        assert {row.contact for row in served.rows()} == {"+37061234567"}


# --- what can't be lost --------------------------------------------------------------------------


class Failing(AfterSales):
    def open(self, *_: Any, **__: Any) -> Any:
        raise ArithmeticError("no assessment today")


class Mute(Acknowledgement):
    broken = True

    def letter(self, *args: Any) -> tuple[str, str]:
        if self.broken:
            raise KeyError("no text")
        return super().letter(*args)


async def test_a_failing_assessment_loses_nothing(database: Database) -> None:
    with database.write() as connection:
        order(connection)
    sales = after_sales()
    async with pages(database, Failing(sales._rights, sales.terms)) as served:
        done = await withdraw(served.visitor)
        assert done.status == 200 and numbers(done)
        (case,) = served.rows()
        assert case.order_id and case.state == CaseState.ACKNOWLEDGED
        assert len(served.mails()) == 1 and not served.rows(jobs)


async def test_a_failing_mail_loses_nothing_and_is_written_later(database: Database) -> None:
    mute = Mute(KNOWLEDGE.pages)
    async with pages(database, acknowledgement=mute) as served:
        done = await withdraw(served.visitor)
        assert done.status == 200 and numbers(done) and len(served.rows()) == 1
        assert not served.mails()
        (job,) = served.rows(jobs)
        with database.write() as connection:
            found = timers.find(connection, job.kind, job.key)
            assert found and served.withdrawals.run(connection, found)
            mute.broken = False
            assert served.withdrawals.run(connection, found) is None
        assert len(served.mails()) == len(served.rows()) == 1
        assert "2 November 2026, 12:00" in served.mails()[0].body


class Away(Withdrawals):
    """The database is away for a while."""

    away = True

    def keep(self, connection: Any, statement: Any) -> Any:
        kept = super().keep(connection, statement)
        if self.away:
            raise OperationalError("COMMIT", {}, Exception("gone"))
        return kept


async def test_what_could_not_be_kept_is_never_said_to_be(database: Database) -> None:
    async with pages(database, kind=Away) as served:
        doc = await withdraw(served.visitor, goods="Mug")
        assert doc.status == 503 and "could not be kept" in doc.text and "Mug" in doc.text
        assert not served.rows() and not served.rows(jobs) and not served.mails()
        Away.away = False
        try:
            done = await served.visitor.press("/withdraw", doc, "confirm")
        finally:
            Away.away = True
        assert numbers(done) and len(served.rows()) == len(served.mails()) == 1


class Killed(Withdrawals):
    """What happens between the two transactions when the server ends."""

    def settle(self, *_: Any) -> Any:
        raise SystemError("killed")


async def test_what_is_kept_becomes_a_case_after_the_server_was_killed(database: Database) -> None:
    with database.write() as connection:
        order(connection)
    async with pages(database, kind=Killed) as served:
        done = await withdraw(served.visitor)
        # It is received, whatever comes of it.
        assert done.status == 200 and "We have received your statement" in done.text
        assert "12:00 (EET)" in done.text and not numbers(done)
        (job,) = served.rows(jobs)
        assert job.payload["number"] == "10234" and not served.rows()
        # The next server finds it.
        served.clock.pass_(minutes=1)
        due = Timers(database, [served.withdrawals], served.clock)
        await due.start()
        for _ in range(200):
            if served.rows() and not served.rows(jobs):
                break
            await asyncio.sleep(0.05)
        await due.stop()
        (case,) = served.rows()
        assert case.stated_at == AT and case.state == CaseState.APPROVED and len(served.mails()) == 1


# --- hostile people -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("name", ""), ("name", " \u200b "), ("number", ""), ("contact", ""), ("contact", "not a phone"),
        ("contact", "a@b@example.com"), ("contact", "a@example.com, b@example.com"), ("contact", "a@b"),
        ("contact", "a@example.com\r\nBcc: b@example.com"), ("contact", "<a@example.com>"),
    ],
)  # fmt: skip
async def test_what_is_needed_and_missing_is_told_at_its_field(served: Served, field: str, text: str) -> None:
    doc = await review(served.visitor, **{field: text})
    assert doc.status == 422 and "confirm" not in doc.buttons
    (wrong,) = [given for _, given in doc.tags if given.get("aria-invalid")]
    assert wrong["name"] == field and f"#{field}" in doc.links
    kept = {name: value for name, value in GIVEN.items() if name != field}
    assert kept.items() <= doc.fields.items()


async def test_markup_stays_text_everywhere(served: Served) -> None:
    bad = '"><script>alert(1)</script><img src=x onerror=alert(1)>{shop}'
    own = {"name": bad, "number": "1<b>2", "goods": bad, "reason": f"{bad}\n</textarea><svg onload=x>"}
    for doc in (
        await served.visitor.send("/withdraw", {**own, "contact": bad, "go": "state"}),
        await review(served.visitor, **own),
        await withdraw(served.visitor, **own),
    ):
        assert not {"script", "img", "svg", "b"} & {tag for tag, _ in doc.tags}
        assert not [key for _, given in doc.tags for key in given if key.startswith("on")]
        assert "<script>alert(1)</script>" in doc.text
    assert bad in served.mails()[0].body


async def test_what_was_changed_on_its_way_is_asked_for_anew(served: Served) -> None:
    state = (await review(served.visitor)).fields["state"]
    head, body, end = state.split(".")
    forged = [
        "", "x", "a.b.c", f"{head}.{body}.", f"{head}.{body[:-2]}AA.{end}", "x" * 90_000, "\0", f"{state} ",
        "eyJhbGciOiJub25lIn0.eyJhdWQiOiJ3aXRoZHJhd2FsIiwiZXhwIjo5OTk5OTk5OTk5LCJ2YWx1ZXMiOnt9fQ.",
    ]  # fmt: skip
    for text in forged:
        doc = await served.visitor.send("/withdraw", {"state": text, "go": "confirm"})
        assert doc.status == 422 and not served.rows(), text[:40]
    served.clock.pass_(days=2)
    late = await served.visitor.send("/withdraw", {"state": state, "go": "confirm"})
    # Too late for this page, not for the statement.
    assert "confirm" in late.buttons and not served.rows()
    assert numbers(await served.visitor.press("/withdraw", late, "confirm"))


async def test_bodies_of_any_kind_are_answered_with_a_page(served: Served) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    for content, headers, status in (
        (b"", form, 422),
        (b"\xff\xfe", form, 400),
        (b"go=state&name=%ff%00%ed%a0%80", form, 422),
        (b"&".join([b"a=1"] * 500), form, 400),
        (b"name=" + b"x" * 120_000, form, 413),
        (b"{}", {"content-type": "application/json"}, 415),
        (b"--x\r\n", {"content-type": "multipart/form-data; boundary=x"}, 415),
    ):
        answer = await served.client.post("/withdraw", content=content, headers=headers)
        assert answer.status_code == status, content[:20]
        assert answer.headers["content-type"].startswith("text/html") and "<h1>" in answer.text
    assert not served.rows() and not served.rows(jobs)


async def test_long_texts_are_cut_to_what_is_kept(served: Served) -> None:
    await withdraw(served.visitor, name="n" * 900, number="9" * 900, goods="g" * 5000, reason="ж" * 5000)
    (case,) = served.rows()
    assert len(case.name) == 200 and case.order_number == "9" * 40 and len(case.words) == 2002


async def test_guesses_are_counted_and_what_waits_is_kept_for_a_person(served: Served) -> None:
    for number in range(5):
        await withdraw(served.visitor, number=f"2000{number}")
    done = await withdraw(served.visitor)
    assert numbers(done)
    assert all(row.order_id is None for row in served.rows())
    assert {row.scope for row in served.rows(throttles)} == {
        "network", "contact", "number", "contact_from", "number_from"
    }  # fmt: skip


async def test_floods_are_refused_with_a_page_that_says_what_else_counts(database: Database) -> None:
    async with pages(database, rates=Rates(network_burst=2, network_rate=0.001)) as served:
        await review(served.visitor)
        await review(served.visitor)
        doc = await review(served.visitor)
        assert doc.status == 429 and int(doc.answer.headers["retry-after"]) > 100
        assert KNOWLEDGE.shop.contact.email in doc.text
        assert (await served.visitor.get("/withdraw")).status == 200
    async with pages(database, rates=Rates(contact_burst=1)) as served:
        await withdraw(served.visitor, number="1")
        assert (await withdraw(served.visitor, number="2")).status == 429
        assert (await withdraw(served.visitor, number="2", contact="other@example.com")).status == 200


async def test_reading_changes_nothing(served: Served) -> None:
    state = (await review(served.visitor)).fields["state"]
    query = {"go": "confirm", "state": state, **GIVEN}
    for path in ("/withdraw", "/returns"):
        answer: httpx.Response = await served.client.get(path, params=query)
        assert answer.status_code == 200
        assert (await served.client.put(path)).status_code == 405
    assert not served.rows() and not served.rows(jobs) and not served.rows(throttles)


async def test_what_is_changed_comes_back_filled_in_and_in_another_language(served: Served) -> None:
    second = await review(served.visitor, goods="Mug\nLamp", reason='"why" <not>')
    back = await served.visitor.press("/withdraw", second, "change")
    assert back.fields["goods"] == "Mug\nLamp" and back.fields["reason"] == '"why" <not>'
    served.visitor.language = "lt"
    shown = await served.visitor.send("/withdraw", {"state": second.fields["state"], "go": "repeat"})
    assert "Patvirtinti sutarties atsisakymą" in shown.text and "Mug" in shown.text


async def test_goods_that_are_back_stay_out(served: Served) -> None:
    await withdraw(served.visitor, goods="Mug")
    with served.database.write() as connection:
        connection.execute(case_lines.update().values(state=GoodsState.RESTOCKED))
        connection.execute(cases_table.update().values(state=CaseState.CLOSED, same=None))
    await withdraw(served.visitor)
    with served.database.read() as connection:
        newest = cases.of_contact(connection, CONTACT)[0]
    assert [one.sku for one in newest.lines] == ["LAMP"]


async def test_five_presses_at_once_are_one(served: Served) -> None:
    second = await review(served.visitor)
    pressed = [served.visitor.press("/withdraw", second, "confirm") for _ in range(5)]
    docs = await asyncio.gather(*pressed)
    assert {doc.status for doc in docs} == {200} and len({numbers(doc)[0] for doc in docs}) == 1
    assert len(served.rows()) == len(served.mails()) == 1 and not served.rows(jobs)


async def test_a_wrong_contact_opens_nobodys_order(served: Served) -> None:
    assert numbers(await withdraw(served.visitor, contact="mallory@example.com"))
    (case,) = served.rows()
    assert case.order_id is None and case.state == CaseState.ACKNOWLEDGED
    assert not served.rows(case_lines) and not served.rows(case_refunds)
    assert [one.recipient for one in served.mails()] == ["mallory@example.com"]


async def test_pressed_again_after_a_kill_it_counts_from_the_first_time(database: Database) -> None:
    with database.write() as connection:
        order(connection)
    async with pages(database, kind=Killed) as served:
        doc = await review(served.visitor)
        for _ in range(2):
            await served.visitor.press("/withdraw", doc, "confirm")
            served.clock.pass_(hours=3)
        (job,) = served.rows(jobs)
        said = await served.visitor.press("/withdraw", doc, "confirm")
        assert job.payload["stated_at"] == AT.isoformat() and "12:00 (EET)" in said.text


async def test_confirmed_again_after_its_end_it_is_the_same_case(served: Served, database: Database) -> None:
    doc = await review(served.visitor)
    first = numbers(await served.visitor.press("/withdraw", doc, "confirm"))
    with database.write() as connection:
        case = cases.of_order(connection, "10234")[0]
        acts.act(connection, case.id, CaseAct.DECLINE, by(Actor.AGENT, "no"), "Made for you.")
    served.clock.pass_(hours=1)
    again = await served.visitor.press("/withdraw", doc, "confirm")
    assert numbers(again) == first and len(served.rows()) == len(served.mails()) == 1
