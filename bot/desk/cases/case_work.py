"""What agents do with cases: each function is one transaction's work, under the lock of the case.

Each act has a key: told twice it happens once. It is done to the case as it was looked at; whoever looks at
an older one is shown how it stands now.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ParamSpec

from actions.facts import case_facts
from actions.facts.order_facts import Phrase
from bot.conversation.outgoing import Outgoing
from bot.desk import rights
from bot.desk.actor import Actor as Agent
from bot.desk.cases.case_news import CaseNews, Told
from bot.runtime.http.refusals import Conflict, Forbidden, NoSuch, WrongField
from bot.runtime.label_links import has_label
from store.cases import acts, cases, timeline
from store.cases.acts import Stale
from store.cases.after_sales import AfterSales
from store.cases.cases import Case, CaseRefund
from store.cases.machine import CaseAct, GoodsAct, Impossible, MoneyAct
from store.cases.timeline import By
from store.conversations.conversations import Conversation
from store.core.database import Connection
from store.desk.cases import correcting, holders
from store.desk.cases.choices import MONEY_WISHES
from store.orders import orders
from store.vocabulary import Actor, Condition

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Looked:
    """Which case an agent acts on, as it was when they looked at it, and the act's key."""

    case_id: int
    version: int
    key: str


@dataclass(frozen=True, slots=True)
class Done:
    """A case as it stands afterwards. `told`: how its customer was told, where they were to be. `new`: False
    if the same came before."""

    case: Case
    told: Told | None = None
    new: bool = True


@dataclass(frozen=True, slots=True)
class _Open:
    """A case that is ours until the transaction ends. `known`: the act happened before."""

    case: Case
    conversation: Conversation | None
    by: By
    known: bool


