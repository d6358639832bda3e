"""The rights and terms of a shop in Vilnius, to offer something by."""

from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from store.cases.after_sales import AfterSales
from store.cases.law.claims import Rights
from store.cases.law.rules import DeliveryBack, Laws, Payer, Period, Rule, Start, Unit
from store.cases.law.terms import Terms
from store.vocabulary import CaseKind, ReturnWay, Wish

VILNIUS = ZoneInfo("Europe/Vilnius")
FORTNIGHT = Period(14, Unit.DAYS)
LAWS = Laws(
    {"EU": {"LT": VILNIUS}},
    {
        "eu_withdrawal": Rule(
            "eu_withdrawal",
            "EU",
            (CaseKind.WITHDRAWAL,),
            "Directive 2011/83/EU, article 9",
            "https://eur-lex.europa.eu/eli/dir/2011/83/oj",
            checked=date(2026, 11, 1),
            window=FORTNIGHT,
            starts=Start.LAST_PARCEL,
            remedies=(Wish.REFUND,),
            way_back=Payer.CUSTOMER,
            delivery_back=DeliveryBack.STANDARD,
            send_back=FORTNIGHT,
            refund=FORTNIGHT,
        )
    },
)


def terms(**more: Any) -> Terms:
    values: dict[str, Any] = {
        "country": "LT",
        "zone": VILNIUS,
        "return_days": 30,
        "warranty_months": 24,
        "refund_working_days": 5,
        "return_cost": Decimal("3.50"),
        "currency": "EUR",
        "ways": (ReturnWay.LABEL, ReturnWay.SHOP),
        "approve_up_to": Decimal(500),
    }
    return Terms(**(values | more))


def after_sales(**more: Any) -> AfterSales:
    own = terms(**more)
    return AfterSales(Rights(LAWS, own), own)
