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
    TONE = "tone"
    PAYMENT = "payment"
    COMPLAINT = "complaint"
    DAMAGED = "damaged"
    DATA_PROTECTION = "data_protection"
    PROOFS = "proofs"
    FAILURE = "failure"
    RULE = "rule"  # one of the shop's own
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
    PACKED = "packed"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    RETURNING = "returning"


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
