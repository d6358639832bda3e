"""What admins do over HTTP: the agents' accounts and the audit log."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response

from bot.desk.accounts.sessions import SignedIn, signed_in
from bot.desk.api import fields, http
from bot.desk.api.account_dependencies import DeskParts
from bot.desk.errors import bad_request, not_found
from store.accounts import agents, audit
from store.accounts.agents import Agent
from store.core.database import Connection
from store.vocabulary import Role

MAX_CAPACITY = 100
MAX_ID = 2**53 - 1


def add_routes(routes: Blueprint, parts: DeskParts) -> None:
    """Adds /v1/agents and /v1/audit."""
    administration, languages = parts.administration, parts.texts.languages

    def wanted(given: dict[str, Any]) -> dict[str, Any]:
        checks: dict[str, Callable[[], object]] = {
            "name": lambda: fields.name(given),
            "role": lambda: fields.choice(given, "role", tuple(Role)),
            "language": lambda: fields.choice(given, "language", languages),
            "languages": lambda: fields.choices(given, "languages", languages),
            "skills": lambda: fields.words(given, "skills"),
            "capacity": lambda: fields.number(given, "capacity", 0, MAX_CAPACITY),
            "disabled": lambda: fields.switch(given, "disabled"),
            "totp": lambda: fields.switch(given, "totp"),
        }
        return {field: check() for field, check in checks.items() if field in given}

    @routes.get("/v1/agents")
    async def list_agents(request: Request) -> HTTPResponse:
        await signed_in(request, Role.ADMIN)
        found = await parts.database.fetch(agents.listed)
        return json_response({"agents": [_in_full(agent) for agent in found]})

    @routes.post("/v1/agents")
    async def add(request: Request) -> HTTPResponse:
        who = await signed_in(request, Role.ADMIN)
        given = http.body(request, "email", "name", "role", "language", "languages", "skills", "capacity")
        email = fields.email(given)
        values = {"role": Role.AGENT, "language": who.agent.language, **wanted(given)}
        name, role = fields.name(given), values.pop("role")
        values.pop("name")
        agent, link = await parts.database.run(
            administration.add, who, datetime.now(UTC), email, name, role, values
        )
        return json_response({"agent": _in_full(agent), "link": link}, 201)

    @routes.patch("/v1/agents/<agent_id:str>")
    async def change(request: Request, agent_id: str) -> HTTPResponse:
        who = await signed_in(request, Role.ADMIN)
        given = http.body(request, "role", "languages", "skills", "capacity", "disabled", "name", "totp")
        values = wanted(given)
        if values.get("totp"):
            raise bad_request("totp", "write false; only the agent can add a second factor.")
        agent = await parts.database.run(administration.change, who, datetime.now(UTC), _id(agent_id), values)
        return json_response({"agent": _in_full(agent)})

    @routes.post("/v1/agents/<agent_id:str>/invitation")
    async def invite(request: Request, agent_id: str) -> HTTPResponse:
        who = await signed_in(request, Role.ADMIN)
        link = await parts.database.run(administration.invite, who, datetime.now(UTC), _id(agent_id))
        return json_response({"link": link})

    @routes.get("/v1/audit")
    async def show_audit(request: Request) -> HTTPResponse:
        who = await signed_in(request, Role.ADMIN)
        before = fields.query_number(request.args.get("before"), "before", None, MAX_ID)
        limit = fields.query_number(request.args.get("limit"), "limit", 50, audit.MAX_ENTRIES)
        found = await parts.database.run(_read_audit, who, before, limit or 50)
        return json_response({"entries": [_entry(entry) for entry in found]})


def shown(agent: Agent) -> dict[str, Any]:
    """An agent as the desk shows one."""
    return {
        "id": agent.id,
        "email": agent.email,
        "name": agent.name,
        "role": agent.role,
        "language": agent.language,
        "languages": list(agent.languages),
        "skills": list(agent.skills),
        "capacity": agent.capacity,
        "state": agent.state,
        "totp": agent.totp,
    }


def _in_full(agent: Agent) -> dict[str, Any]:
    seen_at = agent.seen_at.isoformat() if agent.seen_at else None
    return {**shown(agent), "disabled": agent.disabled, "invited": agent.invited, "seen_at": seen_at}


def _entry(entry: audit.Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "who": entry.who,
        "action": entry.action,
        "target": entry.target,
        "details": entry.details,
        "at": entry.at.isoformat(),
    }


def _read_audit(connection: Connection, who: SignedIn, before: int | None, limit: int) -> list[audit.Entry]:
    found = audit.entries(connection, before=before, limit=limit)
    # Once, not at every further page.
    if before is None:
        who.record(connection, "audit_read")
    return found


def _id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        raise not_found("agent")
    return int(text)
