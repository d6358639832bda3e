"""Who tells of danger gets a person before all else, whatever is open; a threat ends what is open too."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.assistant.protocol import Choice, Reply, TurnInput, TurnResult
from bot.conversation.turns import TurnFailed
from bot.handoff.triggers import Triggers
from bot.shop import tone
from bot.shop.handoff_rules import Rule
from bot.shop.layers import Layers
from store.conversations import inbox
from store.conversations.memory import Memory
from store.core.database import Connection, Database
from store.handoffs import handoffs, surveys
from store.handoffs.handoffs import Request
from store.vocabulary import Reason
from tests.desk.shop import Shop
from tests.fakes.assistant import FakeAssistant, answer, spoken
from tests.paths import ROOT

LANGUAGES = ("en", "lt", "lv", "id", "kk")
TOLD = "utter_case_safety (en)"
BACK = (Choice("Go on", "back_to_bot"), Choice("Call me", "request_callback"))
FORMS = ("order_form", "cancel_form", "address_form", "callback_form", "case_form")


def voice(response: str, language: str, _facts: Mapping[str, Any]) -> Reply:
    """The response's name; where a person is announced, with a way back."""
    said = spoken(response, language, {})
    return replace(said, buttons=BACK) if response.startswith(("utter_handoff", "utter_waiting")) else said


class Script:
    """Takes "intent: text" for what it says. With `form` it asks for something, and a yes does it."""

    def __init__(self) -> None:
        self.form: str | None = None
        self.done: list[str] = []
        self.seen: list[TurnInput] = []

    def __call__(self, _connection: Connection, turn: TurnInput) -> TurnResult:
        self.seen.append(turn)
        intent = turn.payload.intent if turn.payload else turn.text.partition(": ")[0][:64]
        if intent == "person":
            return answer(turn, Reply("wait", BACK), intent="human_agent", handoff=Reason.ASKED)
        if intent == "affirm" and turn.memory.form:
            self.done.append(turn.text)
            done = answer(turn, Reply("your case is registered"), intent=intent, memory=Memory())
            return replace(done, handoff=Reason.DAMAGED)
        slots = {"order": "10234", "case_kind": "defect", "requested_slot": "confirmed"}
        question = (Reply("shall I?"),) if self.form else ()
        return answer(turn, Reply("so and so"), *question, intent=intent, memory=Memory(slots, self.form))


class Counter(Shop):
    def __init__(self, database: Database, *rules: Rule) -> None:
        super().__init__(database)
        self.script = Script()
        tones = tone.load(Layers(ROOT), LANGUAGES)
        self.turns = self.turns_of(FakeAssistant(self.script, voice), escalation=Triggers(tones, rules))

    def requests(self, which: int) -> list[tuple[str, bool]]:
        with self.database.read() as connection:
            return [(one.reason, one.open) for one in handoffs.of_conversation(connection, which)]

    def request(self, which: int) -> Request:
        with self.database.read() as connection:
            found = handoffs.latest(connection, which)
        assert found is not None
        return found


def said(counter: Counter, text: str, language: str = "en") -> list[str]:
    """What is said to a message."""
    place = counter.write(text, language=language)
    counter.work()
    return [one.text for one in counter.transcript(place.conversation_id) if one.reply_to == place.seq]


@pytest.fixture
def counter(database: Database) -> Counter:
    return Counter(database)


@pytest.mark.parametrize("form", [None, *FORMS])
def test_danger_ends_whatever_is_open(counter: Counter, form: str | None) -> None:
    counter.script.form = form
    which = counter.talk("track_order: where")
    assert counter.get(which).memory.form == form
    assert said(counter, "inform: the charger caught fire") == [TOLD]
    request = counter.request(which)
    assert (request.reason, request.priority, request.open) == ("safety", 2, True)
    one = counter.get(which)
    assert (one.owner, one.memory.form, one.memory.offer) == ("queue", None, None)
    assert "requested_slot" not in one.memory.slots
    assert request.packet and request.packet.said[-1] == "inform: the charger caught fire"


