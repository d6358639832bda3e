"""The OpenAPI document of the APIs, made from what the routes' handlers say of themselves
(`bot.runtime.http.operations`)."""

import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from sanic import Sanic

from bot.desk.accounts.sessions import COOKIE, SAFE
from bot.runtime.http.operations import Answer, Operation, operation_of

REF = "#/components/schemas/{model}"
KEY, VISITOR, SESSION, TOKEN = "key", "visitor", "session", "csrf"
TAGS = {
    "orders": "Keeps the order store up to date from the shop's own system.",
    "cases": "After-sales cases, for the shop's own system.",
    "products": "Keeps what customers are told of products up to date from the shop's own system.",
    "chat": "The web chat, as the widget uses it.",
    "desk": "The support desk, as its page uses it.",
    "description": "This description.",
}
# The longest prefix first.
TAG_OF = {
    "/api/v1/orders": "orders",
    "/api/v1/products": "products",
    "/api/v1/cases": "cases",
    "/api/v1": "description",
    "/chat/v1": "chat",
    "/desk/v1": "desk",
}
SCHEMES: dict[str, dict[str, str]] = {
    KEY: {"type": "http", "scheme": "bearer", "description": "one of AFTERCARE_API_KEYS"},
    VISITOR: {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "a visitor's token, of POST /chat/v1/sessions",
    },
    SESSION: {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "set by signing in"},
    TOKEN: {
        "type": "apiKey",
        "in": "header",
        "name": "X-CSRF-Token",
        "description": "the session's token, which signing in gives",
    },
}
PLACES = {
    "agent_id": "an agent's id",
    "case_number": "the case's number, such as R-7K2M9QX",
    "callback_id": "a call's id",
    "case_id": "a case's id",
    "conversation_id": "a conversation's id",
    "number": "the order's number, percent-encoded where it needs to be",
    "order_number": "an order's number",
    "refund_id": "a refund's id",
    "sku": "a product's article number, percent-encoded where it needs to be",
}
REFUSED = {
    400: "the request isn't what it must be: the message says what to write",
    401: "who asks doesn't say who they are, or not rightly",
    403: "the session's token is missing or wrong, or the role doesn't allow it",
    413: "the request is too large",
    415: "the body isn't of the right type",
    500: "a fault of ours",
}
ERROR: dict[str, Any] = {
    "type": "object",
    "description": "Why a request was refused.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "description": "what went wrong; more may stand in it, such as the agent who has a conversation, "
            "or a case as it stands",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string", "description": "what went wrong, one word for programs"},
                "message": {"type": "string", "description": "what to do about it, for people"},
                "field": {"type": "string", "description": "the field that is wrong, if it is one"},
                "fields": {
                    "type": "array",
                    "description": "with code invalid_order, invalid_product or invalid_case: "
                    "all that can't be taken",
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


class Undescribed(Exception):
    """A route of an API says nothing of itself, or what it says is ambiguous."""


def document(app: Sanic[Any, Any]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of an application that is started. Raises `Undescribed`."""
    found = list(_operations(app))
    models = {model for *_, operation in found for model in _models(operation)}
    paths: dict[str, Any] = {}
    for path, method, handler, operation in found:
        paths.setdefault(path, {})[method.lower()] = _described(path, method, handler, operation)
    tags = {operation["tags"][0] for methods in paths.values() for operation in methods.values()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Aftercare APIs",
            "version": "1",
            "description": "The APIs of an Aftercare server: JSON in UTF-8. Unknown fields are refused.",
        },
        "servers": [{"url": app.config.get("BASE_PATH") or "/"}],
        "tags": [{"name": name, "description": told} for name, told in TAGS.items() if name in tags],
        "paths": dict(sorted(paths.items())),
        "components": {
            "securitySchemes": SCHEMES,
            "schemas": {**_schemas(models), "Error": ERROR},
        },
    }


def _operations(app: Sanic[Any, Any]) -> Iterator[tuple[str, str, str, Operation]]:
    """Of each route of an API: the address, the method, the handler's name and what it says of itself."""
    for route in app.router.routes:
        path = re.sub(r"<(\w+)(?::[^>]*)?>", r"{\1}", f"/{route.path}")
        if not path.startswith(tuple(TAG_OF)):
            continue
        operation = operation_of(route.handler)
        if operation is None:
            raise Undescribed(f"{path}: say with bot.runtime.operations.Operation what it does")
        for method in route.methods:
            yield path, method, route.handler.__name__, operation


def _models(operation: Operation) -> set[type[BaseModel]]:
    """Those that become schemas of their own; a query's fields are parameters instead."""
    answered = {answer.model for answer in operation.answers.values()}
    return {model for model in (operation.body, *answered) if model}


def _schemas(models: set[type[BaseModel]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for model in models:
        schema = model.model_json_schema(ref_template=REF)
        for name, one in {**schema.pop("$defs", {}), model.__name__: schema}.items():
            if found.setdefault(name, one) != one:
                raise Undescribed(f"{name}: two models have this name")
    return dict(sorted(found.items()))


def _described(path: str, method: str, handler: str, operation: Operation) -> dict[str, Any]:
    tag = next(tag for prefix, tag in TAG_OF.items() if path.startswith(prefix))
    first, *rest = handler.split("_")
    told: dict[str, Any] = {
        "operationId": first + "".join(word.capitalize() for word in rest),
        "summary": operation.summary,
        "tags": [tag],
        "security": [] if operation.public else _security(tag, method),
        "responses": {str(status): answer for status, answer in _responses(tag, method, operation).items()},
    }
    if operation.description:
        told["description"] = operation.description
    if parameters := _parameters(path, operation):
        told["parameters"] = parameters
    if operation.body:
        schema = _reference(operation.body.__name__)
        told["requestBody"] = {"required": True, "content": {operation.content: {"schema": schema}}}
    return told


def _security(tag: str, method: str) -> list[dict[str, list[str]]]:
    if tag == "desk":
        return [{SESSION: []} if method in SAFE else {SESSION: [], TOKEN: []}]
    return [{KEY if tag in ("orders", "products", "cases") else VISITOR: []}]


def _responses(tag: str, method: str, operation: Operation) -> dict[int, Any]:
    statuses = {500}
    if operation.body or operation.query:
        statuses.add(400)
    if operation.body:
        statuses |= {413, 415} if tag == "desk" else {413}
    if not operation.public:
        statuses |= {401, 403} if tag == "desk" else {401}
    refused = {status: told for status, told in REFUSED.items() if status in statuses}
    answers = {status: _answer(answer) for status, answer in operation.answers.items()}
    error = {"application/json": {"schema": _reference("Error")}}
    for status, told in sorted({**refused, **operation.refusals}.items()):
        answers[status] = {"description": told, "content": error}
    return answers


def _answer(answer: Answer) -> dict[str, Any]:
    if answer.content is None:
        return {"description": answer.meaning}
    schema = _reference(answer.model.__name__) if answer.model else {}
    return {"description": answer.meaning, "content": {answer.content: {"schema": schema}}}


def _parameters(path: str, operation: Operation) -> list[dict[str, Any]]:
    found = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string"},
            "description": PLACES[name],
        }
        for name in re.findall(r"{(\w+)}", path)
    ]
    if operation.query:
        for name, field in operation.query.model_json_schema()["properties"].items():
            kinds = [one for one in field.get("anyOf", [field]) if one.get("type") != "null"]
            schema = {key: value for key, value in {**field, **kinds[0]}.items() if key not in _TOLD}
            found.append({"name": name, "in": "query", "schema": schema, "description": field["description"]})
    return found


_TOLD = ("anyOf", "description", "title")


def _reference(model: str) -> dict[str, str]:
    return {"$ref": REF.format(model=model)}
