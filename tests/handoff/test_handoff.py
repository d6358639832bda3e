"""Requests for a person: why, how soon, the packet in the store, and the words an agent reads."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.assistant.protocol import Choice, Reply, TurnInput, TurnResult
from bot.desk import queries
from bot.handoff.briefing import briefing
from bot.handoff.packet import MAX_NOTED, MAX_QUOTE, masked
from bot.handoff.triggers import Triggers
from bot.shop import tone
from bot.shop.desk_texts import DeskTexts
from bot.shop.handoff_rules import Rule
from bot.shop.knowledge import Knowledge
from bot.shop.layers import Layers
from store.conversations import conversations, inbox, people, proofs
from store.conversations.memory import Memory
from store.core.database import Connection, Database
from store.desk import assignments
from store.handoffs import handoffs
from store.handoffs.handoffs import Request
from store.handoffs.packets import Packet
from store.orders import orders
from store.orders.records import OrderRecord, context
from store.vocabulary import Mood, OrderState, ProofBy, Reason
from tests.desk.shop import Actor, Shop
from tests.fakes.assistant import FakeAssistant, answer
from tests.paths import ROOT

ORDER = {
    "number": "10234",
    "customer": {"name": "Ona Onaitė", "email": "ona@example.com", "language": "lt"},
    "state": "shipped",
    "currency": "EUR",
    "total": "459.90",
    "address": "Elm Street 5",
    "placed_at": "2026-03-01T10:00:00Z",
    "lines": [{"sku": "S-1", "name": "Linen shirt", "quantity": 1, "unit_price": "459.90"}],
    "shipments": [
        {
            "carrier": "DPD",
            "tracking_number": "0580987654",
            "state": "in_transit",
            "shipped_at": "2026-03-01T12:00:00Z",
            "expected_on": "2026-03-05",
        }
    ],
}


ANNOUNCED = {"asked": "about human_agent", "safety": "utter_case_safety"}


def meaning(_connection: Connection, turn: TurnInput) -> TurnResult:
    """Takes "intent: text" for what it says; the intent `boom` fails."""
    intent, _, _text = turn.text.partition(": ")
    if intent == "boom":
        raise RuntimeError("as written in the script")
    if turn.payload:
        intent = turn.payload.intent
    asked = intent == "human_agent"
    offer = (Choice("Talk to a person", "human_agent"),)
    back = (Choice("Go on", "back_to_bot"),)
    reply = Reply(f"about {intent}", back if asked else offer)
    handoff = Reason.ASKED if asked else Reason.PROOFS if intent == "locked" else None
    return answer(turn, reply, intent=intent, memory=Memory({"order": "10234"}), handoff=handoff)


def named(response: str, _language: str, _facts: Mapping[str, Any]) -> Reply:
    """The response's name."""
    return Reply(response, (Choice("Go on", "back_to_bot"),) if response == "utter_handoff" else ())


