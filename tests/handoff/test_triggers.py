"""From a message, what it was taken for and the shop's rules, to the reason for which a person takes over."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.assistant.protocol import Choice, Reply, TurnResult
from bot.handoff.triggers import Call, Said, Triggers, offered
from bot.handoff.turn import alarmed, declined, passed_on, remembered
from bot.shop.handoff_rules import Money, Rule
from bot.shop.tone import Tone
from store.conversations.memory import NOTHING, Memory
from store.vocabulary import Reason

TONES = {
    "en": Tone(
        {
            "dangers": ["exploded", "it burned"],
            "threats": ["i'll sue"],
            "insults": ["you crooks"],
            "swearing": ["damn"],
            "data_demands": ["delete ... data"],
            "data_questions": ["how do i"],
        }
    ),
    "kk": Tone({"dangers": ["жарылды"]}),
}
EUR = "EUR"


def said(text: str = "hello", intent: str = "greet", confidence: float = 0.9, **more: Any) -> Said:
    return Said(text, "en", intent, confidence, **more)


def rules(*values: dict[str, Any]) -> Triggers:
    return Triggers(TONES, [Rule(**value) for value in values])


def reason(one: Said, escalation: Triggers | None = None) -> str | None:
    call = (escalation or rules()).decide(one)
    return call.reason if call else None


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (said(), None),
        (said(called="asked", intent="human_agent"), "asked"),
        (said(called="asked", intent="human_agent", offered="unsure"), "unsure"),
        (said(called="asked", intent="human_agent", offered="payment"), "payment"),
        (said("a person or i'll sue", called="asked", offered="payment"), "tone"),
        (said(called="proofs", intent="inform"), "proofs"),
        (said("i'll sue"), "tone"),
        (said("you crooks"), "tone"),
        (said("damn"), None),
        (said(intent="payment_problem"), "payment"),
        (said(intent="complaint"), "complaint"),
        (said(intent="report_problem"), "damaged"),
        (said(intent="payment_problem", confidence=0.4), None),
        (said("delete all my data", intent="faq_delete_account"), "data_protection"),
        (said("how do i delete my data", intent="faq_delete_account"), None),
        (said("i'll sue, delete my data", intent="complaint"), "tone"),
        (said("delete my data", intent="complaint"), "data_protection"),
        (said("it exploded"), "safety"),
        (said("it exploded, i'll sue you crooks", intent="complaint"), "safety"),
        (said("it exploded", intent="inform", confidence=0.1, goes_on=True), "safety"),
        (said("it exploded", called="asked", offered="payment"), "safety"),
        (said("it exploded", called="damaged"), "safety"),
        (said("it exploded", called="proofs"), "safety"),
        (said("how do i delete my data, it burned"), "safety"),
        (said("ол жарылды"), "safety"),
        (said("", called="damaged"), "damaged"),
    ],
)
def test_reasons(one: Said, expected: str | None) -> None:
    assert reason(one) == expected


def test_an_open_form_is_left_only_for_what_is_sure() -> None:
    for form in ("order_form", "cancel_form", "address_form"):
        assert reason(said(intent="complaint", confidence=0.7, form=form)) is None
        assert reason(said(intent="complaint", confidence=0.9, form=form)) == "complaint"
        assert reason(said("i'll sue", intent="inform", form=form)) == "tone"
        assert reason(said("it exploded", intent="inform", confidence=0.2, form=form)) == "safety"


def test_an_address_is_no_reason() -> None:
    one = said(
        "Delete Data street 5, wholesale hall", intent="complaint", form="address_form", asked="new_address"
    )
    shop = rules({"words": ["wholesale"]})
    assert reason(one, shop) is None
    assert reason(replace(one, text="i'll sue"), shop) == "tone"
    assert reason(replace(one, text="it exploded"), shop) == "safety"


@pytest.mark.parametrize("why", ["tone", "complaint", "data_protection", "rule"])
def test_what_was_declined_calls_nobody_again(why: str) -> None:
    shop = rules({"words": ["wholesale"]})
    ones = {
        "tone": said("i'll sue"),
        "complaint": said(intent="complaint"),
        "data_protection": said("delete my data"),
        "rule": said("wholesale"),
    }
    assert reason(ones[why], shop) == why
    assert reason(replace(ones[why], declined=[Reason(why)]), shop) is None
    assert reason(replace(ones[why], called=Reason.ASKED, intent="human_agent"), shop) is not None


def test_danger_is_declined_only_in_the_same_words() -> None:
    before = ["the lamp exploded!", "it burned"]
    assert reason(said("it exploded", declined=["safety"])) == "safety"
    assert reason(said("it exploded", declined=["safety"], handled=before)) is None
    assert reason(said("it exploded and it burned", declined=["safety"], handled=before)) is None
    assert reason(said("it burned", declined=["safety"], handled=before[:1])) == "safety"
    assert reason(said("it exploded, it burned", declined=["safety"], handled=before[1:])) == "safety"
    assert reason(said("it exploded", called="asked", handled=before)) == "asked"
    assert reason(said("it exploded, i'll sue", handled=before)) == "tone", "the next in gravity"


def test_danger_makes_any_call_urgent() -> None:
    one = said("it exploded", called="asked", handled=["exploded"])
    assert rules().decide(one) == Call(Reason.ASKED, "", 2)
    assert rules().call(Reason.FAILURE, said("it exploded")) == Call(Reason.FAILURE, "", 2)


def test_without_lists_nothing_is_danger() -> None:
    assert not Triggers().is_danger("it exploded")
    assert not rules().is_danger("") and not rules().is_danger("hello")


def test_a_declined_reason_leaves_the_others() -> None:
    assert reason(said("i'll sue", intent="complaint", declined=["tone"])) == "complaint"


def test_a_language_without_lists_has_no_tone() -> None:
    assert reason(replace(said("i'll sue"), language="lt")) is None
    assert reason(replace(said("it exploded"), language="lt")) == "safety", "danger in another one's"


def test_priorities() -> None:
    escalation = rules()
    assert escalation.decide(said("it exploded")) == Call(Reason.SAFETY, "", 2)
    assert escalation.decide(said("i'll sue")) == Call(Reason.TONE, "", 2)
    assert escalation.decide(said("you crooks")) == Call(Reason.TONE, "", 1)
    assert escalation.decide(said("delete my data")) == Call(Reason.DATA_PROTECTION, "", 1)
    assert escalation.decide(said(called="asked")) == Call(Reason.ASKED, "", 0)
    assert escalation.call(Reason.FAILURE, said()) == Call(Reason.FAILURE, "", 1)


def test_rules_by_words_intent_and_reason() -> None:
    shop = rules(
        {"words": ["wholesale", "resell*"], "skill": "b2b"},
        {"intent": "warranty_claim", "skill": "repairs", "priority": "high"},
        {"reason": ["payment", "asked"], "skill": "payments", "priority": "urgent"},
    )
    assert shop.decide(said("Wholesale prices?")) == Call(Reason.RULE, "b2b", 0)
    assert shop.decide(said("we are resellers")) == Call(Reason.RULE, "b2b", 0)
    assert shop.decide(said("wholesaler")) is None
    assert shop.decide(said(intent="warranty_claim")) == Call(Reason.RULE, "repairs", 1)
    assert shop.decide(said(intent="payment_problem")) == Call(Reason.PAYMENT, "payments", 2)
    claimed = said("yes", intent="human_agent", called="asked", wish="warranty_claim")
    assert shop.decide(claimed) == Call(Reason.ASKED, "repairs", 2), "what was wanted before"
    assert shop.decide(said("thanks", intent="thank", wish="warranty_claim")) is None
    assert shop.decide(said("wholesale", called="asked")) == Call(Reason.ASKED, "b2b", 2), (
        "the first that says so"
    )
    assert shop.decide(said()) is None


def test_all_that_a_rule_names_must_hold() -> None:
    shop = rules({"words": ["bulk"], "intent": ["change_order", "cancel_order"], "skill": "b2b"})
    assert shop.decide(said("bulk", intent="cancel_order")) == Call(Reason.RULE, "b2b", 0)
    assert shop.decide(said("bulk")) is None
    assert shop.decide(said("hello", intent="cancel_order")) is None


def test_a_rule_that_only_marks() -> None:
    shop = rules({"words": ["wholesale"], "skill": "b2b", "hand_over": "no"})
    assert shop.decide(said("wholesale")) is None
    assert shop.decide(said("wholesale", intent="complaint")) == Call(Reason.COMPLAINT, "b2b", 1)


def test_a_rule_can_lower_a_priority() -> None:
    shop = rules({"reason": "tone", "priority": "normal"})
    assert shop.decide(said("i'll sue")) == Call(Reason.TONE, "", 0)
    vague = rules({"words": ["sue"], "priority": "normal", "hand_over": "no"})
    assert vague.decide(said("i'll sue")) == Call(Reason.TONE, "", 2), "but only one about the reason"


def test_expensive_orders() -> None:
    over = {"order_over": "300 EUR", "priority": "high"}
    costly = Money(Decimal("300.01"), EUR)
    one = said(order=costly)
    calls, marks = rules(over), rules({**over, "hand_over": "no"})
    assert calls.weighs_orders and not rules().weighs_orders
    assert calls.decide(replace(one, order_new=True)) == Call(Reason.RULE, "", 1)
    assert calls.decide(one) is None, "an order that the talk was about already"
    assert marks.decide(replace(one, order_new=True)) is None
    assert marks.decide(replace(one, called=Reason.ASKED)) == Call(Reason.ASKED, "", 1)
    for order in (None, Money(Decimal(300), EUR), Money(Decimal(999), "USD")):
        assert marks.decide(replace(one, order=order, called=Reason.ASKED)) == Call(Reason.ASKED, "", 0)
        assert calls.decide(replace(one, order=order, order_new=True)) is None


def test_why_a_person_was_offered() -> None:
    assert offered("nlu_fallback", ["human_agent", "capabilities"]) == "unsure"
    assert offered("payment_problem", ["human_agent"]) == "payment"
    assert offered("return_order", ["human_agent"]) is None
    assert offered("nlu_fallback", ["track_order"]) is None


# --- what is said and remembered -------------------------------------------------------------------


def result(intent: str, *texts: str, form: str | None = None) -> TurnResult:
    button = (Choice("Talk to a person", "human_agent"),)
    slots = {"task": "track", "requested_slot": "contact"}
    memory = Memory(slots, form, "human_agent")
    return TurnResult(tuple(Reply(text, button) for text in texts), memory, (), "en", intent, 0.9)


def heard(one: TurnResult, call: Call, before: Said) -> list[str]:
    done = passed_on(one, call, before, Reply("a person comes", (Choice("Back", "back_to_bot"),)))
    assert [len(reply.buttons) for reply in done.replies[:-1]] == [0] * (len(done.replies) - 1)
    assert done.memory == Memory({"task": "track"})
    return [reply.text for reply in done.replies]


def test_the_useful_answer_comes_first() -> None:
    call = Call(Reason.PAYMENT)
    assert heard(result("payment_problem", "sorry"), call, said(intent="payment_problem")) == [
        "sorry",
        "a person comes",
    ]


def test_a_forms_question_is_left_out() -> None:
    one = result("payment_problem", "sorry", "your e-mail?", form="order_form")
    assert heard(one, Call(Reason.PAYMENT), said(intent="payment_problem", form="order_form")) == [
        "sorry",
        "a person comes",
    ]


@pytest.mark.parametrize("intent", ["nlu_fallback", "out_of_scope", "greet", "thank"])
def test_chatter_is_left_out(intent: str) -> None:
    assert heard(result(intent, "hm?"), Call(Reason.TONE), said(intent=intent)) == ["a person comes"]


def test_what_a_form_has_done_is_told() -> None:
    for intent in ("inform", "affirm"):
        before = said(intent=intent, form="cancel_form")
        assert heard(result(intent, "cancelled"), Call(Reason.TONE), before) == [
            "cancelled",
            "a person comes",
        ]
    locked = said(intent="nlu_fallback", form="cancel_form")
    assert heard(result("nlu_fallback", "locked"), Call(Reason.PROOFS), locked) == [
        "locked",
        "a person comes",
    ]


def test_beside_danger_nothing_else_is_said() -> None:
    one = result("inform", "your case is registered", "your e-mail?", form="case_form")
    done = alarmed(one, Reply("a person comes"))
    assert [reply.text for reply in done.replies] == ["a person comes"]
    assert done.memory == Memory({"task": "track"})


def test_the_talk_is_remembered() -> None:
    def after(before: Memory, one: TurnResult) -> Memory:
        return remembered(before, replace(one, memory=Memory()))

    memory = after(NOTHING, result("return_order", "so and so"))
    assert memory == Memory(wish="return_order")
    memory = after(memory, result("nlu_fallback", "hm?"))
    assert memory == Memory(wish="return_order", offered=Reason.UNSURE)
    assert after(memory, replace(result("thank"), replies=())) == Memory(wish="return_order")
    assert after(Memory(declined=(Reason.TONE,)), result("thank")) == Memory(declined=(Reason.TONE,))


def test_the_cores_own_memory_stays() -> None:
    one = result("return_order", form="order_form")
    assert remembered(Memory(told=True), one) == replace(one.memory, wish="return_order")


def test_only_what_comes_unasked_can_be_declined() -> None:
    assert (
        declined(NOTHING, Reason.ASKED) == declined(NOTHING, None) == declined(NOTHING, Reason.UNSURE) == ()
    )
    assert declined(NOTHING, Reason.SAFETY) == (Reason.SAFETY,)
    assert declined(Memory(declined=(Reason.TONE,)), Reason.PAYMENT) == (Reason.PAYMENT, Reason.TONE)
