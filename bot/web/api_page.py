"""The public description of the APIs: the OpenAPI document, and a page made from it."""

from html import escape
from typing import Any

from sanic import Blueprint, HTTPResponse, Request, Sanic, html, json, raw

from bot import product
from bot.runtime.http.operations import Answer, Operation, ok
from bot.web import openapi

CSP = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
HTML, CSS = "text/html", "text/css"


def blueprint() -> Blueprint:
    """GET /api/v1/openapi.json, /api/v1/docs and its style sheet; public."""
    docs = Blueprint("openapi", url_prefix="/api/v1")
    style = (product.web() / "api.css").read_bytes()
    made: dict[str, Any] = {}

    # The routes are known when the application is put together.
    @docs.before_server_start
    async def describe(app: Sanic[Any, Any], *_: object) -> None:
        made["document"] = openapi.document(app)
        made["page"] = page(made["document"])

    @docs.get("/openapi.json")
    @Operation("Read this description", ok("an OpenAPI document"), public=True)
    async def read_description(_request: Request) -> HTTPResponse:
        return json(made["document"])

    @docs.get("/docs")
    @Operation("Read this description as a page", {200: Answer("a page", content=HTML)}, public=True)
    async def read_description_page(_request: Request) -> HTTPResponse:
        return html(
            made["page"], headers={"content-security-policy": CSP, "x-content-type-options": "nosniff"}
        )

    @docs.get("/docs.css")
    @Operation("Read the page's style sheet", {200: Answer("a style sheet", content=CSS)}, public=True)
    async def read_description_style(_request: Request) -> HTTPResponse:
        return raw(style, content_type="text/css; charset=utf-8")

    return docs


def page(api: dict[str, Any]) -> str:
    """The document as one HTML page."""
    info = api["info"]
    operations = [
        (path, method, told) for path, methods in api["paths"].items() for method, told in methods.items()
    ]
    parts = []
    for tag in api["tags"]:
        parts.append(f"<h2>{escape(tag['name'].capitalize())}</h2><p>{escape(tag['description'])}</p>")
        parts += [_operation(*one) for one in operations if one[2]["tags"] == [tag["name"]]]
    models = "".join(_model(name, model) for name, model in sorted(api["components"]["schemas"].items()))
    return (
        (product.web() / "api.html")
        .read_text("utf-8")
        .replace("{{title}}", escape(info["title"]))
        .replace("{{description}}", escape(info["description"]))
        .replace("{{schemes}}", _schemes(api["components"]["securitySchemes"]))
        .replace("{{operations}}", "".join(parts))
        .replace("{{models}}", models)
    )


def _schemes(schemes: dict[str, dict[str, str]]) -> str:
    rows = ""
    for name, scheme in schemes.items():
        given = "Authorization: Bearer …" if scheme["type"] == "http" else f"{scheme['in']} {scheme['name']}"
        rows += (
            f"<tr><td>{escape(name)}</td><td><code>{escape(given)}</code></td>"
            f"<td>{escape(scheme['description'])}</td></tr>"
        )
    return f"<table><tr><th>Name</th><th>Where</th><th>What</th></tr>{rows}</table>"


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    needs = " and ".join(name for one in operation["security"] for name in one) or "nothing"
    body = operation.get("requestBody")
    takes = f"<p>Takes {_content(body['content'])}.</p>" if body else ""
    query = "".join(
        f"<tr><td><code>{escape(one['name'])}</code></td><td>{escape(one['in'])}</td>"
        f"<td>{_type(one['schema'])}</td><td>{escape(one['description'])}</td></tr>"
        for one in operation.get("parameters", ())
    )
    if query:
        query = (
            f"<table><tr><th>Parameter</th><th>In</th><th>Type</th><th>What to write</th></tr>{query}</table>"
        )
    answers = "".join(
        f"<tr><td><code>{status}</code></td><td>{escape(answer['description'])}</td>"
        f"<td>{_content(answer.get('content', {}))}</td></tr>"
        for status, answer in operation["responses"].items()
    )
    return (
        f"<section><h3><code>{method.upper()} {escape(path)}</code></h3>"
        f"<p>{escape(operation['summary'])}. {escape(operation.get('description', ''))} "
        f"Needs: {escape(needs)}.</p>{takes}{query}"
        f"<table><tr><th>Status</th><th>Meaning</th><th>Body</th></tr>{answers}</table></section>"
    )


def _model(name: str, model: dict[str, Any]) -> str:
    needed = model.get("required", [])
    rows = "".join(
        f"<tr><td><code>{escape(key)}</code></td><td>{_type(field)}</td>"
        f"<td>{'yes' if key in needed else 'no'}</td><td>{escape(field.get('description', ''))}</td></tr>"
        for key, field in model["properties"].items()
    )
    return (
        f'<section id="{escape(name)}"><h3>{escape(name)}</h3><p>{escape(model.get("description", ""))}</p>'
        f"<table><tr><th>Field</th><th>Type</th><th>Needed</th><th>What to write</th></tr>{rows}</table>"
        "</section>"
    )


def _content(content: dict[str, Any]) -> str:
    return " or ".join(
        _type(one["schema"]) if one["schema"] else escape(kind) for kind, one in content.items()
    )


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[1])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        # Money may come as a number or as text: one word says both.
        return " or ".join(dict.fromkeys(_type(option) for option in schema["anyOf"]))
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    return escape(schema.get("format") or schema.get("type") or "string")
