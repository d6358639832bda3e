"""The one place where a request that can't be done is answered, whoever refused it: we, the framework, or a
fault of ours."""

from http import HTTPStatus

from sanic import HTTPResponse, Request
from sanic.exceptions import RequestCancelled, SanicException
from sanic.handlers import ErrorHandler
from sanic.response import json as json_response

from bot.runtime import log
from bot.runtime.http.refusals import Refusal, Unavailable
from store.core.outage import is_outage

# By status: what the framework refuses. Its own texts may repeat the request.
FRAMEWORK = {
    400: ("bad_request", "The request is not valid HTTP: check its first line, headers and length."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address takes other methods: those in Allow."),
    408: ("timeout", "The request took too long to arrive. Send it again."),
    413: ("too_large", "The request is too large: send less at once."),
    500: (
        "internal_error",
        "Something went wrong on our side. Try again; if it goes on, report this answer's X-Request-ID.",
    ),
    503: ("unavailable", "The answer took too long. Try again later."),
}

_log = log.get("web")


class ErrorAnswers(ErrorHandler):
    """Renders `Refusal`, the framework's errors and unexpected exceptions in one shape. The last are logged
    here, once; nothing of them goes to the client."""

    def default(self, request: Request, exception: BaseException) -> HTTPResponse:
        if isinstance(exception, Refusal):
            headers = {"Cache-Control": "no-store", **exception.headers()}
            return json_response(exception.body(), exception.status, headers=headers)
        if is_outage(exception):
            _log.warning("database_away", method=request.method, error=log.told(exception))
            away = Unavailable("The database does not answer. Try again.", code="no_database", retry_after=5)
            return self.default(request, away)
        status = exception.status_code if isinstance(exception, SanicException) else 500
        # Who left before the answer is no fault.
        if status >= 500 and not isinstance(exception, RequestCancelled):
            route = request.route.path if request.route else None
            _log.error("request_failed", method=request.method, route=route, exc_info=exception)
        code, message = FRAMEWORK.get(status) or _by_standard(status)
        body = {"error": {"code": code, "message": message}}
        headers = {"Cache-Control": "no-store", **getattr(exception, "headers", {})}
        return json_response(body, status, headers=headers)


def _by_standard(status: int) -> tuple[str, str]:
    known = HTTPStatus(status)
    return known.name.lower(), f"{known.phrase}."
