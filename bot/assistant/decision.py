"""From the classifier's ranking to the intent that the dialogue goes by."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

# Chosen on cross-validated scores (docs/understanding.md): below, two guesses in three are wrong.
UNSURE_BELOW = 0.3
# In the middle of a form, a switch to another wish must be this clear when the message also holds the
# answer that was asked for.
SWITCH_ABOVE = 0.8
MAX_ANSWER_WORDS = 4
# "That's none of my business" is said only when it is clear: else the customer is asked what he means.
OUTSIDE_ABOVE = 0.75
# A general question, and the wish it is a form of when the talk is about an order already: "when will
# it arrive?". The wish must be at least this likely.
ABOUT_AN_ORDER = {
    "faq_delivery_time": "track_order",
    "faq_refund_policy": "refund_status",
    "faq_cancellation_policy": "cancel_order",
}
LIKELY_ABOVE = 0.05

# "Did you mean: No?" helps nobody, and a person is offered anyway.
NO_GUESS = frozenset({"out_of_scope", "affirm", "deny", "human_agent"})

# To change the language of a conversation: how sure the detector must be, in short and longer messages.
MIN_LETTERS, CLEAR_LETTERS = 4, 15
SPEAKS_ABOVE, SURELY_ABOVE = 0.8, 0.6
# The same where the customer has chosen the language: only a longer message can change it.
CHOSEN_ABOVE = 0.9
# A message in a language that is not the shop's is answered only when it is understood this well: by
# loan words, as in Russian, or by luck.
FOREIGN_ABOVE = 0.9

DETAILS = ("order_number", "email", "phone")

_WORD = re.compile(r"\w+")

Ranking = Sequence[tuple[str, float]]


def decide(
    ranking: Ranking,
    text: str,
    entities: Sequence[Mapping[str, Any]],
    *,
    form: str | None = None,
    order: str | None = None,
    offer: str | None = None,
) -> tuple[str, float]:
    """The intent and its confidence: the best-ranked one, or `inform` when the message is nothing but
    the details asked for, or `nlu_fallback` when the best guess is too weak.

    `form` is the open form, `order` the number of the proven order that the talk is about, `offer` the
    wish that the last reply offered with a question: yes means that wish.
    """
    intent, confidence = ranking[0]
    if offer and intent == "affirm" and form in (None, "order_form"):  # the others ask yes or no
        return offer, confidence
    tongues = [e for e in entities if e["entity"] == "language"]
    if tongues and not _WORD.search(_without(text, tongues)):
        return "change_language", 1.0
    details = [e for e in entities if e["entity"] in DETAILS]
    if details:
        words = len(_WORD.findall(_without(text, details)))
        # "My order number is 10234" sounds like track_order whatever the talk is about.
        clear = confidence >= SWITCH_ABOVE and (intent != "track_order" or words > MAX_ANSWER_WORDS)
        # "No, order 10012" sounds like anything when the talk is about another order.
        other = intent != "track_order" or (
            form == "cancel_form" and confidence < SWITCH_ABOVE and _names_another(details, order)
        )
        correction = order is not None and other and words <= MAX_ANSWER_WORDS
        # "No, 10012" is no refusal, however surely it begins with one.
        instead = intent == "deny" and words <= MAX_ANSWER_WORDS and _names_another(details, order)
        if not words or instead or ((form == "order_form" or correction) and not clear):
            return "inform", 1.0
    if any(e["entity"] == "another_order" for e in entities) and confidence < SWITCH_ABOVE:
        return "track_order", confidence
    if order and intent in ABOUT_AN_ORDER:
        likely = dict(ranking).get(ABOUT_AN_ORDER[intent], 0.0)
        if likely >= LIKELY_ABOVE:
            return ABOUT_AN_ORDER[intent], likely
    # A few odd words in answer to a question are a failed answer rather than another subject.
    odd = form and intent == "out_of_scope" and "?" not in text
    unclear = intent == "out_of_scope" and confidence < OUTSIDE_ABOVE
    if confidence < UNSURE_BELOW or unclear or (odd and len(_WORD.findall(text)) <= MAX_ANSWER_WORDS):
        return "nlu_fallback", confidence
    return intent, confidence


def speak(ranking: Ranking, text: str, current: str, *, settled: bool = False, chosen: bool = False) -> str:
    """The language to answer in: the conversation's, unless the message is clearly in another one. A few
    letters are too little to tell by: "ok" is all languages at once. One word doesn't change a language
    that is `settled`, and only a longer message one that the customer has `chosen`."""
    if not ranking:
        return current
    language, confidence = ranking[0]
    letters = sum(character.isalpha() for character in text)
    enough = SPEAKS_ABOVE if letters < CLEAR_LETTERS else SURELY_ABOVE
    if chosen:
        enough = CHOSEN_ABOVE
    least = CLEAR_LETTERS if chosen else MIN_LETTERS
    one_word = len(_WORD.findall(text)) < 2
    if letters < least or confidence < enough or (one_word and (settled or chosen)):
        return current
    return language


def guesses(ranking: Ranking, titled: Collection[str], count: int = 2) -> list[str]:
    """The best-ranked intents that can be offered as buttons."""
    return [intent for intent, _ in ranking if intent in titled and intent not in NO_GUESS][:count]


def without_details(text: str, entities: Sequence[Mapping[str, Any]]) -> str:
    """The text without order numbers, e-mails and phones: these are in no language."""
    return _without(text, [e for e in entities if e["entity"] in DETAILS])


def _names_another(details: Sequence[Mapping[str, Any]], order: str | None) -> bool:
    numbers = [str(e["value"]) for e in details if e["entity"] == "order_number"]
    return any(order is None or order not in number for number in numbers)


def _without(text: str, entities: Sequence[Mapping[str, Any]]) -> str:
    kept, position = [], 0
    for entity in entities:
        kept.append(text[position : entity["start"]])
        position = entity["end"]
    return " ".join([*kept, text[position:]])
