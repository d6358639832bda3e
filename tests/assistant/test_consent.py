"""What is a clear yes to a change, and what is not, in five languages."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actions.intents import Form, Intent
from actions.order_change import CONFIRMS
from bot.assistant.consent import MAX_LENGTH, Consent
from bot.assistant.protocol import Assistant, TurnInput, TurnResult
from bot.cli.stage import Stage
from store.conversations import conversations
from store.conversations.payload import Payload
from tests.assistant.conftest import titles
from tests.paths import ROOT

ORDER = "cancel_form 11191"

YES = (
    "yes", "Yes, please!", "YESSS", "okay do it", "sure, go ahead", "cancle it",
    "yes cancel order 11191", "yes, cancel #11191 please", "👍", "👍🏽 yes", "i'm sure", "I’m sure",
    "yes thank you", "taip", "Taip, prašau", "zinoma", "taip atšaukite jį", "gerai",
    "tikrai noriu atšaukti", "jā", "jaaa", "Jā, lūdzu!", "labi", "protams, atceliet",
    "apstiprinu atcelšanu", "iya", "iya kak", "boleh", "iya batalin aja kak",
    "silakan dibatalkan", "иә", "ия", "Иә, бас тартыңыз", "жарайды", "конечно, иә",
    "ia bas tartynyz", "растаймын",
)  # fmt: skip
NO_YES = (
    "", " ", "?", "no", "ok", "oke", "ок", "ok wait", "when exactly", "yes?", "yes...", "ok…",
    "yes but later", "yes no", "yes, cancel 11192", "ok thanks", "maybe", "I think so",
    "why not", "don't cancel",
    "please", "thanks", "11191", "yes 👎", "yes 🤔", "if you must", "yes if it is free", "cancel?",
    "/affirm", "yes'; drop table orders; --", "gerai, bet palaukit", "gerai pagalvosiu",
    "kad tieši", "neatšaukite", "ne", "aha, dėkui", "turbūt taip", "labi, padomāšu", "jā, bet",
    "neatceliet", "varbūt", "laikam jā", "tikai ne šodien", "oke bentar", "makasih ya",
    "iya tapi nanti", "kayaknya iya", "jangan", "ga jadi", "batal deh", "terserah",
    "жарайды, күте тұрыңыз", "болмады", "бас тартпаңыз", "жоқ", "иә шығар", "ойланайын",
    "керек емес", "тоқта", "yes " * MAX_LENGTH,
)  # fmt: skip


@pytest.fixture(scope="module")
def consent() -> Consent:
    return Consent.load(ROOT / "data" / "consent", ("en", "lt", "lv", "id", "kk"))


@pytest.mark.parametrize("text", YES)
def test_a_clear_yes(consent: Consent, text: str) -> None:
    assert consent.is_given(text, Form.CANCEL, ORDER)


@pytest.mark.parametrize("text", NO_YES)
def test_no_clear_yes(consent: Consent, text: str) -> None:
    assert not consent.is_given(text, Form.CANCEL, ORDER)
    assert not consent.is_given(text, Form.ADDRESS, ORDER)


def test_the_question_decides_what_names_the_change(consent: Consent) -> None:
    for text in ("cancel it", "atšaukite", "atceliet", "batalkan", "бас тартыңыз"):
        assert consent.is_given(text, Form.CANCEL) and not consent.is_given(text, Form.ADDRESS)
    for text in (
        "that's my new address",
        "siųskite ten",
        "sūtiet turp",
        "alamatnya benar",
        "осында жіберіңіз",
    ):
        assert consent.is_given(text, Form.ADDRESS) and not consent.is_given(text, Form.CANCEL)


def test_the_address_may_be_said_again(consent: Consent) -> None:
    said = "address_form 11191 12 Harbour View, 01103 Vilnius"
    assert consent.is_given("that's right, 12 Harbour View", Form.ADDRESS, said)
    assert not consent.is_given("12 Harbour View", Form.ADDRESS, said)
    assert not consent.is_given("that's right, 14 Harbour View", Form.ADDRESS, said)


def test_a_no_in_the_address_says_nothing_else(consent: Consent) -> None:
    said = "address_form 11191 Jl. Merdeka No. 5, Bandung"
    assert consent.is_given("iya, Jl. Merdeka 5 Bandung", Form.ADDRESS, said)
    assert not consent.is_given("no, that's fine", Form.ADDRESS, said)


def test_an_orders_number_may_be_declined(consent: Consent) -> None:
    assert consent.is_given("иә, 11191ді жойыңыз", Form.CANCEL, ORDER)
    for text in ("иә, 11192ні жойыңыз", "taip 11191-ne", "yes 11191no"):
        assert not consent.is_given(text, Form.CANCEL, ORDER)


@pytest.mark.parametrize("text", ["yes three", "jā, paturiet", "иә, күтіңіз", "жарайды, алам", "jā, mani"])
def test_another_word_is_no_mistyped_one(consent: Consent, text: str) -> None:
    assert not consent.is_given(text, Form.CANCEL, ORDER)
    assert not consent.is_given(text, Form.ADDRESS, ORDER)


def test_what_may_mean_the_contrary_stands_beside_a_yes_to_its_own_question(consent: Consent) -> None:
    for text in ("that one", "stop it", "i don't want it any more", "nebereikia", "vairs nevajag"):
        assert not consent.is_given(text, Form.CANCEL, ORDER)
    for text in ("yes, that one", "yes stop it", "yes, i don't want it any more", "taip, nebereikia"):
        assert consent.is_given(text, Form.CANCEL, ORDER)
    for text in ("yes stop it", "yes, i don't want it any more", "taip, nebereikia", "дұрыс, керек емес"):
        assert not consent.is_given(text, Form.ADDRESS, ORDER)


@pytest.mark.parametrize(
    "text",
    [
        "cancel cancellation please",
        "man nebereikia atšaukti",
        "noriu tą užsakymą",
        "ja adrese pareiza, tad sūtiet",
        "vairs negribu atcelt",
        "iya sudah tidak perlu dibatalkan",
        "mau pesanan itu",
        "отмена керек емес",
        "маған осы тапсырыс керек",
    ],
)
def test_words_that_say_yes_alone_and_something_else_together(consent: Consent, text: str) -> None:
    assert not consent.is_given(text, Form.CANCEL, ORDER)
    assert not consent.is_given(text, Form.ADDRESS, ORDER)


def test_a_form_that_changes_nothing_takes_no_consent(consent: Consent) -> None:
    assert not consent.is_given("yes", Form.ORDER) and not consent.is_given("yes", "")


def test_a_language_without_a_file_has_the_english_words() -> None:
    consent = Consent.load(ROOT / "data" / "consent", ("et",))
    assert consent.is_given("yes", Form.CANCEL) and not consent.is_given("taip", Form.CANCEL)


# --- what people write ---

SAID = {
    Form.CANCEL: "cancel_form 11191",
    Form.ADDRESS: "address_form 11191 12 Harbour View, 01103 Vilnius",
}
LANGUAGES = ("en", "lt", "lv", "id", "kk")


def taken(consent: Consent, name: str) -> list[tuple[str, bool]]:
    """The answers of a file under `consent/`, and whether each is a yes to what was asked."""
    found = []
    for line in (Path(__file__).parent / "consent" / name).read_text("utf-8").splitlines():
        asked, text = line.split("\t")
        form = Form.CANCEL if asked == "cancel" else Form.ADDRESS
        found.append((text, consent.is_given(text, form, SAID[form])))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_hedge_changes_anything(consent: Consent, language: str) -> None:
    answers = taken(consent, f"{language}-hedge.tsv")
    assert len(answers) >= 260
    assert [text for text, given in answers if given] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_yes_is_mostly_taken_at_once(consent: Consent, language: str) -> None:
    answers = taken(consent, f"{language}-yes.tsv")
    assert len(answers) >= 250
    missed = [text for text, given in answers if not given]
    assert len(missed) <= 0.03 * len(answers), missed


# --- buttons ---


@pytest.fixture
def asked(stage: Stage, core: Assistant) -> Iterator[Callable[[Payload], TurnResult]]:
    """Presses a button while the customer is asked whether to cancel `unpaid`, after `processing`."""
    customer = stage.customer()
    customer.say("cancel {processing}, {email}".format(**stage.facts))
    turn = customer.say("no, order {unpaid}".format(**stage.facts))
    assert titles(turn) == ["Yes", "No"]
    with stage.database.write() as connection:
        conversation = conversations.open_for(connection, "terminal", "terminal", customer.name)

        def press(payload: Payload) -> TurnResult:
            now = datetime.now(UTC)
            turn = TurnInput(conversation.id, "m", "Yes", payload, "en", "terminal", conversation.memory, now)
            return core.respond(connection, turn)

        yield press


def test_the_questions_own_button_is_a_yes(
    asked: Callable[[Payload], TurnResult], facts: dict[str, str]
) -> None:
    own = Payload(Intent.AFFIRM, {CONFIRMS: f"cancel_form {facts['unpaid']}"})
    assert f"{facts['unpaid']} is cancelled" in asked(own).replies[0].text


@pytest.mark.parametrize("named", ["cancel_form {processing}", "address_form {unpaid} Elm Street 1", None])
def test_an_earlier_questions_button_is_none(
    asked: Callable[[Payload], TurnResult], facts: dict[str, str], named: str | None
) -> None:
    entities = {CONFIRMS: named.format(**facts)} if named else {}
    turn = asked(Payload(Intent.AFFIRM, entities))
    assert turn.intent == Intent.HEDGE
    assert [reply.text[:18] for reply in turn.replies] == ["Nothing is changed", "Shall I cancel it,"]
    own = turn.replies[1].buttons[0].payload
    assert own.entities == {CONFIRMS: f"cancel_form {facts['unpaid']}"}
