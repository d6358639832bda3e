"""Somebody proves what is theirs, to reach what isn't."""

from datetime import UTC, datetime

import pytest

from bot.desk import queries
from bot.handoff import packet
from bot.shop.calendar.service_clock import Due
from channels.contract import Proof
from channels.contract import ProofBy as ChannelProofBy
from store.conversations import people, proofs
from store.desk import views
from store.handoffs import handoffs
from store.orders import orders
from store.vocabulary import ProofBy, Reason
from tests.attacks.shop import ANNA, PHONE, Shop, opened, told

MALLORY = "+37060000666"
GUEST = "20199"  # ordered by Mallory, with Anna's e-mail and a phone of their own


@pytest.fixture
def borrowed(shop: Shop) -> Shop:
    shop.order(GUEST, name="Mallory", email=ANNA, phone=MALLORY)
    return shop


def test_a_guest_order_with_anothers_e_mail_shows_the_desk_no_order_of_theirs(borrowed: Shop) -> None:
    anna = borrowed.says("anna", f"where is 20150, {ANNA}")
    assert opened(anna)
    assert opened(borrowed.says("mallory", f"where is {GUEST}, {MALLORY}"))
    assert borrowed.says("mallory", "I want to talk to a person").conversation.owner == "queue"
    one = borrowed.conversation("mallory")
    with borrowed.database.read() as connection:
        assert [order.number for order in queries.orders_of(connection, one.id)] == [GUEST]
        assert people.linked(connection, one) == [], "nor Anna's conversation"
        request = handoffs.latest(connection, one.id)
        summaries = views.summaries(connection, [one.id, anna.conversation.id], 0, datetime.now(UTC))
    assert request and request.packet and request.packet.order
    assert (request.packet.customer, request.packet.order.number) == ("Mallory", GUEST)
    assert [summary.name for summary in summaries] == ["Mallory", "Anna Ozola"]


def test_an_order_with_anothers_e_mail_renames_none_of_theirs(borrowed: Shop) -> None:
    with borrowed.database.read() as connection:
        found = [orders.find(connection, number) for number in ("20150", "20151", GUEST)]
    assert [order.customer_name for order in found if order] == ["Anna Ozola", "Anna Ozola", "Mallory"]


def test_what_another_contact_has_proven_since_is_not_shown_under_the_new_one(shop: Shop) -> None:
    shop.order("20300", name="Bruno", email="bruno@example.com", phone=MALLORY)
    assert opened(shop.says("5501", f"where is 20150, {ANNA}", channel="telegram"))
    one = shop.conversation("5501", "telegram")
    with shop.database.write() as connection:
        proofs.vouch(connection, one.id, MALLORY, ProofBy.PROVIDER)
    one = shop.conversation("5501", "telegram")
    assert one.memory.order == "20150"
    with shop.database.write() as connection:
        packet.request(connection, one, Reason.ASKED, "", datetime.now(UTC), Due())
        request = handoffs.latest(connection, one.id)
        assert [order.number for order in queries.orders_of(connection, one.id)] == ["20300"]
    assert request and request.packet and request.packet.proven
    assert (request.packet.customer, request.packet.order) == (None, None)


# --- proofs end ------------------------------------------------------------------------------------


def test_who_comes_to_a_shared_browser_later_is_asked_again(shop: Shop) -> None:
    assert opened(shop.says("kiosk", f"where is 20150, {ANNA}"))
    shop.later(minutes=59)
    assert opened(shop.says("kiosk", "where is my order 20150"))
    shop.later(minutes=61)
    turn = shop.says("kiosk", "where is my order")
    assert not opened(turn) and "which e-mail address or phone" in told(turn)
    assert shop.conversation("kiosk").proven_contact is None
    assert opened(shop.says("kiosk", ANNA)), "the owner goes on with it"


