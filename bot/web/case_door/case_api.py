"""The shop's own side of after-sales cases: /api/v1/cases."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import unquote
from uuid import uuid4

from sanic import Blueprint, HTTPResponse, Request, raw

from bot.runtime.http.operations import Answer, Operation, ok
from bot.runtime.http.refusals import Conflict, NotFound, WrongField
from bot.runtime.http.request_models import read_query
from bot.shopside import case_record
from bot.shopside.case_record import ShopCase, ShopCaseHistory
from bot.web.case_door import case_bodies
from bot.web.case_door.case_bodies import CaseList, NewAct, NewCase, ShopCases
from bot.web.case_door.case_deeds import CaseDeeds
from bot.web.record_api import guarded
from store.cases import cases, timeline
from store.cases.acts import Stale
from store.cases.after_sales import AfterSales
from store.cases.cases import Case, UnknownCase
from store.cases.feed import changes
from store.cases.feed.case_keys import ActKey, KeyReused
from store.cases.machine import Impossible
from store.core.cleaning import clean_name
from store.core.database import Connection, Database
from store.orders import orders

AHEAD: Final = timedelta(minutes=5)  # that a clock may be before ours

_REFUSED = {
    404: "no case has this number",
    409: "not as the case stands, which the error's field case tells: it has changed since the version that "
    "the act rests on (code stale), or this can't be done to it (not_possible), or the key stood for another "
    "request (key_reused)",
    422: "some fields can't be taken; nothing was done",
}


def _now() -> datetime:
    return datetime.now(UTC)


def blueprint(
    database: Database,
    api_keys: tuple[str, ...],
    after_sales: AfterSales,
    clock: Callable[[], datetime] = _now,
) -> Blueprint:
    """The four endpoints; without an API key they refuse everybody."""
    api = guarded("cases_api", "/api/v1/cases", api_keys)
    deeds = CaseDeeds(after_sales)

    @api.post("/", name="create", strict_slashes=False)
    @Operation(
        "Begin a case",
        {
            201: Answer("the case has begun", ShopCase),
            200: Answer("it was there: the same was told before, here or elsewhere", ShopCase),
        },
        description="For an order that is stored. The same goods and kind of case, told again while it "
        "is open, are the same case; so is the same key. Where the shop's terms allow it, it is approved at "
        "once, and the money reckoned.",
        body=NewCase,
        refusals={409: "the key stood for another case of this order", 422: _REFUSED[422]},
    )
    async def create_case(request: Request) -> HTTPResponse:
        told = case_bodies.read(NewCase, request.body)
        given = case_bodies.key_of(request.headers.get("idempotency-key"), told.key)
        at = clock()
        if told.stated_at and told.stated_at > at + AHEAD:
            raise case_bodies.wrong("stated_at", "write a time that has passed")
        key = ActKey.of(given or uuid4().hex, case_bodies.asked(told))
        try:
            opened = await database.run(deeds.begin, told, key, at)
        except KeyReused:
            raise _reused() from None
        return _json(case_record.record(opened.case), 201 if opened.new else 200)

    @api.get("/", name="list", strict_slashes=False)
    @Operation(
        "List cases by their last change",
        ok("a page of cases", ShopCases),
        description="Cases stand in the order in which they last changed, and one that changes moves to the "
        "end. Whoever asks again with the cursor of the last answer misses no change and gets none twice.",
        query=CaseList,
    )
    async def list_cases(request: Request) -> HTTPResponse:
        asked = read_query(CaseList, _query(request))
        found = await database.fetch(
            changes.page,
            asked.after,
            asked.limit,
            since=asked.changed_since,
            state=asked.state,
            order_number=orders.normalise_number(asked.order) if asked.order is not None else None,
        )
        page = ShopCases(
            cases=[case_record.record(one) for one in found.cases],
            cursor=f"c{found.after}",
            more=found.more,
        )
        return raw(page.model_dump_json().encode(), content_type="application/json")

    @api.get("/<case_number:str>", name="get")
    @Operation(
        "Read a case",
        ok("the case, with all that happened to it", ShopCaseHistory),
        refusals={404: _REFUSED[404]},
    )
    async def get_case(_request: Request, case_number: str) -> HTTPResponse:
        found = await database.fetch(_history, _number(case_number))
        if found is None:
            raise NotFound(_REFUSED[404])
        return _json(found)

    @api.post("/<case_number:str>/acts", name="act")
    @Operation(
        "Do something to a case",
        ok("it is done, or was done under this key before: the case as it stands", ShopCase),
        description="Needs a key: a request that got no answer is sent again with the same one, and nothing "
        "happens twice.",
        body=NewAct,
        refusals=_REFUSED,
    )
    async def act_on_case(request: Request, case_number: str) -> HTTPResponse:
        told = case_bodies.read(NewAct, request.body)
        given = case_bodies.key_of(request.headers.get("idempotency-key"), told.key)
        if given is None:
            raise WrongField("key", "write a key, or the header Idempotency-Key.")
        number = _number(case_number)
        key = ActKey.of(given, case_bodies.asked(told))
        try:
            case = await database.run(deeds.act, number, told, key, clock())
        except UnknownCase:
            raise NotFound(_REFUSED[404]) from None
        except KeyReused:
            raise _reused() from None
        except Stale:
            stands = await database.fetch(cases.find, number)
            raise _conflict("stale", "The case has changed since that version.", stands) from None
        except Impossible as error:
            stands = await database.fetch(cases.find, number)
            raise _conflict("not_possible", f"Not possible: {error.why}.", stands) from None
        return _json(case_record.record(case))

    return api


def _history(connection: Connection, number: str) -> ShopCaseHistory | None:
    case = cases.find(connection, number)
    return case_record.history(case, timeline.of_case(connection, case.id)) if case else None


def _number(written: str) -> str:
    """As it may be looked up: what is none finds nothing."""
    return clean_name(unquote(written), 20)


def _query(request: Request) -> dict[str, list[str]]:
    return {name: list(values) for name, values in request.get_args(keep_blank_values=True).items()}


def _json(model: ShopCase, status: int = 200) -> HTTPResponse:
    return raw(model.model_dump_json().encode(), status=status, content_type="application/json")


def _reused() -> Conflict:
    return Conflict("The key stood for another request: write a new one.", code="key_reused")


def _conflict(code: str, message: str, case: Case | None) -> Conflict:
    more: dict[str, Any] = {"case": case_record.record(case).model_dump(mode="json")} if case else {}
    return Conflict(message, code=code, more=more)
