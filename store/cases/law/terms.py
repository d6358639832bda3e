"""What a shop gives of its own accord, and why a person decides in its place."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from store.cases.law.deadlines import weekday
from store.vocabulary import ReturnWay


class Doubt(StrEnum):
    """Why a person has to decide. It is never a refusal: nothing here can refuse."""

    WINDOW_OVER = "window_over"
    EXCEPTED = "excepted"  # goods that the right doesn't hold for
    SEAL = "seal"  # it holds unless the customer has broken the seal
    BURDEN = "burden"  # whether the fault was there from the first is the customer's to show
    UNKNOWN_DELIVERY = "unknown_delivery"  # it came, nobody says when, and that matters
    NOT_DELIVERED_YET = "not_delivered_yet"  # the goods may not have come
    NOT_OVERDUE = "not_overdue"  # not delivered, and not expected before `windows.expected_on`
    SAID_DELIVERED = "said_delivered"  # the carrier says that it came, the customer that it didn't
    CANCELLED = "cancelled"  # the order was
    MORE_THAN_BOUGHT = "more_than_bought"
    REPEATED = "repeated"  # the same pieces are in another case
    NOTHING_NAMED = "nothing_named"  # no goods
    VALUE = "value"  # over what the shop lets be approved without a person
    NO_TABLE = "no_table"  # the law of the country isn't known
    UNCHECKED_RULE = "unchecked_rule"  # nobody has read the law at its source
    NEEDS_ANSWER = "needs_answer"  # only a person can answer it


def _no_holiday(_country: str, _day: date) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Terms:
    """A shop's own terms. `country` is ISO 3166, `currency` that of all sums here.

    `return_days`: from the last parcel. `refund_working_days`: from the goods' return. `return_cost`: of the
    way back, for the customer who changed their mind; None or 0: the shop pays. `approve_up_to`: what may be
    approved without a person; None: nothing. `four_eyes_over`: what two people approve; None: nothing.
    `keep_below`: goods that cost less needn't come back; None: all do. `works_on`: a working day of the shop.
    `holiday_in`: whether a day is a public holiday of a country.
    """

    country: str
    zone: ZoneInfo
    return_days: int
    warranty_months: int
    refund_working_days: int
    return_cost: Decimal | None
    currency: str
    ways: tuple[ReturnWay, ...] = (ReturnWay.LABEL,)
    approve_up_to: Decimal | None = None
    four_eyes_over: Decimal | None = None
    keep_below: Decimal | None = None
    works_on: Callable[[date], bool] = weekday
    holiday_in: Callable[[str, date], bool] = _no_holiday
    send_back_days: int = 14
    answer_days: int = 14
    repair_days: int = 14
    address: str = ""
