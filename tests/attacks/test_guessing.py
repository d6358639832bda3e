"""Somebody who knows a contact, or an order's number, tries the other half in turn."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from bot.conversation import ownership
from bot.desk.alerting.guessing import QUIET, GuessingAlerts
from store.accounts import agents
from store.conversations import throttle
from store.core.database import Database
from store.vocabulary import Owner, Reason, Role
from store.vocabulary import ThrottleScope as Scope
from tests.attacks.shop import ANNA, Shop, opened, told
from tests.desk.shop import Actor
from tests.desk.staff import texts
from tests.faults import THOROUGH

TRIES = 400 if THOROUGH else 40
DAYS = 120 if THOROUGH else 12
FREE = throttle.LIMITS[Scope.CONVERSATION].free
SHARED = throttle.LIMITS[Scope.CONTACT].free
NOT_FOUND = "can't find an order with that number"


def guess(shop: Shop, n: int, number: int, contact: str = ANNA, network: str = "one") -> str:
    """The nth try, four a conversation, none of which waits by itself."""
    return told(shop.says(f"guesser-{n // FREE}", f"where is {number}, {contact}", network=network))


def test_numbers_tried_in_turn_over_new_conversations_open_nothing(shop: Shop) -> None:
    said = {guess(shop, n, 20151 - TRIES + n + 1) for n in range(TRIES)}
    assert not any("packed" in one for one in said)
    assert len({one.splitlines()[0] for one in said}) == 1, "the right one is answered like the others"


def test_nor_do_they_from_as_many_networks(shop: Shop) -> None:
    said = [guess(shop, n, 20151 - TRIES + n + 1, network=f"network-{n}") for n in range(TRIES)]
    assert not any("packed" in one for one in said)


def test_nor_do_contacts_tried_for_a_known_number(shop: Shop) -> None:
    for n in range(SHARED + 1):
        guess(shop, n, 20150, f"nobody{n}@example.com", network=f"network-{n}")
    assert "packed" not in guess(shop, 500, 20150, network="another")


def test_nor_over_all_channels_with_forged_senders(shop: Shop) -> None:
    for n in range(SHARED + 1):
        channel = ("sms", "telegram", "web")[n % 3]
        address = f"+3706000{n:04}" if channel == "sms" else f"{9000 + n}"
        turn = shop.says(address, f"where is {20100 + n}, {ANNA}", channel=channel)
        assert NOT_FOUND in told(turn)
    right = shop.says("+37060009999", f"where is 20150, {ANNA}", channel="sms")
    assert not opened(right) and NOT_FOUND in told(right)


def test_patience_tries_four_a_day(shop: Shop) -> None:
    """Straight at the counts, by the minute's clock, from any number of networks."""
    at, tried = datetime(2026, 1, 1, tzinfo=UTC), 0
    with shop.database.write() as connection:
        for day in range(DAYS):
            for minute in range(0, 1440, 20):
                now = at + timedelta(days=day, minutes=minute)
                attempt = throttle.attempt(connection, minute, f"{day} {minute}", now, ANNA, str(minute))
                tried += not attempt.waiting
                attempt.fail()
    assert tried <= SHARED + len(throttle.WAITS) + 4 * DAYS


# --- nothing tells what exists ---------------------------------------------------------------------


@pytest.mark.parametrize("waits", [False, True])
def test_wrong_unknown_and_waiting_are_answered_alike(shop: Shop, waits: bool) -> None:
    if waits:
        for n in range(SHARED + 1):
            guess(shop, n, 20000 + n, network=f"network-{n}")
    shapes: list[list[tuple[str, list[str]]]] = []
    for name, number, contact in (
        ("a", "20150", "nobody@example.com"),
        ("b", "99999", "nobody@example.com"),
        ("c", "99999", ANNA),
        *([("d", "20150", ANNA)] if waits else []),
    ):
        shapes.append([])
        for text in (f"where is {number}", contact, f"{number} {contact}"):
            turn = shop.says(f"asker-{name}", text, network=f"asks-{name}")
            shapes[-1].append(
                (told(turn).replace(number, "N"), [b["title"] for e in turn.replies for b in e.buttons])
            )
    assert all(shape == shapes[0] for shape in shapes)


# --- the rightful owner ----------------------------------------------------------------------------


def besieged(shop: Shop) -> None:
    """Others have tried Anna's e-mail until it waits."""
    for n in range(SHARED + 5):
        guess(shop, n, 20000 + n, network=f"network-{n}")


