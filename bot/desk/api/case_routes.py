"""After-sales cases over HTTP, under /desk/v1: lists, one case whole, and what agents do with them."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import html
from sanic.response import json as json_response

from bot.cases.case_mail import CaseMail
from bot.desk import queries
from bot.desk.accounts.sessions import signed_in
from bot.desk.actor import Actor
from bot.desk.api import case_money_routes, desk_blueprint
from bot.desk.api.case_requests import (
    CaseHolder,
    CaseNote,
    CaseQuery,
    CaseQuestion,
    CaseRefusal,
    CaseStep,
    DeskCase,
    GoodsMove,
    Reception,
)
from bot.desk.api.desk_blueprint import body, query, row_id
from bot.desk.cases import case_begun, case_label, case_reception, case_views
from bot.desk.cases.case_work import CaseWork, Done, Looked
from bot.desk.dependencies import DeskDependencies
from bot.runtime.http.operations import Answer, Operation, ok
from bot.runtime.http.refusals import Conflict, NoSuch, WrongField
from store.cases import cases
from store.cases.acts import Stale
from store.cases.after_sales import Wanted
from store.cases.machine import CaseAct, GoodsAct
from store.core.database import Connection
from store.vocabulary import Condition

MISSING = {404: "there is no such case"}
REFUSED = {**MISSING, 409: "it has changed meanwhile and stands beside the error, or its state forbids it"}
CHANGED = ok("the case as it stands now, and how the customer was told")
# What needs no more than a word, and how an agent would say it.
STEPS = {
    CaseAct.ACKNOWLEDGE: "Note that a case is being looked at",
    CaseAct.CLOSE: "Close a case",
    CaseAct.REOPEN: "Open a case again",
    CaseAct.WITHDRAW: "Note that the customer takes a case back",
}

Work = Callable[[Connection, Actor, Looked], Done]
Act = Callable[[Request, str, Any, Work], Coroutine[Any, Any, HTTPResponse]]


def blueprint(service: DeskDependencies) -> Blueprint:
    """The routes; `bot.desk.api.account_routes`'s must be in the same app."""
    routes = desk_blueprint.blueprint("desk_cases")
    _add_reading(routes, service)
    work = CaseWork(
        service.after_sales,
        service.desk.outgoing,
        service.texts.shop,
        service.clock,
        service.label_link,
    )
    act = _acting(service)
    _add_acts(routes, work, act)
    case_money_routes.add_routes(routes, work, act, REFUSED, CHANGED)
    _add_goods(routes, service, work, act)
    _add_opening(routes, service)
    return routes


def _acting(service: DeskDependencies) -> Act:
    async def act(request: Request, case_id: str, given: Any, work: Work) -> HTTPResponse:
        who = await signed_in(request)
        which = row_id(case_id, "case")
        looked = Looked(which, given.version, given.key)
        try:
            done = await service.database.run(work, who, looked)
        except Stale:
            now = await service.database.fetch(case_views.whole, service, who, which)
            raise Conflict("The case has changed meanwhile.", code="stale", more={"case": now}) from None
        case = await service.database.fetch(case_views.whole, service, who, which)
        return json_response({"case": case, "told": done.told})

    return act


def _add_reading(routes: Blueprint, service: DeskDependencies) -> None:
    database = service.database

    @routes.get("/v1/cases")
    @Operation("List cases", ok("a page of a list, and how many there are"), query=CaseQuery)
    async def search_cases(request: Request) -> HTTPResponse:
        who = await signed_in(request)
        wanted = query(request, CaseQuery)
        try:
            found = await database.fetch(
                case_views.page, service, who, wanted.filter(who.agent.id), wanted.after
            )
        except ValueError:
            raise WrongField("after", "send what the list before had as next.") from None
        return json_response(found)

    @routes.get("/v1/case-counts")
    @Operation("Count cases", ok("how many are open, one's own, late, and wait for a second approval"))
    async def count_cases(request: Request) -> HTTPResponse:
        who = await signed_in(request)
        return json_response({"counts": await database.fetch(case_views.counts, service, who)})

    @routes.get("/v1/cases/<case_id:str>")
    @Operation("Read a case", ok("it, its goods, clocks, photos, timeline and sums"), refusals=MISSING)
    async def show_case(request: Request, case_id: str) -> HTTPResponse:
        who = await signed_in(request)
        found = await database.fetch(case_views.whole, service, who, row_id(case_id, "case"))
        return json_response({"case": found})

    @routes.get("/v1/cases/<case_id:str>/label")
    @Operation(
        "Print a case's packing slip", {200: Answer("the page", content="text/html")}, refusals=MISSING
    )
    async def show_label(request: Request, case_id: str) -> HTTPResponse:
        await signed_in(request)
        found = await database.fetch(cases.get, row_id(case_id, "case"))
        if found is None:
            raise NoSuch("case")
        address = service.after_sales.terms.address
        return html(
            case_label.page(found, service.texts, address),
            headers={"Content-Security-Policy": case_label.POLICY},
        )

    @routes.get("/v1/conversations/<conversation_id:str>/cases")
    @Operation("List a customer's cases", ok("the cases"), refusals={404: "there is no such conversation"})
    async def list_customers_cases(request: Request, conversation_id: str) -> HTTPResponse:
        await signed_in(request)
        which = row_id(conversation_id)

        def look(connection: Connection) -> list[Any]:
            queries.need(connection, which)
            return case_views.of_conversation(connection, service, which)

        return json_response({"cases": await database.fetch(look)})


