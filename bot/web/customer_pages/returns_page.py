"""`/returns`: proof of an order, what it is about, a summary with the sum, and the case. What was chosen goes
from step to step in a signed field; the order and its prices are read anew each time."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from enum import Enum, auto
from typing import Final

from sanic import HTTPResponse, Request

from bot.cases.statement import MAX_NUMBER
from bot.cases.withdrawals import CHANNEL, told_before
from bot.shop.page_texts import Speech
from bot.web.customer_pages import form_fields, order_proof, return_views
from bot.web.customer_pages.elements import Child
from bot.web.customer_pages.form_fields import Fields
from bot.web.customer_pages.form_state import FormStates
from bot.web.customer_pages.guarded import Guarded
from bot.web.customer_pages.page_frame import Page, Problem
from bot.web.customer_pages.return_choice import (
    ABOUT,
    MAX_INSTEAD,
    MAX_SERIAL,
    MAX_WORDS,
    REASONS,
    WITHOUT_GOODS,
    Choice,
    Standing,
    offered,
    shown,
    standing,
    ways,
    wishes,
)
from bot.web.customer_pages.return_views import HERE
from store.cases.after_sales import Offer, Teller
from store.cases.cases import Case
from store.cases.opening import Opened
from store.cases.timeline import By
from store.core.database import Connection
from store.vocabulary import Actor, CaseKind

LIFETIME: Final = timedelta(hours=1)  # of a proof


class Meanwhile(Enum):
    """What has happened since the summary: the goods are in another case; or something else would come of it
    than it said."""

    TAKEN = auto()
    OTHER = auto()


# Tells by mail, at an address, that a case is registered.
Confirm = Callable[[Connection, Case, str], None]


class ReturnsPage:
    def __init__(self, guarded: Guarded, confirm: Confirm) -> None:
        self._guarded = guarded
        self._confirm_by_mail = confirm
        self._states = FormStates(guarded.secret, "returns", LIFETIME)

    async def show(self, _request: Request, speech: Speech) -> HTTPResponse:
        return self._proof(speech)

    async def take(self, request: Request, speech: Speech) -> HTTPResponse:
        fields = form_fields.read(request)
        go = fields.raw("go")
        if go == "prove":
            return await self._guarded.slowly(self._prove(request, speech, fields))
        state = self._states.open(fields.raw("state"), self._guarded.clock())
        if state is None or state.over:
            return self._proof(speech, [Problem("number", speech("proof_over"))])
        choice = Choice.of(state.values)
        if go == "choose":
            return await self._choose(speech, choice, fields)
        # All further steps need what was chosen in the second.
        if go == "goods" or not choice.kind:
            return await self._goods(speech, choice)
        if go == "describe":
            return await self._describe(speech, choice, fields)
        if go == "summary" and choice.shown:
            return await self._summary(speech, choice)
        if go == "confirm" and choice.shown:
            return await self._confirm(speech, choice, fields.raw("state"))
        return await self._details(speech, choice)

    # --- proof --------------------------------------------------------------------------------------

    async def _prove(self, request: Request, speech: Speech, fields: Fields) -> HTTPResponse:
        guarded = self._guarded
        number = fields.line("number", MAX_NUMBER)
        written = fields.line("contact", form_fields.MAX_CONTACT)
        contact = form_fields.contact(written, guarded.shop.orders.phone_region)
        problems = [] if number else [Problem("number", speech("problem_number"))]
        if contact is None:
            problems.append(Problem("contact", speech("problem_contact")))
        if problems or contact is None:
            return self._proof(speech, problems, number, written)
        network = guarded.network(request)
        proven = await guarded.database.run(order_proof.prove, number, contact, network, guarded.clock())
        if proven is None:
            return self._proof(speech, [Problem("number", speech("not_proven"))], number, written)
        return await self._goods(speech, Choice(proven.number, proven.contact, secrets.token_hex(16)))

    def _proof(
        self, speech: Speech, problems: Sequence[Problem] = (), number: str = "", contact: str = ""
    ) -> HTTPResponse:
        body = return_views.proof(speech, number, contact, problems)
        status = 422 if problems else 200
        return self._answer(
            speech, Page(speech("returns_title"), HERE, body, problems=problems, status=status)
        )

    # --- the goods, and what it is about --------------------------------------------------------------

    async def _goods(self, speech: Speech, choice: Choice, problems: Sequence[Problem] = ()) -> HTTPResponse:
        found = await self._guarded.database.fetch(standing, choice.number, choice.contact)
        if found is None:
            return self._lost(speech)
        state = self._sealed(choice)
        title = speech("goods_title", order=found.order.number)
        body = return_views.goods(
            speech,
            found,
            choice,
            state,
            self._guarded.labels,
            self._guarded.after_sales.last_day,
            problems,
        )
        return self._step(speech, title, body, state, "goods", problems)

    async def _choose(self, speech: Speech, choice: Choice, fields: Fields) -> HTTPResponse:
        found = await self._guarded.database.fetch(standing, choice.number, choice.contact)
        if found is None:
            return self._lost(speech)
        kind = fields.raw("kind")
        kind = kind if kind in ABOUT else ""
        lines, problems = self._lines(speech, found, fields)
        if not kind:
            problems.insert(0, Problem("kind", speech("problem_kind")))
        elif not lines and not problems and CaseKind(kind) not in WITHOUT_GOODS:
            problems.append(Problem("goods", speech("problem_goods")))
        chosen = Choice(choice.number, choice.contact, choice.id, kind, lines)
        if kind == choice.kind and lines == choice.lines:
            chosen = replace(choice, shown="")  # back and forth: what was written stays
        return await (self._goods(speech, chosen, problems) if problems else self._details(speech, chosen))

    def _lines(self, speech: Speech, found: Standing, fields: Fields) -> tuple[dict[str, int], list[Problem]]:
        lines: dict[str, int] = {}
        for line in found.order.lines:
            left = found.left[line.position]
            if not fields.raw(f"line-{line.position}") or not left:
                continue
            count = fields.count(f"count-{line.position}") if left > 1 else 1
            if not 1 <= count <= left:
                told = speech("problem_count", name=line.name, count=str(left))
                return lines, [Problem("goods", told)]
            lines[str(line.position)] = count
        return lines, []

    # --- the wish, the reason, the way ----------------------------------------------------------------

    async def _details(
        self, speech: Speech, choice: Choice, problems: Sequence[Problem] = ()
    ) -> HTTPResponse:
        looked = await self._look(choice)
        if looked is None:
            return self._lost(speech)
        _, offer = looked
        state = self._sealed(choice)
        body = return_views.details(
            speech,
            choice,
            state,
            wishes(offer),
            ways(self._guarded.after_sales, offer),
            self._guarded.shop.contact.email,
            problems,
        )
        return self._step(speech, speech("details_title"), body, state, "details", problems)

    async def _describe(self, speech: Speech, choice: Choice, fields: Fields) -> HTTPResponse:
        looked = await self._look(choice)
        if looked is None:
            return self._lost(speech)
        _, offer = looked
        wished, sent = wishes(offer), ways(self._guarded.after_sales, offer)
        wish, way, reason = fields.raw("wish"), fields.raw("way"), fields.raw("reason")
        choice = replace(
            choice,
            wish=wish if wish in wished else wished[0],
            way=way if way in sent else next(iter(sent), ""),
            reason=reason if reason in REASONS else "",
            words=fields.text("words", MAX_WORDS),
            instead=fields.line("instead", MAX_INSTEAD),
            serial_number=fields.line("serial", MAX_SERIAL),
        )
        if choice.kind == CaseKind.COMPLAINT and not choice.words:
            return await self._details(speech, choice, [Problem("words", speech("problem_words"))])
        return await self._summary(speech, choice)

    # --- the summary and the case ---------------------------------------------------------------------

    async def _summary(self, speech: Speech, choice: Choice, *, changed: bool = False) -> HTTPResponse:
        looked = await self._look(choice)
        if looked is None:
            return self._lost(speech)
        found, offer = looked
        choice = replace(choice, shown=shown(offer))
        state = self._sealed(choice)
        body = return_views.summary(speech, found, choice, offer, state, changed=changed)
        return self._step(speech, speech("summary_title"), body, state, "summary")

    async def _confirm(self, speech: Speech, choice: Choice, state: str) -> HTTPResponse:
        opened = await self._guarded.database.run(self._opened, choice, speech.language)
        if opened is Meanwhile.TAKEN:
            return await self._goods(speech, choice, [Problem("goods", speech("taken_meanwhile"))])
        if not isinstance(opened, Opened):
            return await self._summary(speech, choice, changed=True)
        body = return_views.done(
            speech, opened.case, self._guarded.labels, self._guarded.after_sales.last_day, new=opened.new
        )
        return self._step(speech, speech("done_title"), body, state, "confirm")

    def _opened(self, connection: Connection, choice: Choice, language: str) -> "Opened | Meanwhile":
        """The case, once for each choice."""
        at, after_sales = self._guarded.clock(), self._guarded.after_sales
        if before := told_before(connection, choice.number, choice.contact, choice.key):
            return Opened(before[0], True)
        looked = offered(connection, after_sales, choice, at)
        if looked is None:
            return Meanwhile.OTHER
        if not looked[0].is_free(choice):
            told = looked[0].same(choice)
            return Opened(told, False) if told else Meanwhile.TAKEN
        if shown(looked[1]) != choice.shown:
            return Meanwhile.OTHER
        teller = Teller(choice.contact, language, CHANNEL)
        by = By(Actor.CUSTOMER, choice.key, at)
        order = looked[0].order
        opened = after_sales.open(connection, order, choice.wanted(), teller, by, at)
        if opened.new and order.email:
            self._confirm_by_mail(connection, opened.case, order.email)
        return opened

    # --- what they are made of ------------------------------------------------------------------------

    async def _look(self, choice: Choice) -> tuple[Standing, Offer] | None:
        guarded = self._guarded
        return await guarded.database.fetch(offered, guarded.after_sales, choice, guarded.clock())

    def _sealed(self, choice: Choice) -> str:
        return self._states.seal(choice.values(), self._guarded.clock())

    def _step(
        self,
        speech: Speech,
        title: str,
        body: Sequence[Child],
        state: str,
        go: str,
        problems: Sequence[Problem] = (),
    ) -> HTTPResponse:
        again = {"state": state, "go": go}
        status = 422 if problems else 200
        return self._answer(speech, Page(title, HERE, body, again, problems, status=status))

    def _lost(self, speech: Speech) -> HTTPResponse:
        return self._proof(speech, [Problem("number", speech("proof_over"))])

    def _answer(self, speech: Speech, page: Page) -> HTTPResponse:
        return self._guarded.frame.answer(page, speech)
