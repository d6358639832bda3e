"""`GET /files/<id>`: a customer's file, to whoever has a signed link that is still good."""

import asyncio
import unicodedata
from urllib.parse import quote

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import raw

from bot.runtime import log
from bot.runtime.file_types import SHOWN, shown_name
from bot.runtime.files import Damaged, Files
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

_log = log.get("files")


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
            content = await asyncio.to_thread(files.read, one.file, one.size)
        except Damaged as error:
            _log.error("file_damaged", attachment=one.id, reason=str(error))
            raise NotFound("This file is damaged or gone on the server.", code="file_damaged") from None
        kind = one.media_type + ("; charset=utf-8" if one.media_type == "text/plain" else "")
        headers = {**HEADERS, "Content-Disposition": disposition(one.name, one.media_type)}
        return raw(content, content_type=kind, headers=headers)

    return routes


def disposition(name: str, media_type: str) -> str:
    """The header that says whether a file is shown or saved, and as what (RFC 6266; the second name in the
    letters of RFC 8187, for whoever knows it)."""
    place = "inline" if media_type in SHOWN else "attachment"
    shown = shown_name(name, media_type)
    plain = unicodedata.normalize("NFKD", shown).encode("ascii", "ignore").decode()
    # Once more: what NFKD makes of a letter may be one that a name can't have.
    return f"{place}; filename=\"{shown_name(plain, media_type)}\"; filename*=UTF-8''{quote(shown, safe='')}"
