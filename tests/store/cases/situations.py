"""Reads `situations.yml`: orders as they would stand in the store, and what is expected of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.shop import facts
from bot.shop.laws import terms as shop_terms
from bot.shop.yaml_source import read
from store.cases.law.terms import Terms
from store.orders.orders import Line, Order, Payment, Shipment, TrackingEvent
from store.vocabulary import CaseKind, NoReturn, OrderState, PaymentState, ReturnWay, ShipmentState
from tests.paths import ROOT

# As people there read the clock; not the zones of data/rights.yml.
ZONES = {
    "LT": "Europe/Vilnius", "LV": "Europe/Riga", "EE": "Europe/Tallinn", "DE": "Europe/Berlin",
    "ES": "Europe/Madrid", "PT": "Europe/Lisbon", "FI": "Europe/Helsinki", "PL": "Europe/Warsaw",
    "CY": "Asia/Nicosia", "IE": "Europe/Dublin", "SE": "Europe/Stockholm", "KZ": "Asia/Almaty",
    "ID": "Asia/Jakarta",
}  # fmt: skip
SHOP = ZoneInfo("Europe/Vilnius")
TERMS = replace(shop_terms(facts.load(ROOT / "shop.yml")), address="")


@dataclass(frozen=True)
class Situation:
    """One of the table: what is asked, and what is expected."""

    what: str
    order: Order
    zone: ZoneInfo
    ask: CaseKind
    lines: Mapping[int, int]
    before: Mapping[int, int]
    at: datetime
    terms: Terms
    repaired: bool
    money: Mapping[str, Decimal]
    way: ReturnWay | None
    expected: Mapping[str, Any]


def situations() -> Iterator[Situation]:
    data = read(Path(__file__).parent / "situations.yml").data
    for one in data["situations"]:
        given = data["orders"][one.get("order", "mugs")] | one.get("with", {})
        zone = ZoneInfo(ZONES.get(given["country"], SHOP.key))
        yield Situation(
            one["what"],
            _order(given, zone),
            zone,
            CaseKind(one["ask"]),
            _pieces(one["lines"]),
            _pieces(one.get("before", {})),
            _moment(one["at"], zone),
            replace(TERMS, **{name: _term(value) for name, value in one.get("terms", {}).items()}),
            one.get("repaired") == "yes",
            {name: Decimal(one.get(name, "0")) for name in ("refunded", "delivery_refunded", "deductions")},
            ReturnWay(one["way"]) if "way" in one else None,
            {"doubts": []} | data["presets"][one["is"]] | one,
        )


def _order(given: Mapping[str, Any], zone: ZoneInfo) -> Order:
    lines = tuple(_line(position, line) for position, line in enumerate(given["lines"]))
    delivery, standard = (_amount(given[name]) for name in ("delivery", "standard"))
    cost = sum((line.paid or Decimal(0) for line in lines), delivery or Decimal(0))
    total = Decimal(given["total"]) if "total" in given else cost
    placed = _moment(given["placed"], UTC)
    currency = given.get("currency", "EUR")
    country = given["country"]
    paid = [_payment(Decimal(given.get("paid", total)), currency, placed)]
    back = [_payment(Decimal(given["given_back"]), currency, placed)] if "given_back" in given else []
    return Order(
        id=1,
        number="10234",
        customer_id=1,
        customer_name="Rūta Žukė",
        language="lt",
        email="ruta@example.com",
        phone=None,
        state=OrderState(given.get("state", "delivered")),
        currency=currency,
        total=total,
        address=given.get("address", "Liepų g. 1, Vilnius"),
        placed_at=placed,
        expected_on=given.get("expected"),
        lines=lines,
        shipments=tuple(_parcel(parcel, zone) for parcel in given["parcels"]),
        payments=tuple(one for one in paid if one.amount),
        refunds=tuple(back),
        invoices=(),
        country=None if country == "none" else country,
        delivery_paid=delivery,
        delivery_standard=standard,
    )


def _line(position: int, line: Mapping[str, Any]) -> Line:
    paid = Decimal(line["paid"]) if "paid" in line else None
    price = Decimal(line["price"]) if "price" in line else (paid or Decimal(0)) / line["n"]
    return Line(
        f"SKU{position}",
        f"Item {position}",
        line["n"],
        price,
        position,
        paid,
        returnable={"yes": True, "no": False}.get(line.get("returnable", "")),
        no_return=NoReturn(line["no"]) if "no" in line else None,
    )


def _parcel(parcel: Mapping[str, Any], zone: ZoneInfo) -> Shipment:
    came = _moment(parcel["came"], zone) if "came" in parcel else None
    return Shipment(
        "Omniva",
        None,
        None,
        ShipmentState(parcel.get("state", "delivered")),
        None,
        parcel.get("expected"),
        tuple(
            TrackingEvent(_moment(one, zone), ShipmentState.DELIVERED, "") for one in parcel.get("events", ())
        ),
        came,
        parcel.get("fetch"),
        _pieces(parcel["holds"]) if "holds" in parcel else None,
    )


def _payment(amount: Decimal, currency: str, at: datetime) -> Payment:
    return Payment(PaymentState.DONE, "card", amount, currency, at)


def _pieces(pieces: Mapping[str, int]) -> dict[int, int]:
    return {int(position): count for position, count in pieces.items()}


def _amount(text: str) -> Decimal | None:
    return None if text == "none" else Decimal(text)


def _term(value: Any) -> Any:
    return value if isinstance(value, int) else _amount(value)


def _moment(text: str, zone: Any) -> datetime:
    """ "2026-10-05 10:00", or with a zone's name behind it."""
    day, time, *named = str(text).split()
    at = datetime.fromisoformat(f"{day}T{time}")
    return at.replace(tzinfo=ZoneInfo(named[0]) if named else zone).astimezone(UTC)


def last_day(expected: object) -> date | None:
    return None if expected == "never" else date.fromisoformat(str(expected))
