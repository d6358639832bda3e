"""What became of everything that was told of cases: the cases, their money, clocks, mails and webhooks."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select

from bot.shop import facts, laws
from bot.shopside.payouts import Paid
from store.cases import cases, timeline
from store.cases.cases import Case
from store.cases.feed.case_keys import ActKey
from store.cases.law.claims import Rights
from store.cases.machine import COUNTED
from store.core.database import Connection
from store.orders import orders
from store.tables import case_events, mails
from store.tables import cases as cases_table
from store.vocabulary import CaseKind, CaseState, DeadlineKind, MoneyState
from tests.faults.bank import Bank
from tests.faults.stories import Story
from tests.paths import ROOT
from tests.shopside.receiver import Taken

_ASKED = frozenset({MoneyState.REQUESTED, MoneyState.UNKNOWN, MoneyState.SUCCEEDED, MoneyState.FAILED})


@dataclass
class CaseFindings:
    """Counts of what was told, and every fault in words."""

    statements: int = 0
    cases: int = 0
    acts: int = 0
    payments: int = 0
    events: int = 0
    faults: list[str] = field(default_factory=list)

    def expect(self, holds: bool, fault: str) -> None:
        if not holds:
            self.faults.append(fault)


def check(
    connection: Connection, stories: Sequence[Story], bank: Bank, told: Sequence[Taken] | None
) -> CaseFindings:
    """Looks through all of it. `told`: what the webhook's receiver was sent; None: nobody listened."""
    found = CaseFindings()
    rights = Rights(laws.load(ROOT), laws.terms(facts.load(ROOT / "shop.yml")))
    keys: set[str] = set()
    whole = 0
    for story in stories:
        for case in cases.of_order(connection, story.order):
            whole += 1
            _clocks(connection, rights, case, found)
            _money(connection, case, bank, found)
            keys |= {one.key for one in case.refunds}
        _story(connection, story, found)
    every = connection.execute(select(func.count()).select_from(cases_table)).scalar_one()
    found.expect(every == whole, f"{every} cases, of which {whole} were told of")
    found.cases = every
    found.payments = len(bank.asked)
    twice = [key for key, count in bank.asked.items() if count > 1]
    found.expect(not twice, f"paid twice: {twice}")
    found.expect(set(bank.asked) <= keys, f"paid, and nowhere written down: {set(bank.asked) - keys}")
    if told is not None:
        _webhooks(connection, told, found)
    return found


def _story(connection: Connection, story: Story, found: CaseFindings) -> None:
    name = f"order {story.order}"
    known = cases.of_order(connection, story.order)
    found.expect(len(known) >= story.told, f"{name}: acknowledged, and no case")
    found.expect(len(known) < 2, f"{name}: {len(known)} cases")
    found.expect(
        {one.number for one in known} >= story.numbers,
        f"{name}: {story.numbers} were told, {[one.number for one in known]} are there",
    )
    for case in known:
        written = Counter(
            connection.execute(select(case_events.c.key).where(case_events.c.case_id == case.id)).scalars()
        )
        for id_, (sent, answered) in story.statements.items():
            found.statements += 1
            found.expect(
                written[f"page/{id_}"] == 1, f"{name}: statement {id_}: {written[f'page/{id_}']} times"
            )
            when = timeline.when(connection, case.id, f"page/{id_}")
            found.expect(
                when is not None and sent <= when <= answered,
                f"{name}: stated {sent}, written down as {when}",
            )
            letters = select(func.count()).where(mails.c.key == f"withdrawal/{id_}")
            count = connection.execute(letters).scalar_one()
            found.expect(count == 1, f"{name}: {count} acknowledgements of {id_}")
        submits = [one for one in timeline.of_case(connection, case.id) if one.act == "submit"]
        found.expect(len(submits) == 1, f"{name}: begun {len(submits)} times")
        for key in story.begun:
            found.statements += 1
            count = _of(written, key)
            found.expect(count == 1, f"{name}: told under {key}, written down {count} times")
        for (_, key), status in story.acts.items():
            found.acts += status == 200
            count = _of(written, key)
            found.expect(count == (status == 200), f"{name}: {key} answered {status}, written {count} times")