class Counter(Shop):
    """A shop with rules, in which order 10234 is a customer's."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        tones = tone.load(Layers(ROOT), ["en", "lt"])
        rules = [
            Rule(words=["wholesale"], skill="b2b"),
            Rule(order_over="300 EUR", priority="high", hand_over="no"),
        ]
        self.turns = self.turns_of(FakeAssistant(meaning, named), escalation=Triggers(tones, rules))
        with database.write() as connection:
            orders.upsert(connection, OrderRecord.model_validate(ORDER, context=context("LT")))

    def request(self, which: int) -> Request:
        with self.database.read() as connection:
            found = handoffs.latest(connection, which)
        assert found is not None
        return found

    def press(self, which: int, title: str) -> None:
        """Presses the last button with that title."""
        offered = [one for entry in self.transcript(which) for one in entry.buttons]
        (*_, token) = [one["token"] for one in offered if one["title"] == title]
        with self.database.write() as connection:
            inbox.accept(
                connection,
                channel="web",
                account="default",
                external_id=f"press {token}",
                address="anna",
                text="",
                press=token,
                language="en",
                request_id="r",
                at=self.now,
            )
        self.work()


def _packet(request: Request) -> Packet:
    assert request.packet is not None
    return request.packet


@pytest.fixture
def counter(database: Database) -> Counter:
    return Counter(database)


@pytest.mark.parametrize(
    ("text", "reason", "skill", "priority"),
    [
        ("payment_problem: my card was charged twice", "payment", "", 1),
        ("complaint: bad", "complaint", "", 1),
        ("report_problem: broken", "damaged", "", 1),
        ("track_order: where is it, I'll sue you", "tone", "", 2),
        ("track_order: where is it, the last one caught fire", "safety", "", 2),
        ("track_order: you thieves", "tone", "", 1),
        ("faq_delete_account: delete all my data", "data_protection", "", 1),
        ("greet: a wholesale offer", "rule", "b2b", 1),
        ("locked: 11111", "proofs", "", 1),
        ("human_agent: a person", "asked", "", 1),
        ("human_agent: a person for wholesale", "asked", "b2b", 1),
    ],
)
def test_each_reason_is_recorded_with_its_topic_and_priority(
    counter: Counter, text: str, reason: str, skill: str, priority: int
) -> None:
    # The order costs more than 300 euros: nothing is less than high.
    which = counter.talk(text)
    request = counter.request(which)
    assert (request.reason, request.skill, request.priority) == (reason, skill, priority)
    assert counter.get(which).owner == "queue"
    last = counter.transcript(which)[-1]
    assert last.text.startswith(ANNOUNCED.get(reason, "utter_handoff"))
    with counter.database.read() as connection:
        assert [(one.conversation_id, one.skill) for one in assignments.waiting(connection, 9)] == [
            (which, skill)
        ]


@pytest.mark.parametrize("text", ["greet: hello", "faq_privacy: are you GDPR compliant", "thank: damn good"])
def test_others_stay_with_the_assistant(counter: Counter, text: str) -> None:
    which = counter.talk(text)
    assert counter.get(which).owner == "bot"
    with counter.database.read() as connection:
        assert handoffs.of_conversation(connection, which) == []


def test_the_packet(counter: Counter) -> None:
    which = counter.talk("get_invoice: my invoice", "hello there")
    with counter.database.write() as connection:
        proofs.succeed(connection, which, "ona@example.com")
        other = conversations.open_for(connection, "sms", "default", "+37060000001")
        proofs.succeed(connection, other.id, "ona@example.com")
    counter.talk("payment_problem: this is damn annoying, charged twice")
    packet = counter.request(which).packet
    assert packet is not None and packet.as_json() == {
        "reason": "payment",
        "intent": "payment_problem",
        "language": "en",
        "channel": "web",
        "messages": 7,
        "said": [
            "get_invoice: my invoice",
            "hello there",
            "payment_problem: this is damn annoying, charged twice",
        ],
        "tried": ["about get_invoice", "about hello there", "about payment_problem"],
        "customer": "Ona Onaitė",
        "proven": True,
        "proven_by": "order",
        "contact": "o…@example.com",
        "locked": False,
        "also": ["sms"],
        "order": {
            "number": "10234",
            "state": "shipped",
            "carrier": "DPD",
            "tracking_number": "0580987654",
            "expected_on": "2026-03-05",
        },
        "mood": "angry",
        "noted": [],
    }


def test_what_the_customer_wanted_before_he_asked_for_a_person(counter: Counter) -> None:
    which = counter.talk("get_invoice: my invoice", "thank: thanks", "human_agent: a person")
    request = counter.request(which)
    assert (request.reason, _packet(request).intent) == ("asked", "get_invoice")


@pytest.mark.parametrize(
    ("offer", "reason"),
    [("nlu_fallback", "unsure"), ("track_order", "asked"), ("foreign_language", "unsure")],
)
def test_an_offer_that_is_taken_keeps_its_subject(counter: Counter, offer: str, reason: str) -> None:
    which = counter.talk(f"{offer}: hm")
    counter.press(which, "Talk to a person")
    assert counter.request(which).reason == reason


def test_an_offer_is_forgotten_after_another_message(counter: Counter) -> None:
    which = counter.talk("nlu_fallback: hm", "track_order: where is it", "human_agent: a person")
    assert counter.request(which).reason == "asked"


def test_long_and_hostile_words_are_cut(counter: Counter) -> None:
    words = "complaint: " + "<script>" * 400
    packet = _packet(counter.request(counter.talk(words)))
    assert packet.said == (words[:MAX_QUOTE],)
    assert max(map(len, packet.tried)) <= MAX_QUOTE


def test_three_failed_turns(counter: Counter) -> None:
    which = counter.write("boom: ").conversation_id
    for _ in range(3):
        with counter.database.write() as connection:
            counter.turns.give_up(connection, which)
        counter.now = counter.now.replace(minute=counter.now.minute + 1)
    request = counter.request(which)
    assert (request.reason, request.priority, _packet(request).tried) == ("failure", 1, ())


# --- no way round in circles ----------------------------------------------------------------------


def test_who_goes_on_with_the_assistant_is_not_taken_away_again(counter: Counter) -> None:
    which = counter.talk("complaint: bad service")
    counter.press(which, "Go on")
    assert counter.get(which).owner == "bot"
    counter.talk("complaint: still bad", "track_order: where is it", "complaint: bad as ever")
    assert counter.get(which).owner == "bot", "the same reason"
    with counter.database.read() as connection:
        assert len(handoffs.of_conversation(connection, which)) == 1
        assert handoffs.is_open(connection, which), "a person still comes"
    counter.talk("complaint: I'll sue you")
    assert counter.request(which).reason == "tone", "another reason"
    counter.press(which, "Go on")
    counter.talk("complaint: I'll sue you")
    assert counter.get(which).owner == "bot"
    counter.talk("human_agent: a person")
    assert counter.get(which).owner == "queue", "who asks always gets one"


def test_handing_back_does_not_bring_the_old_request_again(counter: Counter) -> None:
    agent = counter.agent("Tomas")
    which = counter.talk("complaint: I'll sue you")
    done(counter, agent, which)
    counter.talk("thank: thanks", "track_order: where is it")
    assert counter.get(which).owner == "bot"
    with counter.database.read() as connection:
        assert [one.open for one in handoffs.of_conversation(connection, which)] == [False]
    counter.talk("complaint: bad again")
    assert counter.request(which).reason == "complaint", "a new complaint is a new reason"


def test_a_released_conversation_has_its_packet(counter: Counter) -> None:
    agent = counter.agent("Tomas")
    which = counter.talk("track_order: where is it")
    with counter.database.write() as connection:
        counter.desk.claim(connection, agent, which)
        counter.desk.release(connection, agent, which)
    request = counter.request(which)
    assert (request.reason, _packet(request).said) == ("released", ("track_order: where is it",))


def test_what_is_written_while_waiting_is_in_the_packet(counter: Counter) -> None:
    which = counter.talk("report_problem: broken")
    before = counter.request(which)
    assert _packet(before).order is None
    with counter.database.write() as connection:
        proofs.succeed(connection, which, "ona@example.com")
    counter.talk(
        "inform: 10234 ona@example.com", "thank: thanks", "greet: hello?", "inform: " + "x" * 400, ""
    )
    request = counter.request(which)
    packet = _packet(request)
    assert packet.noted == ("inform: 10234 ona@example.com", ("inform: " + "x" * 400)[:MAX_QUOTE])
    assert packet.said == ("report_problem: broken",), "what it was about stays"
    assert packet.order and (packet.order.number, packet.proven) == ("10234", True)
    clock = (before.id, before.reason, before.summary, before.priority, before.answer_due_at)
    assert (request.id, request.reason, request.summary, request.priority, request.answer_due_at) == clock
    counter.talk(*(f"detail {number}" for number in range(30)))
    noted = _packet(counter.request(which)).noted
    assert (len(noted), noted[-1]) == (MAX_NOTED, "detail 29")


@pytest.mark.parametrize("text", ["report_problem: broken", "damaged: I'll sue you"])
def test_of_damaged_goods_is_asked_what_a_person_needs(counter: Counter, text: str) -> None:
    which = counter.talk(text)
    damaged = counter.request(which).reason == "damaged"
    said = counter.transcript(which)[-1].text
    assert said == ("utter_handoff_damaged" if damaged else "utter_handoff")


def test_of_damaged_goods_is_asked_where_the_offer_of_a_person_is_taken(counter: Counter) -> None:
    counter.turns = counter.turns_of(FakeAssistant(unsure, named))
    which = counter.talk("report_problem: hm")
    counter.press(which, "Talk to a person")
    assert counter.request(which).reason == "damaged"
    assert counter.transcript(which)[-1].text == "utter_handoff_damaged"


def unsure(connection: Connection, turn: TurnInput) -> TurnResult:
    """The same, but what is typed is taken for something with little confidence."""
    return replace(meaning(connection, turn), confidence=0.4)


def done(counter: Counter, agent: Actor, which: int) -> None:
    with counter.database.write() as connection:
        counter.desk.claim(connection, agent, which)
        counter.desk.hand_back(connection, agent, which)


# --- what agents read ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def texts() -> DeskTexts:
    return Knowledge.load(ROOT).desk


KEPT: dict[str, Any] = {
    "reason": "payment",
    "intent": "payment_problem",
    "language": "lt",
    "channel": "web",
    "messages": 3,
    "said": ["{name} charged twice", "and again!"],
    "tried": ["I'm sorry about that."],
    "customer": "Ona Onaitė",
    "proven": True,
    "proven_by": "order",
    "contact": "o…@example.com",
    "locked": False,
    "also": ["sms"],
    "order": {
        "number": "10234",
        "state": "shipped",
        "carrier": "DPD",
        "tracking_number": "058",
        "expected_on": "2026-03-05",
    },
    "mood": "angry",
    "noted": ["the box was open", "two of them"],
}


def read(kept: dict[str, Any]) -> Packet:
    packet = Packet.from_json(kept)
    assert packet is not None
    return packet


PACKET = read(KEPT)


def test_what_is_kept_is_read_as_it_was() -> None:
    assert PACKET.as_json() == KEPT and json.loads(json.dumps(PACKET.as_json())) == KEPT
    assert Packet.from_json({}) is None
    later = Packet.from_json({**KEPT, "reason": "bored", "more": 1})
    assert later is not None and later.reason == "bored"


def test_a_briefing_in_english(texts: DeskTexts) -> None:
    assert briefing(texts, PACKET, "en") == (
        "Trouble with a payment. Wants: Problem with a payment. "
        "Identity: Ona Onaitė, proven by an order's number and contact, o…@example.com. "
        "Order 10234: shipped, DPD 058, expected Mar 5, 2026. Mood: angry. Other conversations: SMS. "
        "The assistant answered: “I'm sorry about that.” "
        "Customer's last words: “{name} charged twice” / “and again!” "
        "Written while waiting: “the box was open” / “two of them”"
    )


def test_a_briefing_in_every_language_and_for_everything(texts: DeskTexts) -> None:
    assert PACKET.order is not None
    states = set(OrderState) - {OrderState.CANCELLED, OrderState.PARTLY_RETURNED}
    for language in texts.languages:
        words = texts.desk[language]
        seen = set()
        for reason in Reason:
            seen.add(briefing(texts, replace(PACKET, reason=reason), language).split(". ")[0])
            assert f"reason_{reason}" in words
        assert len(seen) == len(Reason)
        for mood in Mood:
            assert words[f"mood_{mood}"].lower() in briefing(texts, replace(PACKET, mood=mood), language)
        for by in ProofBy:
            assert words[f"proof_{by}"].lower() in briefing(texts, replace(PACKET, proven_by=by), language)
        for state in states:
            said = briefing(texts, replace(PACKET, order=replace(PACKET.order, state=state)), language)
            assert words[f"order_{state}"].lower() in said
        assert words["locked"].lower() in briefing(texts, replace(PACKET, locked=True), language)
    assert briefing(texts, PACKET, None) == briefing(texts, PACKET, "xx") == briefing(texts, PACKET, "en")


def test_a_briefing_of_little(texts: DeskTexts) -> None:
    # As packets were before they told more.
    old: dict[str, Any] = {
        "reason": "asked",
        "intent": "",
        "said": [],
        "customer": None,
        "proven": False,
        "order": None,
    }
    assert briefing(texts, read(old), "en") == "Asked for a person. Identity: not proven."


def test_every_reason_has_words_on_the_desk() -> None:
    script = (ROOT / "web" / "desk" / "core" / "texts.js").read_text(encoding="utf-8")
    for table, names in (
        ("REASONS", tuple(Reason)),
        ("MOODS", tuple(Mood)),
        ("PROOFS", tuple(ProofBy)),
    ):
        body = re.search(rf"const {table} = {{(.*?)}};", script, re.S)
        assert body is not None
        assert re.findall(r"(\w+): \"", body[1]) and set(re.findall(r"(\w+): \"", body[1])) == set(names)


@pytest.mark.parametrize(
    ("contact", "shown"),
    [
        ("ona@example.com", "o…@example.com"),
        ("@example.com", "…@example.com"),
        ("+37060000123", "+370…23"),
        ("1", "1…1"),
    ],
)
def test_contacts_are_masked(contact: str, shown: str) -> None:
    assert masked(contact) == shown


def test_the_detail_is_in_the_agents_language(counter: Counter, texts: DeskTexts, tmp_path: Path) -> None:
    agent = counter.agent("Tomas", language="lt")
    which = counter.talk("payment_problem: charged twice")
    other = counter.talk("greet: hi", address="bert")
    service = counter.service(texts, tmp_path)
    with counter.database.read() as connection:
        shown = queries.detail(connection, service, agent.agent.id, which)
        fresh = queries.detail(connection, service, 0, other)
    assert shown["wish"] == texts.titles["lt"]["payment_problem"] != texts.titles["en"]["payment_problem"]
    assert shown["summary"].startswith("Mokėjimo problema.")
    assert shown["packet"]["reason"] == "payment"
    assert (fresh["summary"], fresh["wish"], fresh["packet"]) == ("", None, {})


def test_linked_conversations_of_the_unproven_stay_unknown(counter: Counter) -> None:
    which = counter.talk("complaint: bad")
    with counter.database.read() as connection:
        one = conversations.get(connection, which)
        assert people.linked(connection, replace(one, proven_contact=None)) == []
    assert _packet(counter.request(which)).also == ()
    assert _packet(counter.request(which)).contact is None
