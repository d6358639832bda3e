"""Messenger's webhooks, parsed: a pure function that takes whatever body comes and never fails.

https://developers.facebook.com/documentation/business-messaging/messenger-platform/webhooks/webhook-events
names the fields. A request is a batch of events; what is unknown or another page's brings nothing.
"""

import json
import re
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from channels import content
from channels.contract import (
    Command,
    CommandName,
    Edit,
    Event,
    HumanEcho,
    Inbound,
    ReadUpTo,
    Receipt,
    ReceiptState,
    now,
)
from channels.messenger.content import read_content
from channels.meta.graph import MARK
from channels.meta.values import id_of, moment
from channels.provider_values import items, mapping, text_of

CHANNEL = "messenger"
GET_STARTED = "GET_STARTED"  # the payload of the button under which a conversation begins
MAX_ADDRESS = 64

_PRESS = re.compile(r"[A-Za-z0-9_-]{1,64}")
# Messenger says until when all was read on its own clock; ours notes a message only when Messenger's answer
# is here.
_UNDER_WAY = timedelta(seconds=2)


def parse(body: bytes, page_id: str, app_id: str | None, automations: Collection[str] = ()) -> list[Event]:
    """What is in a webhook's body for a page. `app_id`: our own, if it is known; `automations`: those of
    programs that answer by themselves."""
    try:
        request = json.loads(body)
    except (ValueError, RecursionError):
        return []
    found: list[Event] = []
    if not isinstance(request, Mapping) or request.get("object") != "page":
        return found
    for entry in items(request, "entry"):
        if id_of(entry, "id") != page_id:
            continue
        for item in items(entry, "messaging"):
            found += _item(item, page_id, app_id, automations)
        # The conversation is another app's: that app answers the customer, and we only take note of what is
        # told of our own messages and of people who answer.
        for item in items(entry, "standby"):
            heard = _item(item, page_id, app_id, automations)
            found += [one for one in heard if not isinstance(one, Inbound | Edit)]
    return found


def _item(
    item: Mapping[str, Any], page_id: str, app_id: str | None, automations: Collection[str]
) -> list[Event]:
    customer = id_of(mapping(item, "sender"), "id")
    message = mapping(item, "message")
    if message.get("is_echo") is True:
        return _echo(item, message, page_id, app_id, automations)
    if customer == page_id or not _is_address(customer):
        return []
    if message:
        return _message(item, message, customer, page_id)
    if postback := mapping(item, "postback"):
        return _postback(item, postback, customer, page_id)
    if referral := mapping(item, "referral"):
        return _referral(item, referral, customer, page_id)
    if edit := mapping(item, "message_edit"):
        mid, text = id_of(edit, "mid"), text_of(edit, "text")
        at = moment(item.get("timestamp")) or now()
        return [Edit(CHANNEL, page_id, customer, mid, text, at)] if mid and text else []
    if delivery := mapping(item, "delivery"):
        return _delivered(delivery, customer, page_id)
    if read := mapping(item, "read"):
        until = moment(read.get("watermark"))
        return [ReadUpTo(CHANNEL, page_id, customer, ReceiptState.READ, until + _UNDER_WAY)] if until else []
    # Reactions, opt-ins, threads passed between apps …
    return []


def _message(item: Mapping[str, Any], message: Mapping[str, Any], customer: str, page_id: str) -> list[Event]:
    mid = id_of(message, "mid")
    text, attachments, something = read_content(message)
    pressed = mapping(message, "quick_reply").get("payload")
    press = pressed if isinstance(pressed, str) and _PRESS.fullmatch(pressed) else None
    if not mid:
        return []
    said = Inbound(
        channel=CHANNEL,
        account=page_id,
        external_id=mid,
        address=customer,
        text=text,
        press=press,
        choice=content.option(text),
        attachments=attachments,
        at=_said_at(item),
    )
    return list(content.answerable(said, something=something))


def _postback(
    item: Mapping[str, Any], postback: Mapping[str, Any], customer: str, page_id: str
) -> list[Event]:
    """A button that stays, pressed: Get Started, a menu's."""
    title, payload = text_of(postback, "title", 200), postback.get("payload")
    command = content.order_of(text_of(mapping(postback, "referral"), "ref", 100))
    press = None
    if command is None and isinstance(payload, str):
        if payload.upper() == GET_STARTED:
            command = Command(CommandName.BEGIN)
        elif _PRESS.fullmatch(payload):
            press = payload
    if not (command or press or title):
        return []
    return [_pressed(item, id_of(postback, "mid"), customer, page_id, title, press, command)]


def _referral(
    item: Mapping[str, Any], referral: Mapping[str, Any], customer: str, page_id: str
) -> list[Event]:
    """A known customer came by a link, https://m.me/page?ref=…; only that of an order asks something."""
    ref = text_of(referral, "ref", 100)
    order = content.order_of(ref)
    return [_pressed(item, "", customer, page_id, ref, None, order)] if order else []


def _pressed(
    item: Mapping[str, Any],
    mid: str,
    customer: str,
    page_id: str,
    text: str,
    press: str | None,
    command: Command | None,
) -> Inbound:
    # Nothing says that each press has a mid of its own; the time tells two presses of one button apart.
    at = id_of(item, "timestamp")
    name = id_of({"id": f"pressed:{customer}:{at}:{mid}"}, "id")
    return Inbound(CHANNEL, page_id, name, customer, text, press=press, command=command, at=_said_at(item))


def _echo(
    item: Mapping[str, Any],
    message: Mapping[str, Any],
    page_id: str,
    app_id: str | None,
    automations: Collection[str],
) -> list[Event]:
    """A message of the page: ours, or that of a person who answered elsewhere, as in the page's inbox, or of
    another program."""
    mid, app = id_of(message, "mid"), id_of(message, "app_id")
    customer = id_of(mapping(item, "recipient"), "id")
    ours = message.get("metadata") == MARK or (app_id and app == app_id)
    if ours or not mid or customer == page_id or not _is_address(customer):
        return []
    text, _, _ = read_content(message)
    known = app in automations
    return [HumanEcho(CHANNEL, page_id, mid, customer, text or content.CLIP, _said_at(item), automatic=known)]


def _delivered(delivery: Mapping[str, Any], customer: str, page_id: str) -> list[Event]:
    mids = delivery.get("mids")
    found: list[Event] = [
        Receipt(CHANNEL, page_id, mid, ReceiptState.DELIVERED)
        for one in (mids if isinstance(mids, list) else ())
        if (mid := id_of({"mid": one}, "mid"))
    ]
    if until := moment(delivery.get("watermark")):
        found.append(ReadUpTo(CHANNEL, page_id, customer, ReceiptState.DELIVERED, until + _UNDER_WAY))
    return found


def _is_address(text: str) -> bool:
    return 0 < len(text) <= MAX_ADDRESS and text.isascii() and text.isalnum()


def _said_at(item: Mapping[str, Any]) -> datetime:
    """When it was said, by Meta's clock: webhooks may come late, and together."""
    at = moment(item.get("timestamp"))
    return min(at, now()) if at else now()
