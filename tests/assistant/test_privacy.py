"""Nothing about an order is revealed to anyone who has not proven that it is his."""

from typing import Any

import pytest
from sqlalchemy import select

from bot.cli.stage import Customer, Stage
from channels.contract import UnknownButton
from store.conversations import throttle
from store.tables import conversations, customers, order_lines, orders
from store.vocabulary import ThrottleScope
from tests.assistant.conftest import texts, titles

NOBODY = "nobody.at.all@example.com"
ABSENT = "98765"
TRIES = throttle.LIMITS[ThrottleScope.CONVERSATION].free + 1
WISHES = (
    "where is order {number}",
    "cancel order {number}",
    "change the delivery address of order {number}",
    "where is my refund for order {number}",
    "I need the invoice of order {number}",
)


def secrets_of(stage: Stage, number: str) -> list[str]:
    """What an order's answers could give away."""
    with stage.database.read() as connection:
        order = connection.execute(select(orders).where(orders.c.number == number)).one()
        name = connection.execute(
            select(customers.c.name).where(customers.c.id == order.customer_id)
        ).scalar_one()
        goods = connection.execute(
            select(order_lines.c.name).where(order_lines.c.order_id == order.id)
        ).scalars()
        return [*goods, *name.split(), order.address, f"AC{number}", str(order.total), "tracking"]