def test_one_network_never_makes_a_contact_wait_for_others(shop: Shop) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    with shop.database.write() as connection:
        for hour in range(24 * DAYS):
            for n in range(2):
                now = at + timedelta(hours=hour, minutes=n)
                throttle.attempt(connection, hour, "one", now, ANNA, f"{hour} {n}").fail()
            here = throttle.attempt(connection, -1, "Anna's", now, ANNA, "20150")
            assert not here.waiting, hour
    for n in range(TRIES):
        guess(shop, n, 20000 + n)
    assert opened(shop.says("anna", f"where is 20150, {ANNA}", network="Anna's"))


def test_the_owner_gets_past_the_siege_by_a_code_in_their_mail(shop: Shop) -> None:
    besieged(shop)
    turn = shop.says("anna", f"where is 20150, {ANNA}", network="Anna's")
    assert NOT_FOUND in told(turn) and not opened(turn)
    (mail,) = shop.mailed(ANNA)
    code = re.search(r"\b(\d{6})\b", mail)
    assert code and "20150" in mail
    assert opened(shop.says("anna", code[1], network="Anna's"))
    # It was for this conversation, and once.
    assert not opened(shop.says("mallory", code[1], network="elsewhere"))


def test_who_has_no_mailbox_gets_no_further_with_the_right_pair(shop: Shop) -> None:
    besieged(shop)
    for n in range(FREE):
        assert not opened(shop.says("mallory", f"where is 20150, {ANNA}", network="m"))
        assert not opened(shop.says("mallory", f"{100000 + n}", network="m"))
    assert len(shop.mailed(ANNA)) == 1, "and nobody's mailbox is flooded"


def test_nobody_is_mailed_for_a_wrong_pair(shop: Shop) -> None:
    besieged(shop)
    shop.says("mallory", f"where is 20199, {ANNA}", network="m")
    assert shop.mailed(ANNA) == []


def test_every_wait_ends(shop: Shop) -> None:
    besieged(shop)
    shop.later(days=2)
    assert opened(shop.says("anna", f"where is 20150, {ANNA}", network="Anna's"))


def test_five_wrong_pairs_in_years_are_none(shop: Shop) -> None:
    for n in range(FREE + 3):
        turn = shop.says("+37060000777", f"where is {20000 + n}, {ANNA}", channel="sms")
        assert NOT_FOUND in told(turn), n
        shop.later(days=200)
    assert opened(shop.says("+37060000777", f"where is 20150, {ANNA}", channel="sms"))


def test_a_hand_back_lets_the_owner_try_again(shop: Shop) -> None:
    besieged(shop)
    for n in range(FREE + 1):
        turn = shop.says("anna", f"where is {20170 + n}, {ANNA}", network="Anna's")
    assert (turn.conversation.owner, turn.handoff) == ("queue", Reason.PROOFS)
    with shop.database.write() as connection:
        agent = agents.add(connection, "bert@linden.example", "Bert", Role.AGENT, password="!")
        assert throttle.attempt(connection, turn.conversation.id, "x", datetime.now(UTC)).waiting
        desk = shop.program.service.desk
        desk.claim(connection, Actor(agent), turn.conversation.id)
        desk.hand_back(connection, Actor(agent), turn.conversation.id)
    assert opened(shop.says("anna", f"where is 20150, {ANNA}", network="Anna's"))


def test_a_forged_sender_locks_nobody_out_of_their_own_orders(shop: Shop) -> None:
    phone = "+37061234567"
    for n in range(FREE + 1):
        shop.says(phone, f"where is {20000 + n}, nobody@example.com", channel="sms")
    conversation = shop.conversation(phone, "sms")
    assert conversation.owner == "queue"
    with shop.database.write() as connection:
        ownership.change(connection, conversation, Owner.BOT, by="test", why="", at=datetime.now(UTC))
    assert opened(shop.says(phone, "where is order 20150", channel="sms"))


# --- the shop is told ------------------------------------------------------------------------------


async def test_the_shop_is_told_once_of_a_wave(database: Database) -> None:
    now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    with database.write() as connection:
        agents.add(connection, "root@linden.example", "Root", Role.ADMIN, password="!")
        agents.add(connection, "bert@linden.example", "Bert", Role.AGENT, password="!")
    alerts = [GuessingAlerts(database, texts(), lambda: now) for _ in range(2)]

    def wave(contact: str) -> None:
        with database.write() as connection:
            for n in range(SHARED + 1):
                throttle.attempt(connection, n, f"{n}", now, contact, f"{n}").fail()

    assert await alerts[0].sweep() == 0
    wave(ANNA)
    assert [await one.sweep() for one in alerts] == [1, 0]
    wave("other@example.com")
    assert await alerts[1].sweep() == 0, "the same wave"
    now += QUIET
    wave(ANNA)
    assert [await one.sweep() for one in alerts] == [1, 0]
