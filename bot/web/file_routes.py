"""`GET /files/<id>`: a customer's file, to whoever has a signed link that is still good."""

import asyncio
from urllib.parse import quote

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import raw

from bot.runtime.files import SHOWN, Files, shown_name
from bot.runtime.http.refusals import NotFound
from store.conversations import attachments
from store.core.database import Database
from store.vocabulary import AttachmentState

# Whatever is in a file, a browser gives it no rights, guesses no other type and keeps no copy.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}


def blueprint(database: Database, files: Files) -> Blueprint:
    routes = Blueprint("files")

    @routes.get("/files/<attachment_id:int>")
    async def show(request: Request, attachment_id: int) -> HTTPResponse:
        expires, signature = request.args.get("expires", ""), request.args.get("signature", "")
        # One answer for every link that doesn't work: ids can't be tried out.
        refused = NotFound("This link is not valid, or no longer.")
        if not 0 < attachment_id < 2**63 or not files.is_valid(attachment_id, expires, signature):
            raise refused
        one = await database.fetch(attachments.get, attachment_id)
        if one is None or one.state != AttachmentState.STORED or one.file is None:
            raise refused
        try:
            content = await asyncio.to_thread(files.path(one.file).read_bytes)
        except OSError:
            raise refused from None
        place = "inline" if one.media_type in SHOWN else "attachment"
        name = quote(shown_name(one.name, one.media_type))
        kind = one.media_type + ("; charset=utf-8" if one.media_type == "text/plain" else "")
        headers = {**HEADERS, "Content-Disposition": f"{place}; filename*=UTF-8''{name}"}
        return raw(content, content_type=kind, headers=headers)

    return routes
