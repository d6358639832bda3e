"""The closed vocabularies of the tables: every column of type `OneOf` holds words of one of these.

A member is the word itself, so it compares equal to the text and stands in JSON as the text.
"""

from enum import StrEnum
from typing import TypeVar, cast

Word = TypeVar("Word", bound=StrEnum)


def known(vocabulary: type[Word], word: str) -> Word:
    """The member of a vocabulary; a word that a later version wrote, as it stands."""
    try:
        return vocabulary(word)
    except ValueError:
        return cast(Word, word)


class Owner(StrEnum):
    """Who has a conversation: `bot.conversation.ownership`."""

    BOT = "bot"
    QUEUE = "queue"
    HUMAN = "human"
    CLOSED = "closed"


class Author(StrEnum):
    """Who wrote a message; `system`: the shop, on neither the assistant's nor a person's behalf."""

    CUSTOMER = "customer"
    BOT = "bot"
    AGENT = "agent"
    SYSTEM = "system"


# --- messages on their way -----------------------------------------------------------------------


class InboxState(StrEnum):
    """`failed`: given up, and a person was asked for instead. `parked`: not even that could be done."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    PARKED = "parked"


class OutboxState(StrEnum):
    """`unknown`: the provider may have taken it. `withdrawn`: a person took over before it was sent."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"


class SendState(StrEnum):
    """What a provider says of a part of a message that it took."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


class AttachmentState(StrEnum):
    """`refused`: it isn't of a kind that is kept, or too large."""

    WAITING = "waiting"
    STORED = "stored"
    REFUSED = "refused"
    FAILED = "failed"


class Suppression(StrEnum):
    """Why an address gets nothing any more; `stopped` is the customer's own wish."""

    STOPPED = "stopped"
    BLOCKED = "blocked"
    UNREACHABLE = "unreachable"


class Fault(StrEnum):
    """Why a provider refuses us, where only the shop's owner can mend it."""

    CREDENTIALS = "credentials"  # the token or password isn't accepted
    PERMISSION = "permission"  # it is, but may not do this
    SENDER = "sender"  # the number or page may not send: not registered, not verified, not ours
    ACCOUNT = "account"  # suspended, unpaid, or on trial
    ADDRESS = "address"  # what is sent there isn't taken


class TimerState(StrEnum):
    """One that is done is gone."""

    WAITING = "waiting"
    PARKED = "parked"


class MailState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


class ProofBy(StrEnum):
    """How a contact was proven: with an order's number, by a code sent to the phone, by the sender of an SMS
    (who can be forged: for reading only), by the messenger itself, by the shop's own site."""

    ORDER = "order"
    CODE = "code"
    SENDER = "sender"
    PROVIDER = "provider"
    SHOP = "shop"


class ThrottleScope(StrEnum):
    """What wrong proofs are counted for: a conversation; the network (or sender) that they come from; the
    contact and the order's number that were tried, by everybody or from one network. `sign_in`: wrong tries
    to sign in at the desk with an e-mail that nobody has."""

    CONVERSATION = "conversation"
    NETWORK = "network"
    CONTACT = "contact"
    NUMBER = "number"
    CONTACT_FROM = "contact_from"
    NUMBER_FROM = "number_from"
    SIGN_IN = "sign_in"


# --- people --------------------------------------------------------------------------------------


class Reason(StrEnum):
    """Why a person takes over."""

    ASKED = "asked"
    UNSURE = "unsure"
    SAFETY = "safety"  # somebody was hurt, or something burned, smokes, gave a shock
    TONE = "tone"
    PAYMENT = "payment"
    COMPLAINT = "complaint"
    DAMAGED = "damaged"
    DATA_PROTECTION = "data_protection"
    PROOFS = "proofs"
    FAILURE = "failure"
    RULE = "rule"  # one of the shop's own
    PUBLIC = "public"  # something was said where everybody reads it
    RELEASED = "released"  # put back into the queue by an agent
    UNANSWERED = "unanswered"  # whoever had it has gone without an answer


class Mood(StrEnum):
    """How a customer sounds, from the mildest."""

    CALM = "calm"
    UPSET = "upset"
    ANGRY = "angry"
    THREATENING = "threatening"


class Role(StrEnum):
    AGENT = "agent"
    ADMIN = "admin"


class Presence(StrEnum):
    """Whether an agent takes conversations, as the agent says."""

    ONLINE = "online"
    AWAY = "away"
    OFFLINE = "offline"


class SurveyState(StrEnum):
    """`asked`: a score is waited for. `commenting`: a word about it is."""

    ASKED = "asked"
    COMMENTING = "commenting"
    DONE = "done"


class CallbackState(StrEnum):
    OPEN = "open"
    DONE = "done"


class MirrorStatus(StrEnum):
    """How a conversation stands at the other desk."""

    OPEN = "open"
    PENDING = "pending"
    RESOLVED = "resolved"


