"""What requests about accounts say."""

from typing import Annotated, Literal

from pydantic import Field

from bot.desk.api.field_types import (
    FROM_QUERY,
    Code,
    Email,
    Language,
    Languages,
    LinkToken,
    MaybeCode,
    MaybeName,
    Name,
    Password,
    QueryId,
    Skills,
    Switch,
    one_of,
    whole_number,
)
from bot.runtime.http.request_models import LEFT_OUT, RequestModel
from store.accounts import audit
from store.vocabulary import Presence, Role

MAX_CAPACITY = 100

AgentRole = Annotated[Role, one_of(Role), Field(description=f"one of {', '.join(Role)}")]
Capacity = Annotated[int, whole_number(0, MAX_CAPACITY)]


class SignIn(RequestModel):
    """Who signs in; `code` where the account has a second factor."""

    email: Email
    password: Password
    code: MaybeCode = None


class Acceptance(RequestModel):
    """Somebody who was invited, or forgot the password, sets one. `name`: instead of what the admin wrote."""

    token: LinkToken
    name: MaybeName = None
    password: Password
    code: MaybeCode = None


class ResetRequest(RequestModel):
    """Whose password is forgotten."""

    email: Email


class PasswordChange(RequestModel):
    """The old password and the new one."""

    old: Password
    new: Password


class ProfileChange(RequestModel):
    """What changes of one's own account."""

    name: Name = LEFT_OUT
    language: Language = LEFT_OUT
    state: Annotated[Presence, one_of(Presence)] = Field(
        LEFT_OUT, description=f"one of {', '.join(Presence)}"
    )
    password: PasswordChange | None = Field(None, description="the old and the new one")


class SecondFactorCode(RequestModel):
    """What the authenticator app shows now."""

    code: Code


class PasswordProof(RequestModel):
    """One's own password, again."""

    password: Password


class NewAgent(RequestModel):
    """Who is invited. Without `language`, mails and the desk are in the admin's."""

    email: Email
    name: Name
    role: AgentRole = Role.AGENT
    language: Language = LEFT_OUT
    languages: Languages = LEFT_OUT
    skills: Skills = LEFT_OUT
    capacity: Capacity = LEFT_OUT


class AgentChange(RequestModel):
    """What changes of an agent's account. `totp`: only the agent can add a second factor."""

    role: AgentRole = LEFT_OUT
    languages: Languages = LEFT_OUT
    skills: Skills = LEFT_OUT
    capacity: Capacity = LEFT_OUT
    disabled: Switch = LEFT_OUT
    name: Name = LEFT_OUT
    totp: Literal[False] = Field(LEFT_OUT, description="false; only the agent can add a second factor")


class AuditQuery(RequestModel):
    """Entries of the audit log before the one with an id, the latest first."""

    before: QueryId = None
    limit: Annotated[int, whole_number(1, audit.MAX_ENTRIES), FROM_QUERY] = 50
