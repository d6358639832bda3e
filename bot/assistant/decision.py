"""From the classifier's ranking to the intent that the dialogue goes by."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from actions import intents
from actions.intents import Form, Intent, Kind

# Chosen on cross-validated scores (docs/understanding.md): below, two guesses in three are wrong.
UNSURE_BELOW = 0.3
# In the middle of a form, a switch to another wish must be this clear when the message also holds the
# answer that was asked for.
SWITCH_ABOVE = 0.8
MAX_ANSWER_WORDS = 4
# "That's none of my business" is said only when it is clear: else the customer is asked what they mean.
OUTSIDE_ABOVE = 0.75
# A wish that changes an order must be this clear; else the customer is asked what they mean.
CHANGE_ABOVE = 0.7
# What a general question is a form of when the talk is about an order must be at least this likely.
LIKELY_ABOVE = 0.05

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

Entity = Mapping[str, Any]
Ranking = Sequence[tuple[str, float]]
Decision = tuple[str, float]  # an intent and its confidence


@dataclass(frozen=True)
class Typed:
    """A message as it was classified, and where the talk stands: `form` is the open form, `order` the number
    of the proven order that the talk is about, `offer` the wish that the last reply offered with a question;
    `confirming`: a change was named and the customer is asked whether to make it, `agreed`: nothing but a
    clear yes to that. `bare`: the ranking of the text without its details, where it has any.
    """

    ranking: Ranking
    text: str
    entities: Sequence[Entity] = ()
    form: str | None = None
    order: str | None = None
    offer: str | None = None
    confirming: bool = False
    agreed: bool = False
    bare: Ranking | None = None

    @property
    def intent(self) -> str:
        """The best guess."""
        return self.ranking[0][0]

    @property
    def confidence(self) -> float:
        """Of the best guess."""
        return self.ranking[0][1]

    @cached_property
    def details(self) -> list[Entity]:
        """What an order is found and proven by."""
        return [one for one in self.entities if one["entity"] in DETAILS]

    @cached_property
    def words(self) -> int:
        """How many there are beside the details."""
        return _count(_without(self.text, self.details))

    @property
    def is_short(self) -> bool:
        """Whether there are no more words than in an answer."""
        return self.words <= MAX_ANSWER_WORDS

    @property
    def is_clear_switch(self) -> bool:
        """Whether it surely wants something else than what it answers. "My order number is 10234" sounds like
        track_order whatever the talk is about."""
        surely = self.confidence >= SWITCH_ABOVE
        if surely and self.bare and intents.of(self.intent).changes:
            # "Found it 11191" is like nothing that was ever said but for its number, and most who write a
            # number want to cancel.
            surely = dict(self.bare).get(self.intent, 0.0) >= CHANGE_ABOVE
        return surely and (self.intent != Intent.TRACK_ORDER or not self.is_short)

    @property
    def names_another(self) -> bool:
        """Whether it names another order than the one that the talk is about."""
        numbers = [str(one["value"]) for one in self.details if one["entity"] == "order_number"]
        return any(self.order is None or self.order not in number for number in numbers)


# --- the rules -----------------------------------------------------------------------------------


def agreed_change(said: Typed) -> Decision | None:
    """A clear yes to a change, and nothing else, is a yes."""
    return (Intent.AFFIRM, 1.0) if said.confirming and said.agreed else None


def accepted_offer(said: Typed) -> Decision | None:
    """Yes means the wish that was offered. The other forms ask yes or no themselves."""
    if said.offer and said.intent == Intent.AFFIRM and said.form in (None, Form.ORDER):
        return said.offer, said.confidence
    return None


def only_a_language(said: Typed) -> Decision | None:
    """A language's name by itself is the wish for it."""
    named = [one for one in said.entities if one["entity"] == "language"]
    return (Intent.CHANGE_LANGUAGE, 1.0) if named and not _count(_without(said.text, named)) else None


def only_details(said: Typed) -> Decision | None:
    """Nothing but the details asked for."""
    return (Intent.INFORM, 1.0) if said.details and not said.words else None


def other_number(said: Typed) -> Decision | None:
    """ "No, 10012" is no refusal, however surely it begins with one."""
    instead = said.intent == Intent.DENY and said.is_short and said.names_another
    return (Intent.INFORM, 1.0) if instead else None


def answered_order_form(said: Typed) -> Decision | None:
    """Details, with words around them, while the details are asked for."""
    answers = said.form == Form.ORDER and said.details and not said.is_clear_switch
    return (Intent.INFORM, 1.0) if answers else None


