"""The Sanic application around a `Program`."""

import asyncio
import hmac
import re
from typing import Any
from uuid import uuid4

from sanic import Blueprint, HTTPResponse, Request, Sanic
from sanic.response import json as json_response
from sanic.response import raw

from bot import product
from bot.compose import Program, public_config
from bot.desk.api import account_routes, case_routes, pages
from bot.desk.api import conversation_routes as desk_api
from bot.desk.api import order_routes as orders_api_of_desk
from bot.desk.public import comment_routes
from bot.mirror.chatwoot import notifications as chatwoot
from bot.runtime import log, metrics
from bot.runtime.health import Health, NotCurrent
from bot.runtime.http.refusals import Unauthorized, Unavailable
from bot.runtime.work.jobs import utc_now
from bot.web import api_page, base_path, file_routes, headers, order_api, product_api
from bot.web.case_door import case_api
from bot.web.customer_pages import page_routes
from bot.web.customer_pages.guarded import UNLIMITED as NO_RATES
from bot.web.customer_pages.guarded import Guarded, Rates
from bot.web.demo_shop import demo_blueprint
from bot.web.error_answers import ErrorAnswers
from bot.web.proxy_watch import ProxyWatch
from channels.web import channel as web_channel
from channels.web.config import WebConfig, WebLimits
from store.core import schema
from store.core.outage import is_outage
from store.orders import demo

MAX_BODY = 1_000_000  # bytes of any request
MAX_HEADERS = 16_384  # bytes; Sanic takes no more
DEMO_ORDERS = 6
FIGURES_SECONDS = 5.0  # after which the metrics do without the database's
UNLIMITED = WebLimits(
    visitor_burst=1e9,
    visitor_rate=1e9,
    read_burst=1e9,
    read_rate=1e9,
    session_burst=1e9,
    session_rate=1e9,
    message_burst=1e9,
    message_rate=1e9,
    visitor_streams=100_000,
    streams=100_000,
)

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,40}")


def create(program: Program) -> Sanic[Any, Any]:
    """The application; starting and stopping it starts and stops the program."""
    Sanic.test_mode = False
    settings = program.settings
    app: Sanic[Any, Any] = Sanic(
        "aftercare",
        configure_logging=False,
        error_handler=ErrorAnswers(),
        request_class=base_path.request_class(settings.base_path),
    )
    app.config.update(
        REQUEST_MAX_SIZE=MAX_BODY,
        # Browsers send the cookies of the shop's whole domain along, several of up to 4 kB.
        REQUEST_MAX_HEADER_SIZE=MAX_HEADERS,
        REQUEST_TIMEOUT=20,
        BASE_PATH=settings.base_path,
        PROXIES_COUNT=settings.proxies or None,
        MOTD=False,
        ACCESS_LOG=False,
        KEEP_ALIVE_TIMEOUT=75,
        RESPONSE_TIMEOUT=60,
        GRACEFUL_SHUTDOWN_TIMEOUT=5,
    )
    app.blueprint(web_channel.blueprint(program.gateway, _web_config(program)))
    for channel in program.channels:
        if routes := channel.blueprint(program.gateway):
            app.blueprint(routes)
    app.blueprint(
        order_api.blueprint(program.database, program.settings.api_keys, program.settings.phone_region)
    )
    app.blueprint(product_api.blueprint(program.database, program.settings.api_keys))
    app.blueprint(case_api.blueprint(program.database, program.settings.api_keys, program.after_sales))
    app.blueprint(api_page.blueprint())
    app.blueprint(file_routes.blueprint(program.database, program.files))
    if routes := _customer_pages(program):
        app.blueprint(routes)
    app.blueprint(pages.blueprint(product.web(), program.knowledge.texts.desk))
    app.blueprint(account_routes.blueprint(program.desk))
    app.blueprint(desk_api.blueprint(program.service))
    app.blueprint(orders_api_of_desk.blueprint(program.service))
    app.blueprint(case_routes.blueprint(program.service))
    app.blueprint(comment_routes.blueprint(program.service))
    if program.settings.chatwoot and program.mirroring:
        app.blueprint(chatwoot.blueprint(program.settings.chatwoot, program.mirroring.woken))
    if settings.demo:
        app.blueprint(demo_blueprint(product.web(), lambda: _tryouts(program), settings.base_path))
    _lifecycle(app, program)
    _requests(app)
    ProxyWatch(settings.proxies).follow(app)
    headers.protect(app)
    _operations(app, program)
    return app


