"""Each rule of the decision by itself: what it applies to, and what it leaves to the next one."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from actions.facts.product_facts import Aspect
from actions.guide_book import Verdict
from actions.guides.guide_state import GuideState
from bot.assistant import decision
from bot.assistant.catalogue.asking import CLEAR_ABOVE, Asked, How
from bot.assistant.decision import (
    CHANGE_ABOVE,
    LIKELY_ABOVE,
    OUTSIDE_ABOVE,
    REMARK_ABOVE,
    RULES,
    SWITCH_ABOVE,
    UNSURE_BELOW,
    Decision,
    Typed,
    decide,
)
from bot.assistant.guide_reading import GuideTalk
from store.vocabulary import CaseKind

Rule = Callable[[Typed], Decision | None]
NUMBER = {
    "10234": "order_number",
    "10001": "order_number",
    "anna@example.com": "email",
    "Latvian": "language",
}


# A step of a guide that was just shown and helped; and a problem that there is a guide for.
STEP = GuideTalk(open=GuideState("toothbrush"), verdict=Verdict.HELPED)
PROBLEM = GuideTalk(found=("toothbrush",))


def typed(text: str, intent: str, confidence: float = 0.9, *also: tuple[str, float], **talk: Any) -> Typed:
    """A message; the numbers, the e-mail and the language of `NUMBER` in it are marked."""
    entities = [
        {"entity": kind, "value": value, "start": at, "end": at + len(value)}
        for value, kind in NUMBER.items()
        if (at := text.find(value)) >= 0
    ]
    if "another order" in text:
        at = text.index("another order")
        entities.append({"entity": "another_order", "value": "yes", "start": at, "end": at + 13})
    return Typed([(intent, confidence), *also], text, entities, **talk)


PRICE_OF = Asked(How.NAMED, ("MUG",), (Aspect.PRICE,))
MUG = Asked(How.NAMED, ("MUG",), ())
WHEN = (("when", 0.9), ("other", 0.1))
PAYS = (("faq_return_policy", 0.7), ("when", 0.2), ("other", 0.1))
OTHER = (("other", 0.9), ("when", 0.1))
CLEAR, LESS = SWITCH_ABOVE, SWITCH_ABOVE - 0.01

APPLIES: list[tuple[Rule, Typed, str, float]] = [
    (decision.accepted_offer, typed("yes", "affirm", offer="human_agent"), "human_agent", 0.9),
    (
        decision.accepted_offer,
        typed("yes", "affirm", offer="human_agent", form="order_form"),
        "human_agent",
        0.9,
    ),
    (
        decision.still_waits,
        typed("how long?", "faq_delivery_time", waiting=True, follow_up=[("waiting", 0.7)]),
        "human_agent",
        0.7,
    ),
    (
        decision.third_by_words,
        typed("what did my neighbour buy, 10234", "track_order", bare=[("third_person", 0.7)]),
        "third_person",
        0.7,
    ),
    (decision.only_a_language, typed("Latvian!", "greet"), "change_language", 1.0),
    (decision.only_details, typed("10234", "deny"), "inform", 1.0),
    (decision.only_details, typed("10234, anna@example.com", "deny", order="10001"), "inform", 1.0),
    (decision.other_number, typed("no, order 10234", "deny", order="10001"), "inform", 1.0),
    (decision.other_number, typed("no, order 10234", "deny"), "inform", 1.0),
    (decision.answered_order_form, typed("it is 10234", "thank", LESS, form="order_form"), "inform", 1.0),
    (
        decision.answered_order_form,
        typed("it is 10234", "track_order", CLEAR, form="order_form"),
        "inform",
        1.0,
    ),
    (decision.corrected_order, typed("sorry, 10234", "thank", LESS, order="10001"), "inform", 1.0),
    (decision.corrected_order, typed("I meant to say 10234", "thank", LESS, order="10001"), "inform", 1.0),
    (
        decision.corrected_order,
        typed("order 10234", "track_order", LESS, order="10001", form="cancel_form"),
        "inform",
        1.0,
    ),
    (decision.another_order, typed("and another order", "thank", LESS), "track_order", LESS),
    (
        decision.about_this_order,
        typed("when?", "faq_delivery_time", 0.6, ("track_order", LIKELY_ABOVE), order="10234"),
        "track_order",
        LIKELY_ABOVE,
    ),
    (decision.agreed_change, typed("yes", "deny", confirming=True, agreed=True), "affirm", 1.0),
    (
        decision.about_this_order,
        typed("cost?", "faq_cancellation_policy", 0.2, ("cancel_order", CHANGE_ABOVE), order="10234"),
        "cancel_order",
        CHANGE_ABOVE,
    ),
    (decision.hedge, typed("ok wait", "affirm", confirming=True), "hedge", 0.9),
    (decision.hedge, typed("one moment", "goodbye", LESS, confirming=True), "hedge", LESS),
    (
        decision.unclear_change,
        typed("found it 10234", "cancel_order", CHANGE_ABOVE - 0.01),
        "nlu_fallback",
        CHANGE_ABOVE - 0.01,
    ),
    (
        decision.answered_order_form,
        typed("found it 10234", "cancel_order", CLEAR, form="order_form", bare=[("greet", 0.5)]),
        "inform",
        1.0,
    ),
    (decision.hedge, typed("hm let me see", "out_of_scope", confirming=True), "hedge", 0.9),
    (decision.hedge, typed("good to know", "acknowledge", confirming=True), "hedge", 0.9),
    (decision.corrected_order, typed("thank you, 10234", "thank", CLEAR, order="10001"), "inform", 1.0),
    (
        decision.question_on_order,
        typed("what date", "out_of_scope", order="10234", follow_up=WHEN),
        "order_question",
        0.9,
    ),
    (
        decision.question_on_order,
        typed("when will I have it", "faq_product_availability", 0.85, order="10234", follow_up=WHEN),
        "order_question",
        0.9,
    ),
    (
        decision.question_on_order,
        typed("where is it", "track_order", 0.6, order="10234", form="cancel_form"),
        "order_question",
        0.6,
    ),
    (
        decision.question_on_order,
        typed("and 10001, when?", "out_of_scope", order="10234", follow_up=WHEN),
        "track_order",
        0.9,
    ),
    (
        decision.question_before_proof,
        typed("when does 10234 come", "out_of_scope", 0.7, follow_up=WHEN),
        "track_order",
        0.9,
    ),
    (
        decision.goes_on,
        typed("who pays?", "out_of_scope", 0.7, topic="faq_return_policy", follow_up=PAYS),
        "faq_return_policy",
        1.175,
    ),
    (decision.not_third, typed("her 10234, anna@example.com", "third_person"), "track_order", 0.9),
    (decision.not_third, typed("who brings it", "third_person", 0.7, order="10234"), "nlu_fallback", 0.7),
    (
        decision.general_after_all,
        typed("when does the money come", "refund_status", topic="faq_return_policy"),
        "faq_refund_policy",
        0.9,
    ),
    (
        decision.weak_guess,
        typed("right", "acknowledge", REMARK_ABOVE - 0.1),
        "nlu_fallback",
        REMARK_ABOVE - 0.1,
    ),
    (decision.weak_guess, typed("hm", "greet", UNSURE_BELOW - 0.01), "nlu_fallback", UNSURE_BELOW - 0.01),
    (
        decision.perhaps_outside,
        typed("hm", "out_of_scope", OUTSIDE_ABOVE - 0.01),
        "nlu_fallback",
        OUTSIDE_ABOVE - 0.01,
    ),
    (decision.failed_answer, typed("asdf jk", "out_of_scope", form="order_form"), "nlu_fallback", 0.9),
    (decision.failed_answer, typed("a b c d", "out_of_scope", form="order_form"), "nlu_fallback", 0.9),
    (
        decision.about_a_product,
        typed("price of the mug", "out_of_scope", product=PRICE_OF),
        "ask_product",
        1.0,
    ),
    (
        decision.about_a_product,
        typed("price of the mug", "greet", product=PRICE_OF, form="order_form", order="10001"),
        "ask_product",
        1.0,
    ),
    (decision.about_a_product, typed("mug?", "greet", 0.2, product=MUG), "ask_product", CLEAR_ABOVE),
    (
        decision.damaged_goods,
        typed("my 10234 arrived broken today", "track_order", problem=CaseKind.DAMAGE),
        "report_problem",
        0.9,
    ),
    (decision.goes_back, typed("take the boots back", "complaint", returns=True), "return_order", 0.9),
    (decision.answers_guide, typed("that helped", "thank", help=STEP), "guide_answer", 0.9),
    (
        decision.guided_problem,
        typed("the toothbrush doesn't charge", "warranty_claim", help=PROBLEM),
        "product_help",
        0.9,
    ),
]

LEAVES: list[tuple[Rule, Typed]] = [
    (decision.answers_guide, typed("that helped", "thank")),
    (decision.answers_guide, typed("a person", "human_agent", CLEAR, help=STEP)),
    (decision.guided_problem, typed("it doesn't charge", "warranty_claim")),
    (
        decision.guided_problem,
        typed("it doesn't charge, my money", "warranty_claim", help=replace(PROBLEM, wants_else=True)),
    ),
    (decision.damaged_goods, typed("my 10234 arrived broken today", "track_order")),
    (decision.damaged_goods, typed("is my 10234 lost or what?", "track_order", problem=CaseKind.DAMAGE)),
    (
        decision.damaged_goods,
        typed("my 10234 never arrived so far", "track_order", problem=CaseKind.NOT_DELIVERED),
    ),
    (decision.goes_back, typed("take the boots back", "complaint")),
    (decision.goes_back, typed("can I send it back?", "complaint", returns=True)),
    (
        decision.goes_back,
        typed("it broke, take it back", "report_problem", returns=True, problem=CaseKind.DAMAGE),
    ),
    (decision.accepted_offer, typed("yes", "affirm")),
    (decision.accepted_offer, typed("no", "deny", offer="human_agent")),
    (decision.accepted_offer, typed("yes", "affirm", offer="human_agent", form="cancel_form")),
    (decision.still_waits, typed("how long?", "faq_delivery_time", follow_up=[("waiting", 0.7)])),
    (decision.still_waits, typed("how long?", "faq_delivery_time", waiting=True, follow_up=WHEN)),
    (
        decision.third_by_words,
        typed("hers is 10234, anna@example.com", "track_order", bare=[("third_person", 0.7)]),
    ),
    (
        decision.third_by_words,
        typed("where is 10234 of my sister", "track_order", order="10001", bare=[("third_person", 0.7)]),
    ),
    (decision.only_a_language, typed("Latvian please", "change_language")),
    (decision.only_a_language, typed("!", "greet")),
    (decision.only_details, typed("my 10234", "deny")),
    (decision.only_details, typed("...", "deny")),
    (decision.other_number, typed("no, order 10234", "affirm", order="10001")),
    (decision.other_number, typed("no, order 10234", "deny", order="10234")),
    (decision.other_number, typed("no, anna@example.com", "deny")),
    (decision.other_number, typed("no I do not mean 10234", "deny")),
    (decision.answered_order_form, typed("it is 10234", "thank", LESS)),
    (decision.answered_order_form, typed("it is that", "thank", LESS, form="order_form")),
    (decision.answered_order_form, typed("cancel 10234", "cancel_order", CLEAR, form="order_form")),
    (
        decision.answered_order_form,
        typed("where is my order now please 10234", "track_order", CLEAR, form="order_form"),
    ),
    (decision.corrected_order, typed("sorry, 10234", "thank", LESS)),
    (decision.corrected_order, typed("sorry, that", "thank", LESS, order="10001")),
    (decision.corrected_order, typed("a person, 10234", "human_agent", CLEAR, order="10001")),
    (decision.corrected_order, typed("I really meant to say 10234", "thank", LESS, order="10001")),
    (decision.corrected_order, typed("order 10234", "track_order", LESS, order="10001")),
    (decision.corrected_order, typed("order 10001", "track_order", LESS, order="10001", form="cancel_form")),
    (
        decision.corrected_order,
        typed("order 10234", "track_order", CLEAR, order="10001", form="cancel_form"),
    ),
    (decision.another_order, typed("and another order", "cancel_order", CLEAR)),
    (decision.another_order, typed("and an order", "thank", LESS)),
    (
        decision.about_this_order,
        typed("when?", "faq_delivery_time", 0.6, ("track_order", LIKELY_ABOVE)),
    ),
    (
        decision.about_this_order,
        typed("when?", "faq_delivery_time", 0.6, ("track_order", LIKELY_ABOVE - 0.01), order="10234"),
    ),
    (decision.about_this_order, typed("when?", "faq_hours", 0.6, ("track_order", 0.4), order="10234")),
    (decision.agreed_change, typed("ok wait", "affirm", confirming=True)),
    (decision.agreed_change, typed("yes", "affirm", agreed=True)),
    (
        decision.about_this_order,
        typed("cost?", "faq_cancellation_policy", 0.5, ("cancel_order", CHANGE_ABOVE - 0.01), order="10234"),
    ),
    (decision.hedge, typed("yes", "affirm")),
    (decision.hedge, typed("hm?", "out_of_scope", confirming=True)),
    (decision.hedge, typed("12 Elm Street", "out_of_scope", confirming=True)),
    (decision.question_on_order, typed("what date", "out_of_scope", follow_up=WHEN)),
    (decision.question_on_order, typed("cancel it", "cancel_order", order="10234", follow_up=WHEN)),
    (decision.question_on_order, typed("what date", "out_of_scope", order="10234", follow_up=OTHER)),
    (
        decision.question_on_order,
        typed("where is 10001", "track_order", order="10234", form="cancel_form"),
    ),
    (
        decision.question_on_order,
        typed("where is it, anna@example.com", "track_order", order="10234", form="cancel_form"),
    ),
    (
        decision.question_on_order,
        typed("what date", "out_of_scope", order="10234", form="order_form", follow_up=WHEN),
    ),
    (decision.question_before_proof, typed("when does it come", "out_of_scope", follow_up=WHEN)),
    (decision.question_before_proof, typed("cancel 10234", "cancel_order", follow_up=WHEN)),
    (decision.goes_on, typed("who pays?", "out_of_scope", follow_up=PAYS)),
    (decision.goes_on, typed("who pays?", "out_of_scope", topic="faq_gift_cards", follow_up=OTHER)),
    (decision.goes_on, typed("a person", "human_agent", topic="faq_return_policy", follow_up=PAYS)),
    (decision.goes_on, typed("cancel it", "cancel_order", topic="faq_return_policy", follow_up=PAYS)),
    (decision.not_third, typed("where is her 10234", "third_person")),
    (decision.not_third, typed("where is hers", "third_person", 0.95, order="10234")),
    (decision.general_after_all, typed("when does the money come", "refund_status")),
    (
        decision.general_after_all,
        typed("the money for 10234", "refund_status", topic="faq_return_policy"),
    ),
    (decision.hedge, typed("thanks", "thank", CLEAR, confirming=True)),
    (decision.hedge, typed("where is it", "track_order", LESS, confirming=True)),
    (decision.hedge, typed("no", "deny", confirming=True)),
    (decision.unclear_change, typed("cancel it", "cancel_order", CHANGE_ABOVE)),
    (decision.unclear_change, typed("where is it", "track_order", CHANGE_ABOVE - 0.01)),
    (
        decision.answered_order_form,
        typed(
            "cancel 10234",
            "cancel_order",
            CLEAR,
            form="order_form",
            bare=[("cancel_order", CHANGE_ABOVE)],
        ),
    ),
    (decision.weak_guess, typed("hm", "greet", UNSURE_BELOW)),
    (decision.perhaps_outside, typed("hm", "out_of_scope", OUTSIDE_ABOVE)),
    (decision.perhaps_outside, typed("hm", "greet", UNSURE_BELOW)),
    (decision.failed_answer, typed("asdf", "out_of_scope")),
    (decision.failed_answer, typed("asdf", "greet", form="order_form")),
    (decision.failed_answer, typed("who won?", "out_of_scope", form="order_form")),
    (decision.failed_answer, typed("tell me who won it", "out_of_scope", form="order_form")),
    (decision.about_a_product, typed("price of the mug", "out_of_scope")),
    (decision.about_a_product, typed("price of the mug", "track_order", product=PRICE_OF)),
    (decision.about_a_product, typed("price of 10234", "out_of_scope", product=PRICE_OF)),
    (decision.about_a_product, typed("mug", "out_of_scope", product=MUG, form="order_form")),
    (
        decision.about_a_product,
        typed("price of the mug", "out_of_scope", product=PRICE_OF, form="cancel_form", confirming=True),
    ),
]


def _named(case: Any) -> str | None:
    return case.__name__ if callable(case) else case.text if isinstance(case, Typed) else None


@pytest.mark.parametrize(("rule", "said", "intent", "confidence"), APPLIES, ids=_named)
def test_it_applies(rule: Rule, said: Typed, intent: str, confidence: float) -> None:
    decided, sure = rule(said) or (None, 0.0)
    assert (decided, round(sure, 6)) == (intent, round(confidence, 6))


@pytest.mark.parametrize(("rule", "said"), LEAVES, ids=_named)
def test_it_leaves_to_others(rule: Rule, said: Typed) -> None:
    assert rule(said) is None


def test_every_rule_is_tested_both_ways() -> None:
    assert {rule for rule, *_ in APPLIES} == {rule for rule, _ in LEAVES} == set(RULES)


def test_the_first_rule_that_applies_decides() -> None:
    """Both the number by itself and the weak guess fit; and where nothing fits, the best guess stands."""
    said = typed("10234", "greet", 0.1)
    assert decision.weak_guess(said) and decide(said.ranking, said.text, said.entities) == ("inform", 1.0)
    assert decide([("greet", 0.8), ("thank", 0.2)], "hello", []) == ("greet", 0.8)
