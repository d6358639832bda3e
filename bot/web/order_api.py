"""The shop's own side of the order store: PUT and GET /api/v1/orders/{number}."""

import hmac
from collections.abc import Sequence
from typing import Literal
from urllib.parse import unquote

from pydantic import BaseModel, Field
from sanic import Blueprint, HTTPResponse, Request, json, raw

from bot.runtime.http import json_bodies
from bot.runtime.http.operations import Operation, ok
from bot.runtime.http.refusals import NotFound, Unauthorized, Unprocessable
from store.core.database import Database
from store.orders import order_reader, orders
from store.orders.records import OrderRecord, Problem

MAX_BODY = 1_000_000  # bytes


class LeftOut(BaseModel):
    """A detail of a record that can't be taken."""

    field: str = Field(description="such as shipments.0.tracking_url")
    message: str = Field(description="what became of it, and what to write instead")


class Stored(BaseModel):
    """What became of a record."""

    number: str = Field(description="the order's number as it is stored")
    result: Literal["created", "updated"] = Field(description="whether the order was new")
    warnings: list[LeftOut] = Field(
        default_factory=list, description="what was left out of it, if anything was: see docs/orders.md"
    )


class InvalidOrder(Unprocessable):
    """Some fields of a record can't be taken: all of them are told."""

    code = "invalid_order"

    def __init__(self, found: Sequence[Problem]) -> None:
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
        "again changes nothing. What an order can do without, and can't be taken, is left out: see warnings.",
        body=OrderRecord,
        refusals={422: "some fields can't be taken; nothing was stored"},
    )
    async def put_order(request: Request, number: str) -> HTTPResponse:
        raw = json_bodies.parse(request.body, MAX_BODY, code="malformed_json")
        # As a line of a file: both ways in take the same.
        reading = order_reader.read(raw, phone_region)
        record = reading.record
        if record is None:
            raise InvalidOrder(reading.problems)
        if record.number != orders.normalise_number(unquote(number)):
            raise InvalidOrder([Problem(("number",), "write the number that is in the address")])
        try:
            result = await database.run(orders.upsert, record)
        except orders.InvoiceTaken as error:
            taken = Problem(("invoices",), f"{error}: write the number of this order's own")
            raise InvalidOrder([taken]) from None
        warnings = [LeftOut(field=one.field, message=one.message) for one in reading.left_out]
        stored = Stored(number=record.number, result=result, warnings=warnings)
        return json(stored.model_dump(exclude_defaults=True))

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