@pytest.mark.parametrize("form", ["case_form", "cancel_form"])
def test_a_yes_with_danger_in_it_changes_nothing(counter: Counter, form: str) -> None:
    counter.script.form = form
    which = counter.talk("return_order: it")
    assert said(counter, "affirm: yes, and it burned my hand") == [TOLD]
    assert counter.script.done == []
    heard = counter.script.seen[-1]
    assert heard.waiting and heard.memory.form is None and heard.memory.offer is None
    assert counter.requests(which) == [("safety", True)]


@pytest.mark.parametrize(
    "text",
    [
        "person: a human, my son was injured",
        "complaint: I'll sue you, it exploded",
        "affirm: it gave me an electric shock",
        "delete all my data, your lamp caught fire",
        "faq_returns: can I return what caught fire?",
        "thank: thanks, it exploded",
    ],
)
def test_danger_is_graver_than_any_other_reason(counter: Counter, text: str) -> None:
    which = counter.write(text).conversation_id
    counter.work()
    assert [one.text for one in counter.transcript(which) if one.author == "bot"] == [TOLD]
    assert (counter.request(which).reason, counter.request(which).priority) == ("safety", 2)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("lt", "įkroviklis užsidegė"),
        ("lv", "lādētājs aizdegās"),
        ("id", "chargernya meledak"),
        ("kk", "шам өртеніп кетті"),
        ("kk", "зарядка загорелась"),
        ("lt", "my phone exploded"),
        ("en", "ребенка ударило током"),
    ],
)
def test_danger_is_heard_in_any_language(counter: Counter, language: str, text: str) -> None:
    assert said(counter, text, language) == [f"utter_case_safety ({language})"]


def test_harmless_words_end_nothing(counter: Counter) -> None:
    counter.script.form = "case_form"
    which = counter.talk("return_order: the fire sale lamp, smoke grey")
    assert (counter.get(which).owner, counter.get(which).memory.form) == ("bot", "case_form")


def test_a_pressed_button_is_no_danger(counter: Counter) -> None:
    which = counter.talk("person: please")
    counter.press(which, "Go on")
    assert counter.get(which).owner == "bot"
    assert counter.requests(which) == [("asked", True)]


# --- while a person is awaited ---------------------------------------------------------------------


def test_who_waits_already_becomes_urgent_and_is_told_once(counter: Counter) -> None:
    which = counter.talk("person: please", "inform: 10234")
    before = counter.request(which)
    assert (before.reason, before.priority) == ("asked", 0)
    assert said(counter, "inform: the lamp is smoking") == [TOLD]
    after = counter.request(which)
    assert (after.id, after.reason, after.priority) == (before.id, "safety", 2)
    assert (after.created_at, after.answer_due_at) == (before.created_at, before.answer_due_at)
    assert after.packet and after.packet.noted == ("inform: 10234", "inform: the lamp is smoking")
    assert after.packet.reason == "safety"
    assert TOLD not in said(counter, "inform: the lamp is smoking, it exploded")
    assert counter.request(which).priority == 2 and len(counter.requests(which)) == 1
    assert counter.get(which).owner == "queue"


def test_a_call_back_is_not_asked_about_beside_danger(counter: Counter) -> None:
    which = counter.talk("person: please")
    counter.script.form = "callback_form"
    counter.press(which, "Call me")
    assert counter.get(which).memory.form == "callback_form"
    assert said(counter, "inform: it burned my hand") == [TOLD]
    assert counter.get(which).memory.form is None
    assert counter.request(which).reason == "safety"


def test_a_rule_of_the_shops_gives_danger_a_topic_and_never_lowers_what_is_open(database: Database) -> None:
    counter = Counter(database, Rule(reason=["safety"], skill="products", priority="normal"))
    which = counter.talk("complaint: I'll sue you")
    assert counter.request(which).priority == 2
    assert said(counter, "inform: it exploded") == [TOLD]
    request = counter.request(which)
    assert (request.reason, request.skill, request.priority) == ("safety", "products", 2)


