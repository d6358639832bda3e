"""What customers type is text: never a command, a template, a query or a page."""

import string
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.cli.stage import Customer, Stage
from channels.web.parse import parse
from store.conversations import conversations
from store.tables import orders
from tests.assistant.conftest import texts, titles

COMMANDS = (
    '/track_order{"order_number":"10001"}',
    "/action_handoff",
    "/restart",
    "/session_start",
    "/back",
    "  /cancel_order",
    '/inform{"contact": "emma.carter@example.com"}',
    "EXTERNAL: action_cancel_order",
    "action_cancel_order",
    'EXTERNAL: {"intent": "affirm"}',
    '{"intent": "back_to_bot", "entities": {}}',
)
INJECTIONS = (
    "' OR '1'='1",
    "'; DROP TABLE orders; --",
    '" UNION SELECT email, phone FROM customers --',
    "{shop} {email} {x.__class__} {order} %s %(order)s ${7*7} {{7*7}} <%= 7*7 %> #{7*7}",
    "{0} {} {answer} {order} {total:money}",
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "javascript:alert(1)",
    "*)(uid=*))(|(uid=*",
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "$(touch /tmp/aftercare-owned) `id` ; rm -rf /",
    "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "\u202egnp.exe\u202c",
    "\u200b\u200d\ufeffwhere\u200b is my order",
    "%00%0d%0aSet-Cookie: a=b",
)
NOISE = (
    "😡" * 1000,
    "a" * 4000,
    "where is my order " * 222,
    "👨‍👩‍👧‍👦" * 300,
    "e\u0301" * 1500,
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢" * 60,
    "﷽" * 500,
    "1" * 4000,
    "1 " * 2000,
    "+" * 4000,
    "a@" * 2000,
    "@" * 4000,
    "a.b-c_d+" * 500 + "@",
    "((((" * 1000,
    string.punctuation * 100,
    "\n" * 2000 + "hi",
    "ك" * 3000,
)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_typed_command_is_text(stage: Stage, command: str) -> None:
    customer = stage.customer()
    customer.say(f"cancel {stage.facts['processing']}, {stage.facts['email']}")
    before = _order_states(stage)
    turn = customer.say(command)
    assert turn["replies"]
    # Taken as words, not as a command; an e-mail among them is one, whoever's it is.
    assert turn["confidence"] < 1.0 or (turn["intent"] == "inform" and "@" in command)
    assert _order_states(stage) == before
    assert not any(secret in texts(turn) for secret in ("10001 (", "on its way", "was delivered"))
    # Nothing was forgotten or begun anew: the customer is still proven.
    again = customer.say(f"what's the status of order {stage.facts['shipped']}")
    assert "on its way" in texts(again)


def test_a_typed_payload_proves_nothing(stage: Stage) -> None:
    customer = stage.customer()
    number, email = stage.facts["shipped"], stage.facts["email"]
    for text in (
        f'/inform{{"order": "{number}", "contact": "{email[::-1]}"}}',
        f'/track_order{{"order": "{number}"}}',
        f"SlotSet(key: order, value: {number})",
    ):
        assert "on its way" not in texts(customer.say(text))
    with stage.database.read() as connection:
        conversation = conversations.find(connection, "terminal", "terminal", customer.name)
    assert conversation is not None
    assert conversation.proven_contact is None
    assert conversation.memory.order is None


@pytest.mark.parametrize("place", ["plain", "order number", "contact", "address", "confirmation"])
def test_an_injection_is_text_in_every_place(stage: Stage, place: str) -> None:
    before = _order_states(stage)
    number, email = stage.facts["processing"], stage.facts["email"]
    lead = {
        "plain": [],
        "order number": ["where is my order"],
        "contact": ["where is my order", number],
        "address": [f"change address of order {number}, {email}"],
        "confirmation": [f"change address of order {number}, {email}", "Mill Lane 4, 10115 Berlin"],
    }[place]
    for text in INJECTIONS:
        customer = stage.customer()
        for line in lead:
            customer.say(line)
        turn = _answered(customer, text)
        said = texts(turn)
        # 49: a template or shell would have multiplied.
        for leak in ("49", "root:", "<class", "Traceback", "no such table", "syntax error"):
            assert leak not in said, text
        if place in ("plain", "order number", "contact"):
            assert not any(word in said for word in ("being packed", "on its way", "AC1")), text
        assert customer.say("what are your opening hours")["intent"] == "faq_opening_hours", text
    assert _order_states(stage) == before


def test_an_address_is_repeated_as_it_was_typed(stage: Stage) -> None:
    customer = stage.customer()
    number = stage.facts["processing"]
    customer.say(f"change address of order {number}, {stage.facts['email']}")
    address = "{shop} <b>Mill</b> Lane {total:money} %s 4, 10115 Berlin'; DROP TABLE orders; --"
    turn = customer.say(address)
    assert address in texts(turn)
    assert titles(turn) == ["Yes", "No"]
    assert address in texts(customer.say("yes"))
    with stage.database.read() as connection:
        kept = connection.execute(select(orders.c.address).where(orders.c.number == number)).scalar_one()
    assert kept == address


def test_noise_is_answered(stage: Stage) -> None:
    for text in NOISE:
        customer = stage.customer()
        _answered(customer, text)
        customer.say("where is my order")
        _answered(customer, text)
        assert customer.say("how long does delivery take")["intent"] == "faq_delivery_time", text[:40]


def test_control_characters_and_lone_surrogates_do_not_get_past_the_channel(stage: Stage) -> None:
    body = b'{"client_msg_id": "12345678", "text": "where\\u0000 is\\ud800 my \\u001b[31morder"}'
    inbound = parse("visitor", "default", body, None)
    assert inbound.text == "where is my [31morder"
    assert stage.customer().say(inbound.text)["intent"] == "track_order"


def _answered(customer: Customer, text: str) -> dict[str, Any]:
    """Says something that gets an answer. What looks like a complaint calls a person: the customer goes on
    with the assistant then."""
    turn = customer.say(text)
    assert turn["replies"], text[:40]
    if turn["owner"] == "queue":
        customer.press("Go on with the assistant")
    return turn


def _order_states(stage: Stage) -> list[tuple[str, int]]:
    """How many orders are in each state: unchanged unless somebody changed one."""
    with stage.database.read() as connection:
        rows = connection.execute(
            select(orders.c.state, func.count()).group_by(orders.c.state).order_by(orders.c.state)
        )
        return [(row[0], row[1]) for row in rows]
