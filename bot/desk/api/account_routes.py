"""The desk's accounts over HTTP, under /desk/v1: signing in and out, one's own account, invitations."""

from typing import Any

from sanic import Blueprint, HTTPResponse, Request, Sanic
from sanic.response import json as json_response

from bot.desk.accounts.accounts import Browser, Started
from bot.desk.accounts.lockout import Locked
from bot.desk.accounts.second_factor import SecondFactor
from bot.desk.accounts.sessions import presented
from bot.desk.accounts.sessions import signed_in as signed_in
from bot.desk.api import agent_routes, desk_blueprint
from bot.desk.api.account_dependencies import AccountDependencies
from bot.desk.api.account_requests import (
    Acceptance,
    PasswordProof,
    ProfileChange,
    ResetRequest,
    SecondFactorCode,
    SignIn,
)
from bot.desk.api.agent_routes import shown
from bot.desk.api.desk_blueprint import body, no_content
from bot.runtime import log
from bot.runtime.http.addresses import client_network
from bot.runtime.http.operations import Answer, Operation, done, ok
from bot.runtime.http.ratelimit import RateLimit
from bot.runtime.work.loop import TaskPool
from store.accounts import agents

# Tries to sign in from one network: a whole call centre in the morning. Guessing is stopped by account.
NETWORK_BURST = 120
NETWORK_RATE = 1 / 3  # a second

_log = log.get("desk")


def blueprint(parts: AccountDependencies) -> Blueprint:
    """The routes, those of admins too. Blueprints that use `signed_in` need this one in the same app."""
    routes = desk_blueprint.blueprint("desk_accounts")
    accounts, guard, languages = parts.accounts, parts.guard, parts.texts.languages
    context = {"languages": languages}
    knocks = RateLimit(NETWORK_BURST, NETWORK_RATE)
    resets = TaskPool(_log, "reset_failed")

    @routes.before_server_start
    async def attach(app: Sanic[Any, Any], *_: object) -> None:
        app.ctx.desk_guard = guard

    def knock(request: Request) -> None:
        wait = knocks.take(client_network(request)) if parts.limited else 0
        if wait:
            raise Locked(wait)

    def let_in(request: Request, started: Started) -> HTTPResponse:
        response = json_response({"csrf": started.csrf, "agent": shown(started.agent)})
        guard.give(request, response, started.token)
        return response

    @routes.post("/v1/sessions")
    @Operation(
        "Sign in",
        ok("the session's cookie, its token for X-CSRF-Token, and the agent"),
        body=SignIn,
        refusals={
            401: "the e-mail, the password or the code is wrong",
            403: "the browser came over plain http, and the desk is reached over https",
            429: "too many tries",
        },
        public=True,
    )
    async def sign_in(request: Request) -> HTTPResponse:
        given = body(request, SignIn)
        knock(request)
        guard.needs_secure(request)
        started = await accounts.sign_in(given.email, given.password, given.code, _browser(request))
        return let_in(request, started)

    @routes.delete("/v1/sessions/current")
    @Operation("Sign out", done("signed out"))
    async def sign_out(request: Request) -> HTTPResponse:
        await accounts.sign_out(await signed_in(request))
        response = no_content()
        guard.take(response)
        return response

    @routes.post("/v1/invitations/accept")
    @Operation(
        "Accept an invitation, or set a new password",
        ok("signed in, as by signing in"),
        body=Acceptance,
        refusals={
            401: "the account needs a code, or this one is wrong",
            403: "the browser came over plain http, and the desk is reached over https",
            404: "the link is used or too old",
            429: "too many tries",
        },
        public=True,
    )
    async def accept_invitation(request: Request) -> HTTPResponse:
        given = body(request, Acceptance)
        knock(request)
        guard.needs_secure(request)
        started = await accounts.accept(
            given.token, given.name, given.password, given.code, _browser(request)
        )
        return let_in(request, started)

    @routes.post("/v1/password-resets")
    @Operation(
        "Ask for a new password",
        {202: Answer("if there is such an account, a mail goes out")},
        body=ResetRequest,
        refusals={429: "too many tries"},
        public=True,
    )
    async def request_password_reset(request: Request) -> HTTPResponse:
        email = body(request, ResetRequest).email
        knock(request)

        # Afterwards: the time to the answer would otherwise tell whether there is such an agent.
        resets.begin(accounts.request_reset(email, _browser(request)))
        return json_response({}, 202)

    @routes.get("/v1/me")
    @Operation("Read who is signed in, the shop, and the colleagues", ok("the agent"))
    async def show_me(request: Request) -> HTTPResponse:
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
    @Operation(
        "Change one's own account",
        ok("the agent; with a new password, in a new session"),
        body=ProfileChange,
        refusals={403: "the old password is wrong"},
    )
    async def change_me(request: Request) -> HTTPResponse:
        who = await signed_in(request)
        guard.needs_secure(request)
        given = body(request, ProfileChange, context)
        values = given.model_dump(exclude_unset=True, exclude={"password"})
        pair = given.password
        token = await accounts.change_password(who, pair.old, pair.new) if pair else None
        agent = await accounts.change(who, values) if values else who.agent
        response = json_response({"agent": shown(agent)})
        if token:
            guard.give(request, response, token)
        return response

    @routes.post("/v1/me/totp")
    @Operation(
        "Ask for a second factor",
        ok("a secret for an authenticator app, as text, address and picture"),
        refusals={409: "there is one already"},
    )
    async def offer_second_factor(request: Request) -> HTTPResponse:
        secret, uri = await accounts.offer_second_factor(await signed_in(request))
        return json_response({"secret": secret, "uri": uri, "qr": SecondFactor.picture(uri)})

    @routes.put("/v1/me/totp")
    @Operation(
        "Confirm a second factor",
        done("it is needed from now on"),
        body=SecondFactorCode,
        refusals={409: "no secret was asked for"},
    )
    async def confirm_second_factor(request: Request) -> HTTPResponse:
        who = await signed_in(request)
        await accounts.confirm_second_factor(who, body(request, SecondFactorCode).code)
        return no_content()

    @routes.delete("/v1/me/totp", ignore_body=False)
    @Operation(
        "Remove the second factor",
        done(),
        body=PasswordProof,
        refusals={403: "the password is wrong"},
    )
    async def remove_second_factor(request: Request) -> HTTPResponse:
        who = await signed_in(request)
        await accounts.remove_second_factor(who, body(request, PasswordProof).password)
        return no_content()

    agent_routes.add_routes(routes, parts)
    return routes


def _browser(request: Request) -> Browser:
    return Browser(presented(request), log.request_id.get())