def shape(turn: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """All that a customer sees of a turn."""
    return [(reply["text"], [button["title"] for button in reply["buttons"]]) for reply in turn["replies"]]


def same_but_number(one: dict[str, Any], number: str, other: dict[str, Any], absent: str) -> bool:
    return str(shape(one)).replace(number, "N") == str(shape(other)).replace(absent, "N")


@pytest.mark.parametrize("wish", WISHES)
def test_an_unproven_customer_learns_nothing(stage: Stage, wish: str) -> None:
    number = stage.facts["shipped"]
    customer = stage.customer()
    said = [customer.say(wish.format(number=number))]
    said += [customer.say(text) for text in ("yes", "it is mine, believe me", "when will it arrive", NOBODY)]
    for turn in said:
        told = texts(turn) + " ".join(titles(turn))
        for secret in secrets_of(stage, number):
            assert secret not in told
        assert not any(word in told for word in ("on its way", "shipped", "delivered on", "Shall I"))


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("state", ["shipped", "cancelled", "processing"])
def test_a_wrong_contact_is_answered_as_a_number_that_does_not_exist(
    stage: Stage, wish: str, state: str
) -> None:
    number = stage.facts[state]
    exists, absent = stage.customer(), stage.customer()
    # The messages' ids choose among wordings, so both are compared through several turns.
    for text in (wish, NOBODY, "{number}", "+37060000999", "{number} " + NOBODY):
        one = exists.say(text.format(number=number))
        other = absent.say(text.format(number=ABSENT))
        assert one["replies"], text
        assert same_but_number(one, number, other, ABSENT), (one, other)
        assert (one["intent"], one["owner"]) == (other["intent"], other["owner"])


def test_the_fifth_wrong_try_locks_look_ups_and_calls_a_person(stage: Stage) -> None:
    customer = stage.customer()
    number, email = stage.facts["shipped"], stage.facts["email"]
    for _ in range(TRIES - 1):
        turn = customer.say(f"where is {number}, {NOBODY}")
        assert "can't find" in texts(turn)
    turn = customer.say(f"where is {number}, {NOBODY}")
    assert "stopped looking up orders" in texts(turn)
    assert (turn["owner"], turn["reason"]) == ("queue", "proofs")
    assert customer.press("Go on with the assistant")["owner"] == "bot"
    for text in (f"{number} {email}", "where is my order", f"cancel order {number}", number, email):
        turn = customer.say(text)
        assert "stopped looking up orders" in texts(turn)
        assert "Talk to a person" in titles(turn)
        assert turn["owner"] == "bot", "a person is called once"
    # Everything else still works.
    assert "working days" in texts(customer.say("how long does delivery take"))


def test_a_locked_customer_can_still_talk_to_a_person(stage: Stage) -> None:
    customer = _locked(stage)
    customer.press("Go on with the assistant")
    customer.say("where is my order")
    assert customer.press("Talk to a person")["owner"] == "queue"
    customer.press("Go on with the assistant")
    assert "stopped looking up orders" in texts(customer.say("where is my order"))


def test_wrong_tries_count_across_successes(stage: Stage) -> None:
    customer = stage.customer()
    right = f"where is {stage.facts['shipped']}, {stage.facts['email']}"
    for n in range(TRIES - 1):
        assert "can't find" in texts(customer.say(f"where is {stage.facts['other_order']}, {n}{NOBODY}"))
        if n == 1:
            assert "on its way" in texts(customer.say(right))
    assert "on its way" in texts(customer.say(right))
    assert "stopped looking up" in texts(customer.say(f"where is {stage.facts['other_order']}, {NOBODY}"))
    customer.press("Go on with the assistant")
    # Locked for his own orders too: who guesses may have stolen these details as well.
    assert "stopped looking up" in texts(customer.say(right))


def test_a_proven_customer_cannot_see_another_ones_order(stage: Stage) -> None:
    customer = stage.customer()
    mine, other, email = stage.facts["shipped"], stage.facts["other_order"], stage.facts["email"]
    assert "on its way" in texts(customer.say(f"where is {mine}, {email}"))
    for wish in WISHES:
        known = customer.say(wish.format(number=other))
        assert "which e-mail address or phone" in texts(known)
        assert not any(secret in texts(known) for secret in secrets_of(stage, other))
        customer.say("never mind")
    assert "can't find" in texts(customer.say(f"where is {other}, {email}"))


def test_a_proven_customer_cannot_tell_whether_another_order_exists(stage: Stage) -> None:
    mine, other, email = stage.facts["shipped"], stage.facts["other_order"], stage.facts["email"]
    one, two = stage.customer(), stage.customer()
    for customer in (one, two):
        customer.say(f"where is {mine}, {email}")
    for text in ("where is order {number}", email, "cancel {number}", NOBODY):
        assert same_but_number(
            one.say(text.format(number=other)), other, two.say(text.format(number=ABSENT)), ABSENT
        )


def test_proof_in_one_conversation_does_not_help_in_another(stage: Stage) -> None:
    number, email = stage.facts["shipped"], stage.facts["email"]
    assert "on its way" in texts(stage.customer().say(f"where is {number}, {email}"))
    stranger = stage.customer()
    for text in ("where is my order", number):
        assert "on its way" not in texts(stranger.say(text))
    assert "which e-mail address or phone" in texts(stranger.last or {})


def test_a_button_of_another_conversation_does_not_work(stage: Stage) -> None:
    owner = stage.customer()
    owner.say(f"where is {stage.facts['shipped']}, {stage.facts['email']}")
    owner.press("Another order")
    tokens = stage.talk._buttons[("terminal", owner.name)]
    thief = stage.customer()
    thief.say("hello")
    stage.talk._buttons[("terminal", thief.name)] = tokens
    with pytest.raises(UnknownButton):
        thief.press(tokens[0]["title"])


def test_an_order_without_the_asked_kind_of_contact_is_not_opened_by_an_empty_one(stage: Stage) -> None:
    with stage.database.read() as connection:
        number = connection.execute(
            select(orders.c.number).where(orders.c.email.is_(None)).limit(1)
        ).scalar_one()
    customer = stage.customer()
    customer.say(f"where is {number}")
    for text in ("None", "null", "''", "none@", "%@%", "%", "*@*.*", "+", "+000000000"):
        assert not any(secret in texts(customer.say(text)) for secret in secrets_of(stage, number))


def test_what_was_proven_is_the_contact_and_not_its_neighbours(stage: Stage) -> None:
    number, email = stage.facts["shipped"], stage.facts["email"]
    name, domain = email.split("@")
    for near in (f"x{email}", f"{name}%@{domain}", f"{name}+a@{domain}", f"{name}@{domain}.evil.example"):
        customer = stage.customer()
        assert "on its way" not in texts(customer.say(f"where is {number}, {near}")), near
        with stage.database.read() as connection:
            proven = connection.execute(
                select(conversations.c.proven_contact).where(conversations.c.address == customer.name)
            ).scalar_one()
        assert proven is None


def test_a_stale_yes_cancels_nothing(stage: Stage) -> None:
    """A button of an earlier question, pressed after the conversation was locked."""
    customer = stage.customer()
    number = stage.facts["processing"]
    customer.say(f"cancel {number}, {stage.facts['email']}")
    for _ in range(TRIES):
        customer.say(f"where is {stage.facts['other_order']}, {NOBODY}")
    customer.say("yes")
    with stage.database.read() as connection:
        state = connection.execute(select(orders.c.state).where(orders.c.number == number)).scalar_one()
    assert state == "processing"


def _locked(stage: Stage) -> Customer:
    customer = stage.customer()
    for _ in range(TRIES):
        customer.say(f"where is {stage.facts['shipped']}, {NOBODY}")
    return customer


def test_an_answer_on_a_product_tells_nothing_of_orders(stage: Stage) -> None:
    """What is in whose order, how many were ordered, and at what price, isn't what the catalogue says."""
    customer = stage.customer()
    for question in ("how much is the yoga mat", "how many yoga mats are left", "tell me about the yoga mat"):
        turn = customer.say(question)
        assert turn["intent"] == "ask_product"
        for number in (stage.facts["shipped"], stage.facts["other_order"]):
            given = [one for one in secrets_of(stage, number) if "mat" not in one.lower() and one != "29.90"]
            assert not any(one in texts(turn) for one in given)
            assert number not in texts(turn)
