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
from bot.desk.api import desk_blueprint, message_routes
from bot.desk.api.conversation_requests import (
    Assignment,
    Closing,
    HandBack,
    ListQuery,
    OlderQuery,
    ReadMark,
    ThreadQuery,
)
from bot.desk.api.desk_blueprint import HEADERS, body, no_body, no_content, query, row_id
from bot.desk.dependencies import DeskDependencies
from bot.runtime.http.operations import EVENTS, Answer, Operation, done, ok
from bot.runtime.http.refusals import Refusal, WrongField
from store.core import events
from store.core.database import Connection
from store.core.events import ConversationRead, ViewersChanged
from store.desk import read_marks

MISSING = {404: "there is no such conversation"}
HELD = {**MISSING, 409: "somebody else has it, or its state forbids it"}
CHANGED = ok("the conversation as it stands now")


def blueprint(service: DeskDependencies) -> Blueprint:
    """The routes; `bot.desk.api.account_routes`'s must be in the same app."""
    routes = desk_blueprint.blueprint("desk_conversations")
    database, desk = service.database, service.desk

    async def shown(who: Actor, conversation_id: int) -> dict[str, Any]:
        return await database.fetch(queries.detail, service, who.agent.id, conversation_id)

    async def act(
        who: Actor, conversation_id: str, work: Callable[[Connection, Actor, int], Outcome]
    ) -> HTTPResponse:
        which = row_id(conversation_id)
        await service.act(work, who, which)
        return json_response({"conversation": await shown(who, which)})

    @routes.get("/v1/conversations")
    @Operation("List conversations", ok("a page of a list, and how many wait"), query=ListQuery)
    async def list_conversations(request: Request) -> HTTPResponse:
        who = await signed_in(request)
        wanted = query(request, ListQuery)
        chosen = wanted.filter(who.agent.id)
        try:
            return json_response(await database.fetch(queries.page, service, chosen, wanted.after))
        except ValueError:
            raise WrongField("after", "send what the list before had as next.") from None

    @routes.get("/v1/conversations/<conversation_id:str>")
    @Operation(
        "Read a conversation",
        ok("it, its messages, notes, changes of hands and ratings"),
        query=ThreadQuery,
        refusals=MISSING,
    )
    async def show_conversation(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        after = query(request, ThreadQuery).after
        which = row_id(conversation_id)
        return json_response(await database.fetch(queries.thread, service, who.agent.id, which, after))

    @routes.get("/v1/conversations/<conversation_id:str>/messages")
    @Operation("Read older messages", ok("the messages before one"), query=OlderQuery, refusals=MISSING)
    async def show_older(request: Request, conversation_id: str) -> HTTPResponse:
        await signed_in(request)
        before = query(request, OlderQuery).before
        found = await database.fetch(queries.older, service, row_id(conversation_id), before)
        return json_response({"messages": found})

    @routes.post("/v1/conversations/<conversation_id:str>/claim")
    @Operation("Take a conversation", CHANGED, refusals=HELD)
    async def claim(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        no_body(request)
        return await act(who, conversation_id, desk.claim)

    @routes.post("/v1/conversations/<conversation_id:str>/release")
    @Operation("Put a conversation back into the queue", CHANGED, refusals=HELD)
    async def release(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        no_body(request)
        return await act(who, conversation_id, desk.release)

    @routes.post("/v1/conversations/<conversation_id:str>/bot")
    @Operation("Hand a conversation back to the assistant", CHANGED, body=HandBack, refusals=HELD)
    async def hand_back(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        text = body(request, HandBack).text
        return await act(who, conversation_id, partial(desk.hand_back, text=text))

    @routes.post("/v1/conversations/<conversation_id:str>/close")
    @Operation("Close a conversation", CHANGED, body=Closing, refusals=HELD)
    async def close(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        ways = [one["id"] for one in service.texts.closings(who.agent.language)]
        given = body(request, Closing, {"dispositions": ways})
        work = partial(desk.close, disposition=given.disposition, text=given.text, ask=given.survey)
        return await act(who, conversation_id, work)

    @routes.post("/v1/conversations/<conversation_id:str>/assign")
    @Operation("Give a conversation to an agent", CHANGED, body=Assignment, refusals=HELD)
    async def assign(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        agent_id = body(request, Assignment).agent_id
        return await act(who, conversation_id, partial(desk.assign, agent_id=agent_id))

    @routes.post("/v1/conversations/<conversation_id:str>/read")
    @Operation("Note what one has read", done(), body=ReadMark, refusals=MISSING)
    async def mark_read(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request, passive=True)
        seq = body(request, ReadMark).seq
        which = row_id(conversation_id)

        def note(connection: Connection) -> None:
            one = queries.need(connection, which)
            read_marks.read(connection, who.agent.id, which, min(seq, one.last_seq))
            events.publish(connection, ConversationRead(which, who.agent.id))

        await database.run(note)
        return no_content()

    @routes.post("/v1/conversations/<conversation_id:str>/view")
    @Operation("Show colleagues that one looks at a conversation", ok("who else does"), refusals=MISSING)
    async def note_view(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request, passive=True)
        no_body(request)
        which, at = row_id(conversation_id), service.clock()

        def note(connection: Connection) -> list[tuple[int, str]]:
            queries.need(connection, which)
            since = at - queries.VIEWING
            if read_marks.view(connection, who.agent.id, which, at, since):
                events.publish(connection, ViewersChanged(which))
            return read_marks.viewers(connection, [which], since, who.agent.id).get(which, [])

        found = await database.run(note)
        return json_response({"viewers": [{"id": id, "name": name} for id, name in found]})

    @routes.get("/v1/events")
    @Operation(
        "Follow what happens",
        {200: Answer("events, as they happen", content=EVENTS)},
        description="A stream of server-sent events; a comment is sent now and then.",
    )
    async def stream_desk_events(request: Request) -> None:
        who = await signed_in(request, passive=True)
        response = await request.respond(
            # X-Accel-Buffering: nginx would hold the events back.
            headers={**HEADERS, "X-Accel-Buffering": "no"},
            content_type="text/event-stream; charset=utf-8",
        )
        still = partial(signed_in, request, passive=True)
        async with aclosing(service.desk_events.stream(who.agent.id, still)) as blocks:
            try:
                async for block in blocks:
                    await response.send(block)
            except Refusal:
                pass  # signed out meanwhile: the page asks why the stream ended
        await response.eof()

    # Sanic waits for open connections when it stops; a stream would never end by itself.
    @routes.before_server_stop
    async def stop(*_: object) -> None:
        service.desk_events.stop()

    message_routes.add_routes(routes, service)
    return routes
