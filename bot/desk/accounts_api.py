"""The desk's accounts over HTTP, under /desk/v1: signing in and out, one's own account, invitations."""

from typing import Any

from sanic import Blueprint, Request, Sanic

from bot.desk import http
from bot.desk.guard import Guard, SignedIn


async def signed_in(request: Request, role: str = "agent", *, passive: bool = False) -> SignedIn:
    """Who makes a request below /desk/v1; checks the cookie, `X-CSRF-Token` where the method changes
    something, and the role ("agent" or "admin"). `passive`: a page that merely stays open asks, which
    doesn't count as use. Raises `DeskError`: 401 `signed_out`, 403 `csrf`, 403 `forbidden`."""
    guard: Guard = request.app.ctx.desk_guard
    return await guard.check(request, role, passive=passive)


def blueprint(guard: Guard) -> Blueprint:
    """The routes."""
    routes = http.blueprint("desk_accounts")

    @routes.before_server_start
    async def attach(app: Sanic[Any, Any], *_: object) -> None:
        app.ctx.desk_guard = guard

    return routes
