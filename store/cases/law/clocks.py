"""Until when everybody must act, once something is stated."""

from datetime import date, datetime

from store.cases.law.assessments import CHANGED_MIND, Assessment
from store.cases.law.deadlines import Calendar, Deadline, weekday
from store.cases.law.rules import SHOP, Laws, Period, Unit
from store.cases.law.terms import Terms
from store.vocabulary import CaseKind, DeadlineKind, Wish


class Clocks:
    """By the laws and one shop's terms."""

    def __init__(self, laws: Laws, terms: Terms) -> None:
        self._laws = laws
        self._terms = terms

    def deadlines(self, assessment: Assessment, stated_at: datetime) -> tuple[Deadline, ...]:
        """What must be done by when once it is stated: one of a kind at most."""
        kind, calendar = assessment.kind, self.calendar(assessment.jurisdiction)
        rule = self._laws.rules.get(assessment.rule)
        found = []
        if kind != CaseKind.WITHDRAWAL:
            found.append(self.answer(assessment, stated_at))
        if rule and rule.refund:
            day = calendar.last_day(stated_at, rule.refund)
            found.append(Deadline(DeadlineKind.REFUND, stated_at, calendar.end(day), rule.name))
        elif not assessment.goods_back and kind in (CaseKind.WITHDRAWAL, CaseKind.RETURN):
            found.append(self._promised(stated_at))
        if assessment.goods_back and kind in CHANGED_MIND:
            law = rule.send_back if rule else None
            period = law or Period(self._terms.send_back_days, Unit.DAYS)
            day = calendar.rolled(calendar.last_day(stated_at, period))
            name = rule.name if rule and law else SHOP
            found.append(Deadline(DeadlineKind.SEND_BACK, stated_at, calendar.end(day), name))
        return tuple(found)

    def answer(self, assessment: Assessment, stated_at: datetime) -> Deadline:
        """When the shop has to have answered: by the law, else by its own terms."""
        calendar = self.calendar(assessment.jurisdiction)
        law = self._laws.answer(assessment.jurisdiction, assessment.kind)
        period = law.answer if law else None
        day = calendar.last_day(stated_at, period or Period(self._terms.answer_days, Unit.DAYS))
        return Deadline(DeadlineKind.ANSWER, stated_at, calendar.end(day), law.name if law else SHOP)

    def after_goods(
        self, assessment: Assessment, wish: Wish, stated_at: datetime, goods_at: datetime
    ) -> tuple[Deadline, ...]:
        """What must be done once the goods, or proof that they were sent, are there: by the shop's own
        promise, and not later than the law says unless that day had passed before."""
        own, calendar = self._terms, Calendar(self._terms.zone, self._terms.works_on)
        if wish == Wish.REPAIR:
            day = calendar.last_day(goods_at, Period(own.repair_days, Unit.DAYS))
            return (Deadline(DeadlineKind.REPAIR, goods_at, calendar.end(day), SHOP),)
        if wish not in (Wish.REFUND, Wish.CREDIT, Wish.REDUCTION):
            return ()
        promised = self._promised(goods_at)
        legal = [one for one in self.deadlines(assessment, stated_at) if one.kind == DeadlineKind.REFUND]
        if legal and goods_at <= legal[0].due_at < promised.due_at:
            return (legal[0],)
        return (promised,)

    def _promised(self, at: datetime) -> Deadline:
        """When the shop itself says that money goes back for which nothing is waited for any more."""
        calendar = Calendar(self._terms.zone, self._terms.works_on)
        day = calendar.last_day(at, Period(self._terms.refund_working_days, Unit.WORKING_DAYS))
        return Deadline(DeadlineKind.REFUND, at, calendar.end(day), SHOP)

    def last_day(self, due_at: datetime, country: str) -> date:
        """The day with which a customer's time ends, as they are told it. Some times end with the day of
        their country, others with the shop's: of both days it is the earlier one."""
        return min(due_at.astimezone(one).date() for one in (self._terms.zone, self.calendar(country).zone))

    def calendar(self, country: str) -> Calendar:
        """The days of a country; one without a table has the shop's time zone."""
        zone = None if country == self._terms.country else self._laws.zone(country)
        holiday_in = self._terms.holiday_in
        return Calendar(zone or self._terms.zone, lambda day: weekday(day) and not holiday_in(country, day))
