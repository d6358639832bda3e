"""Updates as Telegram builds them: https://core.telegram.org/bots/api#update."""

import re
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]

BOT_COMMAND = re.compile(r"/\w+")


def seconds() -> int:
    return int(datetime.now(UTC).timestamp())


def person(address: str, language: str) -> Json:
    """A customer as `from` shows them."""
    return {"id": int(address), "is_bot": False, "first_name": "Anna", "language_code": language}


def chat(address: str) -> Json:
    """The private chat with a customer."""
    return {"id": int(address), "first_name": "Anna", "type": "private"}


def message(address: str, language: str, message_id: int, **content: Any) -> Json:
    """A customer's message with some content: text, photo, contact …"""
    made = {
        "message_id": message_id,
        "from": person(address, language),
        "chat": chat(address),
        "date": seconds(),
        **content,
    }
    command = BOT_COMMAND.match(content.get("text", ""))
    if command:
        made["entities"] = [{"type": "bot_command", "offset": 0, "length": command.end()}]
    return made


def member(address: str, language: str, bot: Json, status: str) -> Json:
    """The customer blocks the bot (`kicked`) or lets it in again (`member`)."""
    before = "member" if status == "kicked" else "kicked"
    return {
        "chat": chat(address),
        "from": person(address, language),
        "date": seconds(),
        "old_chat_member": {"user": bot, "status": before},
        "new_chat_member": {"user": bot, "status": status},
    }


def file(media_type: str, file_id: str, name: str, size: int) -> Json:
    """What a message holds of a file."""
    given = {"file_id": file_id, "file_unique_id": f"u{file_id}", "file_size": size}
    kind = media_type.partition("/")[0]
    if kind == "image":
        small = {**given, "file_id": f"{file_id}-small", "width": 90, "height": 90, "file_size": size // 10}
        return {"photo": [small, {**given, "width": 1280, "height": 960}]}
    if kind == "video":
        video = {**given, "width": 640, "height": 480, "duration": 3, "mime_type": media_type}
        return {"video": {**video, "file_name": name}}
    if media_type == "audio/ogg":
        return {"voice": {**given, "duration": 3, "mime_type": media_type}}
    return {"document": {**given, "file_name": name, "mime_type": media_type}}
