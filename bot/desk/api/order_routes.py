"""What agents need beside a conversation: the customer's orders, ready answers, calls to make, figures."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response

from actions import order_facts
from bot.desk import queries, serializers
from bot.desk.actor import Actor
from bot.desk.api import fields, http
from bot.desk.api.account_routes import signed_in
from bot.desk.api.requests import MAX_ID, number, words_in
from bot.desk.dependencies import Service
from bot.desk.errors import DeskError, bad_request, not_found
from bot.shop.calendar.hours import Stopwatch
from bot.shop.faq import render
from store.conversations import people
from store.conversations.conversations import Conversation
from store.core.database import Connection
from store.desk import service_figures
from store.handoffs import callbacks, handoffs
from store.orders import orders
from store.orders.orders import CANCELLABLE, READDRESSABLE, NotAllowed, Order
from store.vocabulary import Role

MAX_ORDERS = 10
MAX_DAYS = 366
MAX_ANSWERS = 50


def blueprint(service: Service) -> Blueprint:
    """The routes; `bot.desk.api.account_routes`'s must be in the same app."""
    routes = http.blueprint("desk_orders")
    database = service.database

    @routes.get("/v1/conversations/<conversation_id:str>/orders")
    async def of_conversation(request: Request, conversation_id: str) -> HTTPResponse:
        await signed_in(request)
        found = await database.fetch(_orders_of, number(conversation_id))
        return json_response({"orders": [shown(one) for one in found]})

    @routes.get("/v1/orders/<order_number:str>")
    async def show(request: Request, order_number: str) -> HTTPResponse:
        await signed_in(request)
        return json_response({"order": shown(await database.fetch(_order, order_number))})

    @routes.post("/v1/orders/<order_number:str>/cancel")
    async def cancel(request: Request, order_number: str) -> HTTPResponse:
        who = await signed_in(request)
        which = _conversation(http.body(request, "conversation"))

        def work(connection: Connection) -> Order:
            order = _about(connection, which, order_number)
            who.record(connection, "order_cancelled", f"order:{order.number}", {"conversation": which})
            return orders.cancel(connection, order.id, _key(), service.clock())

        return json_response({"order": shown(await database.run(_allowed, work))})

    @routes.post("/v1/orders/<order_number:str>/address")
    async def change_address(request: Request, order_number: str) -> HTTPResponse:
        who = await signed_in(request)
        given = http.body(request, "conversation", "address")
        which = _conversation(given)
        try:
            address = words_in({"text": given.get("address")}, most=1000)
        except DeskError:
            raise bad_request("address", "write 1 to 1000 characters.") from None

        def work(connection: Connection) -> Order:
            order = _about(connection, which, order_number)
            who.record(connection, "order_readdressed", f"order:{order.number}", {"conversation": which})
            return orders.change_address(connection, order.id, address, _key(), service.clock())

        return json_response({"order": shown(await database.run(_allowed, work))})

    @routes.post("/v1/orders/<order_number:str>/invoice")
    async def send_invoice(request: Request, order_number: str) -> HTTPResponse:
        who = await signed_in(request)
        which = _conversation(http.body(request, "conversation"))
        order, one = await database.fetch(_order_and_conversation, which, order_number)
        if not order.invoices:
            raise _refused(order.state)
        said = service.desk.outgoing.assistant.say(
            "utter_order_answer", one.language, {"parts": order_facts.invoice(order)}
        ).text
        await service.act(partial(_send_invoice, service, order.number, said), who, which)
        return json_response({"order": shown(order)})

    @routes.get("/v1/canned")
    async def canned(request: Request) -> HTTPResponse:
        await signed_in(request)
        given = request.args.get("conversation")
        one: Conversation | None = None
        known: dict[str, str] = {}
        if given:
            one, known = await database.fetch(_about_customer, service, number(given))
        language = request.args.get("language") or (one.language if one else "")
        if language not in service.shop.languages:
            language = service.shop.languages[0]
        wanted = (request.args.get("q") or "")[:100].casefold().split()
        values = {**service.shop.values(language), **known}
        answers = [
            {
                "id": entry.id,
                "title": entry.question[language],
                "text": render(entry.answer[language], values),
            }
            for entry in service.faq
        ]
        fits = [
            answer
            for answer in answers
            if all(word in f"{answer['title']} {answer['text']}".casefold() for word in wanted)
        ]
        return json_response({"answers": fits[:MAX_ANSWERS]})

    @routes.get("/v1/callbacks")
    async def list_callbacks(request: Request) -> HTTPResponse:
        await signed_in(request)
        found = await database.fetch(callbacks.waiting)
        return json_response({"callbacks": [_callback(one) for one in found]})

    @routes.post("/v1/callbacks/<callback_id:str>/done")
    async def finish_callback(request: Request, callback_id: str) -> HTTPResponse:
        who = await signed_in(request)
        which = number(callback_id, "call-back")

        def work(connection: Connection) -> bool:
            if not callbacks.finish(connection, which, who.agent.id, service.clock()):
                return False
            who.record(connection, "callback_done", f"callback:{which}")
            return True

        if not await database.run(work):
            raise not_found("call-back")
        return http.empty()

    @routes.get("/v1/figures")
    async def show_figures(request: Request) -> HTTPResponse:
        who = await signed_in(request)
        days = fields.query_number(request.args.get("days"), "days", 7, MAX_DAYS) or 7
        now = service.clock()
        start = now - timedelta(days=days)

        def look(connection: Connection) -> dict[str, Any]:
            worked = Stopwatch(service.shop.opening_hours, start, now).seconds
            return service_figures.since(connection, start, now, worked)

        found = await database.fetch(look)
        for one in found["agents"]:
            # What customers say of somebody's work concerns that agent, and admins.
            if who.agent.role != Role.ADMIN and one["id"] != who.agent.id:
                one["satisfaction"] = one["ratings"] = None
        return json_response(found)

    return routes


