"""Orders over HTTP: a customer's, beside the conversation, and what agents do with them."""

from functools import partial
from typing import Any
from uuid import uuid4

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response

from actions import order_facts
from bot.desk import queries, serializers
from bot.desk.accounts.sessions import signed_in
from bot.desk.actor import Actor
from bot.desk.api import desk_blueprint, service_routes
from bot.desk.api.conversation_requests import AddressChange, OrderChange
from bot.desk.api.desk_blueprint import body, row_id
from bot.desk.dependencies import DeskDependencies
from bot.runtime.http.operations import Operation, ok
from bot.runtime.http.refusals import Conflict, NoSuch, Refusal
from store.conversations.conversations import Conversation
from store.core.database import Connection
from store.orders import orders
from store.orders.orders import CANCELLABLE, READDRESSABLE, NotAllowed, Order

NOT_ALLOWED = {404: "there is no such order or conversation", 409: "not as the order or conversation stands"}


def blueprint(service: DeskDependencies) -> Blueprint:
    """The routes; `bot.desk.api.account_routes`'s must be in the same app."""
    routes = desk_blueprint.blueprint("desk_orders")
    database = service.database

    @routes.get("/v1/conversations/<conversation_id:str>/orders")
    @Operation("List a customer's orders", ok("the orders"), refusals={404: "there is no such conversation"})
    async def list_customers_orders(request: Request, conversation_id: str) -> HTTPResponse:
        await signed_in(request)
        found = await database.fetch(queries.orders_of, row_id(conversation_id))
        return json_response({"orders": [shown(one) for one in found]})

    @routes.get("/v1/orders/<order_number:str>")
    @Operation("Show an order", ok("the order"), refusals={404: "there is no such order"})
    async def show_order(request: Request, order_number: str) -> HTTPResponse:
        await signed_in(request)
        return json_response({"order": shown(await database.fetch(_order, order_number))})

    @routes.post("/v1/orders/<order_number:str>/cancel")
    @Operation("Cancel an order", ok("the order"), body=OrderChange, refusals=NOT_ALLOWED)
    async def cancel_order(request: Request, order_number: str) -> HTTPResponse:
        who = await signed_in(request)
        which = body(request, OrderChange).conversation

        def work(connection: Connection) -> Order:
            order = _about(connection, which, order_number)
            who.record(connection, "order_cancelled", f"order:{order.number}", {"conversation": which})
            return orders.cancel(connection, order.id, _key(), service.clock())

        return json_response({"order": shown(await database.run(_allowed, work))})

    @routes.post("/v1/orders/<order_number:str>/address")
    @Operation("Change where an order goes", ok("the order"), body=AddressChange, refusals=NOT_ALLOWED)
    async def change_address(request: Request, order_number: str) -> HTTPResponse:
        who = await signed_in(request)
        given = body(request, AddressChange)
        which = given.conversation

        def work(connection: Connection) -> Order:
            order = _about(connection, which, order_number)
            who.record(connection, "order_readdressed", f"order:{order.number}", {"conversation": which})
            return orders.change_address(connection, order.id, given.address, _key(), service.clock())

        return json_response({"order": shown(await database.run(_allowed, work))})

    @routes.post("/v1/orders/<order_number:str>/invoice")
    @Operation(
        "Send the customer an order's invoice", ok("the order"), body=OrderChange, refusals=NOT_ALLOWED
    )
    async def send_invoice(request: Request, order_number: str) -> HTTPResponse:
        who = await signed_in(request)
        which = body(request, OrderChange).conversation
        order, one = await database.fetch(_order_and_conversation, which, order_number)
        if not order.invoices:
            raise _refused(order.state)
        said = service.desk.outgoing.assistant.say(
            "utter_order_answer", one.language, {"parts": order_facts.invoice(order)}
        ).text
        await service.act(partial(_send_invoice, service, order.number, said), who, which)
        return json_response({"order": shown(order)})

    service_routes.add_routes(routes, service)
    return routes


def shown(order: Order) -> dict[str, Any]:
    return serializers.order(order, order.state in CANCELLABLE, order.state in READDRESSABLE)


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


def _order(connection: Connection, order_number: str) -> Order:
    order = orders.find(connection, order_number[:60])
    if order is None:
        raise NoSuch("order")
    return order


def _about(connection: Connection, conversation_id: int, order_number: str) -> Order:
    return _order_and_conversation(connection, conversation_id, order_number)[0]


def _order_and_conversation(
    connection: Connection, conversation_id: int, order_number: str
) -> tuple[Order, Conversation]:
    one = queries.need(connection, conversation_id)
    return _order(connection, order_number), one


def _send_invoice(
    service: DeskDependencies, order_number: str, said: str, connection: Connection, who: Actor, which: int
) -> Any:
    who.record(connection, "invoice_sent", f"order:{order_number}", {"conversation": which})
    return service.desk.reply(connection, who, which, f"invoice-{uuid4().hex}", said)