def test_a_yes_after_the_proof_has_ended_cancels_nothing(shop: Shop) -> None:
    assert "Shall I cancel" in told(shop.says("kiosk", f"cancel 20150, {ANNA}"))
    shop.later(hours=2)
    turn = shop.says("kiosk", "yes")
    assert shop.stands("20150")[0] == "processing"
    assert "which e-mail address or phone" in told(turn)
    assert "Shall I cancel" in told(shop.says("kiosk", ANNA)), "and is asked anew"
    assert "is cancelled" in told(shop.says("kiosk", "yes"))


def test_an_account_that_has_gone_to_somebody_else_has_proven_nothing(shop: Shop) -> None:
    assert opened(shop.says("5501", f"where is 20150, {ANNA}", channel="telegram"))
    shop.later(hours=23)
    assert opened(shop.says("5501", "where is my order", channel="telegram"))
    shop.later(days=2)
    assert not opened(shop.says("5501", "where is my order", channel="telegram"))


def test_a_phone_shows_no_orders_of_whoever_had_it_before(shop: Shop) -> None:
    number = "+37060000888"
    shop.order("20400", name="Zane", email="zane@example.com", phone=number, days=200)
    assert not opened(shop.says(number, "where is my order 20400", channel="sms"))
    shared = Proof(number, ChannelProofBy.PROVIDER)
    assert not opened(shop.says("5502", "where is my order", channel="telegram", proof=shared))
    with shop.database.read() as connection:
        assert queries.orders_of(connection, shop.conversation(number, "sms").id) == []
    # Who knows the order's number, too, is who placed it.
    assert opened(shop.says(number, f"where is 20400, {number}", channel="sms"))


def test_while_a_person_has_it_the_proof_waits_for_their_answer(shop: Shop) -> None:
    shop.says("anna", f"where is 20150, {ANNA}")
    shop.says("anna", "I want to talk to a person")
    shop.later(hours=14)
    shop.says("anna", "are you there?")
    assert shop.conversation("anna").proven_contact == ANNA


# --- forged senders --------------------------------------------------------------------------------


@pytest.mark.parametrize("wish", ["cancel 20150", "change the address of 20150"])
@pytest.mark.parametrize("proven", ["by the e-mail", "by a code"])
def test_a_forged_text_changes_nothing_whatever_was_proven_before(shop: Shop, wish: str, proven: str) -> None:
    if proven == "by the e-mail":
        shop.order("20300", email=ANNA)
        assert opened(shop.says(PHONE, f"where is 20300, {ANNA}", channel="sms"))
        assert shop.conversation(PHONE, "sms").proven_contact == ANNA
    else:
        cancelled(shop, "20151")
    before = shop.stands("20150")
    forged = [wish, *(["Mill Lane 4, LV-1010 Riga"] if "address" in wish else []), "yes"]
    said = [told(shop.says(PHONE, text, channel="sms")) for text in forged]
    assert "reply with this code" in said[-1] and "20150" in said[-1]
    shop.says(PHONE, "yes", channel="sms")
    shop.says(PHONE, "000000", channel="sms")
    assert shop.stands("20150") == before


def cancelled(shop: Shop, number: str) -> str:
    """Cancels an order by SMS as its owner does; the code."""
    shop.says(PHONE, f"cancel {number}", channel="sms")
    said = told(shop.says(PHONE, "yes", channel="sms"))
    code = said.partition("code: ")[2][:6]
    assert "is cancelled" in told(shop.says(PHONE, code, channel="sms"))
    return code


def test_a_code_is_for_the_change_it_was_asked_for(shop: Shop) -> None:
    code = cancelled(shop, "20151")
    shop.says(PHONE, "cancel 20150", channel="sms")
    fresh = told(shop.says(PHONE, "yes", channel="sms")).partition("code: ")[2][:6]
    if fresh != code:
        assert "not the code" in told(shop.says(PHONE, code, channel="sms"))
    # Asked for a cancellation, it sends nothing elsewhere.
    shop.says(PHONE, "never mind", channel="sms")
    before = shop.stands("20150")
    for text in ("change the address of 20150", "Mill Lane 4, LV-1010 Riga", "yes", fresh):
        shop.says(PHONE, text, channel="sms")
    assert shop.stands("20150") == before