def shown(order: Order) -> dict[str, Any]:
    return serializers.order(order, order.state in CANCELLABLE, order.state in READDRESSABLE)


def _key() -> str:
    # Not the conversation's: a shop may take a cancellation back, and then it counts again.
    return f"desk:{uuid4().hex}"


def _conversation(given: dict[str, Any]) -> int:
    return fields.number(given, "conversation", 1, MAX_ID)


def _allowed(connection: Connection, work: Any) -> Order:
    try:
        changed: Order = work(connection)
    except NotAllowed as error:
        raise _refused(error.state) from None
    return changed


def _refused(state: str) -> DeskError:
    return DeskError(409, "not_allowed", f"Not for an order that is {state}.", more={"state": state})


def _order(connection: Connection, order_number: str) -> Order:
    order = orders.find(connection, order_number[:60])
    if order is None:
        raise not_found("order")
    return order


def _about(connection: Connection, conversation_id: int, order_number: str) -> Order:
    return _order_and_conversation(connection, conversation_id, order_number)[0]


def _order_and_conversation(
    connection: Connection, conversation_id: int, order_number: str
) -> tuple[Order, Conversation]:
    one = queries.known(connection, conversation_id)
    if one is None:
        raise not_found("conversation")
    return _order(connection, order_number), one


def _send_invoice(
    service: Service, order_number: str, said: str, connection: Connection, who: Actor, which: int
) -> Any:
    who.record(connection, "invoice_sent", f"order:{order_number}", {"conversation": which})
    return service.desk.reply(connection, who, which, f"invoice-{uuid4().hex}", said)


def _orders_of(connection: Connection, conversation_id: int) -> list[Order]:
    """The orders given with the customer's proven contacts; else the one that the talk was about."""
    one = queries.known(connection, conversation_id)
    if one is None:
        raise not_found("conversation")
    numbers: list[str] = []
    for contact in people.contacts(connection, one):
        numbers += [known.number for known in orders.of_contact(connection, contact, MAX_ORDERS)]
    if not numbers:
        request = handoffs.latest(connection, conversation_id)
        packet = request.packet if request else None
        number = packet.order.number if packet and packet.order else one.memory.order
        numbers = [number] if number else []
    found = (orders.find(connection, one) for one in list(dict.fromkeys(numbers))[:MAX_ORDERS])
    return sorted((one for one in found if one), key=lambda one: one.placed_at, reverse=True)


def _about_customer(
    connection: Connection, service: Service, conversation_id: int
) -> tuple[Conversation, dict[str, str]]:
    """The conversation, and what ready answers may say of its customer."""
    found = _orders_of(connection, conversation_id)
    one = queries.known(connection, conversation_id)
    assert one is not None
    return one, {"order": found[0].number, "name": found[0].customer_name} if found else {}


def _callback(one: callbacks.Callback) -> dict[str, Any]:
    return {
        "id": one.id,
        "conversation": one.conversation_id,
        "phone": one.phone,
        "wish": one.wish,
        "state": one.state,
        "created_at": serializers.when(one.created_at),
    }
