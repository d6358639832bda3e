"""The catalogue of intents is what the model is trained from, what the dialogue knows, and what is said."""

from typing import Any

import pytest
import yaml

from actions import intents
from actions.intents import CATALOGUE, Form, Intent, Kind, Origin, Task
from bot.assistant.evaluation.examples import TrainingData
from bot.shop.knowledge import Knowledge
from store.vocabulary import Reason
from tests.paths import ROOT

DOMAIN: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
RULES: list[dict[str, Any]] = yaml.safe_load((ROOT / "data" / "rules.yml").read_text(encoding="utf-8"))[
    "rules"
]


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return Knowledge.load(ROOT)


def of_origin(*origins: Origin) -> set[str]:
    return {intent for intent, meaning in CATALOGUE.items() if meaning.origin in origins}


def test_every_intent_is_in_the_catalogue() -> None:
    assert list(CATALOGUE) == list(Intent)


def test_the_domain_knows_what_a_message_can_mean() -> None:
    assert len(DOMAIN["intents"]) == len(set(DOMAIN["intents"]))
    assert set(DOMAIN["intents"]) == of_origin(Origin.TRAINED, Origin.DECIDED)


def test_the_examples_are_of_the_trained_intents(knowledge: Knowledge) -> None:
    questions = {entry.id for entry in knowledge.faq}
    trained = TrainingData.load(ROOT, knowledge.shop).intents
    assert not questions & set(Intent)
    assert trained - questions == of_origin(Origin.TRAINED)


def test_every_intent_has_one_rule_of_its_own_which_opens_its_form() -> None:
    begun = {}
    for rule in RULES:
        first, *then = rule["steps"]
        if "intent" in first and "condition" not in rule:
            assert first["intent"] not in begun
            # What is said at once, and then perhaps the form that it opens.
            opened = [one["action"] for one in then if one.get("action") in DOMAIN["forms"]]
            begun[first["intent"]] = [*opened, then[0]["action"]][0]
    assert set(begun) == of_origin(Origin.TRAINED, Origin.DECIDED)
    assert {intent: action for intent, action in begun.items() if action in DOMAIN["forms"]} == {
        intent: meaning.form for intent, meaning in CATALOGUE.items() if meaning.form
    }


def test_forms_and_tasks_are_those_of_the_domain() -> None:
    assert set(DOMAIN["forms"]) == set(Form)
    told = {one["intent"]: one["value"] for one in DOMAIN["slots"]["task"]["mappings"]}
    assert told == {intents.of_task(task): task for task in Task}
    assert all(meaning.form == Form.ORDER for meaning in CATALOGUE.values() if meaning.task)


def test_what_changes_an_order_waits_for_a_yes() -> None:
    """Each such task has a form that asks for it; no other form does."""
    asking = {name for name, form in DOMAIN["forms"].items() if "confirmed" in form["required_slots"]}
    changing = {meaning.task for meaning in CATALOGUE.values() if meaning.changes}
    assert {f"{task}_form" for task in changing} | {Form.CASE} == asking
    assert {meaning.task for meaning in CATALOGUE.values() if meaning.begins_case} == intents.CASES


def test_general_questions_are_in_the_faq(knowledge: Knowledge) -> None:
    questions = {entry.id for entry in knowledge.faq}
    general = {meaning.general for meaning in CATALOGUE.values() if meaning.general}
    assert general <= questions
    assert intents.about_an_order("faq_delivery_time") == Intent.TRACK_ORDER
    assert intents.about_an_order("faq_gift_wrapping") is None


def test_a_shops_own_question_is_a_wish_like_others() -> None:
    question = intents.of("faq_of_this_shop")
    assert question.kind is Kind.QUESTION
    assert question.wish and question.guessed and not question.remark and question.reason is None


def test_what_is_no_wish() -> None:
    assert {intent for intent, meaning in CATALOGUE.items() if not meaning.wish} == {
        "acknowledge", "affirm", "back_to_bot", "bot_challenge", "capabilities", "change_language", "deny",
        "foreign_language", "goodbye", "greet", "guide_answer", "hedge", "human_agent", "inform",
        "nlu_fallback", "out_of_scope", "rate", "send_attachment", "thank",
    }  # fmt: skip


def test_what_is_never_asked_back() -> None:
    guessed = {intent for intent in of_origin(Origin.TRAINED) if intents.of(intent).guessed}
    assert of_origin(Origin.TRAINED) - guessed == {"affirm", "deny", "human_agent", "out_of_scope"}


def test_what_calls_a_person() -> None:
    assert {intent: meaning.calls for intent, meaning in CATALOGUE.items() if meaning.calls} == {
        "complaint": Reason.COMPLAINT, "payment_problem": Reason.PAYMENT, "report_problem": Reason.DAMAGED,
    }  # fmt: skip
    offered = {intent for intent, meaning in CATALOGUE.items() if meaning.reason and not meaning.calls}
    assert offered == {"nlu_fallback", "foreign_language"}
    assert intents.calling() == {Reason.COMPLAINT, Reason.PAYMENT, Reason.DAMAGED}


def test_what_is_said_of_somebodys_work(knowledge: Knowledge) -> None:
    assert {intent for intent, meaning in CATALOGUE.items() if meaning.remark} == {
        "acknowledge", "affirm", "complaint", "deny", "goodbye", "guide_answer", "leave_review",
        "nlu_fallback", "out_of_scope", "thank",
    }  # fmt: skip
    courtesies = [intent for intent, meaning in CATALOGUE.items() if meaning.courtesy]
    assert courtesies == ["goodbye", "thank", "acknowledge"]
    for language in knowledge.shop.languages:
        assert {f"utter_{intent}" for intent in courtesies} <= set(knowledge.responses.variants[language])
