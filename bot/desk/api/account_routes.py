"""The desk's accounts over HTTP, under /desk/v1: signing in and out, one's own account, invitations."""

from typing import Any

from sanic import Blueprint, HTTPResponse, Request, Sanic
from sanic.response import json as json_response

from bot.desk.accounts.accounts import Browser, Started
from bot.desk.accounts.second_factor import SecondFactor
from bot.desk.accounts.sessions import presented
from bot.desk.accounts.sessions import signed_in as signed_in
from bot.desk.api import agent_routes, fields, http
from bot.desk.api.account_dependencies import DeskParts
from bot.desk.api.agent_routes import shown
from bot.desk.errors import bad_request, locked
from bot.runtime import log
from bot.runtime.loop import TaskPool
from bot.runtime.ratelimit import RateLimit, network
from store.accounts import agents
from store.vocabulary import Presence

NETWORK_BURST = 40  # tries to sign in from one network: a whole office in the morning
NETWORK_RATE = 1 / 15  # a second

_log = log.get("desk")


def blueprint(parts: DeskParts) -> Blueprint:
    """The routes, those of admins too. Blueprints that use `signed_in` need this one in the same app."""
    routes = http.blueprint("desk_accounts")
    accounts, guard, languages = parts.accounts, parts.guard, parts.texts.languages
    knocks = RateLimit(NETWORK_BURST, NETWORK_RATE)
    resets = TaskPool(_log, "reset_failed")

    @routes.before_server_start
    async def attach(app: Sanic[Any, Any], *_: object) -> None:
        app.ctx.desk_guard = guard

    def knock(request: Request) -> None:
        wait = knocks.take(network(request.remote_addr or request.ip)) if parts.limited else 0
        if wait:
            raise locked(wait)

    def let_in(started: Started) -> HTTPResponse:
        response = json_response({"csrf": started.csrf, "agent": shown(started.agent)})
        guard.give(response, started.token)
        return response

    @routes.post("/v1/sessions")
    async def sign_in(request: Request) -> HTTPResponse:
        given = http.body(request, "email", "password", "code")
        email, password, code = fields.email(given), fields.password(given), fields.code(given)
        knock(request)
        return let_in(await accounts.sign_in(email, password, code, _browser(request)))

    @routes.delete("/v1/sessions/current")
    async def sign_out(request: Request) -> HTTPResponse:
        await accounts.sign_out(await signed_in(request))
        response = HTTPResponse(status=204)
        guard.take(response)
        return response

    @routes.post("/v1/invitations/accept")
    async def accept(request: Request) -> HTTPResponse:
        given = http.body(request, "token", "name", "password", "code")
        token, password, code = fields.token(given), fields.password(given), fields.code(given)
        name = fields.name(given) if given.get("name") else None
        knock(request)
        return let_in(await accounts.accept(token, name, password, code, _browser(request)))

    @routes.post("/v1/password-resets")
    async def reset(request: Request) -> HTTPResponse:
        email = fields.email(http.body(request, "email"))
        knock(request)

        # Afterwards: the time to the answer would otherwise tell whether there is such an agent.
        resets.begin(accounts.request_reset(email, _browser(request)))
        return json_response({}, 202)

    @routes.get("/v1/me")
    async def me(request: Request) -> HTTPResponse:
        who = await signed_in(request)
        colleagues = await parts.database.fetch(agents.listed)
        return json_response(
            {
                "agent": shown(who.agent),
                "csrf": who.csrf,
                "shop": {"name": parts.texts.shop, "colour": parts.colour, "languages": list(languages)},
                "dispositions": parts.texts.closings(who.agent.language),
                "agents": [
                    {"id": one.id, "name": one.name, "state": one.state}
                    for one in colleagues
                    if not one.disabled and not one.invited
                ],
            }
        )

    @routes.patch("/v1/me")
    async def change_me(request: Request) -> HTTPResponse:
        who = await signed_in(request)
        given = http.body(request, "name", "language", "state", "password")
        values: dict[str, Any] = {}
        if "name" in given:
            values["name"] = fields.name(given)
        if "language" in given:
            values["language"] = fields.choice(given, "language", languages)
        if "state" in given:
            values["state"] = fields.choice(given, "state", tuple(Presence))
        old, new = _passwords(given)
        token = await accounts.change_password(who, old, new) if new else None
        agent = await accounts.change(who, values) if values else who.agent
        response = json_response({"agent": shown(agent)})
        if token:
            guard.give(response, token)
        return response

    @routes.post("/v1/me/totp")
    async def offer_second_factor(request: Request) -> HTTPResponse:
        secret, uri = await accounts.offer_second_factor(await signed_in(request))
        return json_response({"secret": secret, "uri": uri, "qr": SecondFactor.picture(uri)})

    @routes.put("/v1/me/totp")
    async def confirm_second_factor(request: Request) -> HTTPResponse:
        who = await signed_in(request)
        code = fields.code(http.body(request, "code"))
        if code is None:
            raise bad_request("code", "write six digits.")
        await accounts.confirm_second_factor(who, code)
        return HTTPResponse(status=204)

    @routes.delete("/v1/me/totp", ignore_body=False)
    async def remove_second_factor(request: Request) -> HTTPResponse:
        who = await signed_in(request)
        await accounts.remove_second_factor(who, fields.password(http.body(request, "password")))
        return HTTPResponse(status=204)

    agent_routes.add_routes(routes, parts)
    return routes


def _browser(request: Request) -> Browser:
    return Browser(presented(request), log.request_id.get())


def _passwords(given: dict[str, Any]) -> tuple[str, str]:
    pair = given.get("password")
    if pair is None:
        return "", ""
    if not isinstance(pair, dict) or set(pair) != {"old", "new"}:
        raise bad_request("password", "write the old and the new one.")
    return fields.password(pair, "old"), fields.password(pair, "new")
