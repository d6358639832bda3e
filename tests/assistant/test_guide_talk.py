"""Help with a product from the first word to the last, through the real assistant."""

import pytest
from sqlalchemy import func, select

from bot.assistant.guide_finder import GuideFinder
from bot.cli.stage import Customer, Stage
from store.cases import cases
from store.orders.orders import normalise_number
from store.tables import cases as case_rows
from store.tables import order_lines, orders
from store.vocabulary import CaseKind, OrderState, Wish
from tests.assistant.conftest import texts, titles

LAMP = "HOM-301"


@pytest.fixture
def anna(stage: Stage) -> Customer:
    return stage.customer()


def lamp_order(stage: Stage) -> tuple[str, str]:
    """Number and e-mail of a delivered order with a bedside lamp."""
    with stage.database.read() as connection:
        row = connection.execute(
            select(orders.c.number, orders.c.email)
            .join(order_lines, order_lines.c.order_id == orders.c.id)
            .where(
                order_lines.c.sku == LAMP,
                orders.c.state == OrderState.DELIVERED,
                orders.c.email.is_not(None),
                orders.c.country.in_(("LT", "LV")),
            )
            .order_by(orders.c.number.desc())
            .limit(1)
        ).one()
    return normalise_number(row.number), row.email


def case_count(stage: Stage) -> int:
    with stage.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(case_rows)).scalar_one())


@pytest.mark.parametrize(
    ("problem", "first", "failed", "second", "helped", "end"),
    [
        (
            "my electric toothbrush doesn't charge",
            "Step 1 of 4: Unplug the base",
            "no, that didn't help",
            "Step 2 of 4",
            "great, it works now",
            "glad that it works",
        ),
        ("naktinė lempa mirga", "1 žingsnis iš 3", "nepadėjo", "2 žingsnis iš 3", "padėjo", "vėl veikia"),
        (
            "kafijas dzirnaviņas nemaļ",
            "1. solis no 4",
            "diemžēl nepalīdzēja",
            "2. solis no 4",
            "jā, palīdzēja",
            "atkal darbojas",
        ),
        (
            "headphone nirkabel saya gak bisa connect",
            "Langkah 1 dari 4",
            "belum berhasil kak",
            "Langkah 2 dari 4",
            "berhasil kak, makasih",
            "sudah bisa lagi",
        ),
        (
            "электронды кітабым қатып қалды",
            "1-қадам, барлығы 4",
            "көмектеспеді",
            "2-қадам, барлығы 4",
            "көмектесті",
            "істеп кеткеніне",
        ),
    ],
    ids=["en", "lt", "lv", "id", "kk"],
)
def test_a_problem_told_in_words_is_met_step_by_step(
    stage: Stage, anna: Customer, problem: str, first: str, failed: str, second: str, helped: str, end: str
) -> None:
    told = anna.say(problem)
    assert (told["intent"], told["owner"]) == ("product_help", "bot")
    assert first in texts(told) and len(titles(told)) == 3
    assert second in texts(anna.say(failed))
    done = anna.say(helped)
    assert end in texts(done) and (done["owner"], done["reason"]) == ("bot", None)
    assert case_count(stage) == 0


def test_buttons_lead_through_to_the_end_of_the_guide(stage: Stage, anna: Customer) -> None:
    assert titles(anna.say("the bedside lamp flickers")) == ["That helped", "Next step", "Talk to a person"]
    assert "Step 2 of 3" in texts(anna.press("Next step"))
    assert titles(anna.press("Next step")) == ["That helped", "That didn't help", "Talk to a person"]
    offered = anna.press("That didn't help")
    assert "Shall I register a warranty case?" in texts(offered)
    assert titles(offered) == ["Register a case", "Talk to a person"], "nothing is left to try"
    left = anna.say("no")
    assert "nothing is registered" in texts(left) and case_count(stage) == 0


def test_after_two_failures_a_case_begins_with_what_was_tried(stage: Stage, anna: Customer) -> None:
    number, contact = lamp_order(stage)
    anna.say("my bedside lamp flickers all evening")
    anna.say("didn't help")
    offered = anna.say("still flickers")
    assert "Shall I register a warranty case?" in texts(offered)
    assert titles(offered) == ["Register a case", "Next step", "Talk to a person"]
    anna.press("Register a case")
    anna.say(number)
    assert "What would you like us to do?" in texts(anna.say(contact)), "goods and words are known"
    asked = anna.say("repair it")
    assert "Bedside lamp" in texts(asked) and "Shall I register this?" in texts(asked)
    assert case_count(stage) == 0, "nothing before the yes"
    anna.say("yes")
    with stage.database.read() as connection:
        (case,) = cases.of_order(connection, number)
    assert (case.kind, case.wish) == (CaseKind.DEFECT, Wish.REPAIR)
    assert [(one.name, one.quantity) for one in case.lines] == [("Bedside lamp", 1)]
    assert case.words.splitlines()[:2] == [
        "my bedside lamp flickers all evening",
        "Lamp flickers. Tried without success:",
    ]
    assert "1. Unplug the lamp" in case.words and "2. Try another bulb" in case.words
    assert "3. " not in case.words, "the third was never shown"


