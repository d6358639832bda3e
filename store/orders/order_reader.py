"""Reads an order out of what a shop sends: what is needed must be right, and any other detail that isn't is
left out and told, so that a customer's order is there whatever its parcel's link looks like.

Needed are what the order is, whose it is, and its money: number, state, time, currency, total, one e-mail or
phone, each item's name, count and price, and payments; and what was paid for items and delivery and which
version it is, if it says so: a wrong sum may be paid back, and an old order must not look new.
"""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from store.intake import record_fields
from store.intake.record_fields import MAX_PROBLEMS, Problem
from store.orders.records import OrderRecord

# Details that an order can do without, by their place in a record.
_SPARE: Final = frozenset(
    {
        ("expected_on",),
        ("address",),
        ("customer", "email"),  # if there is a phone
        ("customer", "phone"),  # if there is an e-mail
        ("customer", "language"),
        ("country",),
        ("delivery_standard",),
        ("lines", "sku"),
        ("lines", "discount"),
        ("lines", "tax"),
        ("lines", "options"),
        ("lines", "returnable"),
        ("lines", "no_return"),
        ("shipments", "tracking_number"),
        ("shipments", "tracking_url"),
        ("shipments", "shipped_at"),
        ("shipments", "expected_on"),
        ("shipments", "delivered_at"),
        ("shipments", "fetch_until"),
        ("shipments", "contents"),
    }
)
# Of which one part that is wrong makes the whole wrong.
_WHOLE: Final = (("lines", "options"), ("shipments", "contents"))
# What an order has several of, or none: one that isn't right is left out by itself.
_LISTS: Final = (("shipments", "events"), ("shipments",), ("invoices",))
# Texts that say enough when they are cut.
_CUT: Final = frozenset({("customer", "name"), ("address",), ("lines", "name"), ("shipments", "carrier")})
_ROUNDS: Final = 4  # what is left out in one may leave something wrong for the next

Place = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """An order, and what was left out of it; or, without `record`, what is wrong with it."""

    record: OrderRecord | None
    problems: tuple[Problem, ...] = ()
    left_out: tuple[Problem, ...] = ()


def read(raw: Any, phone_region: str | None) -> Reading:
    """The order in a value out of JSON or of a file's cells; at most 50 problems of it. `phone_region`: the
    country of phone numbers written without one."""
    left_out: list[Problem] = []
    context = {"phone_region": phone_region}
    for _ in range(_ROUNDS):
        try:
            record = OrderRecord.model_validate(raw, context=context)
        except ValidationError as error:
            mending = _Mending(raw)
            wrong = [item for item in error.errors(include_url=False) if not mending.takes(item)]
            if wrong:
                found = [*left_out, *record_fields.problems(error, OrderRecord)]
                return Reading(None, tuple(found[:MAX_PROBLEMS]))
            left_out += mending.told
            raw = mending.mended()
        else:
            return Reading(record, (), tuple(left_out[:MAX_PROBLEMS]))
    return Reading(None, tuple(left_out[:MAX_PROBLEMS]))


class _Mending:
    """What is left out of a value, or cut, so that the rest can be taken."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._gone: set[Place] = set()
        self._cut: dict[Place, int] = {}
        self.told: list[Problem] = []

    def takes(self, item: Any) -> bool:
        """Whether the order can be had without what an error is about."""
        place: Place = item["loc"]
        names = tuple(part for part in place if isinstance(part, str))
        if item["type"] == "extra_forbidden":
            return False
        problem = record_fields.problem(item, OrderRecord)
        for kind, whose, what in (("string_too_long", _CUT, "characters"), ("too_long", _LISTS, "entries")):
            if item["type"] == kind and names in whose:
                most = self._cut[place] = item["ctx"]["max_length"]
                self.told.append(Problem(problem.path, f"cut to {most} {what}"))
                return True
        gone = [_spared(one) for one in record_fields.contradicted(item) or [place]]
        if None in gone:
            return False
        for one in gone:
            if one is not None and one not in self._gone:
                self._gone.add(one)
                path = problem.path if len(gone) == 1 else one
                self.told.append(Problem(path, f"left out: {problem.message}"))
        return True

    def mended(self) -> Any:
        """The value without it."""
        value = deepcopy(self._raw)
        for place, most in self._cut.items():
            holder = _at(value, place[:-1])
            whole = holder[place[-1]]
            holder[place[-1]] = (whole if isinstance(whole, list) else str(whole))[:most]
        # From behind: what goes moves what is after it.
        for place in sorted(self._gone, key=_order, reverse=True):
            del _at(value, place[:-1])[place[-1]]
        return value


def _spared(place: Place) -> Place | None:
    """What must go for an error at a place: the field, or the part of a list that it belongs to."""
    names = tuple(part for part in place if isinstance(part, str))
    if names[:2] in _WHOLE:
        return place[:3]
    if names in _SPARE and names not in _LISTS:
        return place
    for path in _LISTS:
        if names[: len(path)] == path and len(names) >= len(path):
            end = next(n for n, part in enumerate(place) if part == path[-1]) + 1
            # One of the list, or all of what is none.
            return place[: end + 1] if len(place) > end else place[:end]
    return None


def _at(value: Any, place: Iterable[int | str]) -> Any:
    for part in place:
        value = value[part]
    return value


def _order(place: Place) -> tuple[tuple[int, str], ...]:
    return tuple((part, "") if isinstance(part, int) else (0, part) for part in place)
