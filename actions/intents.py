"""What customers' messages are taken for: the one catalogue of intents.

The intents of FAQ entries aren't in it: each is a question, and a shop adds its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from store.vocabulary import Reason


class Intent(StrEnum):
    GREET = "greet"
    GOODBYE = "goodbye"
    THANK = "thank"
    ACKNOWLEDGE = "acknowledge"  # takes note of an answer and wants nothing
    BOT_CHALLENGE = "bot_challenge"
    CAPABILITIES = "capabilities"
    AFFIRM = "affirm"
    DENY = "deny"
    HEDGE = "hedge"  # neither a clear yes nor a no to a change
    INFORM = "inform"  # nothing but the answer to a question
    SEND_ATTACHMENT = "send_attachment"  # a picture or file without words
    OUT_OF_SCOPE = "out_of_scope"
    NLU_FALLBACK = "nlu_fallback"  # unsure
    CHANGE_LANGUAGE = "change_language"
    FOREIGN_LANGUAGE = "foreign_language"  # in a language that is none of the shop's
    HUMAN_AGENT = "human_agent"
    BACK_TO_BOT = "back_to_bot"
    TRACK_ORDER = "track_order"
    CANCEL_ORDER = "cancel_order"
    CHANGE_ADDRESS = "change_address"
    REFUND_STATUS = "refund_status"
    GET_INVOICE = "get_invoice"
    ORDER_QUESTION = "order_question"  # on the proven order that the talk is about
    REQUEST_CALLBACK = "request_callback"
    CHANGE_ORDER = "change_order"
    RETURN_ORDER = "return_order"
    EXCHANGE_ITEM = "exchange_item"
    REPORT_PROBLEM = "report_problem"
    WARRANTY_CLAIM = "warranty_claim"
    PAYMENT_PROBLEM = "payment_problem"
    COMPLAINT = "complaint"
    LEAVE_REVIEW = "leave_review"
    PRODUCT_HELP = "product_help"
    GUIDE_ANSWER = "guide_answer"  # how a step of a guide went
    ASK_PRODUCT = "ask_product"  # of a product that the store has
    DISCOUNT_CODE = "discount_code"
    LOYALTY_POINTS = "loyalty_points"
    NEWSLETTER_SUBSCRIBE = "newsletter_subscribe"
    NEWSLETTER_UNSUBSCRIBE = "newsletter_unsubscribe"
    THIRD_PERSON = "third_person"  # wants what belongs to somebody else
    RATE = "rate"  # a score for a person's work


class Kind(StrEnum):
    CHAT = "chat"
    ANSWER = "answer"  # to what we asked
    UNCLEAR = "unclear"
    LANGUAGE = "language"  # which one the talk is in
    PERSON = "person"  # whether one answers, or the assistant
    TASK = "task"  # a wish with a form of its own
    REQUEST = "request"  # a wish that is answered with what is so, and the offer of a person
    QUESTION = "question"  # of the FAQ
    SURVEY = "survey"


class Origin(StrEnum):
    """Where an intent comes from: the classifier, our decision on a message, or a button alone."""

    TRAINED = "trained"
    DECIDED = "decided"
    PRESSED = "pressed"


class Form(StrEnum):
    ORDER = "order_form"  # which order, and proof that it is the customer's
    CANCEL = "cancel_form"
    ADDRESS = "address_form"
    CALLBACK = "callback_form"
    CASE = "case_form"  # goods that come back, or are not as they should be


class Task(StrEnum):
    """What is done with an order once it is proven: the words of slot `task`."""

    TRACK = "track"
    CANCEL = "cancel"
    ADDRESS = "address"
    REFUND = "refund"
    INVOICE = "invoice"
    RETURN = "return"
    EXCHANGE = "exchange"
    PROBLEM = "problem"
    WARRANTY = "warranty"


# What begins a case.
CASES = frozenset({Task.RETURN, Task.EXCHANGE, Task.PROBLEM, Task.WARRANTY})


class Facet(StrEnum):
    """What is asked of the order that the talk is about: the labels of data/follow_ups."""

    WHERE = "where"
    WHEN = "when"
    DELAY = "delay"
    CARRIER = "carrier"
    TRACKING = "tracking"
    ITEMS = "items"
    TOTAL = "total"
    ADDRESS = "address"
    REFUND = "refund"  # asked for as a wish only, as is the invoice
    INVOICE = "invoice"


# How sure the understanding must be for an answer while a person is awaited; below, the message is for them.
MEANWHILE_ABOVE = 0.5

_WISHES = frozenset({Kind.TASK, Kind.REQUEST, Kind.QUESTION})
_GUESSED = _WISHES | {Kind.CHAT, Kind.LANGUAGE}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What there is to know of an intent. `form`: what it opens, for an order's `task`. `general`: the FAQ
    entry that asks the same of any order. `changes`: an order is another one afterwards. `reason`: why an
    answer to it offers a person. `remark`: people say it of somebody's work, however clearly it is
    understood. `informs`: its answer is all there is to it, and no person is needed."""

    kind: Kind
    origin: Origin = Origin.TRAINED
    form: Form | None = None
    task: Task | None = None
    general: str | None = None
    changes: bool = False
    reason: Reason | None = None
    remark: bool = False
    informs: bool = False

    @property
    def wish(self) -> bool:
        """Whether the customer wants something of the shop: what a person who takes over must know."""
        return self.kind in _WISHES

    @property
    def guessed(self) -> bool:
        """Whether it may be asked back with a button. "Did you mean: No?" helps nobody, and a person is
        offered anyway."""
        return self.kind in _GUESSED

    @property
    def calls(self) -> Reason | None:
        """Why a person takes over without being asked for, where the wish is clear."""
        return self.reason if self.wish else None

    @property
    def meanwhile(self) -> bool:
        """Whether the assistant answers it while a person is awaited: it tells something and changes
        nothing."""
        told = self.kind in (Kind.QUESTION, Kind.LANGUAGE) or self.courtesy or self.informs
        return told or (self.form is Form.ORDER and not self.needs_yes)

    @property
    def needs_yes(self) -> bool:
        """Whether it ends in something that is done only after the customer's yes."""
        return self.changes or self.begins_case

    @property
    def begins_case(self) -> bool:
        """Whether it is about goods that come back, or aren't as they should be."""
        return self.task in CASES

    @property
    def calls_out(self) -> bool:
        """Whether who awaits a person asks with it whether somebody is there."""
        return self.kind is Kind.PERSON or (self.kind is Kind.CHAT and not self.courtesy)

    @property
    def courtesy(self) -> bool:
        """Whether it is thanks or a farewell: polite words at the end of a talk."""
        return self.kind is Kind.CHAT and self.remark