def test_the_product_is_known_from_the_proven_order(stage: Stage, anna: Customer) -> None:
    number, contact = lamp_order(stage)
    assert "Step 1" not in texts(anna.say("it keeps flickering")), "no product is named"
    stranger = stage.customer()
    stranger.say(f"where is order {number}, {contact}")
    told = stranger.say("it flickers")
    assert "Lamp flickers" in texts(told) and "Step 1 of 3" in texts(told)
    stranger.say("nope")
    stranger.say("no")
    asked = stranger.say("yes please")
    assert "What would you like us to do?" in texts(asked), "the order is proven already"
    assert case_count(stage) == 0


def test_an_order_without_the_product_opens_no_case_about_it(stage: Stage, anna: Customer) -> None:
    number, contact = stage.facts["delivered"], stage.facts["email"]
    anna.say(f"where is order {number}, {contact}")
    for said in ("my bedside lamp flickers", "didn't help", "didn't help", "yes"):
        asked = anna.say(said)
    assert "Which" in texts(asked), "which order it was in"
    asked = anna.say(number)
    assert "flickers" not in texts(asked)
    assert case_count(stage) == 0


@pytest.mark.parametrize("hedge", ["maybe", "ok but wait", "no", "how much would it cost?", "👎"])
def test_no_case_without_a_clear_yes(stage: Stage, anna: Customer, hedge: str) -> None:
    number, contact = lamp_order(stage)
    for said in (
        "my bedside lamp flickers",
        "didn't help",
        "didn't help",
        "yes",
        number,
        contact,
        "repair it",
    ):
        anna.say(said)
    anna.say(hedge)
    assert case_count(stage) == 0


@pytest.mark.parametrize(
    "said",
    [
        "my bedside lamp flickers, I want my money back",
        "the lamp flickers, can I return it?",
        "the bedside lamp flickers, is that covered by the warranty?",
        "I want to talk to a person, the lamp flickers",
    ],
)
def test_who_wants_something_else_gets_no_guide(anna: Customer, said: str) -> None:
    assert "Step 1" not in texts(anna.say(said))


def test_several_that_fit_are_chosen_by_button(anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    both = ("coffee-grinder-blocked", "lamp-flickers")
    monkeypatch.setattr(GuideFinder, "find", lambda self, text, languages, skus: both if skus else ())
    asked = anna.say("my bedside lamp flickers")
    assert titles(asked) == ["Coffee grinder is blocked", "Lamp flickers", "Talk to a person"]
    assert "Step 1 of 3" in texts(anna.press("Lamp flickers"))


def test_where_no_guide_fits_the_answer_is_as_before(anna: Customer) -> None:
    told = anna.say("how do I connect the printer to my phone")
    assert told["intent"] == "product_help" and "/help" in texts(told) and "Step" not in texts(told)


def test_other_questions_in_between_leave_the_guide_where_it_is(anna: Customer) -> None:
    anna.say("my bedside lamp flickers")
    assert "Step" not in texts(anna.say("what are your opening hours?"))
    assert "Step" not in texts(anna.say("no"))  # is no answer to a step any more
    assert "Step 2 of 3" in texts(anna.say("that didn't help"))


def test_who_tries_is_given_time(anna: Customer) -> None:
    anna.say("my bedside lamp flickers")
    waits = anna.say("ok, one moment, I'll try")
    assert "Take your time" in texts(waits) and "That helped" in titles(waits)
    assert "Step 2 of 3" in texts(anna.say("next"))


def test_a_person_is_there_at_any_step(anna: Customer) -> None:
    anna.say("my bedside lamp flickers")
    assert anna.press("Talk to a person")["owner"] == "queue"
    after = anna.say("that didn't help")
    assert "Step" not in texts(after), "it is for the person now"


def test_danger_ends_a_guide_at_once(anna: Customer) -> None:
    anna.say("my bedside lamp flickers")
    told = anna.say("it didn't help, now the lamp is smoking and burned my hand")
    assert (told["owner"], told["reason"]) == ("queue", "safety") and "Step" not in texts(told)


def test_another_problem_begins_another_guide(stage: Stage, anna: Customer) -> None:
    anna.say("my bedside lamp flickers")
    anna.press("Next step")
    anna.press("Next step")
    anna.press("That didn't help")
    anna.say("no")
    after = anna.say("the coffee grinder is blocked")
    assert "Step 1 of 4" in texts(after)
    assert case_count(stage) == 0
