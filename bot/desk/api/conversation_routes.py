"""The desk's conversations over HTTP, under /desk/v1: lists, threads, whose they are, and what happens."""

from collections.abc import Callable
from contextlib import aclosing
from functools import partial
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response

from bot.desk import queries
from bot.desk.accounts.sessions import signed_in
from bot.desk.actor import Actor
from bot.desk.agent_actions import Outcome
from bot.desk.api import fields, http, message_routes, requests
from bot.desk.dependencies import Service
from bot.desk.errors import DeskError, bad_request
from store.core import events
from store.core.database import Connection
from store.core.events import ConversationRead, ViewersChanged
from store.desk import read_marks


def blueprint(service: Service) -> Blueprint:
    """The routes; `bot.desk.api.account_routes`'s must be in the same app."""
    routes = http.blueprint("desk_conversations")
    database, desk = service.database, service.desk

    async def shown(who: Actor, conversation_id: int) -> dict[str, Any]:
        return await database.fetch(queries.detail, service, who.agent.id, conversation_id)

    async def act(
        request: Request, conversation_id: str, work: Callable[[Connection, Actor, int], Outcome]
    ) -> HTTPResponse:
        who = await signed_in(request)
        which = requests.number(conversation_id)
        await service.act(work, who, which)
        return json_response({"conversation": await shown(who, which)})

    @routes.get("/v1/conversations")
    async def list_conversations(request: Request) -> HTTPResponse:
        who = await signed_in(request)
        wanted, after = requests.wanted(request, who.agent.id)
        try:
            return json_response(await database.fetch(queries.page, service, wanted, after))
        except ValueError:
            raise bad_request("after", "send what the list before had as next.") from None

    @routes.get("/v1/conversations/<conversation_id:str>")
    async def show(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        after = requests.seq(request, "after")
        return json_response(
            await database.fetch(
                queries.thread, service, who.agent.id, requests.number(conversation_id), after
            )
        )

    @routes.get("/v1/conversations/<conversation_id:str>/messages")
    async def show_older(request: Request, conversation_id: str) -> HTTPResponse:
        await signed_in(request)
        before = requests.seq(request, "before")
        found = await database.fetch(queries.older, service, requests.number(conversation_id), before)
        return json_response({"messages": found})

    @routes.post("/v1/conversations/<conversation_id:str>/claim")
    async def claim(request: Request, conversation_id: str) -> HTTPResponse:
        requests.empty(request)
        return await act(request, conversation_id, desk.claim)

    @routes.post("/v1/conversations/<conversation_id:str>/release")
    async def release(request: Request, conversation_id: str) -> HTTPResponse:
        requests.empty(request)
        return await act(request, conversation_id, desk.release)

    @routes.post("/v1/conversations/<conversation_id:str>/bot")
    async def hand_back(request: Request, conversation_id: str) -> HTTPResponse:
        await signed_in(request)
        words = requests.words_in(http.body(request, "text"), required=False)
        return await act(request, conversation_id, partial(desk.hand_back, text=words))

    @routes.post("/v1/conversations/<conversation_id:str>/close")
    async def close(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        given = http.body(request, "disposition", "text", "survey")
        ways = [one["id"] for one in service.texts.closings(who.agent.language)]
        way = fields.choice(given, "disposition", ways)
        survey = fields.switch(given, "survey") if "survey" in given else False
        words = requests.words_in(given, required=False)
        return await act(
            request, conversation_id, partial(desk.close, disposition=way, text=words, ask=survey)
        )

    @routes.post("/v1/conversations/<conversation_id:str>/assign")
    async def assign(request: Request, conversation_id: str) -> HTTPResponse:
        await signed_in(request)
        agent_id = fields.number(http.body(request, "agent_id"), "agent_id", 1, requests.MAX_ID)
        return await act(request, conversation_id, partial(desk.assign, agent_id=agent_id))

    @routes.post("/v1/conversations/<conversation_id:str>/read")
    async def read(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request, passive=True)
        seq = fields.number(http.body(request, "seq"), "seq", 0, 2**31 - 1)
        which = requests.number(conversation_id)

        def note(connection: Connection) -> None:
            one = queries.need(connection, which)
            read_marks.read(connection, who.agent.id, which, min(seq, one.last_seq))
            events.publish(connection, ConversationRead(which, who.agent.id))

        await database.run(note)
        return http.empty()

    @routes.post("/v1/conversations/<conversation_id:str>/view")
    async def view(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request, passive=True)
        requests.empty(request)
        which, at = requests.number(conversation_id), service.clock()

        def note(connection: Connection) -> list[tuple[int, str]]:
            queries.need(connection, which)
            since = at - queries.VIEWING
            if read_marks.view(connection, who.agent.id, which, at, since):
                events.publish(connection, ViewersChanged(which))
            return read_marks.viewers(connection, [which], since, who.agent.id).get(which, [])

        found = await database.run(note)
        return json_response({"viewers": [{"id": id, "name": name} for id, name in found]})

    @routes.get("/v1/events")
    async def stream_events(request: Request) -> None:
        who = await signed_in(request, passive=True)
        response = await request.respond(
            # X-Accel-Buffering: nginx would hold the events back.
            headers={**http.HEADERS, "X-Accel-Buffering": "no"},
            content_type="text/event-stream; charset=utf-8",
        )
        still = partial(signed_in, request, passive=True)
        async with aclosing(service.desk_events.stream(who.agent.id, still)) as blocks:
            try:
                async for block in blocks:
                    await response.send(block)
            except DeskError:
                pass  # signed out meanwhile: the page asks why the stream ended
        await response.eof()

    # Sanic waits for open connections when it stops; a stream would never end by itself.
    @routes.before_server_stop
    async def stop(*_: object) -> None:
        service.desk_events.stop()

    message_routes.add_routes(routes, service)
    return routes
