"""The shop's own side of the order store: PUT and GET /api/v1/orders/{number}."""

import hmac
from typing import Literal
from urllib.parse import unquote

from pydantic import BaseModel, Field, ValidationError
from sanic import Blueprint, HTTPResponse, Request, json, raw

from bot.runtime.http import json_bodies
from bot.runtime.http.operations import Operation, ok
from bot.runtime.http.refusals import BadRequest, NotFound, Unauthorized, Unprocessable
from store.core.database import Database
from store.orders import orders
from store.orders.records import OrderRecord, Problem, context, is_broken_json, problems

MAX_BODY = 1_000_000  # bytes


class Stored(BaseModel):
    """What became of a record."""

    number: str = Field(description="the order's number as it is stored")
    result: Literal["created", "updated"] = Field(description="whether the order was new")


class InvalidOrder(Unprocessable):
    """Some fields of a record can't be taken: all of them are told."""

    code = "invalid_order"

    def __init__(self, found: list[Problem]) -> None:
        fields = [{"field": problem.field, "message": problem.message} for problem in found]
        super().__init__("some fields can't be taken", more={"fields": fields})


def blueprint(database: Database, api_keys: tuple[str, ...], phone_region: str) -> Blueprint:
    """The two endpoints; without an API key they refuse everybody.

    `phone_region`: the country of phone numbers written without one, e.g. 'LT'.
    """
    api = Blueprint("orders_api", url_prefix="/api/v1/orders")
    keys = [key.encode() for key in api_keys if key]

    @api.on_request
    async def authorise(request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        # Headers are text of any kind, and compare_digest takes only ASCII or bytes.
        key = given.strip().encode("utf-8", "surrogateescape")
        matches = [hmac.compare_digest(key, known) for known in keys]
        if scheme.lower() != "bearer" or not any(matches):
            raise Unauthorized("write a valid key: 'Authorization: Bearer <key>'", challenge="Bearer")

    # A path, since shops number orders like 2026/17; the router leaves those encoded.
    @api.put("/<number:path>", name="put")
    @Operation(
        "Store an order",
        ok("the order is stored", Stored),
        description="The record replaces the whole order that was stored under its number before. Sending it "
        "again changes nothing.",
        body=OrderRecord,
        refusals={422: "some fields can't be taken; nothing was stored"},
    )
    async def put_order(request: Request, number: str) -> HTTPResponse:
        json_bodies.parse(request.body, MAX_BODY, code="malformed_json")
        try:
            # From the text, as a line of a file is: both ways in take the same.
            record = OrderRecord.model_validate_json(request.body, context=context(phone_region))
        except ValidationError as error:
            found = problems(error)
            if is_broken_json(error):
                raise BadRequest(found[0].message, code="malformed_json") from None
            raise InvalidOrder(found) from None
        if record.number != orders.normalise_number(unquote(number)):
            raise InvalidOrder([Problem(("number",), "write the number that is in the address")])
        try:
            result = await database.run(orders.upsert, record)
        except orders.InvoiceTaken as error:
            taken = Problem(("invoices",), f"{error}: write the number of this order's own")
            raise InvalidOrder([taken]) from None
        return json(Stored(number=record.number, result=result).model_dump())

    @api.get("/<number:path>", name="get")
    @Operation(
        "Read an order",
        ok("the order", OrderRecord),
        description="What the store holds, in the form in which it can be sent back.",
        refusals={404: "no order has this number"},
    )
    async def get_order(request: Request, number: str) -> HTTPResponse:
        order = await database.fetch(orders.find, unquote(number))
        if order is None:
            raise NotFound("no order has this number")
        return raw(orders.to_record(order).model_dump_json().encode(), content_type="application/json")

    return api