def corrected_order(said: Typed) -> Decision | None:
    """Details with few words, when the talk is about an order already. "No, order 10012" sounds like anything
    then; but the wish to track it is one, unless another order is about to be cancelled."""
    if said.order is None or not said.details or not said.is_short or said.is_clear_switch:
        return None
    asked = said.form == Form.CANCEL and said.confidence < SWITCH_ABOVE and said.names_another
    return (Intent.INFORM, 1.0) if said.intent != Intent.TRACK_ORDER or asked else None


def another_order(said: Typed) -> Decision | None:
    """ "And my other order?", unless something else is clear."""
    wants = any(one["entity"] == "another_order" for one in said.entities)
    return (Intent.TRACK_ORDER, said.confidence) if wants and said.confidence < SWITCH_ABOVE else None


def about_this_order(said: Typed) -> Decision | None:
    """A general question is about the order that the talk is about, if that is likely enough."""
    wish = intents.about_an_order(said.intent) if said.order else None
    if wish is None:
        return None
    likely = dict(said.ranking).get(wish, 0.0)
    enough = CHANGE_ABOVE if intents.of(wish).changes else LIKELY_ABOVE
    return (wish, likely) if likely >= enough else None


def hedge(said: Typed) -> Decision | None:
    """Whatever else sounds like a yes to a change is none: "ok, wait", "when exactly". It is asked again. So
    is what sounds like mere courtesy, unless it surely is."""
    courtesy = intents.of(said.intent).kind is Kind.CHAT and said.confidence < SWITCH_ABOVE
    hedges = said.confirming and (said.intent == Intent.AFFIRM or courtesy)
    return (Intent.HEDGE, said.confidence) if hedges else None


def unclear_change(said: Typed) -> Decision | None:
    """Perhaps the customer wants an order to be changed, perhaps something else of it."""
    unclear = intents.of(said.intent).changes and said.confidence < CHANGE_ABOVE
    return (Intent.NLU_FALLBACK, said.confidence) if unclear else None


def weak_guess(said: Typed) -> Decision | None:
    """The best guess is too weak."""
    return (Intent.NLU_FALLBACK, said.confidence) if said.confidence < UNSURE_BELOW else None


def perhaps_outside(said: Typed) -> Decision | None:
    """Perhaps it is none of the shop's business, perhaps it wasn't understood."""
    unclear = said.intent == Intent.OUT_OF_SCOPE and said.confidence < OUTSIDE_ABOVE
    return (Intent.NLU_FALLBACK, said.confidence) if unclear else None


def failed_answer(said: Typed) -> Decision | None:
    """A few odd words in answer to a question are a failed answer rather than another subject."""
    odd = said.form and said.intent == Intent.OUT_OF_SCOPE and "?" not in said.text
    return (Intent.NLU_FALLBACK, said.confidence) if odd and _count(said.text) <= MAX_ANSWER_WORDS else None


RULES: tuple[Callable[[Typed], Decision | None], ...] = (
    agreed_change,
    accepted_offer,
    only_a_language,
    only_details,
    other_number,
    answered_order_form,
    corrected_order,
    another_order,
    about_this_order,
    hedge,
    unclear_change,
    weak_guess,
    perhaps_outside,
    failed_answer,
)


def decide(ranking: Ranking, text: str, entities: Sequence[Entity], **talk: Any) -> Decision:
    """The intent and its confidence by the first of `RULES` that applies; else the best-ranked one. `talk`:
    where it stands, as in `Typed`."""
    said = Typed(ranking, text, entities, **talk)
    for rule in RULES:
        decision = rule(said)
        if decision is not None:
            return decision
    return ranking[0]


# --- language, guesses ---------------------------------------------------------------------------


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
    one_word = _count(text) < 2
    if letters < least or confidence < enough or (one_word and (settled or chosen)):
        return current
    return language


def guesses(ranking: Ranking, titled: Collection[str], count: int = 2) -> list[str]:
    """The best-ranked intents that can be offered as buttons."""
    return [intent for intent, _ in ranking if intent in titled and intents.of(intent).guessed][:count]


def without_details(text: str, entities: Sequence[Entity]) -> str:
    """The text without order numbers, e-mails and phones: these are in no language."""
    return _without(text, [one for one in entities if one["entity"] in DETAILS])


def _count(text: str) -> int:
    return len(_WORD.findall(text))


def _without(text: str, entities: Sequence[Entity]) -> str:
    kept, position = [], 0
    for entity in entities:
        kept.append(text[position : entity["start"]])
        position = entity["end"]
    return " ".join([*kept, text[position:]])
