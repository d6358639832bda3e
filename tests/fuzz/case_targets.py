"""Odd requests to the doors of after-sales cases: the shop's API, and the pages of withdrawal and returns."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from bot.compose import Program
from bot.web.customer_pages.form_state import FormStates
from bot.web.customer_pages.return_choice import Choice
from store.cases.after_sales import Teller, Wanted
from store.cases.timeline import By
from store.core.database import Database
from store.vocabulary import Actor, CaseKind, ReturnWay, Wish
from tests.fuzz.mutator import TEXTS, broken, mutated, odd, written
from tests.fuzz.targets import FORM, Maker, Sent
from tests.store.cases.making import CONTACT, order

ORDERS = 40
FIRST = 70_000
_ACTS: tuple[dict[str, Any], ...] = (
    {"act": "acknowledge"},
    {"act": "ask", "why": "A photo, please."},
    {"act": "approve", "amount": "1.00", "why": "as agreed", "version": 2},
    {"act": "decline", "why": "It isn't broken."},
    {"act": "receive", "lines": [{"id": 1}]},
    {"act": "inspect", "lines": [{"id": 1, "condition": "used"}]},
    {"act": "confirm_refund", "refund": "R-2222222-1", "provider_id": "re_1"},
    {"act": "close"},
)
_CASES: tuple[dict[str, Any], ...] = (
    {"kind": "withdrawal", "lines": [{"position": 0, "quantity": 1}], "way": "shop", "words": "Too small."},
    {"kind": "damage", "wish": "refund", "lines": [{"sku": "LAMP", "quantity": 1}], "reason": "broken"},
    {"kind": "exchange", "instead": "a blue one", "stated_at": "2026-11-02T10:00:00Z"},
    {"kind": "defect", "serial_number": "A-1", "lines": [{"position": 1, "quantity": 1}]},
    {"kind": "complaint", "words": "The lamp hums."},
)
_STATED: dict[str, Any] = {"name": "Rūta", "goods": "2 x Mug", "reason": "Too small."}
_DESCRIBED: dict[str, Any] = {
    "kind": "return",
    "line-0": "on",
    "count-0": "1",
    "wish": "refund",
    "way": "shop",
    "reason": "too_small",
    "words": "Too small.",
    "instead": "another",
    "serial": "A-1",
}
_STEPS = ("choose", "goods", "describe", "details", "summary", "confirm")


def case_makers(program: Program, database: Database, keys: Mapping[str, str]) -> dict[str, Maker]:
    """By target, what makes a request; the orders and cases that they are about are stored first."""
    numbers = [str(FIRST + n) for n in range(ORDERS)]
    cases = _stored(program, database, numbers)
    secret, fresh = program.settings.secret, _counted()
    return {
        "cases": _api(keys, numbers, cases, fresh),
        "withdraw": _withdraw(FormStates(secret, "withdrawal", timedelta(days=9)), numbers, fresh),
        "returns": _returns(FormStates(secret, "returns", timedelta(days=9)), numbers, fresh),
    }


def _stored(program: Program, database: Database, numbers: list[str]) -> list[str]:
    """Every third order has a case."""
    found = []
    at = datetime.now(UTC)
    with database.write() as connection:
        for number in numbers:
            one = order(connection, number)
            if int(number) % 3 == 0:
                wanted = Wanted(CaseKind.DAMAGE, {0: 1}, Wish.REFUND, ReturnWay.KEEP)
                teller, by = Teller(CONTACT, "lt", "web"), By(Actor.CUSTOMER, f"fuzz-{number}", at)
                case = program.after_sales.open(connection, one, wanted, teller, by, at).case
                found.append(case.number)
    return found


def _counted() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"fuzz-{number}"


def _api(keys: Mapping[str, str], numbers: list[str], cases: list[str], fresh: Iterator[str]) -> Maker:
    def make(random: Random) -> Sent:
        if random.random() < 0.2:
            return Sent("GET", f"/api/v1/cases{_asked(random, numbers, cases)}", keys, b"")
        key = next(fresh) if random.random() < 0.9 else "fuzz-1"
        if random.random() < 0.5:
            body: dict[str, Any] = {"order": random.choice(numbers), "key": key, **random.choice(_CASES)}
            path = "/api/v1/cases"
        else:
            body = {"key": key, **random.choice(_ACTS)}
            path = f"/api/v1/cases/{random.choice(cases)}/acts"
        changed = mutated(random, body) if random.random() < 0.8 else body
        return Sent("POST", path, keys, written(random, changed))

    return make


def _asked(random: Random, numbers: list[str], cases: list[str]) -> str:
    if random.random() < 0.5:
        number = random.choice((random.choice(cases), str(odd(random))[:100]))
        return f"/{quote(number.encode('utf-8', 'surrogatepass'), safe='') or '-'}"
    name = random.choice(("changed_since", "cursor", "state", "order", "limit", "page"))
    usual = ("2026-11-02T10:00:00Z", "c0", "c999999999999999999", "approved", random.choice(numbers), "7")
    value = random.choice((*usual, random.choice(TEXTS)))
    return f"?{name}={quote(value.encode('utf-8', 'surrogatepass'), safe='')}"


def _withdraw(states: FormStates, numbers: list[str], fresh: Iterator[str]) -> Maker:
    def make(random: Random) -> Sent:
        given = {**_STATED, "number": random.choice(numbers), "contact": CONTACT}
        if random.random() < 0.5:
            return _form(random, "/withdraw", mutated(random, given))
        # What the first step signs is text, whatever it says.
        told = {
            name: random.choice(TEXTS)[:200] if random.random() < 0.2 else text
            for name, text in given.items()
        }
        told = {name: text.encode("utf-8", "replace").decode() for name, text in told.items()}
        state = states.seal({**told, "id": next(fresh)}, datetime.now(UTC))
        go = random.choice(("confirm", "confirm", "confirm", "change", "repeat"))
        return _form(random, "/withdraw", _tampered(random, {"state": state, "go": go}))

    return make


def _returns(states: FormStates, numbers: list[str], fresh: Iterator[str]) -> Maker:
    def make(random: Random) -> Sent:
        number = random.choice(numbers)
        if random.random() < 0.2:
            proof = {"number": number, "contact": CONTACT, "go": "prove"}
            return _form(random, "/returns", mutated(random, proof))
        choice = Choice(number, CONTACT, next(fresh))
        if random.random() < 0.7:
            kind, wish = random.choice(("return", "damage", "defect", "exchange", "complaint")), "refund"
            choice = Choice(number, CONTACT, next(fresh), kind, {"0": 1}, wish, "shop", shown="x")
        state = states.seal(choice.values(), datetime.now(UTC))
        fields = mutated(random, {**_DESCRIBED, "kind": choice.kind or "return"})
        if isinstance(fields, dict):
            fields = _tampered(random, {**fields, "state": state, "go": random.choice(_STEPS)})
        return _form(random, "/returns", fields)

    return make


def _tampered(random: Random, fields: dict[str, Any]) -> dict[str, Any]:
    if random.random() < 0.1:
        state = fields["state"]
        place = random.randrange(len(state))
        fields["state"] = state[:place] + random.choice(("", "A", ".", "é")) + state[place + 1 :]
    return fields


def _form(random: Random, path: str, fields: Any) -> Sent:
    flat = [
        (str(name), one if isinstance(one, str) else str(one))
        for name, value in (fields.items() if isinstance(fields, dict) else ())
        for one in (value if isinstance(value, list) else [value])
    ]
    pairs = [
        (name.encode("utf-8", "surrogatepass"), text.encode("utf-8", "surrogatepass")) for name, text in flat
    ]
    body = urlencode(pairs).encode()
    language = random.choice(("", "?lang=lt", "?lang=kk", "?lang=%00"))
    return Sent(
        "POST",
        path + language,
        {"Content-Type": FORM},
        broken(random, body) if random.random() < 0.05 else body,
    )
