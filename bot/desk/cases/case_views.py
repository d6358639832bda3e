"""Cases as the desk's pages get them; functions of one reading transaction each."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from bot.desk import rights, serializers
from bot.desk.actor import Actor as Agent
from bot.desk.dependencies import DeskDependencies
from bot.desk.serializers import when
from bot.runtime.http.refusals import NoSuch
from store.accounts import agents
from store.cases import cases, timeline
from store.cases.cases import Case, CaseDeadline, CaseLine, CaseRefund
from store.cases.machine import CASE, CaseAct, possible
from store.cases.timeline import CaseEvent
from store.conversations import proofs
from store.core.database import Connection
from store.desk.cases import case_files, choices, listing
from store.desk.cases.choices import MONEY_WISHES
from store.desk.cases.listing import OURS, Filter, Listed
from store.orders import orders
from store.vocabulary import Actor

# What the timeline tells of money.
_MONEY_ACTS = frozenset({"second_approval", "correct_sum"})
_AMOUNTS = frozenset({"amount", "refund"})


def page(
    connection: Connection, service: DeskDependencies, who: Agent, wanted: Filter, after: str | None
) -> dict[str, Any]:
    """A list. Raises ValueError for a wrong `after`."""
    at = service.clock()
    found, cursor = listing.listed(connection, wanted, at, after)
    return {
        "cases": [row(one, at) for one in found],
        "counts": counts(connection, service, who),
        "next": cursor,
    }


def counts(connection: Connection, service: DeskDependencies, who: Agent) -> dict[str, int]:
    """How many there are of which view."""
    found = listing.counts(connection, who.agent.id, service.clock())
    if not rights.money(who):
        del found[listing.View.UNSIGNED]
    return found


def of_conversation(connection: Connection, service: DeskDependencies, conversation_id: int) -> list[Any]:
    """Those that began in a conversation, and those of the contact that is proven there; the newest first."""
    own = cases.of_conversation(connection, conversation_id)
    contact = proofs.identity(connection, conversation_id).contact
    theirs = cases.of_contact(connection, contact) if contact else []
    found = {one.id: one for one in (*own, *theirs)}
    at = service.clock()
    return [row(Listed(found[one], _next(found[one]), None), at) for one in sorted(found, reverse=True)]


def whole(connection: Connection, service: DeskDependencies, who: Agent, case_id: int) -> dict[str, Any]:
    """A case with all that belongs to it, and what the agent can do with it now. Raises `NoSuch`."""
    case = cases.get(connection, case_id)
    if case is None:
        raise NoSuch("case")
    may, at = rights.money(who), service.clock()
    names = agents.names(connection, [case.agent_id] if case.agent_id else [])
    acts = possible(CASE, case.state, Actor.AGENT)
    if not may and case.wish in MONEY_WISHES:
        acts = tuple(one for one in acts if one is not CaseAct.APPROVE)
    return {
        **row(Listed(case, _next(case), names.get(case.agent_id or 0)), at),
        "words": case.words,
        "serial_number": case.serial_number,
        "facts": case.facts,
        "jurisdiction": case.jurisdiction,
        "way": case.way,
        "currency": case.currency,
        "can": list(acts),
        "goods": [_line(one, may) for one in case.lines],
        "deadlines": [_deadline(one, at) for one in case.deadlines],
        "files": [
            serializers.attachment(one, service.files) for one in case_files.of_case(connection, case_id)
        ],
        "timeline": _timeline(connection, timeline.of_case(connection, case_id), may),
        "money": _money(connection, service, who, case) if may else None,
    }


def row(one: Listed, at: datetime) -> dict[str, Any]:
    """A case as in a list."""
    case = one.case
    running = [item for item in case.deadlines if item.met_at is None]
    return {
        "id": case.id,
        "number": case.number,
        "kind": case.kind,
        "state": case.state,
        "wish": case.wish,
        "order": case.order_number,
        "contact": case.contact,
        "name": case.name,
        "language": case.language,
        "channel": case.channel,
        "conversation": case.conversation_id,
        "agent": {"id": case.agent_id, "name": one.agent_name or ""} if case.agent_id else None,
        "products": [{"name": line.name, "quantity": line.quantity} for line in case.lines],
        "clock": next((_deadline(item, at) for item in running if item.kind in OURS), None),
        "version": case.version,
        "stated_at": when(case.stated_at),
        "created_at": when(case.created_at),
        "updated_at": when(case.updated_at),
        "closed_at": when(case.closed_at),
    }


def _next(case: Case) -> datetime | None:
    return min(
        (one.due_at for one in case.deadlines if one.met_at is None and one.kind in OURS), default=None
    )


def _deadline(one: CaseDeadline, at: datetime) -> dict[str, Any]:
    """`part`: of the time that is over, in per cent; over 100 when it has passed. `ours`: whether the shop
    has to do it."""
    length = one.length.total_seconds()
    over = ((one.met_at or at) - one.starts_at).total_seconds()
    return {
        "kind": one.kind,
        "starts_at": when(one.starts_at),
        "due_at": when(one.due_at),
        "met_at": when(one.met_at),
        "rule": one.rule,
        "ours": one.kind in OURS,
        "part": max(0, round(100 * over / length)) if length > 0 else 100,
    }


def _line(one: CaseLine, may: bool) -> dict[str, Any]:
    return {
        "id": one.id,
        "order": one.order_number,
        "position": one.position,
        "sku": one.sku,
        "name": one.name,
        "quantity": one.quantity,
        "paid": str(one.paid) if may else None,
        "reason": one.reason,
        "instead": one.instead,
        "state": one.state,
        "condition": one.condition,
        "can": list(choices.for_goods(one, Actor.AGENT)),
    }


def _money(connection: Connection, service: DeskDependencies, who: Agent, case: Case) -> dict[str, Any]:
    """`reckoned`: what an approval would give back now; `most`: what could be at all."""
    order = orders.find(connection, case.order_number)
    reckoned = most = None
    if order and case.wish in MONEY_WISHES:
        most = service.after_sales.most(connection, case, order)
        if CaseAct.APPROVE in possible(CASE, case.state, Actor.AGENT):
            found = service.after_sales.reckon(connection, case, order)
            reckoned = {
                "total": str(found.total),
                "parts": [
                    {
                        "kind": part.kind,
                        "amount": str(part.amount),
                        "position": part.position,
                        "quantity": part.quantity,
                    }
                    for part in found.parts
                ],
                "two": service.after_sales.needs_second(found.total),
            }
    limit = service.after_sales.terms.four_eyes_over
    return {
        "currency": case.currency,
        "reckoned": reckoned,
        "most": _amount(most),
        "two_over": _amount(limit),
        "refunds": [_refund(one, who) for one in case.refunds],
    }


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def _refund(one: CaseRefund, who: Agent) -> dict[str, Any]:
    can: list[str] = list(choices.for_money(one, Actor.AGENT))
    if one.unsigned and one.first_agent != who.agent.email and choices.is_waiting(one):
        can.insert(0, "sign")
    return {
        "id": one.id,
        "order": one.order_number,
        "state": one.state,
        "means": one.means,
        "amount": str(one.amount),
        "currency": one.currency,
        "parts": one.parts,
        "key": one.key,
        "provider_id": one.provider_id,
        "why": one.why,
        "first_agent": one.first_agent,
        "unsigned": one.unsigned,
        "updated_at": when(one.updated_at),
        "can": can,
    }


def _timeline(connection: Connection, found: Sequence[CaseEvent], may: bool) -> list[dict[str, Any]]:
    names: dict[str, str] = {}
    for email in {one.who for one in found if one.actor == Actor.AGENT}:
        agent = agents.find(connection, email)
        names[email] = agent.name if agent else email
    return [_event(one, names, may) for one in found if may or not _is_money(one)]


def _is_money(one: CaseEvent) -> bool:
    return one.act.endswith("_refund") or one.act in _MONEY_ACTS


def _event(one: CaseEvent, names: Mapping[str, str], may: bool) -> dict[str, Any]:
    return {
        "id": one.id,
        "at": when(one.at),
        "actor": one.actor,
        "who": names.get(one.who, one.who),
        "act": one.act,
        "why": one.why,
        "details": {name: value for name, value in one.details.items() if may or name not in _AMOUNTS},
    }
