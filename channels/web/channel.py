"""The web chat: its HTTP shell and the widget's files.

The browser fetches what is new from the transcript and the live events, so sending is already done
when a message is stored. docs/channels/web.md describes the protocol.
"""

import asyncio
import json
import re
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sanic import Blueprint, Request
from sanic.exceptions import PayloadTooLarge
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from bot.runtime import assets
from bot.runtime.ratelimit import RateLimit, Slots, network
from channels.contract import Gateway, UnknownButton
from channels.web import identity
from channels.web import visitor as web_visitor
from channels.web.errors import ChatError, Conflict, NotFound, TooLarge, TooManyRequests
from channels.web.events import HEARTBEAT, events
from channels.web.parse import MAX_BODY, body_object, parse, parse_seq, primary_language

MIN_SECRET = 32  # bytes; what HS256 needs
NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True, slots=True)
class WebLimits:
    """How much one visitor or one network may ask for: a burst, then a rate a second."""

    visitor_burst: float = 20
    visitor_rate: float = 1
    read_burst: float = 60  # of a visitor's requests for messages and streams
    read_rate: float = 2
    session_burst: float = 30  # these and the next by network address
    session_rate: float = 30 / 3600
    message_burst: float = 300
    message_rate: float = 20
    streams: int = 20  # open at the same time
    keys: int = 50_000  # visitors and addresses that are remembered