def _lifecycle(app: Sanic[Any, Any], program: Program) -> None:
    @app.before_server_start
    async def start(*_: object) -> None:
        await program.start()

    @app.before_server_stop
    async def stop_streams(*_: object) -> None:
        program.close_streams()

    @app.after_server_stop
    async def stop(*_: object) -> None:
        await program.stop()


def _requests(app: Sanic[Any, Any]) -> None:
    @app.on_request
    async def name_request(request: Request) -> None:
        # A proxy's own id is kept, so that its log lines join ours.
        given = request.headers.get("x-request-id", "")
        log.request_id.set(given if _REQUEST_ID.fullmatch(given) else uuid4().hex)

    @app.on_response  # type: ignore[untyped-decorator]
    async def tell_request_id(_request: Request, response: HTTPResponse) -> None:
        response.headers.setdefault("X-Request-ID", log.request_id.get())


def _operations(app: Sanic[Any, Any], program: Program) -> None:
    @app.get("/health/live")
    async def live(_request: Request) -> HTTPResponse:
        return json_response({"status": "live"})

    health = Health(program.database)

    @app.get("/health/ready")
    async def ready(_request: Request) -> HTTPResponse:
        spool = await asyncio.to_thread(metrics.look_at, program.spool)
        waiting = {"spooled": spool.entries, "set_aside": spool.set_aside}
        try:
            parked = await health.check()
        except schema.SchemaError as error:
            raise Unavailable(f"{error}.", code="wrong_schema", more=waiting) from None
        except NotCurrent:
            raise Unavailable(
                "The database is not migrated; run: aftercare db upgrade", code="wrong_schema", more=waiting
            ) from None
        except Exception as error:
            raise Unavailable("The database does not answer.", code="no_database", more=waiting) from error
        # Still ready: a restart would mend nothing of it, and others are served.
        refused = [{"channel": one.channel, "fault": one.fault} for one in health.refused]
        return json_response({"status": "ready", "parked": parked, "refused": refused, **waiting})

    @app.get("/metrics")
    async def show_metrics(request: Request) -> HTTPResponse:
        token = program.settings.metrics_token
        if token and not hmac.compare_digest(
            (request.token or "").encode("utf-8", "surrogateescape"), token.encode()
        ):
            raise Unauthorized(
                "Write the metrics token: 'Authorization: Bearer <token>'.", challenge="Bearer"
            )
        await asyncio.to_thread(metrics.look_at, program.spool)
        try:
            async with asyncio.timeout(FIGURES_SECONDS):
                figures = await program.database.fetch(metrics.render)
        except Exception as error:
            if not (is_outage(error) or isinstance(error, TimeoutError)):
                raise
            figures = metrics.render_alone()
        return raw(figures, content_type="text/plain; version=0.0.4; charset=utf-8")


def _web_config(program: Program) -> WebConfig:
    shop = program.knowledge.shop
    texts = {language: dict(program.knowledge.texts.widget[language]) for language in shop.languages}
    for language, starters in shop.widget.starters.items():
        if language in texts:
            texts[language]["starters"] = list(starters)
    # Off for benchmarks, whose hundreds of customers come from one address.
    limits = WebLimits() if program.settings.rate_limits else UNLIMITED
    return WebConfig(
        secret=program.settings.secret,
        web_root=product.web(),
        public=public_config(program.knowledge, texts),
        frame_ancestors=("'self'", *shop.widget.frame_ancestors),
        limits=limits,
        identity_secret=program.settings.identity_secret,
    )


def _customer_pages(program: Program) -> Blueprint:
    """Withdrawal, returns and labels."""
    knowledge, settings = program.knowledge, program.settings
    rates = Rates() if settings.rate_limits else NO_RATES
    guarded = Guarded(
        program.database,
        program.after_sales,
        knowledge.shop,
        knowledge.pages,
        settings.secret,
        utc_now,
        rates,
    )
    return page_routes.blueprint(guarded, program.withdrawals, program.case_mail.send, product.web())


async def _tryouts(program: Program) -> list[dict[str, Any]]:
    return await program.database.fetch(demo.tryouts, DEMO_ORDERS)
