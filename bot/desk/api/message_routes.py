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

from bot.desk import queries, rights, serializers, transcripts
from bot.desk.accounts.sessions import signed_in
from bot.desk.actor import Actor
from bot.desk.agent_actions import Outcome
from bot.desk.answers import NewFile
from bot.desk.api.conversation_requests import FileForm, NewAnswer, NewNote, TranscriptMail
from bot.desk.api.desk_blueprint import MAX_BODY, body, no_body, no_content, row_id
from bot.desk.dependencies import DeskDependencies
from bot.runtime.file_types import SHOWN
from bot.runtime.files import Refused
from bot.runtime.http.operations import FORM, TEXT, Answer, Operation, done
from bot.runtime.http.refusals import Conflict, Refusal, TooLarge, WrongField
from bot.runtime.http.request_models import read_query
from store.core import events
from store.core.database import Connection
from store.core.events import AgentTyping
from store.vocabulary import Owner

MAX_FILE = 10 * 1024 * 1024  # bytes
FILE_LIFETIME = timedelta(days=30)  # of the links that customers get
MISSING = {404: "there is no such conversation"}
UNSENT = {**MISSING, 409: "it isn't yours, or the channel takes nothing now"}
SENT = {201: Answer("the message"), 200: Answer("the message: it was sent before")}


def add_routes(routes: Blueprint, service: DeskDependencies) -> None:
    """Adds the routes below /v1/conversations/<id>."""
    database, desk = service.database, service.desk

    @routes.post("/v1/conversations/<conversation_id:str>/messages")
    @Operation("Answer the customer", SENT, body=NewAnswer, refusals=UNSENT)
    async def reply(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        given = body(request, NewAnswer)
        work = partial(desk.reply, client_msg_id=given.client_msg_id, text=given.text)
        return await answer(who, row_id(conversation_id), work)

    async def answer(
        who: Actor, which: int, work: Callable[[Connection, Actor, int], Outcome]
    ) -> HTTPResponse:
        outcome = await service.act(work, who, which)
        seq = outcome.entries[0].seq
        found = await database.fetch(queries.message, service, which, seq)
        return json_response({"message": found}, 201 if outcome.new else 200)

    @routes.post("/v1/conversations/<conversation_id:str>/files", stream=True)
    @Operation("Send the customer a file", SENT, body=FileForm, content=FORM, refusals=UNSENT)
    async def send_file(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        # Larger than the server takes elsewhere, so nothing is read before it is known who sends it.
        coming: Any = request
        coming.stream.request_max_size = MAX_FILE + MAX_BODY
        await coming.receive_body()
        which = row_id(conversation_id)
        file = request.files.get("file") if request.files else None
        if file is None:
            raise WrongField("file", "send a file as multipart/form-data.")
        if len(file.body) > MAX_FILE:
            raise TooLarge("file: send at most 10 MB.", field="file")
        written = {name: values for name, values in (request.form or {}).items() if any(values)}
        given = read_query(FileForm, written)
        key = given.client_msg_id or f"file-{uuid4().hex}"
        one = await database.fetch(queries.need, which)
        base = service.public_url or (f"{request.scheme}://{request.host}" if one.channel == "web" else None)
        if base is None:
            raise Conflict("Set PUBLIC_BASE_URL: customers reach files by it.", code="no_address")
        try:
            stored = await asyncio.to_thread(service.files.save, file.body, file.name or "")
        except Refused as error:
            raise WrongField("file", f"{error}.") from None
        new = NewFile(
            stored.file,
            stored.name,
            "image" if stored.media_type in SHOWN else "file",
            stored.media_type,
            stored.size,
            lambda attachment: base + service.files.link(attachment, lifetime=FILE_LIFETIME),
        )
        work = partial(desk.reply, client_msg_id=key, text=given.text, file=new)
        try:
            return await answer(who, which, work)
        except Refusal:
            service.files.path(stored.file).unlink(missing_ok=True)
            raise

    @routes.post("/v1/conversations/<conversation_id:str>/typing")
    @Operation("Show the customer that one writes", done(), refusals=MISSING)
    async def show_typing(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        no_body(request)
        which = row_id(conversation_id)

        def tell(connection: Connection) -> None:
            one = queries.need(connection, which)
            if one.owner == Owner.HUMAN and one.agent_id == who.agent.id:
                typing = AgentTyping(
                    which, one.channel, one.account, one.address, who.agent.id, who.agent.name
                )
                events.publish(connection, typing)

        await database.run(tell)
        return no_content()

    @routes.post("/v1/conversations/<conversation_id:str>/notes")
    @Operation("Write a note", {201: Answer("the note")}, body=NewNote, refusals=MISSING)
    async def add_note(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        given = body(request, NewNote)
        note = await database.run(desk.note, who, row_id(conversation_id), given.text, given.mentions)
        return json_response({"note": serializers.note(note)}, 201)

    @routes.get("/v1/conversations/<conversation_id:str>/transcript")
    @Operation("Download a transcript", {200: Answer("what was said", content=TEXT)}, refusals=MISSING)
    async def download_transcript(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        which = row_id(conversation_id)

        def take(connection: Connection) -> str:
            who.record(connection, "transcript_read", f"conversation:{which}")
            return transcripts.text(connection, service, which)

        named = f'attachment; filename="{transcripts.name(which)}"'
        return text_response(await database.run(take), headers={"Content-Disposition": named})

    @routes.post("/v1/conversations/<conversation_id:str>/transcript")
    @Operation("Mail a transcript", {202: Answer("a mail goes out")}, body=TranscriptMail, refusals=UNSENT)
    async def mail_transcript(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        email = body(request, TranscriptMail).email
        which = row_id(conversation_id)

        def queue(connection: Connection) -> None:
            # It goes to whatever address is written.
            rights.need_held(connection, who, which)
            transcripts.mail(connection, service, which, email, who.request_id)
            who.record(connection, "transcript_mailed", f"conversation:{which}", {"email": email})

        await database.run(queue)
        return json_response({}, 202)
