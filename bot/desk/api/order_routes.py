"""Orders over HTTP: a customer's, beside the conversation, and what agents do with them."""

from typing import Any
from uuid import uuid4

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response

from actions.facts import order_facts
from bot.desk import queries, rights, serializers
from bot.desk.accounts.sessions import signed_in
from bot.desk.actor import Actor
from bot.desk.api import desk_blueprint, service_routes
from bot.desk.api.conversation_requests import AddressChange, OrderChange, OrderQuery
from bot.desk.api.desk_blueprint import body, query, row_id
from bot.desk.dependencies import DeskDependencies
from bot.runtime.http.operations import Operation, ok
from bot.runtime.http.refusals import Conflict, Refusal
from store.core.database import Connection
from store.orders import orders
from store.orders.orders import CANCELLABLE, READDRESSABLE, NotAllowed, Order

NOT_THEIRS = "the order is none of what the customer has proven; admins may"
NOT_ALLOWED = {
    403: NOT_THEIRS,
    404: "there is no such order or conversation",
    409: "not yours, or not as the order or conversation stands",
}


def blueprint(service: DeskDependencies) -> Blueprint:
    """The routes; `bot.desk.api.account_routes`'s must be in the same app."""
    routes = desk_blueprint.blueprint("desk_orders")
    database = service.database

    @routes.get("/v1/conversations/<conversation_id:str>/orders")
    @Operation("List a customer's orders", ok("the orders"), refusals={404: "there is no such conversation"})
    async def list_customers_orders(request: Request, conversation_id: str) -> HTTPResponse:
        who = await signed_in(request)
        which = row_id(conversation_id)

        def look(connection: Connection) -> list[dict[str, Any]]:
            one = queries.need(connection, which)
            return [
                shown(order, rights.may_change(connection, who, one, order))
                for order in queries.orders_of(connection, which)
            ]

        return json_response({"orders": await database.fetch(look)})

    @routes.get("/v1/orders/<order_number:str>")
    @Operation("Show an order", ok("the order"), query=OrderQuery, refusals=NOT_ALLOWED)
    async def show_order(request: Request, order_number: str) -> HTTPResponse:
        who = await signed_in(request)
        which = query(request, OrderQuery).conversation
        order = await database.run(rights.need_order, who, which, order_number, "order_read")
        return json_response({"order": shown(order)})

    @routes.post("/v1/orders/<order_number:str>/cancel")
    @Operation("Cancel an order", ok("the order"), body=OrderChange, refusals=NOT_ALLOWED)
    async def cancel_order(request: Request, order_number: str) -> HTTPResponse:
        who = await signed_in(request)
        which = body(request, OrderChange).conversation

        def work(connection: Connection) -> Order:
            order = rights.need_order(connection, who, which, order_number, "order_cancelled")
            return orders.cancel(connection, order.id, _key(), service.clock())

        return json_response({"order": shown(await database.run(_allowed, work))})

    @routes.post("/v1/orders/<order_number:str>/address")
    @Operation("Change where an order goes", ok("the order"), body=AddressChange, refusals=NOT_ALLOWED)
    async def change_address(request: Request, order_number: str) -> HTTPResponse:
        who = await signed_in(request)
        given = body(request, AddressChange)
        which = given.conversation

        def work(connection: Connection) -> Order:
            order = rights.need_order(connection, who, which, order_number, "order_readdressed")
            return orders.change_address(connection, order.id, given.address, _key(), service.clock())

        return json_response({"order": shown(await database.run(_allowed, work))})

    @routes.post("/v1/orders/<order_number:str>/invoice")
    @Operation(
        "Send the customer an order's invoice", ok("the order"), body=OrderChange, refusals=NOT_ALLOWED
    )
    async def send_invoice(request: Request, order_number: str) -> HTTPResponse:
        who = await signed_in(request)
        which = body(request, OrderChange).conversation
        order = await database.run(_send_invoice, service, who, which, order_number)
        return json_response({"order": shown(order)})

    service_routes.add_routes(routes, service)
    return routes


def shown(order: Order, may: bool = True) -> dict[str, Any]:
    """`may`: whether who asks may do anything with it."""
    return serializers.order(
        order,
        may and order.state in CANCELLABLE,
        may and order.state in READDRESSABLE,
        may and bool(order.invoices),
    )


def _key() -> str:
    # Not the conversation's: a shop may take a cancellation back, and then it counts again.
    return f"desk:{uuid4().hex}"


def _allowed(connection: Connection, work: Any) -> Order:
    try:
        changed: Order = work(connection)
    except NotAllowed as error:
        raise _refused(error.state) from None
    return changed


def _refused(state: str) -> Refusal:
    return Conflict(f"Not for an order that is {state}.", code="not_allowed", more={"state": state})


def _send_invoice(
    connection: Connection, service: DeskDependencies, who: Actor, which: int, order_number: str
) -> Order:
    order = rights.need_order(connection, who, which, order_number, "invoice_sent")
    if not order.invoices:
        raise _refused(order.state)
    one = queries.need(connection, which)
    said = service.desk.outgoing.assistant.say(
        "utter_order_answer", one.language, {"parts": order_facts.invoice(order)}
    ).text
    service.desk.reply(connection, who, which, f"invoice-{uuid4().hex}", said)
    return order
