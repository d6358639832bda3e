"""What agents do with comments, over HTTP: hiding them, and answering in private."""

from collections.abc import Coroutine
from typing import Annotated, Any, TypeVar

from pydantic import Field
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response

from bot.desk.accounts.sessions import signed_in
from bot.desk.api import desk_blueprint
from bot.desk.api.desk_blueprint import body, no_content, row_id
from bot.desk.api.field_types import Switch, Text, whole_number
from bot.desk.dependencies import DeskDependencies
from bot.desk.public.comment_work import MAX_PRIVATE, CommentWork
from bot.runtime import log
from bot.runtime.http.operations import Operation, done, ok
from bot.runtime.http.refusals import Conflict, Unavailable, WrongField
from bot.runtime.http.request_models import RequestModel
from channels.contract import SendError
from channels.splitting import utf16_units

T = TypeVar("T")
REFUSED = {
    404: "there is no such comment",
    409: "it isn't yours, it isn't public, or the provider refuses",
    503: "the provider can't be reached, or didn't answer",
}
_log = log.get("comments")


class Hiding(RequestModel):
    """Which comment, and whether it is hidden or shown again."""

    seq: Annotated[int, whole_number(1, 2**31 - 1)]
    hidden: Switch = True


class PrivateReply(RequestModel):
    """Which comment is answered in private, and what is said."""

    seq: Annotated[int, whole_number(1, 2**31 - 1)]
    text: Text = Field(description=f"at most {MAX_PRIVATE} characters")


def blueprint(service: DeskDependencies) -> Blueprint:
    """The routes; `bot.desk.api.account_routes`'s must be in the same app."""
    routes = desk_blueprint.blueprint("desk_comments")
    database = service.database
    work = CommentWork(service.desk.outgoing, service.texts, service.clock)

    @routes.post("/v1/conversations/<conversation_id:str>/hide")
    @Operation("Hide a comment, or show it again", done(), body=Hiding, refusals=REFUSED)
    async def hide(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        given, which = body(request, Hiding), row_id(conversation_id)
        comment = await database.run(work.need, who, which, given.seq)
        await _asked(comment.channel.hide(comment.id, hidden=given.hidden))
        await database.run(work.hidden, who, comment, given.seq, hidden=given.hidden)
        return no_content()

    @routes.post("/v1/conversations/<conversation_id:str>/private-reply")
    @Operation(
        "Answer a comment's author in private",
        ok("where the talk goes on"),
        body=PrivateReply,
        refusals=REFUSED,
    )
    async def reply_in_private(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        given, which = body(request, PrivateReply), row_id(conversation_id)
        if utf16_units(given.text) > MAX_PRIVATE:
            raise WrongField("text", f"write at most {MAX_PRIVATE} characters.")
        comment = await database.run(work.need_recent, who, which, given.seq)
        invited = await _asked(comment.channel.invite(comment.id, given.text))
        private = await database.run(work.invited, who, comment, given.seq, invited, given.text)
        return json_response({"conversation": private})

    return routes


async def _asked(request: Coroutine[Any, Any, T]) -> T:
    """What the provider did. Raises `Conflict` for what it refuses, `Unavailable` for what may go later."""
    try:
        return await request
    except SendError as error:
        _log.warning("comment_refused", reason=error.reason, unknown=error.unknown, fault=error.fault)
        if error.unknown:
            message = f"It is not known whether that was done: {error.reason}."
            raise Unavailable(message, code="unknown") from None
        if error.permanent or error.fault:
            raise Conflict(f"Facebook refuses: {error.reason}.", code="refused") from None
        message = f"Not now: {error.reason}. Try again."
        raise Unavailable(message, retry_after=error.retry_after or 5) from None
