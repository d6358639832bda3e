"""What serves agents beside conversations and orders: ready answers, calls to make, figures."""

from datetime import timedelta
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response

from bot.desk import queries, rights, serializers
from bot.desk.accounts.sessions import signed_in
from bot.desk.api.conversation_requests import CannedQuery, FiguresQuery
from bot.desk.api.desk_blueprint import no_content, query, row_id
from bot.desk.dependencies import DeskDependencies
from bot.runtime.http.operations import Operation, done, ok
from bot.runtime.http.refusals import NoSuch
from bot.shop.calendar.hours import Stopwatch
from bot.shop.faq import render
from store.conversations import conversations
from store.conversations.conversations import Conversation
from store.core import channel_faults
from store.core.database import Connection
from store.desk import service_figures
from store.desk.cases import case_figures
from store.handoffs import callbacks

MAX_ANSWERS = 50


def add_routes(routes: Blueprint, service: DeskDependencies) -> None:
    """Adds /v1/canned, /v1/callbacks, /v1/faults and /v1/figures."""
    database = service.database

    @routes.get("/v1/canned")
    @Operation("List ready answers", ok("those that fit"), query=CannedQuery)
    async def list_canned_answers(request: Request) -> HTTPResponse:
        await signed_in(request)
        asked = query(request, CannedQuery)
        one: Conversation | None = None
        known: dict[str, str] = {}
        if asked.conversation:
            one, known = await database.fetch(_about_customer, service, asked.conversation)
        language = asked.language or (one.language if one else "")
        if language not in service.shop.languages:
            language = service.shop.languages[0]
        wanted = asked.q.casefold().split()
        values = {**service.shop.values(language), **known}
        answers = [
            {
                "id": entry.id,
                "title": entry.question[language],
                "text": render(entry.answer[language], values),
            }
            for entry in service.faq
        ]
        fits = [
            answer
            for answer in answers
            if all(word in f"{answer['title']} {answer['text']}".casefold() for word in wanted)
        ]
        return json_response({"answers": fits[:MAX_ANSWERS]})

    @routes.get("/v1/callbacks")
    @Operation("List calls to make", ok("those that wait"))
    async def list_callbacks(request: Request) -> HTTPResponse:
        await signed_in(request)
        found = await database.fetch(callbacks.waiting)
        return json_response({"callbacks": [_callback(one) for one in found]})

    @routes.post("/v1/callbacks/<callback_id:str>/done")
    @Operation(
        "Note that a call was made",
        done(),
        refusals={404: "there is no such call", 409: "another agent has its customer's conversation"},
    )
    async def finish_callback(request: Request, callback_id: str) -> HTTPResponse:
        who = await signed_in(request)
        which = row_id(callback_id, "call-back")

        def work(connection: Connection) -> bool:
            found = conversations.lock(connection, callbacks.conversation_of(connection, which) or 0)
            if found:
                rights.need_not_taken(connection, who, found)
            if not callbacks.finish(connection, which, who.agent.id, service.clock()):
                return False
            who.record(connection, "callback_done", f"callback:{which}")
            return True

        if not await database.run(work):
            raise NoSuch("call-back")
        return no_content()

    @routes.get("/v1/faults")
    @Operation("List what providers refuse", ok("what the shop's owner must mend"))
    async def list_faults(request: Request) -> HTTPResponse:
        await signed_in(request)
        found = await database.fetch(channel_faults.standing)
        return json_response({"faults": [_fault(one) for one in found]})

    @routes.get("/v1/figures")
    @Operation("Read the desk's figures", ok("of the last days"), query=FiguresQuery)
    async def show_figures(request: Request) -> HTTPResponse:
        who = await signed_in(request)
        now = service.clock()
        start = now - timedelta(days=query(request, FiguresQuery).days)

        # What customers say of somebody's work concerns that agent, and admins.
        only_own = None if rights.admin(who) else who.agent.id

        def look(connection: Connection) -> dict[str, Any]:
            worked = Stopwatch(service.shop.opening_hours, start, now).seconds
            return {
                **service_figures.since(connection, start, now, worked, only_own),
                "cases": case_figures.since(connection, start, now),
            }

        found = await database.fetch(look)
        for one in found["agents"]:
            if only_own is not None and one["id"] != who.agent.id:
                one["satisfaction"] = one["ratings"] = None
        return json_response(found)


def _about_customer(
    connection: Connection, service: DeskDependencies, conversation_id: int
) -> tuple[Conversation, dict[str, str]]:
    """The conversation, and what ready answers may say of its customer."""
    found = queries.orders_of(connection, conversation_id)
    one = queries.need(connection, conversation_id)
    # Somebody else's order may carry the same contact, and another name: the talk's own comes first.
    order = next((order for order in found if order.number == one.memory.order), found[0] if found else None)
    return one, {"order": order.number, "name": order.customer_name} if order else {}


def _fault(one: channel_faults.ChannelFault) -> dict[str, Any]:
    return {
        "channel": one.channel,
        "account": one.account,
        "fault": one.fault,
        "reason": one.reason,
        "since": serializers.when(one.since),
    }


def _callback(one: callbacks.Callback) -> dict[str, Any]:
    return {
        "id": one.id,
        "conversation": one.conversation_id,
        "phone": one.phone,
        "wish": one.wish,
        "state": one.state,
        "created_at": serializers.when(one.created_at),
    }
