"""From the classifier's ranking to the intent that the dialogue goes by."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from actions import intents
from actions.intents import Facet, Form, Intent, Kind
from bot.assistant.catalogue.asking import CLEAR_ABOVE, Asked, How
from bot.assistant.guide_reading import GuideTalk
from store.vocabulary import CaseKind

# Chosen on cross-validated scores (docs/understanding.md): below, two guesses in three are wrong.
UNSURE_BELOW = 0.3
# Any words may be a remark.
REMARK_ABOVE = 0.4
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

# What a short question asks of the order that the talk is about must be this clear; a longer message is more
# often something else.
FACET_ABOVE, FACET_SURELY_ABOVE = 0.5, 0.8
SHORT_QUESTION = 6  # words
LONG_QUESTION = 10  # words
TOPIC_ABOVE, TOPIC_FAVOUR, TOPIC_OVER_CHAT = 0.6, 0.3, 0.6
LIKELY_TASK = 0.5
SURELY_ELSE = 0.9
# That it is somebody else's order must be this clear where the talk is about the customer's.
THIRD_ABOVE = 0.9
# General wishes and questions that are questions on an order where there is one.
NEAR = frozenset({Intent.TRACK_ORDER, "faq_delivery_time", "faq_delivery_options", "faq_payment_methods"})

STILL_WAITS, WAITS_ABOVE = "waiting", 0.5  # what it says of who asks where the person stays
THIRD_BY_WORDS_ABOVE = 0.6
NO_FOLLOW_UP = "other"  # what `follow_up` says of anything else

CONTACTS = ("email", "phone")
DETAILS = ("order_number", *CONTACTS)

_LIKE_A_RETURN = frozenset(
    {
        Intent.REPORT_PROBLEM,
        Intent.WARRANTY_CLAIM,
        Intent.COMPLAINT,
        Intent.PAYMENT_PROBLEM,
        Intent.CHANGE_ORDER,
    }
)

_WORD = re.compile(r"\w+")

Entity = Mapping[str, Any]
Ranking = Sequence[tuple[str, float]]
Decision = tuple[str, float]  # an intent and its confidence


class Ranked:
    """What has a ranking of intents."""

    ranking: Ranking

    @property
    def intent(self) -> str:
        """The best guess."""
        return self.ranking[0][0]

    @property
    def confidence(self) -> float:
        """Of the best guess."""
        return self.ranking[0][1]


@dataclass(frozen=True)
class Typed(Ranked):
    """A message as it was classified, and where the talk stands: `form` is the open form, `order` the number
    of the proven order that the talk is about, `offer` the wish that the last reply offered with a question;
    `confirming`: a change was named and the customer is asked whether to make it, `agreed`: nothing but a
    clear yes to that. `bare`: the ranking of the text without its details, where it has any.
    `follow_up`: what it would ask of that order, ranked; `topic`: the general question, or wish, that was
    answered last; `product`: what it may ask of the shop's products; `waiting`: a person is awaited;
    `problem`: what its words say is wrong with goods, `returns`: that something shall go back; `help`: what
    it says of guides.
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
    follow_up: Ranking = ()
    topic: str | None = None
    product: Asked | None = None
    waiting: bool = False
    problem: CaseKind | None = None
    returns: bool = False
    help: GuideTalk = field(default_factory=GuideTalk)

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
        # "My e-mail is …, thank you for your help" is an answer, however polite.
        polite = intents.of(self.intent).kind is Kind.CHAT or self.intent == Intent.AFFIRM
        surely = self.confidence >= SWITCH_ABOVE and not polite
        if surely and self.bare and intents.of(self.intent).changes:
            # "Found it 11191" is like nothing that was ever said but for its number, and most who write a
            # number want to cancel.
            surely = dict(self.bare).get(self.intent, 0.0) >= CHANGE_ABOVE
        # So does "my number is 10234, and the e-mail …", but for the number.
        clear = self.bare is None or dict(self.bare).get(Intent.TRACK_ORDER, 0.0) >= SURELY_ELSE
        asks = not self.is_short and (self.form != Form.ORDER or clear)
        return surely and (self.intent != Intent.TRACK_ORDER or asks)

    @property
    def facet(self) -> Facet | None:
        """What it asks of the order that the talk is about, if that is clear."""
        asked, likely = self.asked
        short = self.words <= SHORT_QUESTION and not self.topic and not self.form
        if asked is None or likely < (FACET_ABOVE if short else FACET_SURELY_ABOVE):
            return None
        return asked

    @cached_property
    def asked(self) -> tuple[Facet | None, float]:
        """What it most likely asks of an order, if it asks anything at all, and how likely that is."""
        facets = set(Facet)
        kept = [(name, likely) for name, likely in self.follow_up if name in facets or name == NO_FOLLOW_UP]
        if not kept or kept[0][0] == NO_FOLLOW_UP:
            return None, 0.0
        return Facet(kept[0][0]), kept[0][1] / sum(likely for _, likely in kept)

    @cached_property
    def next_topic(self) -> tuple[str, float]:
        """The general question or wish that it most likely goes on to, from the topic of the talk."""
        facets = set(Facet)
        kept = {name: likely for name, likely in self.follow_up if name not in facets}
        whole = sum(kept.values()) or 1.0
        kept = {name: likely / whole for name, likely in kept.items() if name != NO_FOLLOW_UP}
        if self.topic in kept:
            kept[self.topic] += TOPIC_FAVOUR
        return max(kept.items(), key=lambda one: one[1], default=("", 0.0))

    @property
    def is_clearly_else(self) -> bool:
        """Whether it surely is none of the questions on the order that the talk is about. "When will I have
        it" is like a question on stock, but for the talk before it."""
        meaning = intents.of(self.intent)
        if self.intent == Intent.THIRD_PERSON:
            return self.confidence >= SURELY_ELSE
        if self.intent in NEAR or not (meaning.wish or meaning.kind in (Kind.PERSON, Kind.LANGUAGE)):
            return False
        if meaning.kind is Kind.QUESTION and not self.topic and self.words <= SHORT_QUESTION:
            return self.confidence >= SURELY_ELSE and self.asked[1] < SURELY_ELSE
        return self.confidence >= SWITCH_ABOVE

    @property
    def names_another(self) -> bool:
        """Whether it names another order than the one that the talk is about."""
        numbers = [str(one["value"]) for one in self.details if one["entity"] == "order_number"]
        return any(self.order is None or self.order not in number for number in numbers)