def _add_acts(routes: Blueprint, work: CaseWork, act: Act) -> None:
    for what, summary in STEPS.items():
        _add_step(routes, work, act, what, summary)

    @routes.post("/v1/cases/<case_id:str>/ask")
    @Operation("Ask a case's customer for something", CHANGED, body=CaseQuestion, refusals=REFUSED)
    async def ask_about_case(request: Request, case_id: str) -> HTTPResponse:
        await signed_in(request)
        given = body(request, CaseQuestion)
        return await act(request, case_id, given, partial(work.ask, question=given.question))

    @routes.post("/v1/cases/<case_id:str>/decline")
    @Operation("Decline a case", CHANGED, body=CaseRefusal, refusals=REFUSED)
    async def decline_case(request: Request, case_id: str) -> HTTPResponse:
        await signed_in(request)
        given = body(request, CaseRefusal)
        return await act(request, case_id, given, partial(work.decline, why=given.why))

    @routes.post("/v1/cases/<case_id:str>/assign")
    @Operation("Look after a case, or no longer", CHANGED, body=CaseHolder, refusals=REFUSED)
    async def assign_case(request: Request, case_id: str) -> HTTPResponse:
        await signed_in(request)
        given = body(request, CaseHolder)
        return await act(request, case_id, given, partial(work.assign, mine=given.mine))

    @routes.post("/v1/cases/<case_id:str>/notes")
    @Operation("Write a note on a case", CHANGED, body=CaseNote, refusals=MISSING)
    async def add_case_note(request: Request, case_id: str) -> HTTPResponse:
        await signed_in(request)
        given = body(request, CaseNote)
        return await act(request, case_id, given, partial(work.note, text=given.text))


def _add_step(routes: Blueprint, work: CaseWork, act: Act, what: CaseAct, summary: str) -> None:
    async def step(request: Request, case_id: str) -> HTTPResponse:
        await signed_in(request)
        given = body(request, CaseStep)
        return await act(request, case_id, given, partial(work.act, what=what, why=given.why))

    step.__name__ = f"{what}_case"  # what the public reference calls it
    Operation(summary, CHANGED, body=CaseStep, refusals=REFUSED)(step)
    routes.add_route(step, f"/v1/cases/<case_id:str>/{what}", methods=["POST"])


def _add_goods(routes: Blueprint, service: DeskDependencies, work: CaseWork, act: Act) -> None:
    @routes.post("/v1/cases/<case_id:str>/goods")
    @Operation("Note where a case's goods are", CHANGED, body=GoodsMove, refusals=REFUSED)
    async def move_goods(request: Request, case_id: str) -> HTTPResponse:
        await signed_in(request)
        given = body(request, GoodsMove)
        lines = _conditions(given)
        return await act(
            request, case_id, given, partial(work.move, what=given.act, lines=lines, why=given.why)
        )

    @routes.post("/v1/cases/receive")
    @Operation("Note parcels as received", ok("what came of each number"), body=Reception)
    async def receive_parcels(request: Request) -> HTTPResponse:
        who = await signed_in(request)
        given = body(request, Reception)
        numbers = dict.fromkeys(one.strip().upper() for one in given.numbers)
        results = []
        for number in numbers:
            # One transaction each: what can't be received keeps no other from being.
            result, case_id = await service.database.run(
                case_reception.receive, who, number, given.key, service.clock()
            )
            results.append({"number": number, "result": result, "id": case_id})
        return json_response({"results": results})


def _conditions(given: GoodsMove) -> dict[int, Condition | None]:
    lines = {one.id: one.condition for one in given.lines}
    if len(lines) < len(given.lines):
        raise WrongField("lines", "name each line once.")
    inspects = given.act is GoodsAct.INSPECT
    if inspects and None in lines.values():
        raise WrongField("lines", f"write each line's condition, one of {', '.join(Condition)}.")
    if not inspects and any(lines.values()):
        raise WrongField("lines", "leave the condition out: only an inspection finds one.")
    return lines


def _add_opening(routes: Blueprint, service: DeskDependencies) -> None:
    letters = CaseMail(service.desk.outgoing.assistant, service.after_sales)

    @routes.post("/v1/conversations/<conversation_id:str>/cases")
    @Operation(
        "Open a case for a customer",
        {201: Answer("the case"), 200: Answer("the case: the same was open before")},
        body=DeskCase,
        refusals={
            403: "the order is none of what the customer has proven; admins may",
            404: "there is no such order or conversation",
            409: "the conversation isn't yours",
        },
    )
    async def open_case(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        given = body(request, DeskCase)
        lines = {one.position: one.quantity for one in given.lines}
        if len(lines) < len(given.lines):
            raise WrongField("lines", "name each line once.")
        wanted = Wanted(
            given.kind,
            lines,
            given.wish,
            given.way,
            reason=given.reason,
            words=given.words,
            serial_number=given.serial_number,
        )
        opened = await service.database.run(
            case_begun.open_case,
            service.after_sales,
            letters,
            who,
            row_id(conversation_id),
            given.order,
            wanted,
            given.key,
            service.clock(),
            given.stated_at,
        )
        case = await service.database.fetch(case_views.whole, service, who, opened.case.id)
        return json_response({"case": case}, 201 if opened.new else 200)
