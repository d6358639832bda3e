"""The support desk's web app: its page, its files and its words."""

from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response

from bot.runtime.http import assets

# Nothing but what this server sends; and no text ever becomes markup, whoever wrote it. Pictures that an
# agent is about to send are shown out of memory (blob:).
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}

Texts = Mapping[str, Mapping[str, str]]


def blueprint(web_root: Path, texts: Texts) -> Blueprint:
    """The routes. `web_root` holds desk/; the first language of `texts` stands in for others."""
    files = assets.load(web_root / "desk")
    page = files.pop("desk.html").body
    first = next(iter(texts))
    answers: dict[str, dict[str, Any]] = {
        language: {"language": language, "languages": list(texts), "texts": dict(words)}
        for language, words in texts.items()
    }
    routes = Blueprint("desk_pages")

    # The page names its files relative to /desk, so that they are found below whatever path a proxy puts
    # before it; there are one or two steps more to go up from /desk/ and from the links of mails.
    at_depth = {
        n: assets.Asset.of(page.replace(b'="desk/', b'="' + b"../" * n + b"desk/"), ".html") for n in range(3)
    }

    # The links of mails end in #invitation=… or #reset=…; the page reads that itself.
    @routes.get("/desk", name="page")
    @routes.get("/desk/invitation", name="invitation")
    @routes.get("/desk/reset", name="reset")
    async def show(request: Request) -> HTTPResponse:
        return at_depth[request.path.count("/") - 1].response(request, PAGE_HEADERS)

    # A route each: one for all of /desk/… would also take what is asked of the API under /desk/v1.
    for path, file in files.items():
        routes.add_route(_sender(file), f"/desk/{path}", name=path)

    @routes.get(r"/desk/texts/<language:[A-Za-z-]+\.json>")
    async def words(_request: Request, language: str) -> HTTPResponse:
        answer = answers.get(language.removesuffix(".json"), answers[first])
        return json_response(answer, headers={"Cache-Control": assets.SHORT_CACHE})

    return routes


def _sender(file: assets.Asset) -> Callable[[Request], Coroutine[Any, Any, HTTPResponse]]:
    async def send(request: Request) -> HTTPResponse:
        return file.response(request)

    return send
