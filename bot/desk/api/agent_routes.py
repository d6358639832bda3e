"""What admins do over HTTP: the agents' accounts and the audit log."""

from datetime import UTC, datetime
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response

from bot.desk.accounts.sessions import SignedIn, signed_in
from bot.desk.api.account_dependencies import AccountDependencies
from bot.desk.api.account_requests import AgentChange, AuditQuery, NewAgent
from bot.desk.api.desk_blueprint import body, query, row_id
from bot.runtime.http.operations import Answer, Operation, ok
from store.accounts import agents, audit
from store.accounts.agents import Agent
from store.core.database import Connection
from store.vocabulary import Role


def add_routes(routes: Blueprint, parts: AccountDependencies) -> None:
    """Adds /v1/agents and /v1/audit."""
    administration, context = parts.administration, {"languages": parts.texts.languages}

    @routes.get("/v1/agents")
    @Operation("List the agents' accounts", ok("all of them"))
    async def list_agents(request: Request) -> HTTPResponse:
        await signed_in(request, Role.ADMIN)
        found = await parts.database.fetch(agents.listed)
        return json_response({"agents": [_in_full(agent) for agent in found]})

    @routes.post("/v1/agents")
    @Operation(
        "Invite an agent",
        {201: Answer("the account, and the link that was mailed")},
        body=NewAgent,
        refusals={409: "another agent has this e-mail"},
    )
    async def add_agent(request: Request) -> HTTPResponse:
        who = await signed_in(request, Role.ADMIN)
        given = body(request, NewAgent, context)
        values = given.model_dump(exclude_unset=True, exclude={"email", "name", "role"})
        values = {"language": who.agent.language, **values}
        agent, link = await parts.database.run(
            administration.add, who, datetime.now(UTC), given.email, given.name, given.role, values
        )
        return json_response({"agent": _in_full(agent), "link": link}, 201)

    @routes.patch("/v1/agents/<agent_id:str>")
    @Operation(
        "Change an agent's account",
        ok("the account"),
        body=AgentChange,
        refusals={404: "there is no such agent", 409: "there would be no admin left"},
    )
    async def change_agent(request: Request, agent_id: str) -> HTTPResponse:
        who = await signed_in(request, Role.ADMIN)
        values = body(request, AgentChange, context).model_dump(exclude_unset=True)
        which = row_id(agent_id, "agent")
        agent = await parts.database.run(administration.change, who, datetime.now(UTC), which, values)
        return json_response({"agent": _in_full(agent)})

    @routes.post("/v1/agents/<agent_id:str>/invitation")
    @Operation(
        "Invite an agent again, or to a new password",
        ok("the link that was mailed"),
        refusals={404: "there is no such agent", 409: "the account is disabled"},
    )
    async def invite_again(request: Request, agent_id: str) -> HTTPResponse:
        who = await signed_in(request, Role.ADMIN)
        which = row_id(agent_id, "agent")
        link = await parts.database.run(administration.invite, who, datetime.now(UTC), which)
        return json_response({"link": link})

    @routes.get("/v1/audit")
    @Operation("Read the audit log", ok("entries, the latest first"), query=AuditQuery)
    async def show_audit(request: Request) -> HTTPResponse:
        who = await signed_in(request, Role.ADMIN)
        wanted = query(request, AuditQuery)
        found = await parts.database.run(_read_audit, who, wanted.before, wanted.limit)
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
