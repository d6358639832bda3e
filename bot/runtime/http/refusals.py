"""Refused requests: one family, raised wherever a request can't be done, rendered in `bot.web.error_answers`.

The answer is `{"error": {"code", "message", …}}`: `code` is for programs, `message` for people; it is safe to
show and says what to do. `field` names what in the request is wrong. More may stand beside them, such as the
name of the agent who has the conversation.
"""

from collections.abc import Mapping
from math import ceil
from typing import ClassVar


class Refusal(Exception):
    """The base of the family; `code` is the class's where none is given. `retry_after`: seconds until it is
    worth trying again."""

    status: ClassVar[int] = 400
    code: str = "bad_request"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        field: str | None = None,
        more: Mapping[str, object] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.field = field
        self.more = dict(more or {})
        self.retry_after = retry_after

    def body(self) -> dict[str, object]:
        named = {"field": self.field} if self.field else {}
        return {"error": {"code": self.code, "message": self.message, **named, **self.more}}

    def headers(self) -> dict[str, str]:
        return {} if self.retry_after is None else {"Retry-After": str(max(1, ceil(self.retry_after)))}


class BadRequest(Refusal):
    """A body, parameter or form that is not what the documentation says."""


class WrongField(BadRequest):
    """`what` to do about `field`, such as "write a number."."""

    def __init__(self, field: str, what: str) -> None:
        super().__init__(f"{field}: {what}", field=field)


class TooLarge(BadRequest):
    status = 413
    code = "too_large"


class UnsupportedMediaType(BadRequest):
    status = 415
    code = "unsupported_media_type"


class Unprocessable(BadRequest):
    """Understood, but some of it can't be taken."""

    status = 422
    code = "unprocessable"


class Unauthorized(Refusal):
    """Who asks must say who they are. `challenge`: the HTTP scheme by which, if it is one."""

    status = 401
    code = "unauthorized"

    def __init__(self, message: str, *, code: str | None = None, challenge: str | None = None) -> None:
        super().__init__(message, code=code)
        self.challenge = challenge

    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": self.challenge} if self.challenge else {}


class Forbidden(Refusal):
    status = 403
    code = "forbidden"


class NotFound(Refusal):
    status = 404
    code = "not_found"


class NoSuch(NotFound):
    """`what` is not there."""

    def __init__(self, what: str) -> None:
        super().__init__(f"There is no such {what}.")


class Conflict(Refusal):
    """Not as things stand."""

    status = 409
    code = "conflict"


class TooManyRequests(Refusal):
    status = 429
    code = "too_many_requests"


class Unavailable(Refusal):
    """Not now; later perhaps."""

    status = 503
    code = "unavailable"