def _of(written: Counter[str], key: str) -> int:
    """How often an act with a key of the API was written down."""
    prefix = f"api:{ActKey.of(key, {}).name}:"
    return sum(count for one, count in written.items() if one.startswith(prefix) and "/" not in one)


def _clocks(connection: Connection, rights: Rights, case: Case, found: CaseFindings) -> None:
    order = orders.find(connection, case.order_number)
    found.expect(order is not None, f"{case.number}: its order {case.order_number} isn't there")
    if order is None:
        return
    lines = {one.position: one.quantity for one in case.lines}
    kind = CaseKind.WITHDRAWAL if case.kind is CaseKind.RETURN else case.kind
    assessment = rights.assess(order, lines, kind, case.stated_at, {})
    due = {(one.kind, one.due_at, one.rule) for one in rights.deadlines(assessment, case.stated_at)}
    stand = [(one.kind, one.due_at, one.rule) for one in case.deadlines]
    found.expect(len(stand) == len(set(stand)) and set(stand) == due, f"{case.number}: {stand}, not {due}")
    paid = [one.state is MoneyState.SUCCEEDED for one in case.refunds if one.state is not MoneyState.VOID]
    decided = case.state not in (CaseState.SUBMITTED, CaseState.ACKNOWLEDGED)
    for one in case.deadlines:
        if one.kind is DeadlineKind.ANSWER:
            found.expect((one.met_at is not None) == decided, f"{case.number}: the answer's clock is wrong")
        if one.kind is DeadlineKind.REFUND and case.closed_at is None:
            arrived = bool(paid) and all(paid)
            found.expect((one.met_at is not None) == arrived, f"{case.number}: the money's clock is wrong")


def _money(connection: Connection, case: Case, bank: Bank, found: CaseFindings) -> None:
    order = orders.find(connection, case.order_number)
    paid = sum(one.amount for one in order.payments) if order else 0
    back = sum(one.amount for one in case.refunds if one.state in COUNTED)
    found.expect(back <= paid, f"{case.number}: {back} of {paid} goes back")
    for one in case.refunds:
        said = bank.known.get(one.key)
        if bank.asked[one.key]:
            found.expect(one.state in _ASKED, f"{one.key}: asked for, and {one.state}")
        if one.state is MoneyState.SUCCEEDED:
            found.expect(said is Paid.SUCCEEDED, f"{one.key}: told as paid, which is {said}")
        if one.state is MoneyState.FAILED:
            found.expect(said is Paid.FAILED, f"{one.key}: told as failed, which is {said}")
        found.expect(one.state is not MoneyState.DUE, f"{one.key}: due, and never asked for")
    standing = [one for one in case.refunds if one.state is not MoneyState.VOID]
    found.expect(len(standing) < 2, f"{case.number}: {len(standing)} refunds")


def _webhooks(connection: Connection, told: Sequence[Taken], found: CaseFindings) -> None:
    written: dict[str, list[int]] = {}
    rows = connection.execute(
        select(cases_table.c.number, case_events.c.id)
        .join(case_events, case_events.c.case_id == cases_table.c.id)
        .order_by(case_events.c.id)
    )
    for number, event in rows:
        written.setdefault(number, []).append(event)
        found.events += 1
    first: dict[str, list[int]] = {}
    for one in told:
        found.expect(one.signed, f"event {one.event}: its signature is wrong")
        events = first.setdefault(one.body["case"]["number"], [])
        # Tried again it is the last one, or one that a killed server could not note as told.
        if one.answer and one.answer.startswith("2") and one.event not in events:
            events.append(one.event)
    for number, expected in written.items():
        heard = first.get(number, [])
        found.expect(heard == expected, f"{number}: events {expected}, told {heard}")
    found.expect(first.keys() <= written.keys(), "cases were told of that there aren't")
