"""The desk's conversations over HTTP, under /desk/v1: lists, threads, and what agents do with them."""

import asyncio
import re
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
from bot.desk import fields, http, reading, shapes
from bot.desk.accounts_api import signed_in
from bot.desk.conversations import MAX_TEXT, Actor, NewFile, Outcome
from bot.desk.errors import DeskError, bad_request, not_found
from bot.desk.service import Service
from bot.files import Refused, shown_name
from store import conversations, mails, readings, signals
from store.database import Connection
from store.desk import Filter

MAX_ID = 2**53 - 1
MAX_FILE = 10 * 1024 * 1024  # bytes
FILE_LIFETIME = timedelta(days=30)  # of the links that customers get
VIEWS = ("queue", "mine", "all", "bot", "closed")

_CLIENT_ID = re.compile(r"[A-Za-z0-9._:-]{1,80}")
_WORD = re.compile(r"[A-Za-z0-9_-]{1,20}")


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
        which = number(conversation_id)
        await service.act(work, who, which)
        return json_response({"conversation": await shown(who, which)})

    @routes.get("/v1/conversations")
    async def list_conversations(request: Request) -> HTTPResponse:
        who = await signed_in(request)
        wanted, after = _filter(request, who.agent.id)
        try:
            return json_response(await database.fetch(reading.page, service, wanted, after))
        except ValueError:
            raise bad_request("after", "send what the list before had as next.") from None

    @routes.get("/v1/conversations/<conversation_id:str>")
    async def show(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        after = _seq(request, "after")
        return json_response(
            await database.fetch(reading.thread, service, who.agent.id, number(conversation_id), after)
        )

    @routes.get("/v1/conversations/<conversation_id:str>/messages")
    async def show_older(request: Request, conversation_id: str) -> HTTPResponse:
        await signed_in(request)
        before = _seq(request, "before")
        found = await database.fetch(reading.older, service, number(conversation_id), before)
        return json_response({"messages": found})

    @routes.post("/v1/conversations/<conversation_id:str>/claim")
    async def claim(request: Request, conversation_id: str) -> HTTPResponse:
        _empty(request)
        return await act(request, conversation_id, desk.claim)

    @routes.post("/v1/conversations/<conversation_id:str>/release")
    async def release(request: Request, conversation_id: str) -> HTTPResponse:
        _empty(request)
        return await act(request, conversation_id, desk.release)

    @routes.post("/v1/conversations/<conversation_id:str>/bot")
    async def hand_back(request: Request, conversation_id: str) -> HTTPResponse:
        await signed_in(request)
        words = words_in(http.body(request, "text"), required=False)
        return await act(request, conversation_id, partial(desk.hand_back, text=words))

    @routes.post("/v1/conversations/<conversation_id:str>/close")
    async def close(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        given = http.body(request, "disposition", "text", "survey")
        ways = [one["id"] for one in service.texts.closings(who.agent.language)]
        way = fields.choice(given, "disposition", ways)
        survey = fields.switch(given, "survey") if "survey" in given else False
        words = words_in(given, required=False)
        return await act(
            request, conversation_id, partial(desk.close, disposition=way, text=words, survey=survey)
        )

    @routes.post("/v1/conversations/<conversation_id:str>/assign")
    async def assign(request: Request, conversation_id: str) -> HTTPResponse:
        await signed_in(request)
        agent_id = fields.number(http.body(request, "agent_id"), "agent_id", 1, MAX_ID)
        return await act(request, conversation_id, partial(desk.assign, agent_id=agent_id))

    @routes.post("/v1/conversations/<conversation_id:str>/messages")
    async def reply(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        given = http.body(request, "client_msg_id", "text")
        key, words = _client_id(given), words_in(given)
        return await answer(who, number(conversation_id), partial(desk.reply, client_msg_id=key, text=words))

    async def answer(
        who: Actor, which: int, work: Callable[[Connection, Actor, int], Outcome]
    ) -> HTTPResponse:
        outcome = await service.act(work, who, which)
        seq = outcome.entries[0].seq
        found = await database.fetch(reading.message, service, which, seq)
        return json_response({"message": found}, 201 if outcome.new else 200)

    @routes.post("/v1/conversations/<conversation_id:str>/files")
    async def send_file(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        which = number(conversation_id)
        file = request.files.get("file") if request.files else None
        if file is None:
            raise bad_request("file", "send a file as multipart/form-data.")
        if len(file.body) > MAX_FILE:
            raise DeskError(413, "too_large", "A file has at most 10 MB.")
        form = request.form
        caption = words_in({"text": (form and form.get("text")) or None}, required=False)
        key = _client_id({"client_msg_id": (form and form.get("client_msg_id")) or f"file-{uuid4().hex}"})
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
        _empty(request)
        which = number(conversation_id)

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
        which = number(conversation_id)

        def note(connection: Connection) -> None:
            one = _known(connection, which)
            readings.read(connection, who.agent.id, which, min(seq, one.last_seq))
            signals.notify(connection, {"desk": "read", "id": which, "to": [who.agent.id]})

        await database.run(note)
        return http.empty()

    @routes.post("/v1/conversations/<conversation_id:str>/view")
    async def view(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request, passive=True)
        _empty(request)
        which, at = number(conversation_id), service.clock()

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
            or not all(type(one) is int and 0 < one <= MAX_ID for one in mentions)
        ):
            raise bad_request("mentions", "write a list of at most 20 ids of agents.")
        words = words_in(given) or ""
        note = await database.run(desk.note, who, number(conversation_id), words, mentions)
        return json_response({"note": shapes.note(note)}, 201)

    @routes.get("/v1/conversations/<conversation_id:str>/transcript")
    async def download(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        which = number(conversation_id)

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
        which = number(conversation_id)

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


def number(text: str, what: str = "conversation") -> int:
    """A row's id from the address. Raises `DeskError`: what can't be one is not found."""
    if not (text.isascii() and text.isdigit() and len(text) <= 16 and 0 < int(text) <= MAX_ID):
        raise not_found(what)
    return int(text)


def words_in(given: dict[str, Any], required: bool = True, most: int = MAX_TEXT) -> str:
    """The field `text`, without space around it; "" if it may be left out and is."""
    value = given.get("text")
    if value is None and not required:
        return ""
    plain = value.replace("\0", "").strip() if isinstance(value, str) else ""
    try:
        plain.encode()
    except UnicodeEncodeError:  # half of a character
        plain = ""
    if (not plain and (required or value)) or len(plain) > most or not isinstance(value, str):
        raise bad_request("text", f"write 1 to {most} characters.")
    return plain


def _empty(request: Request) -> None:
    if request.body:
        http.body(request)


def _client_id(given: dict[str, Any]) -> str:
    value = given.get("client_msg_id")
    if not isinstance(value, str) or not _CLIENT_ID.fullmatch(value):
        raise bad_request("client_msg_id", "write 1 to 80 letters, digits or any of . _ : -")
    return value


def _known(connection: Connection, conversation_id: int) -> conversations.Conversation:
    found = reading.known(connection, conversation_id)
    if found is None:
        raise not_found("conversation")
    return found


def _seq(request: Request, field: str) -> int | None:
    value = request.args.get(field)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= 9):
        raise bad_request(field, "write a message's number.")
    return int(value)


def _filter(request: Request, agent_id: int) -> tuple[Filter, str | None]:
    given = {name: request.args.get(name) for name in ("channel", "language", "agent", "q", "after")}
    view = fields.choice({"view": request.args.get("view", "queue")}, "view", VIEWS)
    for name in ("channel", "language"):
        if given[name] and not _WORD.fullmatch(str(given[name])):
            raise bad_request(name, "write one word.")
    text = (given["q"] or "").replace("\0", "").strip()
    if len(text) > 100:
        raise bad_request("q", "write at most 100 characters.")
    of = fields.query_number(given["agent"] or None, "agent", None, MAX_ID)
    wanted = Filter(view, agent_id, given["channel"] or None, given["language"] or None, of, text or None)
    return wanted, given["after"] or None
