"""What agents write, over HTTP: answers, files, notes; and the transcript of it all."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response
from sanic.response import text as text_response

from bot.desk import queries, serializers, transcripts
from bot.desk.accounts.sessions import signed_in
from bot.desk.actor import Actor
from bot.desk.agent_actions import Outcome
from bot.desk.answers import NewFile
from bot.desk.api import fields, http, requests
from bot.desk.dependencies import Service
from bot.desk.errors import DeskError, bad_request
from bot.runtime import files as kept_files
from bot.runtime.files import Refused, shown_name
from store.core import events
from store.core.database import Connection
from store.core.events import AgentTyping
from store.vocabulary import Owner

MAX_FILE = 10 * 1024 * 1024  # bytes
FILE_LIFETIME = timedelta(days=30)  # of the links that customers get


def add_routes(routes: Blueprint, service: Service) -> None:
    """Adds the routes below /v1/conversations/<id>."""
    database, desk = service.database, service.desk

    @routes.post("/v1/conversations/<conversation_id:str>/messages")
    async def reply(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        given = http.body(request, "client_msg_id", "text")
        key, words = requests.client_id(given), requests.words_in(given)
        return await answer(
            who, requests.number(conversation_id), partial(desk.reply, client_msg_id=key, text=words)
        )

    async def answer(
        who: Actor, which: int, work: Callable[[Connection, Actor, int], Outcome]
    ) -> HTTPResponse:
        outcome = await service.act(work, who, which)
        seq = outcome.entries[0].seq
        found = await database.fetch(queries.message, service, which, seq)
        return json_response({"message": found}, 201 if outcome.new else 200)

    @routes.post("/v1/conversations/<conversation_id:str>/files", stream=True)
    async def send_file(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        # Larger than the server takes elsewhere, so nothing is read before it is known who sends it.
        coming: Any = request
        coming.stream.request_max_size = MAX_FILE + http.MAX_BODY
        await coming.receive_body()
        which = requests.number(conversation_id)
        file = request.files.get("file") if request.files else None
        if file is None:
            raise bad_request("file", "send a file as multipart/form-data.")
        if len(file.body) > MAX_FILE:
            raise DeskError(413, "too_large", "A file has at most 10 MB.")
        form = request.form
        caption = requests.words_in({"text": (form and form.get("text")) or None}, required=False)
        key = requests.client_id(
            {"client_msg_id": (form and form.get("client_msg_id")) or f"file-{uuid4().hex}"}
        )
        one = await database.fetch(queries.need, which)
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
        requests.empty(request)
        which = requests.number(conversation_id)

        def tell(connection: Connection) -> None:
            one = queries.need(connection, which)
            if one.owner == Owner.HUMAN and one.agent_id == who.agent.id:
                typing = AgentTyping(
                    which, one.channel, one.account, one.address, who.agent.id, who.agent.name
                )
                events.publish(connection, typing)

        await database.run(tell)
        return http.empty()

    @routes.post("/v1/conversations/<conversation_id:str>/notes")
    async def add_note(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        given = http.body(request, "text", "mentions")
        mentions = given.get("mentions") or []
        if (
            not isinstance(mentions, list)
            or len(mentions) > 20
            or not all(type(one) is int and 0 < one <= requests.MAX_ID for one in mentions)
        ):
            raise bad_request("mentions", "write a list of at most 20 ids of agents.")
        words = requests.words_in(given) or ""
        note = await database.run(desk.note, who, requests.number(conversation_id), words, mentions)
        return json_response({"note": serializers.note(note)}, 201)

    @routes.get("/v1/conversations/<conversation_id:str>/transcript")
    async def download(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        which = requests.number(conversation_id)

        def take(connection: Connection) -> str:
            who.record(connection, "transcript_read", f"conversation:{which}")
            return transcripts.text(connection, service, which)

        named = f'attachment; filename="{transcripts.name(which)}"'
        return text_response(await database.run(take), headers={"Content-Disposition": named})

    @routes.post("/v1/conversations/<conversation_id:str>/transcript")
    async def mail(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        email = fields.email(http.body(request, "email"))
        which = requests.number(conversation_id)

        def queue(connection: Connection) -> None:
            transcripts.mail(connection, service, which, email, who.request_id)
            who.record(connection, "transcript_mailed", f"conversation:{which}", {"email": email})

        await database.run(queue)
        return json_response({}, 202)