# --- the rules -----------------------------------------------------------------------------------


def agreed_change(said: Typed) -> Decision | None:
    """A clear yes to a change, and nothing else, is a yes."""
    return (Intent.AFFIRM, 1.0) if said.confirming and said.agreed else None


def still_waits(said: Typed) -> Decision | None:
    """Who waits for a person asks where they are: "how long?", "anybody there?" """
    likely = dict(said.follow_up).get(STILL_WAITS, 0.0) if said.waiting else 0.0
    return (Intent.HUMAN_AGENT, likely) if likely >= WAITS_ABOVE and not said.details else None


def third_by_words(said: Typed) -> Decision | None:
    """Somebody else's order, told with its number only: most who write a number want to know of theirs."""
    ((intent, likely), *_) = said.bare or [("", 0.0)]
    contact = any(one["entity"] in CONTACTS for one in said.details)
    third = (
        intent == Intent.THIRD_PERSON and likely >= THIRD_BY_WORDS_ABOVE and not contact and not said.order
    )
    return (Intent.THIRD_PERSON, likely) if third else None


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


def damaged_goods(said: Typed) -> Decision | None:
    """A number, and that what came is broken: most who write a number want to know where their order is."""
    told = said.problem is not None and said.problem is not CaseKind.NOT_DELIVERED
    near = (
        said.intent in (Intent.TRACK_ORDER, Intent.REFUND_STATUS)
        or intents.of(said.intent).kind is Kind.UNCLEAR
    )
    meant = told and near and said.details and said.form in (None, Form.ORDER) and "?" not in said.text
    return (Intent.REPORT_PROBLEM, said.confidence) if meant and said.words > MAX_ANSWER_WORDS - 1 else None


def goes_back(said: Typed) -> Decision | None:
    """That goods shall go back, in so many words, and nothing of a fault: however much like one it sounds."""
    near = said.intent in _LIKE_A_RETURN or intents.of(said.intent).kind is Kind.UNCLEAR
    told = said.returns and said.problem is None and said.form in (None, Form.ORDER)
    return (Intent.RETURN_ORDER, said.confidence) if told and near and "?" not in said.text else None


