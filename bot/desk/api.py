"""The desk's conversations over HTTP, under /desk/v1: lists, threads, and what agents do with them."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response
from sanic.response import text as text_response

from bot import files as kept_files
from bot.desk import asked, fields, http, reading, shapes
from bot.desk.accounts_api import signed_in
from bot.desk.conversations import Actor, NewFile, Outcome
from bot.desk.errors import DeskError, bad_request, not_found
from bot.desk.service import Service
from bot.files import Refused, shown_name
from store import conversations, mails, readings, signals
from store.database import Connection

MAX_FILE = 10 * 1024 * 1024  # bytes
FILE_LIFETIME = timedelta(days=30)  # of the links that customers get


def blueprint(service: Service) -> Blueprint:
    """The routes; `bot.desk.accounts_api`'s must be in the same app."""
    routes = http.blueprint("desk_conversations")
    database, desk = service.database, service.desk

    async def shown(who: Actor, conversation_id: int) -> dict[str, Any]:
        return await database.fetch(reading.detail, service, who.agent.id, conversation_id)

    async def act(
        request: Request, conversation_id: str, work: Callable[[Connection, Actor, int], Outcome]
    ) -> HTTPResponse:
        who = await signed_in(request)
        which = asked.number(conversation_id)
        await service.act(work, who, which)
        return json_response({"conversation": await shown(who, which)})

    @routes.get("/v1/conversations")
    async def list_conversations(request: Request) -> HTTPResponse:
        who = await signed_in(request)
        wanted, after = asked.wanted(request, who.agent.id)
        try:
            return json_response(await database.fetch(reading.page, service, wanted, after))
        except ValueError:
            raise bad_request("after", "send what the list before had as next.") from None

    @routes.get("/v1/conversations/<conversation_id:str>")
    async def show(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        after = asked.seq(request, "after")
        return json_response(
            await database.fetch(reading.thread, service, who.agent.id, asked.number(conversation_id), after)
        )

    @routes.get("/v1/conversations/<conversation_id:str>/messages")
    async def show_older(request: Request, conversation_id: str) -> HTTPResponse:
        await signed_in(request)
        before = asked.seq(request, "before")
        found = await database.fetch(reading.older, service, asked.number(conversation_id), before)
        return json_response({"messages": found})

    @routes.post("/v1/conversations/<conversation_id:str>/claim")
    async def claim(request: Request, conversation_id: str) -> HTTPResponse:
        asked.empty(request)
        return await act(request, conversation_id, desk.claim)

    @routes.post("/v1/conversations/<conversation_id:str>/release")
    async def release(request: Request, conversation_id: str) -> HTTPResponse:
        asked.empty(request)
        return await act(request, conversation_id, desk.release)

    @routes.post("/v1/conversations/<conversation_id:str>/bot")
    async def hand_back(request: Request, conversation_id: str) -> HTTPResponse:
        await signed_in(request)
        words = asked.words_in(http.body(request, "text"), required=False)
        return await act(request, conversation_id, partial(desk.hand_back, text=words))

    @routes.post("/v1/conversations/<conversation_id:str>/close")
    async def close(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        given = http.body(request, "disposition", "text", "survey")
        ways = [one["id"] for one in service.texts.closings(who.agent.language)]
        way = fields.choice(given, "disposition", ways)
        survey = fields.switch(given, "survey") if "survey" in given else False
        words = asked.words_in(given, required=False)
        return await act(
            request, conversation_id, partial(desk.close, disposition=way, text=words, survey=survey)
        )

    @routes.post("/v1/conversations/<conversation_id:str>/assign")
    async def assign(request: Request, conversation_id: str) -> HTTPResponse:
        await signed_in(request)
        agent_id = fields.number(http.body(request, "agent_id"), "agent_id", 1, asked.MAX_ID)
        return await act(request, conversation_id, partial(desk.assign, agent_id=agent_id))

    @routes.post("/v1/conversations/<conversation_id:str>/messages")
    async def reply(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        given = http.body(request, "client_msg_id", "text")
        key, words = asked.client_id(given), asked.words_in(given)
        return await answer(
            who, asked.number(conversation_id), partial(desk.reply, client_msg_id=key, text=words)
        )

    async def answer(
        who: Actor, which: int, work: Callable[[Connection, Actor, int], Outcome]
    ) -> HTTPResponse:
        outcome = await service.act(work, who, which)
        seq = outcome.entries[0].seq
        found = await database.fetch(reading.message, service, which, seq)
        return json_response({"message": found}, 201 if outcome.new else 200)

    @routes.post("/v1/conversations/<conversation_id:str>/files", stream=True)
    async def send_file(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        # Larger than the server takes elsewhere, so nothing is read before it is known who sends it.
        coming: Any = request
        coming.stream.request_max_size = MAX_FILE + http.MAX_BODY
        await coming.receive_body()
        which = asked.number(conversation_id)
        file = request.files.get("file") if request.files else None
        if file is None:
            raise bad_request("file", "send a file as multipart/form-data.")
        if len(file.body) > MAX_FILE:
            raise DeskError(413, "too_large", "A file has at most 10 MB.")
        form = request.form
        caption = asked.words_in({"text": (form and form.get("text")) or None}, required=False)
        key = asked.client_id(
            {"client_msg_id": (form and form.get("client_msg_id")) or f"file-{uuid4().hex}"}
        )
        one = await database.fetch(_known, which)
        base = service.public_url or (f"{request.scheme}://{request.host}" if one.channel == "web" else None)
        if base is None:
            raise DeskError(409, "no_address", "Set PUBLIC_BASE_URL: customers reach files by it.")
        try:
            stored = await asyncio.to_thread(service.files.save, file.body)
        except Refused as error:
            raise bad_request("file", f"{error}.") from None
        new = NewFile(
            stored.file,
            shown_name(file.name or "", stored.media_type)[:200],
            "image" if stored.media_type in kept_files.SHOWN else "file",
            stored.media_type,
            stored.size,
            lambda attachment: base + service.files.link(attachment, lifetime=FILE_LIFETIME),
        )
        work = partial(desk.reply, client_msg_id=key, text=caption, file=new)
        try:
            return await answer(who, which, work)
        except DeskError:
            service.files.path(stored.file).unlink(missing_ok=True)
            raise

    @routes.post("/v1/conversations/<conversation_id:str>/typing")
    async def type_(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        asked.empty(request)
        which = asked.number(conversation_id)

        def tell(connection: Connection) -> conversations.Conversation:
            one = _known(connection, which)
            if one.owner == "human" and one.agent_id == who.agent.id:
                signals.notify(connection, {"typing": which, "by": who.agent.name})
            return one

        one = await database.run(tell)
        if one.owner == "human" and one.agent_id == who.agent.id:
            service.typing(one.channel, one.account, one.address)
        return http.empty()

    @routes.post("/v1/conversations/<conversation_id:str>/read")
    async def read(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request, passive=True)
        seq = fields.number(http.body(request, "seq"), "seq", 0, 2**31 - 1)
        which = asked.number(conversation_id)

        def note(connection: Connection) -> None:
            one = _known(connection, which)
            readings.read(connection, who.agent.id, which, min(seq, one.last_seq))
            signals.notify(connection, {"desk": "read", "id": which, "to": [who.agent.id]})

        await database.run(note)
        return http.empty()

    @routes.post("/v1/conversations/<conversation_id:str>/view")
    async def view(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request, passive=True)
        asked.empty(request)
        which, at = asked.number(conversation_id), service.clock()

        def note(connection: Connection) -> list[tuple[int, str]]:
            _known(connection, which)
            since = at - reading.VIEWING
            if readings.view(connection, who.agent.id, which, at, since):
                signals.notify(connection, {"desk": "view", "id": which})
            return readings.viewers(connection, [which], since, who.agent.id).get(which, [])

        found = await database.run(note)
        return json_response({"viewers": [{"id": id, "name": name} for id, name in found]})

    @routes.post("/v1/conversations/<conversation_id:str>/notes")
    async def add_note(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        given = http.body(request, "text", "mentions")
        mentions = given.get("mentions") or []
        if (
            not isinstance(mentions, list)
            or len(mentions) > 20
            or not all(type(one) is int and 0 < one <= asked.MAX_ID for one in mentions)
        ):
            raise bad_request("mentions", "write a list of at most 20 ids of agents.")
        words = asked.words_in(given) or ""
        note = await database.run(desk.note, who, asked.number(conversation_id), words, mentions)
        return json_response({"note": shapes.note(note)}, 201)

    @routes.get("/v1/conversations/<conversation_id:str>/transcript")
    async def download(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        which = asked.number(conversation_id)

        def take(connection: Connection) -> str:
            who.record(connection, "transcript_read", f"conversation:{which}")
            return reading.text(connection, which)

        name = f"conversation-{which}.txt"
        return text_response(
            await database.run(take), headers={"Content-Disposition": f'attachment; filename="{name}"'}
        )

    @routes.post("/v1/conversations/<conversation_id:str>/transcript")
    async def mail(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        email = fields.email(http.body(request, "email"))
        which = asked.number(conversation_id)

        def queue(connection: Connection) -> None:
            content = reading.text(connection, which)
            subject = f"{service.texts.shop}: conversation {which}"
            mails.add(
                connection,
                f"transcript:{which}:{who.request_id}"[:120],
                email,
                subject,
                subject,
                attachment=content,
                attachment_name=f"conversation-{which}.txt",
            )
            who.record(connection, "transcript_mailed", f"conversation:{which}", {"email": email})

        await database.run(queue)
        service.mailed()
        return json_response({}, 202)

    @routes.get("/v1/events")
    async def events(request: Request) -> None:
        who = await signed_in(request, passive=True)
        response = await request.respond(
            # X-Accel-Buffering: nginx would hold the events back.
            headers={**http.HEADERS, "X-Accel-Buffering": "no"},
            content_type="text/event-stream; charset=utf-8",
        )
        still = partial(signed_in, request, passive=True)
        async with aclosing(service.live.stream(who.agent.id, still)) as blocks:
            try:
                async for block in blocks:
                    await response.send(block)
            except DeskError:
                pass  # signed out meanwhile: the page asks why the stream ended
        await response.eof()

    # Sanic waits for open connections when it stops; a stream would never end by itself.
    @routes.before_server_stop
    async def stop(*_: object) -> None:
        service.live.stop()

    return routes


def _known(connection: Connection, conversation_id: int) -> conversations.Conversation:
    found = reading.known(connection, conversation_id)
    if found is None:
        raise not_found("conversation")
    return found
