"""The shop's own side of its products: PUT and GET /api/v1/products/{sku}."""

from typing import Literal
from urllib.parse import unquote

from pydantic import BaseModel, Field
from sanic import Blueprint, HTTPResponse, Request, json, raw

from bot.runtime.http import json_bodies
from bot.runtime.http.operations import Operation, ok
from bot.runtime.http.refusals import NotFound
from bot.web.record_api import MAX_BODY, InvalidRecord, guarded
from store.core.cleaning import clean_name
from store.core.database import Database
from store.intake.record_fields import Problem
from store.products import product_record, products
from store.products.product_record import ProductRecord

CODE = "invalid_product"


class StoredProduct(BaseModel):
    """What became of a product."""

    sku: str = Field(description="the article number as it is stored")
    result: Literal["created", "updated"] = Field(description="whether the product was new")


def blueprint(database: Database, api_keys: tuple[str, ...]) -> Blueprint:
    """The two endpoints; without an API key they refuse everybody."""
    api = guarded("products_api", "/api/v1/products", api_keys)

    # A path, since article numbers hold slashes; the router leaves those encoded.
    @api.put("/<sku:path>", name="put")
    @Operation(
        "Store a product",
        ok("the product is stored", StoredProduct),
        description="The record replaces the whole product that was stored under its article number before. "
        "Sending it again changes nothing.",
        body=ProductRecord,
        refusals={422: "some fields can't be taken; nothing was stored"},
    )
    async def put_product(request: Request, sku: str) -> HTTPResponse:
        record, problems, _ = product_record.read(
            json_bodies.parse(request.body, MAX_BODY, code="malformed_json")
        )
        if record is None:
            raise InvalidRecord(CODE, problems)
        if record.sku != clean_name(unquote(sku)):
            raise InvalidRecord(CODE, [Problem(("sku",), "write the article number that is in the address")])
        result = await database.run(products.upsert, record)
        return json(StoredProduct(sku=record.sku, result=result).model_dump())

    @api.get("/<sku:path>", name="get")
    @Operation(
        "Read a product",
        ok("the product", ProductRecord),
        description="What the store holds, in the form in which it can be sent back.",
        refusals={404: "no product has this article number"},
    )
    async def get_product(request: Request, sku: str) -> HTTPResponse:
        product = await database.fetch(products.find, clean_name(unquote(sku)))
        if product is None:
            raise NotFound("no product has this article number")
        return raw(products.to_record(product).model_dump_json().encode(), content_type="application/json")

    return api
