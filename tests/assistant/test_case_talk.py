"""A case from the customer's first word to the shop's book, through the real assistant."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from bot.cli.stage import Customer, Stage
from store.cases import cases, timeline
from store.cases.cases import Case
from store.orders import orders
from store.tables import mails
from store.vocabulary import (
    CaseKind,
    CaseState,
    DeadlineKind,
    GoodsState,
    MoneyState,
    ReturnWay,
    Wish,
)
from tests.assistant.conftest import texts, titles


def of_order(stage: Stage, number: str) -> list[Case]:
    with stage.database.read() as connection:
        return cases.of_order(connection, number)


def registered(stage: Stage, customer: Customer, *said: str) -> Case:
    """The one case that a talk ends in."""
    for text in said:
        customer.say(text)
    found = [
        one
        for name in ("delivered", "pair", "several", "sealed")
        for one in of_order(stage, stage.facts[name])
    ]
    assert len(found) == 1, texts(customer.last or {"replies": []})
    return found[0]


@pytest.fixture
def anna(stage: Stage) -> Customer:
    return stage.customer()


def test_a_plain_return_ends_without_a_person(stage: Stage, anna: Customer) -> None:
    number, contact = stage.facts["pair"], stage.facts["pair_email"]
    anna.say(f"I want to return the running shoes from order {number}, they are too small")
    assert stage.database and not of_order(stage, number)
    anna.say(contact)
    asked = anna.say("a label please")
    assert "Shall I register this?" in texts(asked) and "€91.91" in texts(asked)
    assert titles(asked)[:2] == ["Yes", "No"]
    assert not of_order(stage, number), "nothing before the yes"
    done = anna.say("yes")
    (case,) = of_order(stage, number)
    assert (case.kind, case.state, case.wish) == (CaseKind.RETURN, CaseState.APPROVED, Wish.REFUND)
    assert [(one.name, one.quantity, one.reason) for one in case.lines] == [("Running shoes", 1, "too_small")]
    assert [one.state for one in case.lines] == [GoodsState.LABEL_ISSUED]
    assert [(one.state, one.amount) for one in case.refunds] == [(MoneyState.HELD, Decimal("91.91"))]
    assert case.contact == contact and case.number in texts(done)
    assert (done["reason"], done["owner"]) == (None, "bot")


def test_a_withdrawal_is_acknowledged_by_mail_with_its_time(stage: Stage, anna: Customer) -> None:
    number, contact = stage.facts["delivered"], stage.facts["email"]
    before = datetime.now(UTC)
    case = registered(stage, anna, f"return one pan from {number}, {contact}, with a label", "yes")
    assert case.kind is CaseKind.WITHDRAWAL and before <= case.stated_at <= datetime.now(UTC)
    assert {one.kind for one in case.deadlines} == {DeadlineKind.REFUND, DeadlineKind.SEND_BACK}
    with stage.database.read() as connection:
        sent = connection.execute(select(mails.c.recipient, mails.c.subject, mails.c.body)).one()
        acts = [one.act for one in timeline.of_case(connection, case.id)]
    assert sent.recipient == contact and case.number in sent.subject
    assert "Cast-iron pan" in sent.body and number in sent.body
    assert acts == ["submit", "acknowledge", "approve", "plan_refund", "issue_label"]


@pytest.mark.parametrize(
    "hedge",
    [
        "ok but wait",
        "how much is it?",
        "hm",
        "yes but later",
        "maybe",
        "no wait",
        "👎",
        "when does the money come?",
    ],
)
def test_a_hedge_registers_nothing(stage: Stage, anna: Customer, hedge: str) -> None:
    number, contact = stage.facts["delivered"], stage.facts["email"]
    anna.say(f"return one pan from {number}, {contact}, with a label")
    anna.say(hedge)
    assert not of_order(stage, number)


def test_the_button_of_another_question_registers_nothing(stage: Stage, anna: Customer) -> None:
    number, contact = stage.facts["delivered"], stage.facts["email"]
    anna.say(f"return one pan from {number}, {contact}, with a label")
    first = anna.talk.say({"conversation": anna.name, "text": "sorry, two pans"})
    assert "2 × Cast-iron pan" in texts(first)
    # The earlier question's yes, pressed late.
    assert not of_order(stage, number)
    anna.press("Yes")
    (case,) = of_order(stage, number)
    assert [one.quantity for one in case.lines] == [2]


def test_goods_can_be_corrected_before_the_yes(stage: Stage, anna: Customer) -> None:
    number, contact = stage.facts["pair"], stage.facts["pair_email"]
    case = registered(
        stage,
        anna,
        f"I'd like to return the running shoes, {number}, {contact}, parcel locker",
        "oh no, the boots, I'm keeping the running shoes",
        "yes",
    )
    assert [one.name for one in case.lines] == ["Leather boots"] and case.way is ReturnWay.LOCKER


def test_damaged_goods_reach_a_person_with_all_that_was_told(stage: Stage, anna: Customer) -> None:
    number, contact = stage.facts["several"], stage.facts["several_email"]
    anna.say(f"one set of mugs from order {number} arrived smashed to pieces")
    anna.say(contact)
    anna.say("a new one please")
    done = anna.say("yes")
    (case,) = of_order(stage, number)
    assert (case.kind, case.wish) == (CaseKind.DAMAGE, Wish.REPLACEMENT)
    assert "smashed" in case.words and case.refunds == ()
    assert (done["owner"], done["reason"]) == ("queue", "damaged")
    assert "order number" not in texts(done).lower(), "nothing is asked twice"


def test_told_twice_it_is_one_case(stage: Stage, anna: Customer) -> None:
    number, contact = stage.facts["delivered"], stage.facts["email"]
    words = f"return one pan from {number}, {contact}, with a label"
    case = registered(stage, anna, words, "yes")
    again = stage.customer()
    again.say(words)
    told = again.say("yes")
    assert [one.number for one in of_order(stage, number)] == [case.number]
    assert case.number in texts(told) and "already" in texts(told)


def test_how_it_stands_is_told_to_who_has_proven_it_and_to_nobody_else(stage: Stage, anna: Customer) -> None:
    number, contact = stage.facts["delivered"], stage.facts["email"]
    case = registered(stage, anna, f"return one pan from {number}, {contact}, with a label", "yes")
    told = texts(anna.say("where is my refund?"))
    assert case.number in told and "€41.91" in told
    stranger = stage.customer()
    for text in (
        f"how is case {case.number}?",
        case.number,
        f"where is my refund for {number}",
        "somebody.else@example.com",
    ):
        said = texts(stranger.say(text))
        assert "41.91" not in said and "withdraw" not in said.lower() and contact not in said


def test_what_has_not_left_the_shop_is_cancelled_instead(stage: Stage, anna: Customer) -> None:
    number, contact = stage.facts["processing"], stage.facts["email"]
    said = texts(anna.say(f"I want to return order {number}, my e-mail is {contact}"))
    assert "cancelled" in said and not of_order(stage, number)


def test_nothing_is_registered_for_a_parcel_that_is_not_late(stage: Stage, anna: Customer) -> None:
    number, contact = stage.facts["shipped"], stage.facts["email"]
    anna.say(f"there is a problem, the parcel of {number} never arrived, {contact}")
    assert not of_order(stage, number)


def test_after_the_time_a_person_decides_and_nobody_refuses(stage: Stage, anna: Customer) -> None:
    number, contact = stage.facts["old"], stage.facts["old_email"]
    said = texts(anna.say(f"I want to return the wool jumper from {number}, {contact}, with a label"))
    assert "ended on" in said and "person" in said
    anna.say("yes")
    (case,) = of_order(stage, number)
    assert case.state is CaseState.ACKNOWLEDGED and case.refunds == ()


def test_never_mind_leaves_nothing_behind(stage: Stage, anna: Customer) -> None:
    number, contact = stage.facts["delivered"], stage.facts["email"]
    anna.say(f"return one pan from {number}, {contact}, with a label")
    anna.say("no, never mind")
    assert not of_order(stage, number)
    assert "cancelled" not in texts(anna.say("yes")) and not of_order(stage, number)


def test_somebody_elses_order_opens_no_case(stage: Stage, anna: Customer) -> None:
    said: list[dict[str, Any]] = [anna.say(f"return everything from {stage.facts['pair']}")]
    said += [anna.say(one) for one in (stage.facts["email"], "everything", "label", "yes", "yes")]
    with stage.database.read() as connection:
        order = orders.find(connection, stage.facts["pair"])
        assert order and not cases.of_order(connection, order.number)
    for turn in said:
        assert "Running shoes" not in texts(turn) and order.customer_name not in texts(turn)


@pytest.mark.parametrize("pressed", [True, False])
def test_a_no_registers_nothing(stage: Stage, anna: Customer, pressed: bool) -> None:
    number, contact = stage.facts["delivered"], stage.facts["email"]
    anna.say(f"return one pan from {number}, {contact}, with a label")
    _ = anna.press("No") if pressed else anna.say("no")
    assert not of_order(stage, number)
