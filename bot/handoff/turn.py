"""A turn of the assistant's that may end with a person's taking over: how it is weighed, what is said, and
what is remembered of it."""

from dataclasses import replace

from actions import intents
from actions.intents import Form, Intent
from bot.assistant.protocol import Reply, TurnResult
from bot.handoff.triggers import UNASKED, Call, Said, Triggers, offered
from bot.shop.handoff_rules import Money
from store.conversations.conversations import Conversation
from store.conversations.memory import Memory
from store.core.database import Connection
from store.handoffs import handoffs
from store.orders import orders
from store.vocabulary import Owner, Reason


def alarms(connection: Connection, conversation: Conversation, text: str, triggers: Triggers) -> bool:
    """Whether what was typed speaks of a danger that no person was told of yet."""
    if conversation.owner == Owner.HUMAN or not triggers.is_danger(text):
        return False
    if conversation.owner == Owner.QUEUE:
        last = handoffs.latest(connection, conversation.id)
        return last is None or last.reason != Reason.SAFETY
    return triggers.is_danger(text, _handled(connection, conversation))


def _handled(connection: Connection, conversation: Conversation) -> tuple[str, ...]:
    """What the customer wrote when a person was called for a danger, if they went on with the assistant."""
    if Reason.SAFETY not in conversation.memory.declined:
        return ()
    known = handoffs.of_conversation(connection, conversation.id)
    packets = [one.packet for one in known if one.reason == Reason.SAFETY and one.packet]
    return tuple(text for packet in packets for text in (*packet.said, *packet.noted))


def said(
    connection: Connection, conversation: Conversation, text: str, result: TurnResult, weighs_orders: bool
) -> Said:
    """The turn as `Escalation` looks at it; `text` is what was typed. What the order costs is looked up only
    if it is weighed."""
    before, number = conversation.memory, result.memory.order
    order = orders.find(connection, number) if number and weighs_orders else None
    return Said(
        text,
        result.language,
        result.intent,
        result.confidence,
        wish=before.wish,
        form=before.form,
        asked=before.slots.get("requested_slot"),
        called=result.handoff,
        offered=before.offered,
        order=Money(order.total, order.currency) if order else None,
        order_new=number != before.order,
        declined=before.declined,
        handled=_handled(connection, conversation),
        goes_on=result.memory.form in (Form.ORDER, Form.CASE) and intents.of(result.intent).begins_case,
    )


def passed_on(result: TurnResult, call: Call, said: Said, announcement: Reply) -> TurnResult:
    """What the assistant has to say, then that a person takes over. Its questions and buttons are void from
    here on."""
    replies = [replace(reply, buttons=()) for reply in result.replies]
    if result.memory.form:
        replies = replies[:-1]  # the form's question
    if call.reason != Reason.PROOFS and _is_chatter(said):
        replies = []
    return replace(result, replies=(*replies, announcement), memory=_closed(result.memory))


def alarmed(result: TurnResult, announcement: Reply) -> TurnResult:
    """Nothing but that a person takes over: beside a danger every other word is one too many."""
    return replace(result, replies=(announcement,), memory=_closed(result.memory))


def _closed(memory: Memory) -> Memory:
    """Without what was asked."""
    slots = {name: value for name, value in memory.slots.items() if name != "requested_slot"}
    return replace(memory, slots=slots, form=None, offer=None)


def remembered(before: Memory, result: TurnResult) -> Memory:
    """The core's own memory, and beside it the customer's last wish, why a person was offered, and for what
    reasons none shall be called again."""
    buttons = [choice.intent for reply in result.replies for choice in reply.buttons]
    wish = result.intent if intents.of(result.intent).wish else before.wish
    return replace(
        result.memory, wish=wish, offered=offered(result.intent, buttons), declined=before.declined
    )


def declined(before: Memory, reason: Reason | None) -> tuple[Reason, ...]:
    """For what reasons no person shall be called again, when the customer goes on with the assistant although
    one was called."""
    return tuple(sorted(UNASKED & {*before.declined, reason}))


def _is_chatter(said: Said) -> bool:
    """Whether an answer to the message would only be in the way of a person."""
    answer = said.intent == Intent.INFORM or (said.form and said.intent in (Intent.AFFIRM, Intent.DENY))
    return not intents.of(said.intent).wish and not answer
