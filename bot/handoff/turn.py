"""A turn of the assistant's that may end with a person's taking over: how it is weighed, what is said, and
what is remembered of it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from actions import intents
from actions.intents import Intent
from bot.assistant.protocol import Reply, TurnResult
from bot.handoff.triggers import UNASKED, Call, Said, offered
from bot.shop.handoff_rules import Money
from store.conversations.conversations import Conversation
from store.core.database import Connection
from store.orders import orders
from store.vocabulary import Reason

State = Mapping[str, Any]  # of a conversation


def said(
    connection: Connection, conversation: Conversation, text: str, result: TurnResult, weighs_orders: bool
) -> Said:
    """The turn as `Escalation` looks at it; `text` is what was typed. What the order costs is looked up only
    if it is weighed."""
    before = conversation.state.get("slots", {})
    number = result.state.get("slots", {}).get("order")
    order = orders.find(connection, number) if number and weighs_orders else None
    return Said(
        text,
        result.language,
        result.intent,
        result.confidence,
        wish=conversation.state.get("wish"),
        form=conversation.state.get("form"),
        asked=before.get("requested_slot"),
        called=result.handoff,
        offered=conversation.state.get("offered"),
        order=Money(order.total, order.currency) if order else None,
        order_new=number != before.get("order"),
        declined=conversation.state.get("declined", ()),
    )


def passed_on(result: TurnResult, call: Call, said: Said, announcement: Reply) -> TurnResult:
    """What the assistant has to say, then that a person takes over. Its questions and buttons are void from
    here on."""
    replies = [replace(reply, buttons=()) for reply in result.replies]
    if result.state.get("form"):
        replies = replies[:-1]  # the form's question
    if call.reason != Reason.PROOFS and _is_chatter(said):
        replies = []
    kept = {name: value for name, value in result.state.get("slots", {}).items() if name != "requested_slot"}
    state = {**result.state, "slots": kept, "form": None, "offer": None}
    return replace(result, replies=(*replies, announcement), state=state)


def talk(state: State, result: TurnResult) -> dict[str, Any]:
    """What is remembered beside the core's own memory: the customer's last wish, why a person was offered,
    and for what reasons none shall be called again."""
    buttons = [choice.intent for reply in result.replies for choice in reply.buttons]
    found = {
        "wish": result.intent if intents.of(result.intent).wish else state.get("wish"),
        "offered": offered(result.intent, buttons),
        "declined": state.get("declined"),
    }
    return {name: value for name, value in found.items() if value}


def declined(state: State, reason: Reason | None) -> dict[str, Any]:
    """What is remembered when the customer goes on with the assistant although a person was called."""
    reasons = UNASKED & {*state.get("declined", ()), reason}
    return {"declined": sorted(reasons)} if reasons else {}


def _is_chatter(said: Said) -> bool:
    """Whether an answer to the message would only be in the way of a person."""
    answer = said.intent == Intent.INFORM or (said.form and said.intent in (Intent.AFFIRM, Intent.DENY))
    return not intents.of(said.intent).wish and not answer