def test_the_assistant_is_silent_beside_a_person(counter: Counter) -> None:
    which = counter.talk("person: please")
    anna = counter.agent("Anna")
    with counter.database.write() as connection:
        counter.desk.claim(connection, anna, which)
    assert said(counter, "inform: it exploded") == []
    assert counter.requests(which) == [("asked", True)]


# --- afterwards ------------------------------------------------------------------------------------


def test_who_goes_on_with_the_assistant_calls_again_only_in_other_words(counter: Counter) -> None:
    which = counter.talk("inform: the kettle exploded", "person: hello?")
    counter.press(which, "Go on")
    assert counter.get(which).memory.declined == ("safety",)
    counter.talk("return_order: money back for the kettle that exploded")
    assert counter.get(which).owner == "bot", "that is known, and a person still comes"
    assert counter.requests(which) == [("safety", True)]
    assert said(counter, "inform: and it burned my hand") == [TOLD]
    assert counter.get(which).owner == "queue"
    assert counter.requests(which) == [("safety", False), ("safety", True)]


def test_a_later_wish_for_a_person_is_no_less_urgent(counter: Counter) -> None:
    which = counter.talk("inform: the kettle exploded", "person: hello?")
    counter.press(which, "Go on")
    counter.talk("person: please")
    request = counter.request(which)
    assert (request.reason, request.priority) == ("asked", 2)


def test_after_a_person_is_done_the_same_words_call_one_again(counter: Counter) -> None:
    anna = counter.agent("Anna")
    which = counter.talk("inform: the kettle exploded")
    with counter.database.write() as connection:
        counter.desk.claim(connection, anna, which)
        counter.desk.hand_back(connection, anna, which)
    assert said(counter, "inform: the kettle exploded") == [TOLD]
    assert counter.requests(which) == [("safety", False), ("safety", True)]


def test_a_remark_about_danger_is_more_than_a_remark(counter: Counter) -> None:
    anna = counter.agent("Anna")
    which = counter.talk("person: please")
    with counter.database.write() as connection:
        counter.desk.claim(connection, anna, which)
        counter.desk.reply(connection, anna, which, "k1", "hello")
        counter.desk.close(connection, anna, which, "answered", ask=True)
        assert surveys.latest(connection, which) is not None
    assert said(counter, "the new one caught fire as well") == [TOLD]
    assert counter.get(which).owner == "queue"
    assert counter.request(which).reason == "safety"


def test_a_turn_that_fails_with_danger_in_it_is_urgent(counter: Counter) -> None:
    place = counter.write("it exploded")
    with counter.database.write() as connection:
        waiting = inbox.oldest(connection, place.conversation_id)
        claim = inbox.claim(connection, counter.now)
        assert claim is not None
        turn = counter.turns.hand_over(connection, claim, "RuntimeError")
        assert turn is not None
        counter.turns.explain(connection, turn, TurnFailed(claim, waiting, "RuntimeError"))
    request = counter.request(place.conversation_id)
    assert (request.reason, request.priority) == ("failure", 2)


@pytest.mark.parametrize(
    "text", ["it exploded " * 300, "exploded\n" * 50, "ЁЁЁ it exploded {someone_answers}"]
)
def test_hostile_words_of_danger(counter: Counter, text: str) -> None:
    assert said(counter, text) == [TOLD]
    which = counter.talk("inform: hm")
    assert counter.get(which).failures == 0


# --- threats ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_a_threat_ends_an_open_form(counter: Counter, form: str) -> None:
    counter.script.form = form
    which = counter.talk("return_order: it")
    assert said(counter, "inform: I'll see you in court") == ["so and so", "utter_handoff (en)"]
    one = counter.get(which)
    assert (one.owner, one.memory.form, one.memory.offer) == ("queue", None, None)
    assert "requested_slot" not in one.memory.slots
    assert (counter.request(which).reason, counter.request(which).priority) == ("tone", 2)
    counter.script.form = None
    counter.press(which, "Go on")
    assert "case_kind" not in counter.get(which).memory.slots, "nothing of the form is left"
