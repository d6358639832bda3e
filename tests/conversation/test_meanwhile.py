"""While a person is awaited the assistant answers what it safely can, notes the rest, and changes nothing."""

from dataclasses import replace

import pytest

from actions import intents
from bot.assistant.protocol import Choice, Reply, TurnInput, TurnResult
from bot.conversation.meanwhile import AFTER, EACH
from bot.handoff.triggers import Triggers
from bot.shop import tone
from bot.shop.layers import Layers
from store.conversations.memory import Memory
from store.core.database import Connection, Database
from store.handoffs import handoffs
from store.vocabulary import Reason
from tests.desk.shop import Shop
from tests.fakes.assistant import FakeAssistant, answer, spoken
from tests.paths import ROOT

BUTTONS = (Choice("Call me", "request_callback"), Choice("Go on", "back_to_bot"))
LANGUAGES = ("en", "lt", "lv", "id", "kk")


def voice(response: str, language: str, facts: object) -> Reply:
    """The response's name; those that a person is awaited with have their buttons."""
    said = spoken(response, language, {})
    return replace(said, buttons=BUTTONS) if response in ("utter_noted", "utter_waiting") else said


class Script:
    """Takes "intent: text" for what it says, with the replies, memory and refusals of the test."""

    def __init__(self) -> None:
        self.replies: tuple[Reply, ...] = ()
        self.memory = Memory()
        self.refused: tuple[str, ...] = ()
        self.seen: list[TurnInput] = []

    def __call__(self, _connection: Connection, turn: TurnInput) -> TurnResult:
        intent = turn.payload.intent if turn.payload else turn.text.partition(": ")[0][:64]
        if intent == "person":
            choices = (*BUTTONS, Choice("Cancel", "cancel_order"))
            return answer(
                turn, Reply("wait", choices), intent="human_agent", memory=self.memory, handoff=Reason.ASKED
            )
        self.seen.append(turn)
        said = answer(turn, *self.replies, intent=intent, memory=replace(self.memory, offer="human_agent"))
        return replace(said, refused=self.refused)