class CaseWork:
    """Raises `Refusal`, `store.cases.acts.Stale`."""

    def __init__(
        self,
        after_sales: AfterSales,
        outgoing: Outgoing,
        shop: str,
        clock: Callable[[], datetime],
        label_link: Callable[[Case], str] | None = None,
    ) -> None:
        self._label_link = label_link
        self.after_sales = after_sales
        self._news = CaseNews(outgoing, shop)
        self._clock = clock

    # --- the case ---

    def act(self, connection: Connection, who: Agent, looked: Looked, what: CaseAct, why: str = "") -> Done:
        """What needs no more than a word: acknowledge, close, reopen, withdraw for the customer."""
        found = self._open(connection, who, looked)
        if found.known:
            return Done(found.case, new=False)
        case = _possible(acts.act, connection, looked.case_id, what, found.by, why)
        self._note(connection, who, case, what)
        return Done(case)

    def ask(self, connection: Connection, who: Agent, looked: Looked, question: str) -> Done:
        """Asks the customer for what is missing."""
        found = self._open(connection, who, looked)
        if found.known:
            return Done(found.case, new=False)
        case = _possible(acts.act, connection, looked.case_id, CaseAct.ASK, found.by, question)
        told = self._tell(connection, found, "utter_case_asked", question=question)
        self._note(connection, who, case, CaseAct.ASK, told=told)
        return Done(case, told)

    def approve(
        self, connection: Connection, who: Agent, looked: Looked, amount: Decimal | None, why: str = ""
    ) -> Done:
        """Approves a case, with the sum that was reckoned, or another `amount` and the reason for it."""
        found = self._open(connection, who, looked)
        case = found.case
        if case.wish in MONEY_WISHES:
            rights.need_money(who)
        elif amount is not None:
            raise WrongField("amount", "leave it out: the customer wishes for no money.")
        if found.known:
            return Done(case, new=False)
        order = orders.find(connection, case.order_number)
        if amount is not None:
            if order is None:
                raise Conflict("The order isn't known, so no sum can be reckoned.", code="no_order")
            reckoned = self.after_sales.reckon(connection, case, order)
            most = self.after_sales.most(connection, case, order)
            _need_reason(amount, reckoned.total, most, why)
        case = _possible(self.after_sales.approve, connection, case, order, found.by, why, amount=amount)
        told = self._tell(connection, found, "utter_case_approved", parts=self._granted(case))
        self._note(connection, who, case, CaseAct.APPROVE, told=told, amount=_sum(case))
        return Done(case, told)

    def decline(self, connection: Connection, who: Agent, looked: Looked, why: str) -> Done:
        """Declines a case with a reason, which the customer reads."""
        found = self._open(connection, who, looked)
        if found.known:
            return Done(found.case, new=False)
        case = _possible(acts.act, connection, looked.case_id, CaseAct.DECLINE, found.by, why)
        told = self._tell(connection, found, "utter_case_declined", why=why)
        self._note(connection, who, case, CaseAct.DECLINE, told=told)
        return Done(case, told)

    def assign(self, connection: Connection, who: Agent, looked: Looked, mine: bool) -> Done:
        """The agent takes a case, or lets it go."""
        found = self._open(connection, who, looked)
        if found.known:
            return Done(found.case, new=False)
        if not mine and found.case.agent_id != who.agent.id and not rights.admin(who):
            raise Conflict("Another agent looks after this case.", code="taken")
        case = holders.assign(connection, looked.case_id, who.agent.id if mine else None, found.by)
        who.record(connection, "case_assigned", target(case), {"mine": mine})
        return Done(case)

    def note(self, connection: Connection, who: Agent, looked: Looked, text: str) -> Done:
        """Writes something for colleagues into the timeline, whatever else has changed meanwhile."""
        found = self._open(connection, who, looked, fresh=False)
        if found.known:
            return Done(found.case, new=False)
        acts.note(connection, looked.case_id, found.by, "note", text, {})
        who.record(connection, "case_noted", target(found.case))
        return Done(cases.lock(connection, looked.case_id))

    # --- the goods ---

    def move(
        self,
        connection: Connection,
        who: Agent,
        looked: Looked,
        what: GoodsAct,
        lines: Mapping[int, Condition | None],
        why: str = "",
    ) -> Done:
        """Notes where lines' goods are; `lines` by their ids, each with what an inspection found."""
        found = self._open(connection, who, looked)
        if found.known:
            return Done(found.case, new=False)
        if lines.keys() - {one.id for one in found.case.lines}:
            raise WrongField("lines", "write ids of the case's lines.")
        case = _possible(acts.move, connection, looked.case_id, what, found.by, lines, why)
        self._note(connection, who, case, what, lines=sorted(lines))
        return Done(case)

    # --- the money ---

    def refund(
        self,
        connection: Connection,
        who: Agent,
        looked: Looked,
        refund_id: int,
        what: MoneyAct,
        why: str = "",
        provider_id: str = "",
    ) -> Done:
        """Notes what became of a refund in the shop's own system; once it is confirmed, the customer is
        told."""
        rights.need_money(who)
        found = self._open(connection, who, looked)
        refund = _refund(found.case, refund_id)
        if found.known:
            return Done(found.case, new=False)
        if what is MoneyAct.CONFIRM and not (provider_id or refund.provider_id):
            raise WrongField("provider_id", "write by what the payment provider knows the refund.")
        case = _possible(
            acts.refund,
            connection,
            looked.case_id,
            refund_id,
            what,
            found.by,
            why,
            provider_id=provider_id,
        )
        told = None
        if what is MoneyAct.CONFIRM:
            money = {"amount": str(refund.amount), "currency": refund.currency}
            told = self._tell(connection, found, "utter_case_refunded", amount=money)
        self._note(connection, who, case, f"{what}_refund", refund=refund.key, amount=str(refund.amount))
        return Done(case, told)

    def sign(self, connection: Connection, who: Agent, looked: Looked, refund_id: int) -> Done:
        """The second of two people approves a sum."""
        rights.need_money(who)
        found = self._open(connection, who, looked)
        refund = _refund(found.case, refund_id)
        if found.known:
            return Done(found.case, new=False)
        if refund.unsigned and refund.first_agent == who.agent.email:
            raise Forbidden("Somebody else than who approved it first must.", code="same_person")
        case = _possible(acts.sign, connection, looked.case_id, refund_id, found.by)
        self._note(connection, who, case, "second_approval", refund=refund.key, amount=str(refund.amount))
        return Done(case)

    def correct(self, connection: Connection, who: Agent, looked: Looked, amount: Decimal, why: str) -> Done:
        """Puts another sum in the place of what isn't asked for yet, such as after an inspection."""
        rights.need_money(who)
        found = self._open(connection, who, looked)
        if found.known:
            return Done(found.case, new=False)
        order = orders.find(connection, found.case.order_number)
        if order is None:
            raise Conflict("The order isn't known, so no sum can be reckoned.", code="no_order")
        most = self.after_sales.most(connection, found.case, order)
        if not Decimal(0) < amount <= most:
            raise WrongField("amount", f"write an amount above 0 and up to {most}.")
        case = _possible(
            correcting.correct, connection, self.after_sales, found.case, order, amount, found.by, why
        )
        self._note(connection, who, case, "sum_changed", amount=str(amount))
        return Done(case)

    # --- parts ---

    def _open(self, connection: Connection, who: Agent, looked: Looked, *, fresh: bool = True) -> _Open:
        seen = cases.get(connection, looked.case_id)
        if seen is None:
            raise NoSuch("case")
        conversation = self._news.hold(connection, seen)
        case = cases.lock(connection, looked.case_id)
        by = By(Actor.AGENT, f"desk:{who.agent.id}:{looked.key}", self._clock(), who.agent.email)
        known = timeline.known(connection, case.id, by.key)
        if fresh and not known and looked.version != case.version:
            raise Stale(case.number)
        return _Open(case, conversation, by, known)

    def _granted(self, case: Case) -> list[Phrase]:
        """What follows for the customer: how it stands, until when they send goods, where the label is."""
        last_day = self.after_sales.last_day
        _, *said = case_facts.status(case, self.after_sales.terms.zone, last_day)
        if self._label_link and has_label(case):
            said.append({"phrase": "case_label_link", "link": self._label_link(case)})
        return said

    def _tell(self, connection: Connection, found: _Open, response: str, **facts: object) -> Told:
        return self._news.tell(
            connection, found.case, found.conversation, response, found.by.key, found.by.at, **facts
        )

    def _note(self, connection: Connection, who: Agent, case: Case, act: str, **details: object) -> None:
        who.record(connection, f"case_{act}", target(case), {k: v for k, v in details.items() if v})


def target(case: Case) -> str:
    """The case in the audit log."""
    return f"case:{case.number}"


def _possible(work: Callable[P, Case], *args: P.args, **kwargs: P.kwargs) -> Case:
    try:
        return work(*args, **kwargs)
    except Impossible as error:
        raise Conflict(
            f"Not as things stand: {error.why}.",
            code="impossible",
            more={"act": str(error.act), "state": str(error.state)},
        ) from None


def _need_reason(amount: Decimal, reckoned: Decimal, most: Decimal, why: str) -> None:
    if amount > most:
        raise WrongField("amount", f"write at most {most}: no more of this order can be given back.")
    if amount != reckoned and not why:
        raise WrongField("why", f"write why it isn't {reckoned}, as reckoned.")


def _refund(case: Case, refund_id: int) -> CaseRefund:
    found = next((one for one in case.refunds if one.id == refund_id), None)
    if found is None:
        raise NoSuch("refund")
    return found


def _sum(case: Case) -> str:
    return str(case.refunds[-1].amount) if case.refunds else ""
