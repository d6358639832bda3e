"""The money of after-sales cases over HTTP: approvals, other sums, and what became of refunds."""

from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

from sanic import Blueprint, HTTPResponse, Request

from bot.desk import rights
from bot.desk.accounts.sessions import signed_in
from bot.desk.api.case_requests import CaseApproval, RefundAct, RefundMove, SumChange
from bot.desk.api.desk_blueprint import body, row_id
from bot.desk.cases.case_work import CaseWork
from bot.runtime.http.operations import Answer, Operation
from store.cases.machine import MoneyAct

Act = Callable[[Request, str, Any, Any], Coroutine[Any, Any, HTTPResponse]]


def add_routes(
    routes: Blueprint,
    work: CaseWork,
    act: Act,
    refused: Mapping[int, str],
    changed: Mapping[int, Answer],
) -> None:
    """Adds the routes below /v1/cases/<id>. `act`: of `bot.desk.api.case_routes`."""
    refused = {**refused, 403: "money is for admins and agents with the skill for it"}

    @routes.post("/v1/cases/<case_id:str>/approve")
    @Operation("Approve a case", changed, body=CaseApproval, refusals=refused)
    async def approve_case(request: Request, case_id: str) -> HTTPResponse:
        await signed_in(request)
        given = body(request, CaseApproval)
        do = partial(work.approve, amount=given.amount, why=given.why)
        return await act(request, case_id, given, do)

    @routes.post("/v1/cases/<case_id:str>/sum")
    @Operation("Give back another sum than was approved", changed, body=SumChange, refusals=refused)
    async def change_sum(request: Request, case_id: str) -> HTTPResponse:
        rights.need_money(await signed_in(request))
        given = body(request, SumChange)
        do = partial(work.correct, amount=given.amount, why=given.why)
        return await act(request, case_id, given, do)

    @routes.post("/v1/cases/<case_id:str>/refunds/<refund_id:str>")
    @Operation("Note what became of a refund", changed, body=RefundMove, refusals=refused)
    async def move_refund(request: Request, case_id: str, refund_id: str) -> HTTPResponse:
        rights.need_money(await signed_in(request))
        given, which = body(request, RefundMove), row_id(refund_id, "refund")
        if given.act == RefundAct.SIGN:
            return await act(request, case_id, given, partial(work.sign, refund_id=which))
        do = partial(
            work.refund,
            refund_id=which,
            what=MoneyAct(given.act.value),
            why=given.why,
            provider_id=given.provider_id,
        )
        return await act(request, case_id, given, do)