def answers_guide(said: Typed) -> Decision | None:
    """How a step of a guide went, while one is shown, unless something else is surely wished for."""
    if said.help.open is None or said.details or said.form or said.waiting:
        return None
    verdict = said.help.answer(said.intent, said.words)
    kind = intents.of(said.intent).kind
    # "Works now" is like a warranty claim; who asks for a person, in whatever words, wants one.
    surely = said.confidence >= SWITCH_ABOVE and not said.is_short
    other = kind is Kind.PERSON or (kind in (Kind.TASK, Kind.REQUEST) and surely)
    if verdict is None or (other and said.intent != Intent.PRODUCT_HELP):
        return None
    return Intent.GUIDE_ANSWER, max(said.confidence, CLEAR_ABOVE)


def guided_problem(said: Typed) -> Decision | None:
    """A problem of a product that there is a guide for, told as nothing but a problem: most such things are
    put right at home within minutes."""
    if not said.help.found or said.details or said.form or said.waiting or said.confirming:
        return None
    told = said.problem not in (None, CaseKind.DEFECT) or said.returns or said.help.wants_else
    meaning = intents.of(said.intent)
    near = said.intent in (Intent.WARRANTY_CLAIM, Intent.REPORT_PROBLEM, Intent.PRODUCT_HELP)
    wish = meaning.kind in (Kind.TASK, Kind.REQUEST, Kind.PERSON) and said.confidence >= SWITCH_ABOVE
    if told or (wish and not near):
        return None
    return Intent.PRODUCT_HELP, max(said.confidence, CLEAR_ABOVE)


def corrected_order(said: Typed) -> Decision | None:
    """Details with few words, when the talk is about an order already. "No, order 10012" sounds like anything
    then; but the wish to track it is one, unless another order is about to be cancelled."""
    if said.order is None or not said.details or not said.is_short or said.is_clear_switch:
        return None
    asked = said.form == Form.CANCEL and said.confidence < SWITCH_ABOVE and said.names_another
    return (Intent.INFORM, 1.0) if said.intent != Intent.TRACK_ORDER or asked else None


def about_a_product(said: Typed) -> Decision | None:
    """A product is named, or was just now, and something of it is asked: its price, stock, colours. A clear
    wish about an order stays one, and so does a question with a word of another, such as delivery."""
    asked = said.product
    if asked is None or said.details or said.confirming or (said.form and not asked.aspects):
        return None
    # "The lamp" is the one in the order, if there is one; nor is what nobody sells in the talk about it.
    of_order = said.order or (said.form and asked.how is How.NOT)
    if of_order and asked.how in (How.PARTLY, How.NOT):
        return None
    if not asked.is_meant(said.intent, said.confidence):
        return None
    # Its words are clear, whatever the whole was like.
    return Intent.ASK_PRODUCT, 1.0 if asked.aspects else max(said.confidence, CLEAR_ABOVE)


def question_on_order(said: Typed) -> Decision | None:
    """What is asked of the order that the talk is about, also while a change of it waits for its yes."""
    if said.order is None or said.form not in (None, Form.CANCEL, Form.ADDRESS):
        return None
    meaning = intents.of(said.intent)
    same = not said.names_another and not any(one["entity"] in CONTACTS for one in said.details)
    if said.form and same and meaning.task and not meaning.needs_yes and said.confidence >= LIKELY_TASK:
        return Intent.ORDER_QUESTION, said.confidence
    if said.facet is None or said.is_clearly_else:
        return None
    # Of another one of theirs, all is told.
    return Intent.TRACK_ORDER if said.names_another else Intent.ORDER_QUESTION, said.asked[1]


def question_before_proof(said: Typed) -> Decision | None:
    """A question on an order that it names, unless it surely is something else: "which address have you got
    for 10234?" """
    named = any(one["entity"] == "order_number" for one in said.details)
    asked, likely = said.asked
    if said.order or not named or asked is None or likely < FACET_SURELY_ABOVE:
        return None
    unclear = intents.of(said.intent).kind is Kind.UNCLEAR or said.confidence < SWITCH_ABOVE
    return (Intent.TRACK_ORDER, likely) if unclear or said.intent in NEAR else None


def another_order(said: Typed) -> Decision | None:
    """ "And my other order?", unless something else is clear."""
    wants = any(one["entity"] == "another_order" for one in said.entities)
    clear = said.confidence >= SWITCH_ABOVE and said.facet is None
    return (Intent.TRACK_ORDER, said.confidence) if wants and not clear else None