# --- orders --------------------------------------------------------------------------------------


class OrderState(StrEnum):
    PLACED = "placed"
    UNPAID = "unpaid"
    PAID = "paid"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    PARTLY_RETURNED = "partly_returned"


class ShipmentState(StrEnum):
    """`waiting`: in a parcel locker or shop, to be fetched. `exception`: something is wrong, and the carrier
    says no more."""

    PACKED = "packed"
    ACCEPTED = "accepted"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    FAILED_ATTEMPT = "failed_attempt"
    WAITING = "waiting"
    DELIVERED = "delivered"
    RETURNING = "returning"
    RETURNED = "returned"
    LOST = "lost"
    EXCEPTION = "exception"


class NoReturn(StrEnum):
    """Why an item is excepted from the right to change one's mind (Directive 2011/83/EU, article 16).
    `sealed`: goods or recordings whose seal counts, and only once it is broken."""

    CUSTOM_MADE = "custom_made"
    PERISHABLE = "perishable"
    SEALED = "sealed"
    HYGIENE = "hygiene"
    MIXED = "mixed"
    DIGITAL = "digital"
    OTHER = "other"


class PaymentKind(StrEnum):
    PAYMENT = "payment"
    REFUND = "refund"


class PaymentState(StrEnum):
    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


class OrderChange(StrEnum):
    CANCELLED = "cancelled"
    ADDRESS_CHANGED = "address_changed"


# --- after-sales cases ---------------------------------------------------------------------------


class CaseKind(StrEnum):
    """`withdrawal`: the legal right to change one's mind. `return`: the shop's own, more generous one.
    `defect`: the legal guarantee. `warranty`: a commercial one."""

    WITHDRAWAL = "withdrawal"
    RETURN = "return"
    EXCHANGE = "exchange"
    DAMAGE = "damage"
    WRONG_ITEM = "wrong_item"
    MISSING_ITEM = "missing_item"
    NOT_DELIVERED = "not_delivered"
    DEFECT = "defect"
    WARRANTY = "warranty"
    COMPLAINT = "complaint"


class CaseState(StrEnum):
    """`withdrawn`: by the customer."""

    SUBMITTED = "submitted"
    ACKNOWLEDGED = "acknowledged"
    NEEDS_INFORMATION = "needs_information"
    APPROVED = "approved"
    DECLINED = "declined"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class GoodsState(StrEnum):
    """Where the goods of a case's line are. `kept`: with the customer."""

    KEPT = "kept"
    LABEL_ISSUED = "label_issued"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    INSPECTED = "inspected"
    RESTOCKED = "restocked"
    REPAIRED = "repaired"
    SCRAPPED = "scrapped"
    SENT_BACK = "sent_back"
    LOST = "lost"


class Condition(StrEnum):
    """What an inspection finds."""

    AS_NEW = "as_new"
    OPENED = "opened"
    USED = "used"
    DAMAGED = "damaged"
    WRONG = "wrong"
    MISSING = "missing"


class MoneyState(StrEnum):
    """Of a refund. `held`: until the goods, or proof that they were sent, are there. `unknown`: asked for,
    and the answer got lost; it is read back, and never asked for twice."""

    CALCULATED = "calculated"
    HELD = "held"
    DUE = "due"
    REQUESTED = "requested"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    DISPUTED = "disputed"
    VOID = "void"  # not due after all: the case was withdrawn or declined


class Wish(StrEnum):
    """What the customer wants. `credit`: to spend in the shop; only ever the customer's own choice."""

    REFUND = "refund"
    CREDIT = "credit"
    EXCHANGE = "exchange"
    REPLACEMENT = "replacement"
    REPAIR = "repair"
    REDUCTION = "reduction"
    DELIVERY = "delivery"
    ANSWER = "answer"


class ReturnWay(StrEnum):
    """How goods come back. `keep`: they don't."""

    LABEL = "label"
    LOCKER = "locker"
    SHOP = "shop"
    KEEP = "keep"


class Actor(StrEnum):
    """Who changed a case; `shop`: its own system; `clock`: a time that came."""

    CUSTOMER = "customer"
    ASSISTANT = "assistant"
    AGENT = "agent"
    SHOP = "shop"
    CLOCK = "clock"


class DeadlineKind(StrEnum):
    """What must be done by whom: the shop answers, pays, repairs; the customer sends the goods."""

    ANSWER = "answer"
    REFUND = "refund"
    SEND_BACK = "send_back"
    REPAIR = "repair"


class HookState(StrEnum):
    """Of what a case's event is told to the shop's system. `skipped`: it happened before there was an address
    to tell it to."""

    WAITING = "waiting"
    SENT = "sent"
    SKIPPED = "skipped"
    FAILED = "failed"
