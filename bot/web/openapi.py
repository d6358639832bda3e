"""The public description of the order API: an OpenAPI document and a page made from it."""

from html import escape
from typing import Any

from sanic import Blueprint, HTTPResponse, Request, html, json, raw

from bot import product
from store.orders.records import OrderRecord

CSP = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string", "description": "what went wrong, one word for programs"},
                "message": {"type": "string", "description": "what to do about it, for people"},
                "fields": {
                    "type": "array",
                    "description": "with code invalid_order: each field that can't be taken",
                    "items": {
                        "type": "object",
                        "required": ["field", "message"],
                        "properties": {
                            "field": {"type": "string", "description": "such as lines.0.unit_price"},
                            "message": {"type": "string", "description": "what to write instead"},
                        },
                    },
                },
            },
        }
    },
}
_STORED = {
    "type": "object",
    "required": ["number", "result"],
    "properties": {
        "number": {"type": "string", "description": "the order's number as it is stored"},
        "result": {"enum": ["created", "updated"], "description": "whether the order was new"},
    },
}


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    schema = OrderRecord.model_json_schema(ref_template="#/components/schemas/{model}")
    models = schema.pop("$defs")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Aftercare order API",
            "version": "1",
            "description": "Keeps Aftercare's order store up to date from the shop's own system.",
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"key": []}],
        "paths": {
            "/orders/{number}": {
                "parameters": [
                    {
                        "name": "number",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string"},
                        "description": "the order's number, percent-encoded where it needs to be",
                    }
                ],
                "put": {
                    "operationId": "putOrder",
                    "summary": "Store an order",
                    "description": "The record replaces the whole order that was stored under its number "
                    "before. Sending it again changes nothing.",
                    "requestBody": {"required": True, "content": _content("OrderRecord")},
                    "responses": {
                        "200": {"description": "the order is stored", "content": _content("Stored")},
                        "400": _failure("the body is not JSON"),
                        "401": _failure("the key is missing or wrong"),
                        "413": _failure("the body is longer than 1,000,000 bytes"),
                        "422": _failure("some fields can't be taken; nothing was stored"),
                    },
                },
                "get": {
                    "operationId": "getOrder",
                    "summary": "Read an order",
                    "description": "What the store holds, in the form in which it can be sent back.",
                    "responses": {
                        "200": {"description": "the order", "content": _content("OrderRecord")},
                        "401": _failure("the key is missing or wrong"),
                        "404": _failure("no order has this number"),
                    },
                },
            }
        },
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": {"OrderRecord": schema, **models, "Stored": _STORED, "Error": _ERROR},
        },
    }


def _content(model: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model}"}}}


def _failure(description: str) -> dict[str, Any]:
    return {"description": description, "content": _content("Error")}


def page(api: dict[str, Any]) -> str:
    """The document as one HTML page."""
    info = api["info"]
    operations = "".join(
        _operation(method, path, methods[method], api["servers"][0]["url"])
        for path, methods in api["paths"].items()
        for method in ("put", "get")
    )
    models = "".join(_model(name, model) for name, model in api["components"]["schemas"].items())
    return (
        (product.web() / "api.html")
        .read_text("utf-8")
        .replace("{{title}}", escape(info["title"]))
        .replace("{{description}}", escape(info["description"]))
        .replace("{{operations}}", operations)
        .replace("{{models}}", models)
    )


def _operation(method: str, path: str, operation: dict[str, Any], base: str) -> str:
    body = operation.get("requestBody")
    takes = f"<p>Takes {_type(body['content']['application/json']['schema'])}.</p>" if body else ""
    answers = "".join(
        f"<tr><td><code>{status}</code></td><td>{escape(answer['description'])}</td>"
        f"<td>{_type(answer['content']['application/json']['schema'])}</td></tr>"
        for status, answer in operation["responses"].items()
    )
    return (
        f"<section><h3><code>{method.upper()} {escape(base + path)}</code></h3>"
        f"<p>{escape(operation['summary'])}. {escape(operation['description'])}</p>{takes}"
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


def blueprint() -> Blueprint:
    """GET /api/v1/openapi.json, /api/v1/docs and its style sheet; public."""
    docs = Blueprint("openapi", url_prefix="/api/v1")
    described = document()
    shown = page(described)
    style = (product.web() / "api.css").read_bytes()

    @docs.get("/openapi.json")
    async def openapi_json(request: Request) -> HTTPResponse:
        return json(described)

    @docs.get("/docs")
    async def docs_page(request: Request) -> HTTPResponse:
        return html(shown, headers={"content-security-policy": CSP, "x-content-type-options": "nosniff"})

    @docs.get("/docs.css")
    async def docs_style(request: Request) -> HTTPResponse:
        return raw(style, content_type="text/css; charset=utf-8")

    return docs