def about_this_order(said: Typed) -> Decision | None:
    """A general question is about the order that the talk is about, if that is likely enough."""
    wish = intents.about_an_order(said.intent) if said.order else None
    if wish is None:
        return None
    likely = dict(said.ranking).get(wish, 0.0)
    enough = CHANGE_ABOVE if intents.of(wish).changes else LIKELY_ABOVE
    return (wish, likely) if likely >= enough else None


def goes_on(said: Typed) -> Decision | None:
    """A few words right after a general answer go on with it, or with what stands near: "and abroad?", "who
    pays for that?" """
    clear = said.confidence >= SWITCH_ABOVE and said.intent not in NEAR
    if (
        not said.topic
        or said.form not in (None, Form.ORDER)
        or said.words > LONG_QUESTION
        or said.details
        or clear
    ):
        return None
    kind = intents.of(said.intent).kind
    if kind in (Kind.CHAT, Kind.ANSWER, Kind.PERSON) and said.confidence >= TOPIC_OVER_CHAT:
        return None
    next_one, likely = said.next_topic
    return (next_one, likely) if next_one and likely >= TOPIC_ABOVE else None


def not_third(said: Typed) -> Decision | None:
    """Perhaps it is somebody else's order. Who has proven theirs mostly means that, and a number with its
    contact proves whatever was told of others."""
    if said.intent != Intent.THIRD_PERSON:
        return None
    kinds = {one["entity"] for one in said.details}
    if "order_number" in kinds and len(kinds) > 1:
        return Intent.TRACK_ORDER, said.confidence
    return (Intent.NLU_FALLBACK, said.confidence) if said.order and said.confidence < THIRD_ABOVE else None


def general_after_all(said: Typed) -> Decision | None:
    """Right after a general answer, a wish like it is the question that goes on: "and when does the money
    come?" is about refunds as such."""
    general = intents.of(said.intent).general
    goes_on = said.topic and general == "faq_refund_policy" and not said.order and not said.details
    return (general, said.confidence) if general and goes_on else None


def hedge(said: Typed) -> Decision | None:
    """Whatever else sounds like a yes to a change is none: "ok, wait", "when exactly". It is asked again. So
    is what sounds like mere courtesy, unless it surely is."""
    courtesy = intents.of(said.intent).kind is Kind.CHAT and said.confidence < SWITCH_ABOVE
    # Another address, or a question that is none of the shop's business, is met as such.
    unclear = intents.of(said.intent).kind is Kind.UNCLEAR or said.confidence < UNSURE_BELOW
    lost = unclear and "?" not in said.text and not any(one.isdigit() for one in said.text)
    thinks = said.intent in (Intent.AFFIRM, Intent.ACKNOWLEDGE) or courtesy or lost
    hedges = said.confirming and thinks
    return (Intent.HEDGE, said.confidence) if hedges else None


def unclear_change(said: Typed) -> Decision | None:
    """Perhaps the customer wants an order to be changed, perhaps something else of it."""
    unclear = intents.of(said.intent).changes and said.confidence < CHANGE_ABOVE
    return (Intent.NLU_FALLBACK, said.confidence) if unclear else None


def weak_guess(said: Typed) -> Decision | None:
    """The best guess is too weak."""
    least = REMARK_ABOVE if said.intent == Intent.ACKNOWLEDGE else UNSURE_BELOW
    return (Intent.NLU_FALLBACK, said.confidence) if said.confidence < least else None


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
    still_waits,
    answers_guide,
    guided_problem,
    third_by_words,
    accepted_offer,
    only_a_language,
    only_details,
    other_number,
    damaged_goods,
    goes_back,
    answered_order_form,
    about_a_product,
    another_order,
    question_on_order,
    question_before_proof,
    corrected_order,
    about_this_order,
    goes_on,
    not_third,
    general_after_all,
    hedge,
    unclear_change,
    weak_guess,
    perhaps_outside,
    failed_answer,
)


def decide(ranking: Ranking, text: str, entities: Sequence[Entity], **talk: Any) -> Decision:
    """What `judge` says of a text; `talk`: where it stands, as in `Typed`."""
    return judge(Typed(ranking, text, entities, **talk))


def judge(said: Typed) -> Decision:
    """The intent and its confidence by the first of `RULES` that applies; else the best-ranked one."""
    for rule in RULES:
        decision = rule(said)
        if decision is not None:
            return decision
    return said.ranking[0]


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
