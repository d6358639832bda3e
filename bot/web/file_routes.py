"""`GET /files/<id>`: a customer's file, to whoever has a signed link that is still good."""

import unicodedata
from urllib.parse import quote

from sanic import Blueprint, Request

from bot.runtime import log
from bot.runtime.file_types import SHOWN, shown_name
from bot.runtime.files import Files
from bot.runtime.http import file_answers
from bot.runtime.http.addresses import client_network
from bot.runtime.http.ratelimit import Slots
from bot.runtime.http.refusals import NotFound, TooManyRequests
from store.conversations import attachments
from store.core.database import Database
from store.vocabulary import AttachmentState

OF_NETWORK = 60  # downloads at the same time: an office of agents, each with a thread full of pictures
OF_FILE = 8

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
    """The route. A link may get about: only so many read one file, or read from one network, at a time."""
    routes = Blueprint("files")
    of_network, of_file = Slots(OF_NETWORK), Slots(OF_FILE)

    @routes.get("/files/<attachment_id:int>")
    async def show(request: Request, attachment_id: int) -> None:
        expires, signature = request.args.get("expires", ""), request.args.get("signature", "")
        # One answer for every link that doesn't work: ids can't be tried out.
        refused = NotFound("This link is not valid, or no longer.")
        if not 0 < attachment_id < 2**63 or not files.is_valid(attachment_id, expires, signature):
            raise refused
        one = await database.fetch(attachments.get, attachment_id)
        if one is None or one.state != AttachmentState.STORED or one.file is None:
            raise refused
        kind = one.media_type + ("; charset=utf-8" if one.media_type == "text/plain" else "")
        headers = {**HEADERS, "Content-Disposition": disposition(one.name, one.media_type)}
        with of_network.hold(client_network(request)) as room, of_file.hold(one.file) as free:
            if not (room and free):
                raise TooManyRequests("Too many files at the same time.", retry_after=5)
            if not files.is_whole(one.file, one.size):
                _log.error("file_damaged", attachment=one.id)
                raise NotFound("This file is damaged or gone on the server.", code="file_damaged")
            try:
                await file_answers.send(request, files.path(one.file), kind, headers)
            except OSError:
                raise refused from None

    return routes


def disposition(name: str, media_type: str) -> str:
    """The header that says whether a file is shown or saved, and as what (RFC 6266; the second name in the
    letters of RFC 8187, for whoever knows it)."""
    place = "inline" if media_type in SHOWN else "attachment"
    shown = shown_name(name, media_type)
    plain = unicodedata.normalize("NFKD", shown).encode("ascii", "ignore").decode()
    # Once more: what NFKD makes of a letter may be one that a name can't have.
    return f"{place}; filename=\"{shown_name(plain, media_type)}\"; filename*=UTF-8''{quote(shown, safe='')}"
