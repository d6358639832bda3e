"""The shop's own side of the order store: PUT and GET /api/v1/orders/{number}."""

from urllib.parse import unquote

from pydantic import BaseModel, Field
from sanic import Blueprint, HTTPResponse, Request, json, raw

from bot.runtime.http import json_bodies
from bot.runtime.http.operations import Operation, ok
from bot.runtime.http.refusals import NotFound
from bot.web.record_api import MAX_BODY, InvalidRecord, LeftOut, guarded
from store.core.database import Database
from store.intake.record_fields import Problem
from store.orders import order_reader, orders
from store.orders.records import OrderRecord
from store.orders.upserts import Outcome

CODE = "invalid_order"


class Stored(BaseModel):
    """What became of a record."""

    number: str = Field(description="the order's number as it is stored")
    result: Outcome = Field(
        description="whether the order was new; older: what is stored is newer, and nothing was taken"
    )
    warnings: list[LeftOut] = Field(
        default_factory=list, description="what was left out of it, if anything was: see docs/orders.md"
    )


def blueprint(database: Database, api_keys: tuple[str, ...], phone_region: str) -> Blueprint:
    """The two endpoints; without an API key they refuse everybody.

    `phone_region`: the country of phone numbers written without one, e.g. 'LT'.
    """
    api = guarded("orders_api", "/api/v1/orders", api_keys)

    # A path, since shops number orders like 2026/17; the router leaves those encoded.
    @api.put("/<number:path>", name="put")
    @Operation(
        "Store an order",
        ok("the order is stored", Stored),
        description="The record replaces the whole order that was stored under its number before. Sending it "
        "again changes nothing. What an order can do without, and can't be taken, is left out: see warnings. "
        "A record whose version (or changed_at, if either has no version) is older than what is stored is "
        "not taken, and no error: messages overtake each other.",
        body=OrderRecord,
        refusals={422: "some fields can't be taken; nothing was stored"},
    )
    async def put_order(request: Request, number: str) -> HTTPResponse:
        raw = json_bodies.parse(request.body, MAX_BODY, code="malformed_json")
        # As a line of a file: both ways in take the same.
        reading = order_reader.read(raw, phone_region)
        record = reading.record
        if record is None:
            raise InvalidRecord(CODE, reading.problems)
        if record.number != orders.normalise_number(unquote(number)):
            raise InvalidRecord(CODE, [Problem(("number",), "write the number that is in the address")])
        try:
            result = await database.run(orders.upsert, record)
        except orders.InvoiceTaken as error:
            taken = Problem(("invoices",), f"{error}: write the number of this order's own")
            raise InvalidRecord(CODE, [taken]) from None
        left_out = reading.left_out if result != "older" else ()
        warnings = [LeftOut(field=one.field, message=one.message) for one in left_out]
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
