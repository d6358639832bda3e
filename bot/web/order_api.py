"""The shop's own side of the order store: PUT and GET /api/v1/orders/{number}.

Every answer is JSON; errors are {"error": {"code", "message"}}, with "fields" where a record was refused.
"""

import hmac
from urllib.parse import unquote

from pydantic import ValidationError
from sanic import Blueprint, HTTPResponse, Request, json, raw

from store.core.database import Database
from store.orders import orders
from store.orders.records import OrderRecord, Problem, context, is_broken_json, problems

MAX_BODY = 1_000_000  # bytes


def blueprint(database: Database, api_keys: tuple[str, ...], phone_region: str) -> Blueprint:
    """The two endpoints; without an API key they refuse everybody.

    `phone_region`: the country of phone numbers written without one, e.g. 'LT'.
    """
    api = Blueprint("orders_api", url_prefix="/api/v1/orders")
    keys = [key.encode() for key in api_keys if key]

    @api.on_request
    async def authorise(request: Request) -> HTTPResponse | None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        # Headers are text of any kind, and compare_digest takes only ASCII or bytes.
        key = given.strip().encode("utf-8", "surrogateescape")
        matches = [hmac.compare_digest(key, known) for known in keys]
        if scheme.lower() == "bearer" and any(matches):
            return None
        answer = _error(401, "unauthorized", "write a valid key: 'Authorization: Bearer <key>'")
        answer.headers["www-authenticate"] = "Bearer"
        return answer

    # A path, since shops number orders like 2026/17; the router leaves those encoded.
    @api.put("/<number:path>", name="put")
    async def put(request: Request, number: str) -> HTTPResponse:
        if len(request.body) > MAX_BODY:
            return _error(413, "too_large", f"write at most {MAX_BODY} bytes")
        try:
            record = OrderRecord.model_validate_json(request.body, context=context(phone_region))
        except ValidationError as error:
            found = problems(error)
            if is_broken_json(error):
                return _error(400, "malformed_json", found[0].message)
            return _refused(found)
        if record.number != orders.normalise_number(unquote(number)):
            return _refused([Problem(("number",), "write the number that is in the address")])
        try:
            result = await database.run(orders.upsert, record)
        except orders.InvoiceTaken as error:
            return _refused([Problem(("invoices",), f"{error}: write the number of this order's own")])
        return json({"number": record.number, "result": result})

    @api.get("/<number:path>", name="get")
    async def get(request: Request, number: str) -> HTTPResponse:
        order = await database.fetch(orders.find, unquote(number))
        if order is None:
            return _error(404, "not_found", "no order has this number")
        return raw(orders.to_record(order).model_dump_json().encode(), content_type="application/json")

    return api


def _refused(found: list[Problem]) -> HTTPResponse:
    fields = [{"field": problem.field, "message": problem.message} for problem in found]
    return _error(422, "invalid_order", "some fields can't be taken", fields)


def _error(status: int, code: str, message: str, fields: list[dict[str, str]] | None = None) -> HTTPResponse:
    error: dict[str, object] = {"code": code, "message": message}
    if fields is not None:
        error["fields"] = fields
    return json({"error": error}, status=status)
