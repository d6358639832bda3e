"""What the web chat answers when it refuses a request: one base class, rendered in one place."""

from math import ceil

from sanic.response import HTTPResponse, json


class ChatError(Exception):
    """A refused request. `message` is safe to show and says what to do instead."""

    status = 400
    code = "bad_request"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code

    def response(self) -> HTTPResponse:
        body = {"error": {"code": self.code, "message": self.message}}
        return json(body, self.status, headers={"Cache-Control": "no-store", **self.headers()})

    def headers(self) -> dict[str, str]:
        return {}


class BadRequest(ChatError):
    """A body or parameter that is not what the documentation says."""


class TooLarge(BadRequest):
    status = 413
    code = "too_large"


class Unauthorized(ChatError):
    status = 401
    code = "unauthorized"

    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": "Bearer"}


class Forbidden(ChatError):
    status = 403
    code = "forbidden"


class NotFound(ChatError):
    status = 404
    code = "not_found"


class Conflict(ChatError):
    status = 409
    code = "conflict"


class TooManyRequests(ChatError):
    """`wait`: seconds until it is worth trying again."""

    status = 429
    code = "too_many_requests"

    def __init__(self, message: str, *, wait: float) -> None:
        super().__init__(message)
        self.wait = wait

    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(max(1, ceil(self.wait)))}