CATALOGUE: Mapping[Intent, Meaning] = {
    Intent.GREET: Meaning(Kind.CHAT),
    Intent.GOODBYE: Meaning(Kind.CHAT, remark=True),
    Intent.THANK: Meaning(Kind.CHAT, remark=True),
    Intent.ACKNOWLEDGE: Meaning(Kind.CHAT, remark=True),
    Intent.BOT_CHALLENGE: Meaning(Kind.CHAT),
    Intent.CAPABILITIES: Meaning(Kind.CHAT),
    Intent.AFFIRM: Meaning(Kind.ANSWER, remark=True),
    Intent.DENY: Meaning(Kind.ANSWER, remark=True),
    Intent.HEDGE: Meaning(Kind.ANSWER, Origin.DECIDED),
    Intent.INFORM: Meaning(Kind.ANSWER, Origin.DECIDED, Form.ORDER),
    Intent.SEND_ATTACHMENT: Meaning(Kind.ANSWER, Origin.DECIDED),
    Intent.OUT_OF_SCOPE: Meaning(Kind.UNCLEAR, remark=True),
    Intent.NLU_FALLBACK: Meaning(Kind.UNCLEAR, Origin.DECIDED, reason=Reason.UNSURE, remark=True),
    Intent.CHANGE_LANGUAGE: Meaning(Kind.LANGUAGE),
    Intent.FOREIGN_LANGUAGE: Meaning(Kind.LANGUAGE, Origin.DECIDED, reason=Reason.UNSURE),
    Intent.HUMAN_AGENT: Meaning(Kind.PERSON),
    Intent.BACK_TO_BOT: Meaning(Kind.PERSON, Origin.PRESSED),
    Intent.TRACK_ORDER: Meaning(Kind.TASK, form=Form.ORDER, task=Task.TRACK, general="faq_delivery_time"),
    Intent.CANCEL_ORDER: Meaning(
        Kind.TASK, form=Form.ORDER, task=Task.CANCEL, general="faq_cancellation_policy", changes=True
    ),
    Intent.CHANGE_ADDRESS: Meaning(Kind.TASK, form=Form.ORDER, task=Task.ADDRESS, changes=True),
    Intent.REFUND_STATUS: Meaning(Kind.TASK, form=Form.ORDER, task=Task.REFUND, general="faq_refund_policy"),
    Intent.GET_INVOICE: Meaning(Kind.TASK, form=Form.ORDER, task=Task.INVOICE),
    Intent.ORDER_QUESTION: Meaning(Kind.TASK, Origin.DECIDED, informs=True),
    Intent.REQUEST_CALLBACK: Meaning(Kind.TASK, form=Form.CALLBACK),
    Intent.CHANGE_ORDER: Meaning(Kind.REQUEST),
    Intent.RETURN_ORDER: Meaning(Kind.TASK, form=Form.ORDER, task=Task.RETURN),
    Intent.EXCHANGE_ITEM: Meaning(Kind.TASK, form=Form.ORDER, task=Task.EXCHANGE),
    Intent.REPORT_PROBLEM: Meaning(Kind.TASK, form=Form.ORDER, task=Task.PROBLEM, reason=Reason.DAMAGED),
    Intent.WARRANTY_CLAIM: Meaning(Kind.TASK, form=Form.ORDER, task=Task.WARRANTY),
    Intent.PAYMENT_PROBLEM: Meaning(Kind.REQUEST, reason=Reason.PAYMENT),
    Intent.COMPLAINT: Meaning(Kind.REQUEST, reason=Reason.COMPLAINT, remark=True),
    Intent.LEAVE_REVIEW: Meaning(Kind.REQUEST, remark=True, informs=True),
    Intent.PRODUCT_HELP: Meaning(Kind.REQUEST, informs=True),
    Intent.GUIDE_ANSWER: Meaning(Kind.ANSWER, Origin.DECIDED, remark=True),
    Intent.ASK_PRODUCT: Meaning(Kind.REQUEST, Origin.DECIDED, informs=True),
    Intent.DISCOUNT_CODE: Meaning(Kind.REQUEST, informs=True),
    Intent.LOYALTY_POINTS: Meaning(Kind.REQUEST, informs=True),
    Intent.NEWSLETTER_SUBSCRIBE: Meaning(Kind.REQUEST, informs=True),
    Intent.NEWSLETTER_UNSUBSCRIBE: Meaning(Kind.REQUEST, informs=True),
    Intent.THIRD_PERSON: Meaning(Kind.REQUEST),
    Intent.RATE: Meaning(Kind.SURVEY, Origin.PRESSED),
}
_QUESTION = Meaning(Kind.QUESTION)
_BY_NAME = {intent.value: meaning for intent, meaning in CATALOGUE.items()}
_OF_TASK = {meaning.task: intent for intent, meaning in CATALOGUE.items() if meaning.task}
_OF_GENERAL = {meaning.general: intent for intent, meaning in CATALOGUE.items() if meaning.general}


def of(intent: str) -> Meaning:
    """What there is to know of an intent; one that isn't in the catalogue is an FAQ entry's question."""
    return _BY_NAME.get(intent, _QUESTION)


def answered_meanwhile(intent: str, confidence: float) -> bool:
    """Whether the assistant answers a message while a person is awaited. A language that is none of the
    shop's is never understood clearly."""
    sure = confidence >= MEANWHILE_ABOVE or intent == Intent.FOREIGN_LANGUAGE
    return sure and of(intent).meanwhile


def calling() -> frozenset[Reason]:
    """Why a person takes over without being asked for, where a wish is clear."""
    return frozenset(meaning.calls for meaning in CATALOGUE.values() if meaning.calls)


def of_task(task: Task) -> Intent:
    """The wish behind what is done with an order."""
    return _OF_TASK[task]


def about_an_order(question: str) -> Intent | None:
    """The wish that a general question is a form of when the talk is about an order already: "when will it
    arrive?"."""
    return _OF_GENERAL.get(question)