@dataclass(frozen=True, slots=True)
class WebConfig:
    """`secret` signs visitor tokens. `frame_ancestors` are the shop's origins that may show the chat.
    `public` is sent to every browser: name, colour (#rrggbb), languages, default_language, and texts by
    language. Raises `ValueError` naming the setting that is wrong."""

    secret: bytes
    web_root: Path
    public: dict[str, Any]
    account: str = "default"
    frame_ancestors: tuple[str, ...] = ("'self'",)
    limits: WebLimits = field(default_factory=WebLimits)
    identity_secret: bytes | None = None  # of the tokens with which the shop's site vouches for a customer
    heartbeat: float = HEARTBEAT  # seconds between signs of life on a silent event stream

    def __post_init__(self) -> None:
        if len(self.secret) < MIN_SECRET:
            raise ValueError(f"secret: at least {MIN_SECRET} bytes")
        if self.identity_secret is not None and len(self.identity_secret) < MIN_SECRET:
            raise ValueError(f"identity_secret: at least {MIN_SECRET} bytes")
        for source in self.frame_ancestors:
            if not re.fullmatch(r"'self'|'none'|https?://[A-Za-z0-9.*:\[\]-]+", source):
                raise ValueError(f"frame_ancestors: {source!r} is not an origin such as https://shop.example")
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", str(self.public.get("colour"))):
            raise ValueError("public.colour: six hexadecimal digits after #")
        texts = self.public.get("texts", {})
        for language in (self.public.get("default_language"), *self.public.get("languages", ())):
            if language not in texts:
                raise ValueError(f"public.texts: nothing for the language {language!r}")


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
    stopping = asyncio.Event()

    def visitor_of(request: Request) -> str:
        return web_visitor.verify(config.secret, request.headers.get("authorization"))

    @routes.before_server_start
    async def start(*_: object) -> None:
        stopping.clear()

    # Sanic waits for open connections when it stops; an event stream would never end by itself.
    @routes.before_server_stop
    async def stop(*_: object) -> None:
        stopping.set()

    async def refuse(_request: Request, error: ChatError) -> HTTPResponse:
        return error.response()

    async def refuse_body(_request: Request, _error: PayloadTooLarge) -> HTTPResponse:
        return TooLarge(f"A request has at most {MAX_BODY} bytes.").response()

    routes.exception(ChatError)(refuse)
    routes.exception(PayloadTooLarge)(refuse_body)

    @routes.get("/widget.js")
    async def widget(request: Request) -> HTTPResponse:
        return loader.response(request, {"Cross-Origin-Resource-Policy": "cross-origin"})

    @routes.get("/chat")
    async def chat(request: Request) -> HTTPResponse:
        return page.response(request, page_headers)

    @routes.get("/chat/<name:str>")
    async def chat_file(request: Request, name: str) -> HTTPResponse:
        if name not in files:
            raise NotFound("There is no such file.")
        return files[name].response(request)

    @routes.get("/shared/<name:str>")
    async def shared_file(request: Request, name: str) -> HTTPResponse:
        if name not in shared:
            raise NotFound("There is no such file.")
        return shared[name].response(request)

    @routes.get("/chat/v1/config")
    async def public(_request: Request) -> HTTPResponse:
        return json_response(config.public, headers={"Cache-Control": assets.SHORT_CACHE})

    @routes.post("/chat/v1/sessions")
    async def create_session(request: Request) -> HTTPResponse:
        _take(sessions, _network(request))
        return json_response({"token": web_visitor.issue(config.secret)}, 201, headers=NO_STORE)

    @routes.post("/chat/v1/messages")
    async def create_message(request: Request) -> HTTPResponse:
        _take(from_network, _network(request))
        visitor = visitor_of(request)
        _take(from_visitor, visitor)
        language = primary_language(request.headers.get("accept-language"))
        inbound = parse(visitor, config.account, request.body, language)
        try:
            accepted = await gateway.accept(inbound)
        except UnknownButton as error:
            raise Conflict("This button is not offered (any more).", code="unknown_button") from error
        return json_response({"seq": accepted.seq, "duplicate": accepted.duplicate}, 202, headers=NO_STORE)

    @routes.post("/chat/v1/identity")
    async def vouch(request: Request) -> HTTPResponse:
        visitor = visitor_of(request)
        _take(from_visitor, visitor)
        if config.identity_secret is None:
            raise NotFound("This chat takes no tokens of the shop's site.")
        voucher = identity.read(config.identity_secret, body_object(request.body).get("token"))
        if not await gateway.vouch(
            "web", config.account, visitor, voucher.proof, voucher.token_id, voucher.expires_at
        ):
            raise Conflict("This token was used before: each counts once.", code="used_token")
        return HTTPResponse(status=204, headers=NO_STORE)

    @routes.get("/chat/v1/messages")
    async def list_messages(request: Request) -> HTTPResponse:
        visitor = visitor_of(request)
        _take(reads, visitor)
        after = parse_seq(request.args.get("after"))
        messages = await gateway.replay("web", config.account, visitor, after)
        return json_response({"messages": list(messages)}, headers=NO_STORE)

    @routes.get("/chat/v1/events")
    async def stream_events(request: Request) -> None:
        visitor = visitor_of(request)
        _take(reads, visitor)
        after = parse_seq(request.headers.get("last-event-id") or request.args.get("after"))
        with streams.hold(_network(request)) as free:
            if not free:
                raise TooManyRequests("Too many open event streams from this address.", wait=30)
            response = await request.respond(
                # X-Accel-Buffering: nginx would hold the events back.
                headers={**NO_STORE, "X-Accel-Buffering": "no"},
                content_type="text/event-stream; charset=utf-8",
            )
            stream = events(
                gateway, config.account, visitor, after, stopping=stopping, heartbeat=config.heartbeat
            )
            async with aclosing(stream) as blocks:
                async for block in blocks:
                    await response.send(block)
            await response.eof()

    return routes


def _network(request: Request) -> str:
    return network(request.remote_addr or request.ip)


def _take(limit: RateLimit, key: str) -> None:
    wait = limit.take(key)
    if wait:
        raise TooManyRequests("Too many requests: wait as long as Retry-After says.", wait=wait)


def _loader(config: WebConfig) -> assets.Asset:
    # The launcher stands in the shop's page before anything of ours is fetched, so its few texts and
    # its colour travel in the script.
    public = config.public
    settings = {
        "colour": public["colour"],
        "languages": list(public["languages"]),
        "default_language": public["default_language"],
        "texts": {
            language: {key: text for key, text in texts.items() if key.startswith("launcher_")}
            for language, texts in public["texts"].items()
        },
    }
    source = (config.web_root / "widget.js").read_text(encoding="utf-8")
    return assets.Asset.of(source.replace('"__SETTINGS__"', json.dumps(settings), 1).encode(), ".js")
