"""How a case is shown to the customer whose it is: where it stands, its dates, its money."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from actions.facts.case_facts import LastDay
from bot.runtime.label_links import LabelLinks, has_label
from bot.shop.page_texts import Speech
from bot.web.customer_pages.elements import Child, Html, rows, tag
from store.cases.cases import Case, CaseDeadline
from store.cases.law.sums import PartKind, Refund
from store.cases.machine import ENDED
from store.orders.orders import Order
from store.vocabulary import CaseState, DeadlineKind, GoodsState, MoneyState

# What is told of money: only what is sure. That it was asked for is no news to a customer who waits.
_MONEY: Final = {
    MoneyState.CALCULATED: "money_planned",
    MoneyState.HELD: "money_held",
    MoneyState.DUE: "money_due",
    MoneyState.REQUESTED: "money_due",
    MoneyState.UNKNOWN: "money_due",
    MoneyState.FAILED: "money_due",
    MoneyState.SUCCEEDED: "money_paid",
    MoneyState.DISPUTED: "money_disputed",
}
_DATES: Final = {
    DeadlineKind.ANSWER: "date_answer",
    DeadlineKind.SEND_BACK: "date_send_back",
    DeadlineKind.REFUND: "date_refund",
    DeadlineKind.REPAIR: "date_repair",
}


def listed(found: Sequence[Case], labels: LabelLinks, speech: Speech, last_day: LastDay) -> Html:
    """The customer's cases, the newest first."""
    return tag("ul", (tag("li", card(one, labels, speech, last_day)) for one in found), class_="cases")


def card(case: Case, labels: LabelLinks, speech: Speech, last_day: LastDay) -> Html:
    told: dict[str, Child] = {
        speech("case_state"): speech(f"state_{case.state}"),
        speech("received"): speech.day(case.stated_at),
        speech("order_number"): case.order_number,
    }
    if case.lines:
        told[speech("goods")] = pieces(case)
        told[speech("goods_state")] = ", ".join(
            dict.fromkeys(speech(f"goods_{_told(one.state)}") for one in case.lines)
        )
    if money := [line for line in (_money(one, speech) for one in case.refunds) if line]:
        told[speech("money")] = [tag("p", one) for one in money]
    told |= dates(case, speech, last_day)
    kind = speech(f"kind_{case.kind}")
    parts: list[Child] = [tag("h3", f"{case.number}: {kind}"), rows(told)]
    if has_label(case):
        parts.append(tag("p", label_link(case, labels, speech)))
    return tag("article", *parts)


def pieces(case: Case) -> Html:
    """The goods of a case."""
    return tag("ul", (tag("li", f"{line.quantity} × {line.name}") for line in case.lines), class_="pieces")


def dates(case: Case, speech: Speech, last_day: LastDay) -> Mapping[str, str]:
    """What is to happen until when."""
    if case.state in ENDED or case.state == CaseState.DECLINED:
        return {}
    return {
        speech(_DATES[one.kind]): speech.date(last_day(one.due_at, case.jurisdiction))
        for one in case.deadlines
        if _open(one, case)
    }


def label_link(case: Case, labels: LabelLinks, speech: Speech) -> Html:
    return tag("a", speech("print_label"), href=labels.path(case.number, speech.language).lstrip("/"))


def sum_of(refund: Refund, order: Order, speech: Speech) -> Html:
    """A sum and how it comes about."""
    names = {line.position: line.name for line in order.lines}

    def named(part: Any) -> str:
        if part.kind != PartKind.GOODS:
            return speech(f"part_{part.kind}")
        return f"{part.quantity} × {names.get(part.position, '')}"

    made = (
        tag("tr", tag("th", named(one), scope="row"), tag("td", speech.money(one.amount, refund.currency)))
        for one in refund.parts
    )
    total = tag(
        "tr",
        tag("th", speech("sum"), scope="row"),
        tag("td", speech.money(refund.total, refund.currency)),
        class_="total",
    )
    return tag("table", tag("caption", speech("sum_caption")), tag("tbody", made, total))


def _open(one: CaseDeadline, case: Case) -> bool:
    # Nobody is asked to send what a person still looks at.
    waits = one.kind == DeadlineKind.SEND_BACK and case.state != CaseState.APPROVED
    return one.met_at is None and one.kind in _DATES and not waits


def _told(state: GoodsState) -> str:
    """What becomes of goods in the shop is its own matter."""
    if state in (GoodsState.RESTOCKED, GoodsState.SCRAPPED, GoodsState.INSPECTED):
        return GoodsState.RECEIVED
    return state


def _money(refund: Any, speech: Speech) -> str:
    name = _MONEY.get(refund.state)
    return speech(name, sum=speech.money(refund.amount, refund.currency)) if name else ""
