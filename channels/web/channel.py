"""The web chat: its HTTP shell and the widget's files.

The browser fetches what is new from the transcript and the live events, so sending is already done
when a message is stored. docs/channels/web.md describes the protocol.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from bot.runtime.http import assets
from bot.runtime.http.addresses import client_network
from bot.runtime.http.operations import EVENTS, Answer, Operation, done, ok
from bot.runtime.http.ratelimit import RateLimit, Slots
from bot.runtime.http.refusals import Conflict, NoSuch, NotFound, TooManyRequests, Unauthorized
from bot.runtime.http.request_models import read_query
from channels.contract import Gateway, UnknownButton, Visit, VisitOver
from channels.web import identity
from channels.web import visitor as web_visitor
from channels.web.config import WebConfig
from channels.web.events import PAGE, events, portions
from channels.web.parse import Message, Place, ShopToken, parse, parse_seq, parse_shop_token, primary_language

FLOODED = "too many requests"
NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def blueprint(gateway: Gateway, config: WebConfig) -> Blueprint:
    """The widget's files under /widget.js, /chat and /shared (the desk's too), and the API under /chat/v1."""
    # Strict: the page finds its files relative to /chat, not /chat/.
    routes = Blueprint("web", strict_slashes=True)
    limits = config.limits
    files = assets.load(config.web_root / "chat")
    page = files.pop("chat.html")
    shared = assets.load(config.web_root / "shared")
    loader = _loader(config)
    page_headers = {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
            f"img-src 'self' data:; frame-ancestors {' '.join(config.frame_ancestors)}; "
            "base-uri 'none'; form-action 'none'"
        ),
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
    sessions = RateLimit(limits.session_burst, limits.session_rate, keys=limits.keys)
    from_network = RateLimit(limits.message_burst, limits.message_rate, keys=limits.keys)
    from_visitor = RateLimit(limits.visitor_burst, limits.visitor_rate, keys=limits.keys)
    reads = RateLimit(limits.read_burst, limits.read_rate, keys=limits.keys)
    streams = Slots(limits.streams)
    streams_of_visitor = Slots(limits.visitor_streams)
    stopping = asyncio.Event()

    def presented(request: Request, *, notes: bool = False) -> Visit:
        return web_visitor.verify(config.secret, request.headers.get("authorization"), notes=notes)

    def before(request: Request) -> Visit | None:
        """What the browser had, if that can be told."""
        try:
            return presented(request, notes=True)
        except Unauthorized:
            return None

    async def visit_of(request: Request) -> Visit:
        visit = presented(request)
        _take(reads, visit.id)
        if await gateway.visit_until(visit) is None:
            raise _over()
        return visit

    @routes.before_server_start
    async def start(*_: object) -> None:
        stopping.clear()

    # Sanic waits for open connections when it stops; an event stream would never end by itself.
    @routes.before_server_stop
    async def stop(*_: object) -> None:
        stopping.set()

    @routes.get("/widget.js")
    async def widget(request: Request) -> HTTPResponse:
        return loader.response(request, {"Cross-Origin-Resource-Policy": "cross-origin"})

    @routes.get("/chat")
    async def chat(request: Request) -> HTTPResponse:
        return page.response(request, page_headers)

    @routes.get("/chat/<name:str>")
    async def chat_file(request: Request, name: str) -> HTTPResponse:
        if name not in files:
            raise NoSuch("file")
        return files[name].response(request)

    @routes.get("/shared/<name:str>")
    async def shared_file(request: Request, name: str) -> HTTPResponse:
        if name not in shared:
            raise NoSuch("file")
        return shared[name].response(request)

    @routes.get("/chat/v1/config")
    @Operation("Read what the chat shows of the shop", ok("name, colour, languages, texts"), public=True)
    async def read_config(_request: Request) -> HTTPResponse:
        return json_response(config.public, headers={"Cache-Control": assets.SHORT_CACHE})

    @routes.post("/chat/v1/sessions")
    @Operation("Become a visitor", {201: Answer("a token, for a year")}, refusals={429: FLOODED}, public=True)
    async def create_session(request: Request) -> HTTPResponse:
        _take(sessions, client_network(request))
        return json_response({"token": web_visitor.issue(config.secret)}, 201, headers=NO_STORE)

    @routes.post("/chat/v1/messages")
    @Operation(
        "Write a message, or press a button",
        {202: Answer("it is stored; its place in the transcript, and whether it came before")},
        body=Message,
        refusals={409: "the button isn't offered any more", 429: FLOODED},
    )
    async def create_message(request: Request) -> HTTPResponse:
        # The visitor's own limit first: one who floods doesn't use up what others behind the address have.
        visit = presented(request)
        _take(from_visitor, visit.address)
        _take(from_network, client_network(request))
        language = primary_language(request.headers.get("accept-language"))
        inbound = parse(visit.address, config.account, request.body, language)
        inbound = replace(inbound, network=_hashed(config.secret, client_network(request)))
        try:
            accepted = await gateway.accept(inbound, visit)
        except VisitOver as error:
            raise _over() from error
        except UnknownButton as error:
            raise Conflict("This button is not offered (any more).", code="unknown_button") from error
        return json_response({"seq": accepted.seq, "duplicate": accepted.duplicate}, 202, headers=NO_STORE)

    @routes.post("/chat/v1/identity")
    @Operation(
        "Become the customer for whom the shop's site vouches",
        {201: Answer("a token for the customer's own conversation, and a note of the visit to keep")},
        description=(
            "Authorization: the visitor's token or the note that the browser has so far. The same customer's "
            "visit goes on, anybody else's ends."
        ),
        body=ShopToken,
        refusals={
            403: "the token doesn't hold",
            404: "the shop has no such tokens",
            409: "it was used before",
            429: FLOODED,
        },
        public=True,
    )
    async def begin_visit(request: Request) -> HTTPResponse:
        if config.identity_secret is None:
            raise NotFound("This chat takes no tokens of the shop's site.")
        voucher = identity.read(config.identity_secret, parse_shop_token(request.body))
        subject = web_visitor.customer(config.secret, config.account, voucher.subject)
        _take(from_visitor, subject)
        _take(from_network, client_network(request))
        visit = await gateway.begin_visit(
            "web", config.account, replace(voucher, subject=subject), before(request)
        )
        if visit is None:
            raise Conflict("This token was used before: each counts once.", code="used_token")
        token, note = web_visitor.issue_vouched(config.secret, visit), web_visitor.note(config.secret, visit)
        return json_response({"token": token, "visit": note}, 201, headers=NO_STORE)

    @routes.delete("/chat/v1/sessions")
    @Operation(
        "End a visit",
        done("nothing is shown or taken any more to whom it was"),
        description="With a visitor's token, or the note of a visit.",
        refusals={429: FLOODED},
    )
    async def end_session(request: Request) -> HTTPResponse:
        visit = presented(request, notes=True)
        _take(from_visitor, visit.address)
        await gateway.end_visit("web", config.account, visit)
        return HTTPResponse(status=204, headers=NO_STORE)

    @routes.delete("/chat/v1/messages")
    @Operation(
        "Leave a conversation for ever",
        done("it is out of reach for its customer, on all their devices; the shop keeps it"),
        refusals={429: FLOODED},
    )
    async def leave_conversation(request: Request) -> HTTPResponse:
        visit = await visit_of(request)
        await gateway.end_visit("web", config.account, visit, leaves=True)
        return HTTPResponse(status=204, headers=NO_STORE)

    @routes.get("/chat/v1/messages")
    @Operation("Read messages", ok("at most 200, the oldest first"), query=Place, refusals={429: FLOODED})
    async def list_messages(request: Request) -> None:
        visit = await visit_of(request)
        after = read_query(Place, request.args).after
        found = portions(gateway, config.account, visit.address, after, PAGE)
        # The first before the answer begins: it may still fail.
        first: Sequence[dict[str, Any]] = ()
        async for portion in found:
            first = portion
            break
        response = await request.respond(headers=NO_STORE, content_type="application/json")
        await response.send('{"messages":[' + _joined(first))
        async for portion in found:
            await response.send("," + _joined(portion))
        await response.send("]}", end_stream=True)

    @routes.get("/chat/v1/events")
    @Operation(
        "Follow a conversation",
        {200: Answer("the messages after a place, then what happens", content=EVENTS)},
        description="A stream of server-sent events; the header Last-Event-ID counts more than after.",
        query=Place,
        refusals={429: FLOODED},
    )
    async def stream_chat_events(request: Request) -> None:
        visit = await visit_of(request)
        after = read_query(Place, request.args).after
        if last := request.headers.get("last-event-id"):
            after = parse_seq(last)
        with streams.hold(client_network(request)) as room, streams_of_visitor.hold(visit.address) as free:
            if not (room and free):
                raise TooManyRequests("Too many open event streams at the same time.", retry_after=30)
            response = await request.respond(
                # X-Accel-Buffering: nginx would hold the events back.
                headers={**NO_STORE, "X-Accel-Buffering": "no"},
                content_type="text/event-stream; charset=utf-8",
            )
            stream = events(
                gateway, config.account, visit, after, stopping=stopping, heartbeat=config.heartbeat
            )
            async with aclosing(stream) as blocks:
                async for block in blocks:
                    await response.send(block)
            await response.eof()

    return routes


def _joined(messages: Sequence[dict[str, Any]]) -> str:
    return ",".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in messages)


def _hashed(secret: bytes, text: str) -> str:
    """What stands for a network in the database, where nobody can read it."""
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


def _take(limit: RateLimit, key: str) -> None:
    wait = limit.take(key)
    if wait:
        raise TooManyRequests("Too many requests: wait as long as Retry-After says.", retry_after=wait)


def _over() -> Unauthorized:
    return Unauthorized("This visit is over: begin another one.", code="visit_over", challenge="Bearer")


def _loader(config: WebConfig) -> assets.Asset:
    # The launcher stands in the shop's page before anything of ours is fetched, so its few texts and
    # its colour travel in the script.
    public = config.public
    settings = {
        "colour": public["colour"],
        "languages": list(public["languages"]),
        "default_language": public["default_language"],
        "email": public.get("email", ""),
        "texts": {
            language: {key: text for key, text in texts.items() if key.startswith("launcher_")}
            for language, texts in public["texts"].items()
        },
    }
    source = (config.web_root / "widget.js").read_text(encoding="utf-8")
    return assets.Asset.of(source.replace('"__SETTINGS__"', json.dumps(settings), 1).encode(), ".js")
