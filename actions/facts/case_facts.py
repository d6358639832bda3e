"""What may be said of after-sales cases: pure functions to phrases, in no language yet (`order_facts`)."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from actions.facts.order_facts import Phrase, money
from store.cases.after_sales import Offer
from store.cases.cases import Case, CaseDeadline
from store.cases.law.claims import Doubt
from store.cases.law.sums import PartKind, Refund
from store.orders.orders import Order
from store.vocabulary import CaseState, DeadlineKind, GoodsState, MoneyState, ReturnWay

# The day with which a time ends, as a customer of a jurisdiction is told it.
LastDay = Callable[[datetime, str], date]

_OVER = frozenset({CaseState.CLOSED, CaseState.DECLINED, CaseState.WITHDRAWN})
# Of all the reasons why a person decides, those that help a customer to know.
_TOLD = {
    Doubt.WINDOW_OVER: "case_doubt_window_over",
    Doubt.EXCEPTED: "case_doubt_excepted",
    Doubt.SEAL: "case_doubt_excepted",
}
_BACK = frozenset(
    {
        GoodsState.INSPECTED,
        GoodsState.RESTOCKED,
        GoodsState.REPAIRED,
        GoodsState.SCRAPPED,
        GoodsState.SENT_BACK,
    }
)
_PART = {PartKind.REST: PartKind.GOODS}  # told together


def goods(order: Order, lines: dict[int, int]) -> str:
    """The goods by name: "2 × Mug; Oak lamp"."""
    return "; ".join(
        _counted(line.name, lines[line.position]) for line in order.lines if line.position in lines
    )


def of_case(case: Case) -> str:
    return "; ".join(_counted(line.name, line.quantity) for line in case.lines)


def _counted(name: str, quantity: int) -> str:
    return name if quantity == 1 else f"{quantity} × {name}"


def summary(kind: str, order: str, named: str, instead: str = "") -> Phrase:
    """What is registered, in one sentence."""
    return {"phrase": f"case_summary_{kind}", "order": order, "goods": named, "instead": instead}


def sum_of(refund: Refund | None) -> list[Phrase]:
    """What goes back, and how it comes about."""
    if refund is None or refund.total <= 0:
        return []
    parts: dict[PartKind, Decimal] = {}
    for part in refund.parts:
        kind = _PART.get(part.kind, part.kind)
        parts[kind] = parts.get(kind, Decimal(0)) + abs(part.amount)
    reckoning = [
        {"phrase": f"case_part_{kind}", "amount": money(amount, refund.currency)}
        for kind, amount in parts.items()
    ]
    total = money(refund.total, refund.currency)
    return [{"phrase": "case_money", "amount": total, "reckoning": reckoning}]


def sending(offer: Offer, way: ReturnWay | None, address: str) -> list[Phrase]:
    """How the goods come back, if they do."""
    if not offer.assessment.goods_back or way is None:
        return []
    said: list[Phrase] = [{"phrase": f"case_way_{way}", "return_address": address}]
    if offer.assessment.shop_pays and way in (ReturnWay.LABEL, ReturnWay.LOCKER):
        said.append({"phrase": "case_way_free"})
    return said


def doubt(offer: Offer, last_day: LastDay) -> list[Phrase]:
    """Why a person decides, where that helps to know."""
    if offer.approved or not offer.assessment.doubts:
        return []
    for one in offer.assessment.doubts:
        if one in _TOLD:
            until = offer.assessment.shop_until or offer.assessment.until
            if one is Doubt.WINDOW_OVER and until is None:
                continue
            day = last_day(until, offer.assessment.jurisdiction).isoformat() if until else ""
            return [{"phrase": _TOLD[one], "until": day}]
    return [{"phrase": "case_doubt_other"}]


def received(case: Case, zone: ZoneInfo, mailed: bool, instead: str = "") -> Phrase:
    """That it is registered, since when, and under which number."""
    at = case.stated_at.astimezone(zone)
    return {
        "phrase": "case_received" if mailed else "case_received_no_mail",
        "on": at.date().isoformat(),
        "time": at.strftime("%H:%M"),
        "case": case.number,
        "summary": summary(case.kind, case.order_number, of_case(case), instead),
    }


def following(case: Case, last_day: LastDay) -> Phrase:
    """What comes next, and until when."""

    def day(one: CaseDeadline) -> str:
        return last_day(one.due_at, case.jurisdiction).isoformat()

    until = {one.kind: one for one in case.deadlines}
    refund, back, answer = (
        until.get(kind) for kind in (DeadlineKind.REFUND, DeadlineKind.SEND_BACK, DeadlineKind.ANSWER)
    )
    if case.state is CaseState.APPROVED and refund:
        if back and case.way is not ReturnWay.KEEP:
            return {
                "phrase": "case_next_approved",
                "days": back.length.days,
                "send_back": day(back),
                "refund": day(refund),
            }
        return {"phrase": "case_next_approved_keep", "refund": day(refund)}
    if case.state is CaseState.APPROVED and back:
        return {"phrase": "case_by_send_back", "until": day(back)}
    if answer:
        return {"phrase": "case_next_person", "answer": day(answer)}
    return {"phrase": "case_next_person_soon"}


def status(case: Case, zone: ZoneInfo, last_day: LastDay, question: str = "", why: str = "") -> list[Phrase]:
    """How it stands: the case, the goods, the money, and what is due next."""
    said: list[Phrase] = [
        {
            "phrase": "case_status",
            "case": case.number,
            "kind": {"title_key": f"kind_{case.kind}"},
            "state": {"phrase": f"case_state_{case.state}", "question": question, "why": why},
        }
    ]
    if case.state is CaseState.WITHDRAWN:
        return said
    if case.way not in (None, ReturnWay.KEEP) and case.state not in _OVER:
        said += _goods(case)
    said += [
        {
            "phrase": f"case_money_{one.state}",
            "amount": money(one.amount, one.currency),
            "on": one.updated_at.astimezone(zone).date().isoformat(),
        }
        for one in case.refunds
        if one.state in _MONEY_TOLD
    ]
    if case.state not in _OVER:
        said += _due(case, last_day)
    return said


_MONEY_TOLD = {
    MoneyState.HELD,
    MoneyState.DUE,
    MoneyState.REQUESTED,
    MoneyState.SUCCEEDED,
    MoneyState.FAILED,
}


def _goods(case: Case) -> list[Phrase]:
    states = {line.state for line in case.lines}
    if not states:
        return []
    for state in (GoodsState.LOST, GoodsState.RECEIVED, GoodsState.IN_TRANSIT):
        if state in states:
            return [{"phrase": f"case_goods_{state}"}]
    if states <= _BACK:
        return [{"phrase": "case_goods_back"}]
    if GoodsState.LABEL_ISSUED in states:
        return [{"phrase": "case_goods_label_issued"}]
    return [{"phrase": "case_goods_kept"}] if case.state is CaseState.APPROVED else []


def _due(case: Case, last_day: LastDay) -> list[Phrase]:
    """The open clocks that matter to who asks. When money comes is told once it is set aside."""
    said = []
    for one in case.deadlines:
        if one.met_at is not None or (one.kind is DeadlineKind.REFUND and not case.refunds):
            continue
        if one.kind is DeadlineKind.SEND_BACK and case.state is not CaseState.APPROVED:
            continue  # nobody is asked to send what a person still looks at
        until = last_day(one.due_at, case.jurisdiction).isoformat()
        said.append({"phrase": f"case_by_{one.kind}", "until": until})
    return said


def mail(case: Case, zone: ZoneInfo, last_day: LastDay, instead: str = "") -> dict[str, Any]:
    """The facts of the letter that a customer keeps as proof."""
    at = case.stated_at.astimezone(zone)
    return {
        "case": case.number,
        "on": at.date().isoformat(),
        "time": at.strftime("%H:%M"),
        "summary": summary(case.kind, case.order_number, of_case(case), instead),
        "words": case.words or "–",
        "next": following(case, last_day),
    }
