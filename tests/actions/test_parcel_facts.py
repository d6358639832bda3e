"""What is said of a parcel in each state, and what then isn't said of its order."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from actions.facts import order_facts, parcel_facts
from actions.intents import Facet
from bot.assistant.rasa.generator import LocalizedGenerator
from bot.shop.knowledge import Knowledge
from store.orders.orders import Shipment, TrackingEvent
from store.vocabulary import ShipmentState
from tests.actions.test_actions import NOON, PARCEL, TODAY, names, order

LOCKER = "Omniva, Taikos pr. 1, Kaunas"
LANGUAGES = ("en", "lt", "lv", "id", "kk")


def parcel(state: str, place: str = LOCKER, **more: Any) -> Shipment:
    event = TrackingEvent(NOON - timedelta(days=1), ShipmentState(state), place)
    return replace(PARCEL, state=ShipmentState(state), events=(*PARCEL.events, event), **more)


def told(*parcels: Shipment, state: str = "shipped", **more: Any) -> list[dict[str, Any]]:
    return order_facts.status(order(state, shipments=parcels, **more), TODAY)


@pytest.mark.parametrize(
    ("until", "phrase"),
    [
        (TODAY + timedelta(days=3), "parcel_fetch_until"),
        (TODAY, "parcel_fetch_until"),
        (TODAY - timedelta(days=1), "parcel_fetch_over"),
        (None, None),
    ],
)
@pytest.mark.parametrize("state", ["shipped", "out_for_delivery", "delivered"])
def test_of_a_parcel_that_waits_it_is_told_where_and_until_when(
    state: str, until: date | None, phrase: str | None
) -> None:
    found = told(parcel("waiting", fetch_until=until), state=state, expected_on=TODAY - timedelta(days=2))
    assert names(found) == ["state_sent", "parcel", "parcel_waiting_at", *([phrase] if phrase else [])]
    assert found[2]["place"] == LOCKER
    if until:
        assert found[3]["on"] == until.isoformat()
    assert names(told(parcel("waiting", "")))[2:] == ["parcel_waiting"]


@pytest.mark.parametrize(
    ("state", "phrase"),
    [
        ("failed_attempt", "parcel_failed_attempt_on"),
        ("lost", "parcel_lost"),
        ("exception", "parcel_exception"),
        ("returning", "parcel_returning"),
        ("returned", "parcel_returned"),
    ],
)
@pytest.mark.parametrize("late", [-2, 0, 2])
def test_what_happened_to_a_parcel_is_told_in_place_of_a_day(state: str, phrase: str, late: int) -> None:
    on = TODAY + timedelta(days=late)
    assert names(told(parcel(state), expected_on=on)) == ["state_sent", "parcel", phrase]
    for asked in (Facet.WHERE, Facet.WHEN, Facet.DELAY):
        answer = order_facts.facet(asked, order(shipments=(parcel(state),), expected_on=on), TODAY)
        assert phrase in names(answer) and not any("on its way" in one for one in names(answer))
        assert not {"expected", "overdue", "facet_when", "facet_when_late"} & set(names(answer))


def test_a_failed_attempt_without_its_day() -> None:
    one = replace(PARCEL, state=ShipmentState.FAILED_ATTEMPT)
    assert names(told(one))[2:] == ["parcel_failed_attempt"]
    assert told(parcel("failed_attempt"))[2]["on"] == "2026-05-11"


def test_a_parcel_that_is_put_into_a_locker_is_not_delivered_whatever_its_carrier_says() -> None:
    scanned = TrackingEvent(NOON, ShipmentState.DELIVERED, LOCKER)
    one = parcel("waiting")
    one = replace(one, events=(*one.events, scanned))
    assert parcel_facts.arrival(one) is None
    assert "state_delivered_on" not in names(told(one, state="delivered"))


def test_of_several_parcels_each_is_told_as_it_is() -> None:
    found = told(parcel("waiting", fetch_until=TODAY), PARCEL, parcel("lost"))
    assert names(found) == [
        *("state_sent", "parcels", "parcel", "parcel_waiting_at", "parcel_fetch_until"),
        *("parcel", "parcel_seen", "parcel", "parcel_lost", "expected"),
    ]
    arrived = parcel("delivered", delivered_at=NOON)
    assert names(told(arrived, parcel("lost")))[-2:] == ["parcel", "parcel_lost"], "nothing more is expected"


@pytest.mark.parametrize("state", ["accepted", "in_transit", "out_for_delivery", "packed"])
def test_a_parcel_on_its_way_is_told_as_ever(state: str) -> None:
    assert names(told(parcel(state))) == ["state_shipped", "parcel", "parcel_seen", "expected"]


def test_when_it_was_handed_over_counts_more_than_events() -> None:
    one = parcel("delivered", delivered_at=NOON - timedelta(days=3))
    assert told(one, state="delivered")[0]["on"] == "2026-05-09"


def test_a_parcel_astray_without_number_promises_none() -> None:
    assert names(told(parcel("lost", tracking_number=None)))[1:] == ["parcel_carrier", "parcel_lost"]


@pytest.fixture
def generator(knowledge: Knowledge) -> LocalizedGenerator:
    return LocalizedGenerator(knowledge.shop, knowledge.faq, knowledge.responses, lambda: NOON)


@pytest.mark.parametrize("state", ShipmentState)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_is_told_in_every_language(
    generator: LocalizedGenerator, language: str, state: str
) -> None:
    for until, written in ((TODAY, "12"), (date(2026, 5, 9), "9"), (None, "")):
        for number in ("AC1", None):
            parts = told(parcel(state, fetch_until=until, tracking_number=number))
            text = str(generator.compose("utter_order_answer", language, {"parts": parts})["text"])
            assert "10234" in text and "DPD" in text and "{" not in text and "None" not in text
            if state == "waiting":
                assert LOCKER in text and written in text
