"""The returns page: proof, goods, details, summary, and one case of it."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from store.cases import acts, cases
from store.cases.machine import CaseAct
from store.cases.opening import open_case
from store.cases.timeline import By
from store.core.database import Database
from store.orders import orders
from store.tables import case_lines, case_refunds
from store.vocabulary import Actor, CaseKind, CaseState, GoodsState, ReturnWay, Wish
from tests.store.cases.making import AT, CONTACT, by, draft, order
from tests.store.cases.offering import after_sales
from tests.web.customer_pages.paging import KNOWLEDGE, Doc, Served, Visitor, pages

PROOF = {"number": "10234", "contact": CONTACT}


@pytest.fixture
async def served(database: Database) -> AsyncIterator[Served]:
    with database.write() as connection:
        order(connection)
    async with pages(database) as served:
        yield served


async def prove(visitor: Visitor, **more: str) -> Doc:
    return await visitor.send("/returns", {**PROOF, **more, "go": "prove"})


async def choose(visitor: Visitor, kind: str = "withdrawal", **lines: str) -> Doc:
    fields = {name.replace("_", "-"): value for name, value in (lines or {"line_1": "1"}).items()}
    return await visitor.press("/returns", await prove(visitor), "choose", kind=kind, **fields)


async def summary(visitor: Visitor, kind: str = "withdrawal", **more: Any) -> Doc:
    return await visitor.press("/returns", await choose(visitor, kind), "describe", **more)


async def test_from_proof_to_the_number(served: Served) -> None:
    first = await served.visitor.get("/returns")
    second = await served.visitor.press("/returns", first, "prove", **PROOF)
    assert second.status == 200 and "Order 10234" in second.text and "Oak lamp" in second.text
    third = await served.visitor.press(
        "/returns", second, "choose", **{"kind": "withdrawal", "line-0": "1", "count-0": "1", "line-1": "1"}
    )
    assert "In your own words" in third.text and "By parcel" in third.text
    fourth = await served.visitor.press(
        "/returns", third, "describe", wish="refund", reason="size", words="Too <small>", way="label"
    )
    for part in (
        "1 × Mug", "1 × Oak lamp", "€12.30", "€35.30", "Way back", "-€3.50", "Sum €44.10",
        "By law you can state this until 11 November 2026", "You pay for the way back",
        "It is approved as soon as you confirm", "Too <small>", "It does not fit",
    ):  # fmt: skip
        assert part in fourth.text, (part, fourth.text)
    assert not served.rows()
    last = await served.visitor.press("/returns", fourth, "confirm")
    (case,) = served.rows()
    assert f"It has the number {case.number}" in last.text and "Send the goods by 16 November" in last.text
    assert (case.kind, case.state, case.channel) == (CaseKind.WITHDRAWAL, CaseState.APPROVED, "page")
    assert [str(one.amount) for one in served.rows(case_refunds)] == ["44.10"]
    assert [(one.quantity, one.state, one.reason) for one in served.rows(case_lines)] == [
        (1, GoodsState.LABEL_ISSUED, "size"), (1, GoodsState.LABEL_ISSUED, "size")
    ]  # fmt: skip
    (label,) = {link for link in last.links if "/label" in link}
    assert (await served.visitor.get(f"/{label}")).status == 200


@pytest.mark.parametrize("language", KNOWLEDGE.shop.languages)
async def test_every_step_is_told_in_the_customers_language(served: Served, language: str) -> None:
    served.visitor.language = language
    for kind, _ in (("damage", 0), ("complaint", 1), ("exchange", 2)):
        third = await choose(served.visitor, kind)
        fourth = await served.visitor.press("/returns", third, "describe", words="x")
        last = await served.visitor.press("/returns", fourth, "confirm")
        with served.database.write() as connection:
            acts.act(connection, served.rows()[-1].id, CaseAct.DECLINE, By(Actor.AGENT, "d", AT), "no")
        for doc in (third, fourth, last, await prove(served.visitor)):
            assert doc.status == 200, doc.text
            assert f'<html lang="{language}">' in doc.answer.text
            assert not re.search(r"\b[a-z]+_[a-z_]+\b|[{}]", doc.text), doc.text


async def test_wrong_unknown_and_waiting_are_answered_alike(served: Served) -> None:
    def plain(doc: Doc, *own: str) -> str:
        text = doc.answer.text
        for one in own:
            text = text.replace(one, "…")
        return text

    said = set()
    for number, contact in (("10234", "mallory@example.com"), ("99999", "mallory@example.com")):
        doc = await prove(served.visitor, number=number, contact=contact)
        assert doc.status == 422
        said.add(plain(doc, number, contact))
    for guess in range(6):
        await prove(served.visitor, number=f"3000{guess}")
    waiting = await prove(served.visitor)
    said.add(plain(waiting, "10234", CONTACT))
    assert len(said) == 1 and "choose" not in waiting.buttons
    served.clock.pass_(hours=13)
    assert "choose" in (await prove(served.visitor)).buttons


async def test_another_persons_order_needs_its_own_proof(served: Served, database: Database) -> None:
    with database.write() as connection:
        order(connection, "20000", customer={"name": "Tom", "email": "tom@example.com", "language": "en"})
    mine = await choose(served.visitor)
    theirs = {**mine.fields, "number": "20000", "contact": "tom@example.com", "go": "describe"}
    doc = await served.visitor.send("/returns", theirs)
    assert "20000" not in doc.text and "10234" in doc.text


async def test_a_proof_ends_and_a_forged_one_is_none(served: Served) -> None:
    fields = (await choose(served.visitor)).fields
    withdrawing = await served.visitor.send("/withdraw", {**PROOF, "name": "x", "go": "state"})
    for state in ("", "x.y.z", fields["state"][:-3] + "AAA", withdrawing.fields["state"]):
        doc = await served.visitor.send("/returns", {**fields, "state": state, "go": "describe"})
        assert doc.status == 422 and "prove" in doc.buttons
    served.clock.pass_(minutes=61)
    doc = await served.visitor.send("/returns", {**fields, "go": "describe"})
    assert doc.status == 422 and "prove" in doc.buttons and not served.rows()


async def test_a_proof_ends_with_the_contact_of_the_order(served: Served, database: Database) -> None:
    fields = (await choose(served.visitor)).fields
    with database.write() as connection:
        order(connection, customer={"name": "Rūta", "email": "new@example.com", "language": "lt"})
    doc = await served.visitor.send("/returns", {**fields, "go": "describe"})
    assert doc.status == 422 and "prove" in doc.buttons


@pytest.mark.parametrize(
    "fields",
    [
        {}, {"kind": "withdrawal"}, {"kind": "nonsense", "line-1": "1"},
        {"kind": "withdrawal", "line-9": "1"}, {"kind": "withdrawal", "line-0": "1", "count-0": "3"},
        {"kind": "damage", "line-0": "1", "count-0": "0"}, {"kind": "defect", "line-0": "1", "count-0": "١"},
        {"kind": "withdrawal", "line-0": "1", "count-0": "-1"},
        {"kind": "withdrawal", "line-0": "1", "count-0": "9" * 30}, {"kind": "warranty", "line-1": "1"},
        {"kind": "withdrawal", "line-0": "1", "count-0": ""},
    ],
)  # fmt: skip
async def test_goods_that_are_none_are_told_at_their_place(served: Served, fields: dict[str, str]) -> None:
    second = await prove(served.visitor)
    fields = {"kind": "", "count-0": "2", **fields}
    doc = await served.visitor.send("/returns", {"state": second.fields["state"], "go": "choose", **fields})
    assert doc.status == 422 and "choose" in doc.buttons
    ids = {given.get("id") for _, given in doc.tags}
    assert {link[1:] for link in doc.links if link.startswith("#")} <= ids


async def test_steps_can_not_be_jumped(served: Served) -> None:
    state = (await prove(served.visitor)).fields["state"]
    for go in ("describe", "summary", "confirm", "details", "goods", "nonsense"):
        doc = await served.visitor.send("/returns", {"state": state, "go": go, "kind": "withdrawal"})
        assert "choose" in doc.buttons, go
    state = (await choose(served.visitor)).fields["state"]
    for go in ("summary", "confirm"):
        doc = await served.visitor.send("/returns", {"state": state, "go": go})
        assert "describe" in doc.buttons, go
    assert not served.rows()


async def test_a_wish_that_is_not_offered_is_not_taken(served: Served) -> None:
    doc = await summary(served.visitor, wish="repair", way="locker", reason="<script>")
    assert "Money back" in doc.text and "parcel" in doc.text and "script" not in doc.text
    await served.visitor.press("/returns", doc, "confirm")
    (case,) = served.rows()
    assert (case.wish, case.way) == (Wish.REFUND, ReturnWay.LABEL)


async def test_nobody_sends_what_a_person_still_looks_at(served: Served) -> None:
    doc = await summary(served.visitor, "exchange", instead="the blue one", words="too green")
    assert "the blue one" in doc.text and "optional" not in doc.text
    last = await served.visitor.press("/returns", doc, "confirm")
    (case,) = served.rows()
    assert case.state == CaseState.ACKNOWLEDGED and "Keep the goods until we write" in last.text
    assert "Send the goods" not in last.text and "We answer by" in last.text


async def test_what_instead_is_only_of_an_exchange(served: Served) -> None:
    doc = await summary(served.visitor, "exchange", wish="refund", instead="the blue one")
    assert "Money back" in doc.text and "the blue one" not in doc.text
    await served.visitor.press("/returns", doc, "confirm")
    assert [one.instead for one in served.rows(case_lines)] == [None]


async def test_who_brings_it_to_the_shop_pays_nothing(served: Served) -> None:
    doc = await summary(served.visitor, way="shop")
    assert "Sum €35.30" in doc.text and "costs nothing" in doc.text
    last = await served.visitor.press("/returns", doc, "confirm")
    assert "Bring the goods to our shop" in last.text and "label" not in last.text.lower()


async def test_credit_is_the_customers_own_choice(served: Served) -> None:
    doc = await summary(served.visitor)
    assert "way you paid" in doc.text
    doc = await summary(served.visitor, wish="credit")
    assert "as credit, as you chose" in doc.text


async def test_damage_is_for_a_person_and_costs_nothing(served: Served) -> None:
    third = await choose(served.visitor, "damage")
    assert "Photos help" in third.text
    doc = await served.visitor.press("/returns", third, "describe", wish="refund", words="cracked")
    assert "A person looks at it" in doc.text and "We pay for the way back" in doc.text
    last = await served.visitor.press("/returns", doc, "confirm")
    (case,) = served.rows()
    assert case.state == CaseState.ACKNOWLEDGED and "We answer by 16 November 2026" in last.text
    assert "print" not in last.text.lower()


async def test_a_complaint_needs_words_and_no_goods(served: Served) -> None:
    second = await prove(served.visitor)
    third = await served.visitor.press("/returns", second, "choose", kind="complaint")
    doc = await served.visitor.press("/returns", third, "describe", words=" \n ")
    assert doc.status == 422 and "#words" in doc.links
    fourth = await served.visitor.press("/returns", doc, "describe", words="nobody answers")
    await served.visitor.press("/returns", fourth, "confirm")
    assert served.rows()[0].words == "nobody answers"


async def test_confirmed_twice_is_one_case_also_after_it_ended(served: Served) -> None:
    doc = await summary(served.visitor)
    first = await served.visitor.press("/returns", doc, "confirm")
    again = await served.visitor.press("/returns", doc, "confirm")
    number = re.findall(r"R-[0-9A-Z]{7}", first.text)[0]
    assert number in again.text and len(served.rows()) == 1
    with served.database.write() as connection:
        acts.act(connection, served.rows()[0].id, CaseAct.DECLINE, By(Actor.AGENT, "d", AT), "no")
    again = await served.visitor.press("/returns", doc, "confirm")
    assert number in again.text and len(served.rows()) == 1


async def test_two_tabs_are_one_case(served: Served) -> None:
    one, other = await summary(served.visitor), await summary(served.visitor)
    first = await served.visitor.press("/returns", one, "confirm")
    second = await served.visitor.press("/returns", other, "confirm")
    number = re.findall(r"R-[0-9A-Z]{7}", first.text)[0]
    assert f"it is case {number}" in second.text and len(served.rows()) == 1


async def test_goods_that_went_into_another_case_meanwhile(served: Served) -> None:
    doc = await summary(served.visitor)
    both = await served.visitor.press(
        "/returns", await prove(served.visitor), "choose", **{"kind": "damage", "line-0": "1", "line-1": "1"}
    )
    both = await served.visitor.press("/returns", both, "describe", words="x")
    await served.visitor.press("/returns", both, "confirm")
    late = await served.visitor.press("/returns", doc, "confirm")
    assert late.status == 422 and "another case meanwhile" in late.text and len(served.rows()) == 1
    assert late.text.count("already part of a case") == 2


async def test_another_sum_than_the_summarys_is_asked_for_again(served: Served, database: Database) -> None:
    doc = await summary(served.visitor)
    assert "€31.80" in doc.text
    with database.write() as connection:
        found = orders.find(connection, "10234")
        assert found
        order(
            connection,
            lines=[
                {"sku": "MUG", "name": "Mug", "quantity": 2, "unit_price": "12.30", "paid": "29.60"},
                {"sku": "LAMP", "name": "Oak lamp", "quantity": 1, "unit_price": "35.30", "paid": "30.30"},
            ],
        )
    changed = await served.visitor.press("/returns", doc, "confirm")
    assert "Something has changed" in changed.text and "€26.80" in changed.text and not served.rows()
    assert "It has the number" in (await served.visitor.press("/returns", changed, "confirm")).text


async def test_my_cases_are_mine(served: Served, database: Database) -> None:
    with database.write() as connection:
        other = order(
            connection, "20000", customer={"name": "Tom", "email": "tom@example.com", "language": "en"}
        )
        theirs = open_case(connection, draft(other, contact="tom@example.com"), by(key="t")).case
    await served.visitor.press("/returns", await summary(served.visitor), "confirm")
    doc = await prove(served.visitor)
    mine = served.rows()[-1]
    assert mine.number in doc.text and theirs.number not in doc.text
    for part in (
        "approved",
        "1 × Oak lamp",
        "the label is ready",
        "€31.80: is sent once the goods",
        "Print the label",
    ):
        assert part in doc.text, part


async def test_only_confirmed_money_is_told_as_paid(served: Served) -> None:
    await served.visitor.press("/returns", await summary(served.visitor), "confirm")
    for state, said in (
        ("due", "being paid back"), ("requested", "being paid back"), ("unknown", "being paid back"),
        ("failed", "being paid back"), ("succeeded", ": paid back"), ("void", None),
    ):  # fmt: skip
        with served.database.write() as connection:
            connection.execute(case_refunds.update().values(state=state))
        doc = await prove(served.visitor)
        assert (said in doc.text) if said else ("€31.80" not in doc.text), state


async def test_markup_in_an_order_and_in_words_stays_text(served: Served, database: Database) -> None:
    bad = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    with database.write() as connection:
        order(
            connection,
            customer={"name": bad, "email": CONTACT, "language": "lt"},
            lines=[{"sku": "X", "name": bad, "quantity": 2, "unit_price": "5", "options": {"size": bad}}],
        )
    second = await prove(served.visitor)
    third = await served.visitor.press("/returns", second, "choose", **{"kind": "exchange", "line-0": "1"})
    fourth = await served.visitor.press(
        "/returns", third, "describe", words=bad, instead=bad, wish="exchange"
    )
    last = await served.visitor.press("/returns", fourth, "confirm")
    for doc in (second, third, fourth, last, await prove(served.visitor)):
        assert doc.status == 200
        assert not {"script", "img"} & {tag for tag, _ in doc.tags}
        assert not [key for _, given in doc.tags for key in given if key.startswith("on")]


async def test_back_and_forth_keeps_what_was_written(served: Served) -> None:
    doc = await summary(served.visitor, words="too big", reason="size")
    back = await served.visitor.press("/returns", doc, "details")
    assert back.fields["words"] == "too big" and back.fields["reason"] == "size"
    goods = await served.visitor.press("/returns", back, "goods")
    assert (
        goods.fields["kind"] == "withdrawal"
        and goods.fields["line-1"] == "1"
        and "line-0" not in goods.fields
    )
    again = await served.visitor.press("/returns", goods, "choose")
    assert again.fields["words"] == "too big"


async def test_a_case_without_a_limit_of_the_shop_waits_for_a_person(database: Database) -> None:
    with database.write() as connection:
        order(connection)
    async with pages(database, after_sales(approve_up_to=None)) as served:
        doc = await summary(served.visitor)
        assert "A person looks at it" in doc.text
        last = await served.visitor.press("/returns", doc, "confirm")
        assert "Keep the goods until we write" in last.text and "€" not in last.text


async def test_an_order_that_has_not_come_is_possible_too(served: Served, database: Database) -> None:
    with database.write() as connection:
        order(connection, "10235", state="shipped", shipments=[], placed_at=AT - timedelta(days=40))
    second = await prove(served.visitor, number="№ 10 235")
    third = await served.visitor.press("/returns", second, "choose", kind="not_delivered")
    fourth = await served.visitor.press("/returns", third, "describe")
    assert "Delivery of what is missing" in fourth.text and "way back" not in fourth.text
    await served.visitor.press("/returns", fourth, "confirm")
    with served.database.read() as connection:
        (case,) = cases.of_contact(connection, CONTACT)
    assert (case.kind, case.lines) == (CaseKind.NOT_DELIVERED, ())


async def test_five_presses_at_once_are_one(served: Served) -> None:
    doc = await summary(served.visitor)
    docs = await asyncio.gather(*(served.visitor.press("/returns", doc, "confirm") for _ in range(5)))
    assert {one.status for one in docs} == {200} and len(served.rows()) == 1
    assert len(served.rows(case_refunds)) == 1
    assert all(served.rows()[0].number in one.text for one in docs)
