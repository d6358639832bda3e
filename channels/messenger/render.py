"""What Messenger gets: a pure function from a part to the Send API's message."""

from typing import Any

from channels.meta.graph import MARK
from channels.splitting import Button, Part, shorten, utf16_units

MAX_TEXT, MAX_TITLE, QUICK_REPLIES = 2000, 20, 13


def render(part: Part) -> dict[str, Any]:
    """A part as the Send API takes it. Choices are quick replies; where a title is too long for one, the
    choices stand in the text in full, and the titles begin with their numbers."""
    message: dict[str, Any] = {"text": part.text, "metadata": MARK}
    buttons = part.buttons
    if any(len(one.title) > MAX_TITLE for one in buttons) and len(buttons) > 1:
        numbered = [Button(one.token, f"{number}. {one.title}") for number, one in enumerate(part.buttons, 1)]
        whole = "\n".join([part.text, *(one.title for one in numbered)])
        if utf16_units(whole) <= MAX_TEXT:
            message["text"], buttons = whole, tuple(numbered)
    if buttons:
        message["quick_replies"] = [
            {"content_type": "text", "title": shorten(one.title, MAX_TITLE), "payload": one.token}
            for one in buttons
        ]
    return message
