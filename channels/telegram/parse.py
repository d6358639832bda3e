"""Telegram's updates, parsed: a pure function that takes whatever JSON comes and never fails.

https://core.telegram.org/bots/api#update names the fields. An update is read as far as it makes sense; what
is unknown, and what is not from a private chat, brings no events.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from channels import content
from channels.contract import Command, CommandName, Edit, Event, Inbound, Reachability, now
from channels.provider_values import integer, mapping, text_of
from channels.telegram.content import read_content

CHANNEL = "telegram"
INERT = "-"  # what a button carries that was chosen already

_PRESS = re.compile(r"[A-Za-z0-9_-]{1,64}")
_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@[A-Za-z0-9_]{1,64})?(?:\s+(.*))?", re.DOTALL)
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_].*)?")
_LATEST = 4102444800  # the year 2100
_GROUPS = ("group", "supergroup", "channel")
_INSIDE = ("member", "administrator", "restricted")


@dataclass(frozen=True, slots=True)
class Chosen:
    """A button was pressed: its message's place, and its title if the message still tells."""

    chat_id: int
    message_id: int
    title: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """What an update brings, and what Telegram or its user expects of a bot once that is stored."""

    events: tuple[Event, ...] = ()
    query: str | None = None  # a callback query, to be answered
    chosen: Chosen | None = None
    leave: int | None = None  # a group, where the bot has no business


def parse(update: Mapping[str, Any], account: str) -> Parsed:
    """What is in an update to the bot `account`."""
    update_id = integer(update, "update_id")
    if update_id is None:
        return Parsed()
    if message := mapping(update, "message"):
        return _message(message, str(update_id), account)
    if edited := mapping(update, "edited_message"):
        return _edited(edited, update_id, account)
    if query := mapping(update, "callback_query"):
        return _query(query, str(update_id), account)
    if member := mapping(update, "my_chat_member"):
        return _member(member, account)
    return Parsed()


def _message(message: Mapping[str, Any], update_id: str, account: str) -> Parsed:
    chat_id, group = _chat(message)
    message_id = integer(message, "message_id")
    if chat_id is None or message_id is None:
        return Parsed(leave=group)
    sender = mapping(message, "from")
    if sender.get("is_bot") is True:
        return Parsed()
    found = read_content(message, integer(sender, "id"))
    text, command = _command(found.text) if "text" in message else (found.text, None)
    inbound = Inbound(
        channel=CHANNEL,
        account=account,
        external_id=update_id,
        address=str(chat_id),
        text=text,
        command=command,
        attachments=found.attachments,
        proof=found.proof,
        language=_language(sender),
        message_id=f"{chat_id}:{message_id}",
        album=text_of(message, "media_group_id", 64) or None,
        at=_at(message, "date"),
    )
    return Parsed(content.answerable(inbound, something=found.something))


def _edited(message: Mapping[str, Any], update_id: int, account: str) -> Parsed:
    chat_id, _ = _chat(message)
    message_id = integer(message, "message_id")
    # A shared live location is "edited" all the time.
    if chat_id is None or message_id is None or "location" in message:
        return Parsed()
    at = _at(message, "edit_date")
    # Telegram's clock ticks in seconds, and of two edits in one the later must win.
    at = at.replace(microsecond=update_id % 1_000_000)
    text = text_of(message, "text") or text_of(message, "caption")
    return Parsed((Edit(CHANNEL, account, str(chat_id), f"{chat_id}:{message_id}", text, at),))


def _query(query: Mapping[str, Any], update_id: str, account: str) -> Parsed:
    query_id = text_of(query, "id", 64) or None
    message = mapping(query, "message")
    chat_id, group = _chat(message)
    data = query.get("data")
    if chat_id is None or not isinstance(data, str) or data == INERT:
        return Parsed(query=query_id, leave=group)
    title = _title(message, data)
    message_id = integer(message, "message_id")
    inbound = Inbound(
        channel=CHANNEL,
        account=account,
        external_id=update_id,
        address=str(chat_id),
        text=title,
        # A changed client can send anything.
        press=data if _PRESS.fullmatch(data) else None,
        language=_language(mapping(query, "from")),
    )
    # Of a message too old to be shown again (date 0) nothing is left that could be changed.
    accessible = title and message_id is not None and message.get("date") != 0
    chosen = Chosen(chat_id, message_id, title) if accessible and message_id is not None else None
    return Parsed((inbound,) if inbound.press or inbound.text else (), query=query_id, chosen=chosen)


def _member(member: Mapping[str, Any], account: str) -> Parsed:
    """The customer blocked the bot or let it in again; or somebody took it into a group."""
    chat_id, group = _chat(member)
    status = mapping(member, "new_chat_member").get("status")
    if chat_id is None:
        return Parsed(leave=group if status in _INSIDE else None)
    if status not in ("kicked", "member"):
        return Parsed()
    reachable = status == "member"
    return Parsed((Reachability(CHANNEL, account, str(chat_id), reachable, _at(member, "date")),))


def _chat(holder: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """The id of a private chat, or of a group."""
    chat = mapping(holder, "chat")
    chat_id, kind = integer(chat, "id"), chat.get("type")
    if kind == "private":
        return chat_id, None
    return None, chat_id if kind in _GROUPS else None


def _command(text: str) -> tuple[str, Command | None]:
    """A text without the bot's name in a command, and what it asks for; commands of no meaning to a channel
    are words like all others."""
    found = _COMMAND.fullmatch(text)
    if not found:
        return text, None
    name, argument = found[1].lower(), (found[2] or "").strip()
    text = f"/{found[1]} {argument}".strip()
    if name == "help":
        return text, Command(CommandName.HELP)
    if name != "start":
        return text, None
    return text, content.order_of(argument) or Command(CommandName.BEGIN)


def _title(message: Mapping[str, Any], data: str) -> str:
    """What stands on the button of a message that carries `data`."""
    rows = mapping(message, "reply_markup").get("inline_keyboard")
    for row in rows if isinstance(rows, list) else ():
        for button in row if isinstance(row, list) else ():
            if isinstance(button, dict) and button.get("callback_data") == data:
                return text_of(button, "text", 80)
    return ""


def _language(sender: Mapping[str, Any]) -> str | None:
    found = _LANGUAGE.fullmatch(text_of(sender, "language_code", 35))
    return found[1].lower() if found else None


def _at(holder: Mapping[str, Any], name: str) -> datetime:
    seconds = integer(holder, name)
    if seconds is None or not 0 < seconds < _LATEST:
        return now()
    return min(datetime.fromtimestamp(seconds, UTC), now())  # our clock may be behind theirs