class Waiting(Shop):
    """Anna waits for a person; `script` decides what her messages are."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.script = Script()
        tones = tone.load(Layers(ROOT), LANGUAGES)
        self.turns = self.turns_of(FakeAssistant(self.script, voice), escalation=Triggers(tones))
        self.which = self.talk("person: please")

    def said(self, *texts: str, language: str = "en") -> list[str]:
        """What is said to messages."""
        before = len(self.transcript(self.which))
        self.talk(*texts, language=language)
        return [one.text for one in self.transcript(self.which)[before:] if one.author != "customer"]

    def titles(self) -> list[str]:
        return [button["title"] for button in self.transcript(self.which)[-1].buttons]


@pytest.fixture
def waiting(database: Database) -> Waiting:
    return Waiting(database)


FIRST, NOTED, THERE = (f"utter_{name} (en)" for name in ("already_handed_off", "noted", "waiting"))


def test_questions_and_facts_are_answered_with_buttons_that_may_be_pressed(waiting: Waiting) -> None:
    choices = [Choice(one, one) for one in ("track_order", "cancel_order", "human_agent", "faq_returns")]
    waiting.script.replies = (Reply("in 14 days", tuple(choices)),)
    for text in ("faq_returns: how", "track_order: where", "refund_status: hm", "get_invoice: it"):
        assert waiting.said(text) == ["in 14 days"]
        assert waiting.titles() == ["track_order", "faq_returns", "Go on"]
    assert all(turn.waiting for turn in waiting.script.seen)
    assert waiting.get(waiting.which).owner == "queue"


def test_wishes_that_change_something_are_noted(waiting: Waiting) -> None:
    assert waiting.said("cancel_order: it", "change_address: to", "change_order: it") == [FIRST, NOTED, NOTED]
    waiting.press(waiting.which, "Cancel")
    assert waiting.transcript(waiting.which)[-1].text == NOTED
    assert waiting.get(waiting.which).owner == "queue"


def test_what_is_answered_beside_a_wish_to_change_leaves_that_noted(waiting: Waiting) -> None:
    waiting.script.replies = (Reply("by card"),)
    assert waiting.said("cancel_order: it, and how do I pay") == ["by card", FIRST]


@pytest.mark.parametrize("form", ["order_form", "cancel_form", "address_form"])
def test_nothing_is_asked_for(waiting: Waiting, form: str) -> None:
    waiting.script.memory = Memory({"requested_slot": "contact", "order_number": "10234"}, form)
    waiting.script.replies = (Reply("which e-mail?"),)
    assert waiting.said("track_order: where") == [FIRST]
    waiting.script.replies = (Reply("not found"), Reply("which number?"))
    assert waiting.said("track_order: where") == ["not found"]
    kept = waiting.get(waiting.which).memory
    assert (kept.form, kept.offer, kept.slots) == (None, None, {"order_number": "10234"})


def test_which_of_their_own_orders_is_asked(waiting: Waiting) -> None:
    waiting.script.memory = Memory({}, "order_form")
    choices = (Choice("10234: paid", "track_order", {"order_number": "10234"}),)
    waiting.script.replies = (Reply("which order?", choices),)
    assert waiting.said("track_order: where") == ["which order?"]
    assert waiting.titles() == ["10234: paid", "Go on"]


def test_details_are_noted_now_and_then(waiting: Waiting) -> None:
    assert waiting.said("out_of_scope: it broke") == [FIRST]
    assert waiting.said(*["inform: 10234", "affirm: ok"][: EACH - 1]) == []
    assert waiting.said("out_of_scope: and more") == [NOTED], "each third"
    assert waiting.said("out_of_scope: and more") == []
    waiting.now += AFTER
    assert waiting.said("out_of_scope: and more") == [NOTED], "after a while"
    assert waiting.said("out_of_scope: and who comes?") == [NOTED], "a question always"
    assert waiting.said("nlu_fallback: hm") == [NOTED], "perhaps a wish"
    assert waiting.said("hello?") == [THERE]
    assert waiting.said("inform: 10234") == [NOTED], "whatever else was said before"


def test_messages_that_came_at_once_are_counted_one_by_one(waiting: Waiting) -> None:
    waiting.said("out_of_scope: it broke")
    for number in range(5):
        waiting.write(f"out_of_scope: {number}")
    assert waiting.said("out_of_scope: 5") == [NOTED, NOTED]


@pytest.mark.parametrize(
    "text", ["human_agent: a person", "greet: hey", "bot_challenge: who", "capabilities: hm"]
)
def test_who_calls_out_is_told_that_one_comes(waiting: Waiting, text: str) -> None:
    assert waiting.said(text, text) == [THERE, THERE]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "hello, anyone there??"),
        ("en", "so how long do I have to wait?"),
        ("en", "Still waiting..."),
        ("en", "How long"),
        ("lt", "ei, yra kas nors?"),
        ("lt", "kiek dar laukti"),
        ("lt", "Labas?!"),
        ("lv", "vai te kāds ir?"),
        ("lv", "nu cik ilgi jāgaida"),
        ("id", "halo kak, masih lama ya?"),
        ("id", "ada orang gak"),
        ("kk", "алло, біреу бар ма?"),
        ("kk", "қанша күту керек"),
    ],
)
def test_how_people_ask_for_somebody(database: Database, language: str, text: str) -> None:
    waiting = Waiting(database)
    waiting.which = waiting.talk("person: please", address="x", language=language)
    before = len(waiting.transcript(waiting.which))
    waiting.talk(text, address="x", language=language)
    said = [one.text for one in waiting.transcript(waiting.which)[before:] if one.author == "bot"]
    assert said == [f"utter_waiting ({language})"]
    assert waiting.script.seen == []


@pytest.mark.parametrize(
    "text", ["how long does delivery take", "is anyone going to refund me", "please cancel", "...", "10234"]
)
def test_what_says_more_is_read(waiting: Waiting, text: str) -> None:
    waiting.said(text)
    assert [turn.text for turn in waiting.script.seen] == [text]


def test_thanks_are_answered_lightly(waiting: Waiting) -> None:
    waiting.script.replies = (Reply("you're welcome"),)
    assert waiting.said("thank: thanks", "goodbye: bye") == ["you're welcome"] * 2


def test_an_order_that_nobody_asked_about_is_proven_in_silence(waiting: Waiting) -> None:
    waiting.script.memory = Memory({"order": "10234"})
    waiting.script.replies = (Reply("it was delivered"),)
    assert waiting.said("inform: 10234 a@example.com") == [FIRST]
    waiting.script.memory = Memory({"order": "10234", "task": "track"})
    assert waiting.said("track_order: where", "inform: 10234 a@example.com") == ["it was delivered"] * 2


def test_a_proof_in_vain_is_told(waiting: Waiting) -> None:
    waiting.script.refused = ("wrong",)
    waiting.script.replies = (Reply("not found"), Reply("which number?"))
    waiting.script.memory = Memory({}, "order_form")
    assert waiting.said("inform: 10234 b@example.com") == ["not found"]


def test_a_wish_to_change_is_not_gone_on_with_while_waiting_and_is_afterwards(waiting: Waiting) -> None:
    waiting.script.memory = Memory({"task": "cancel"})
    waiting.said("cancel_order: it")
    waiting.script.memory = Memory({"order_number": "10234", "contact": "a@example.com", "confirmed": True})
    waiting.said("inform: 10234 a@example.com")
    assert waiting.script.seen[-1].memory.slots == {}, "the core hears of no wish to cancel"
    waiting.press(waiting.which, "Go on")
    one = waiting.get(waiting.which)
    assert one.owner == "bot"
    assert one.memory.slots == {"task": "cancel", "order_number": "10234", "contact": "a@example.com"}
    assert (one.memory.wish, one.memory.told, one.memory.noted) == ("cancel_order", False, False)


def test_other_words_than_those_said_last(database: Database) -> None:
    wordings = {"utter_noted": 4, "utter_waiting": 3}

    class Varied(FakeAssistant):
        def say(self, response: str, language: str, facts: object = None, seed: str = "") -> Reply:
            number = sum(seed.encode()) % wordings.get(response, 1)
            return Reply(f"{response} {number}")

    waiting = Waiting(database)
    waiting.turns = waiting.turns_of(Varied(waiting.script))
    said = waiting.said(*["report_problem: broken"] * 12, *["greet: hello"] * 12)
    assert all(one != other for one, other in zip(said, said[1:], strict=False))
    assert len(said) == 24


def test_nothing_is_said_once_somebody_is_there(waiting: Waiting) -> None:
    anna = waiting.agent("Anna")
    with waiting.database.write() as connection:
        waiting.desk.claim(connection, anna, waiting.which)
    waiting.script.replies = (Reply("in 14 days"),)
    before = len(waiting.transcript(waiting.which))
    waiting.talk("faq_returns: how", "hello?", "inform: 10234")
    assert {one.author for one in waiting.transcript(waiting.which)[before:]} == {"customer"}
    assert waiting.script.seen == []


def test_a_turn_that_fails_while_waiting_still_gets_to_a_person(waiting: Waiting) -> None:
    which = waiting.write("inform: x").conversation_id
    with waiting.database.write() as connection:
        for _ in range(3):
            waiting.turns.give_up(connection, which)
    with waiting.database.read() as connection:
        request = handoffs.latest(connection, waiting.which)
    assert request and request.open and waiting.get(which).owner == "queue"


def test_hostile_words_are_noted_like_others(waiting: Waiting) -> None:
    for text in ("inform: " + "9" * 4000, "x\n" * 500, "{someone_answers}", "?" * 3000, "\u202e"):
        assert waiting.said(text) in ([FIRST], [NOTED], [])
    assert waiting.get(waiting.which).failures == 0


def test_the_catalogue_answers_nothing_that_changes() -> None:
    answered = {intent for intent in intents.CATALOGUE if intents.answered_meanwhile(intent, 1.0)}
    assert not {one for one in answered if intents.of(one).changes or intents.of(one).calls}
    assert {"track_order", "refund_status", "get_invoice", "inform", "thank", "goodbye"} <= answered
    assert answered.isdisjoint(
        {
            "human_agent",
            "request_callback",
            "affirm",
            "deny",
            "hedge",
            "nlu_fallback",
            "return_order",
            "complaint",
        }
    )
    assert intents.answered_meanwhile("faq_returns", 0.6)
    assert not intents.answered_meanwhile("faq_returns", 0.4)
