"""The headers that every answer carries, whatever it is."""

from typing import Any

from sanic import HTTPResponse, Request, Sanic

# For all that isn't a page: nothing in it is run, and nobody shows it in a frame. Pages bring policies of
# their own.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def protect(app: Sanic[Any, Any]) -> None:
    """Adds them, also to errors, where an answer hasn't set its own."""

    @app.on_response  # type: ignore[untyped-decorator]
    async def add(_request: Request, response: HTTPResponse) -> None:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
