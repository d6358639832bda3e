"""What the desk's pages read, put together from the store; functions of one reading transaction each."""

from datetime import timedelta
from typing import Any

from bot.conversation import deliverability
from bot.desk import serializers
from bot.desk.dependencies import DeskDependencies
from bot.runtime.http.refusals import NoSuch
from channels.registry import is_public
from store.accounts import agents
from store.conversations import attachments, conversations, people, proofs, sends
from store.conversations.conversations import Conversation
from store.core.database import Connection
from store.desk import lists, notes, threads, views
from store.desk.lists import Filter
from store.desk.threads import Line
from store.handoffs import handoffs, surveys
from store.orders import orders
from store.orders.orders import Order

MAX_ORDERS = 10  # of a customer
VIEWING = timedelta(seconds=45)  # without a sign of life, nobody views any more


def known(connection: Connection, conversation_id: int) -> Conversation | None:
    """A conversation, if there is one."""
    return (
        conversations.get(connection, conversation_id) if views.known(connection, conversation_id) else None
    )


def need(connection: Connection, conversation_id: int) -> Conversation:
    """A conversation. Raises `Refusal` if there is none."""
    found = known(connection, conversation_id)
    if found is None:
        raise NoSuch("conversation")
    return found


def page(
    connection: Connection, service: DeskDependencies, wanted: Filter, after: str | None
) -> dict[str, Any]:
    """A list. Raises ValueError for a wrong `after`."""
    found, cursor = lists.listed(connection, wanted, service.clock() - VIEWING, after)
    return {
        "conversations": [serializers.summary(one) for one in found],
        "counts": lists.counts(connection, wanted.agent_id),
        "next": cursor,
    }


def detail(
    connection: Connection, service: DeskDependencies, agent_id: int, conversation_id: int
) -> dict[str, Any]:
    """A conversation without its messages. Raises `Refusal`."""
    conversation = need(connection, conversation_id)
    at = service.clock()
    (one,) = views.summaries(connection, [conversation_id], agent_id, at - VIEWING)
    channels = service.desk.outgoing.channels
    request = handoffs.latest(connection, conversation_id)
    agent = agents.get(connection, agent_id)
    return serializers.detail(
        one,
        serializers.briefing(request, service.texts, agent.language if agent else None),
        deliverability.reach(connection, conversation, channels, at),
        channels.capabilities(conversation.channel),
        people.linked(connection, conversation),
        surveys.answered(connection, conversation_id),
    )


def thread(
    connection: Connection, service: DeskDependencies, agent_id: int, conversation_id: int, after: int | None
) -> dict[str, Any]:
    """A conversation with its messages after a number, or its last ones. Raises `Refusal`."""
    shown = detail(connection, service, agent_id, conversation_id)
    changes = threads.changes(connection, conversation_id)
    names = agents.names(connection, sorted({int(n) for one in changes for n in _agent_ids(one.by)}))
    return {
        "conversation": shown,
        "messages": _messages(
            connection, service, conversation_id, threads.lines(connection, conversation_id, after=after)
        ),
        "notes": [serializers.note(one) for one in notes.of_conversation(connection, conversation_id)],
        "events": [serializers.change(one, names) for one in changes],
        "surveys": [serializers.survey(one) for one in surveys.answered(connection, conversation_id)],
    }


def older(
    connection: Connection, service: DeskDependencies, conversation_id: int, before: int | None
) -> list[dict[str, Any]]:
    """The messages before a number. Raises `Refusal`."""
    if not views.known(connection, conversation_id):
        raise NoSuch("conversation")
    found = threads.lines(connection, conversation_id, before=before)
    return _messages(connection, service, conversation_id, found)


def message(
    connection: Connection, service: DeskDependencies, conversation_id: int, seq: int
) -> dict[str, Any]:
    """One message that is there."""
    found = threads.lines(connection, conversation_id, before=seq + 1, limit=1)
    return _messages(connection, service, conversation_id, found)[0]


def _messages(
    connection: Connection, service: DeskDependencies, conversation_id: int, lines: list[Line]
) -> list[dict[str, Any]]:
    if not lines:
        return []
    first, last = lines[0].seq, lines[-1].seq
    parts = sends.states(connection, conversation_id, first, last)
    public = is_public(conversations.get(connection, conversation_id).channel)
    attached = attachments.of_conversation(connection, conversation_id, first - 1, last)
    return [serializers.message(one, parts, attached, service.files, public=public) for one in lines]


def _agent_ids(by: str) -> list[str]:
    kind, _, agent_id = by.partition(":")
    return [agent_id] if kind == "agent" and agent_id.isdecimal() else []


def orders_of(connection: Connection, conversation_id: int) -> list[Order]:
    """The orders given with the contact that the customer has proven, the latest first; none if nothing is
    proven. Not those of other contacts on them, which others may have put there. Raises `Refusal`."""
    need(connection, conversation_id)
    standing = proofs.identity(connection, conversation_id)
    if standing.contact is None:
        return []
    known = orders.of_contact(connection, standing.contact, MAX_ORDERS, standing.since)
    return [order for one in known if (order := orders.find(connection, one.number))]
