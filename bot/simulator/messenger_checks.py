"""What Messenger checks in a message before it takes it."""

import json
from typing import Any

from sanic.response import HTTPResponse
from sanic.response import json as json_response

DAY = 24 * 3600.0
WINDOW, HUMAN_WINDOW = DAY, 7 * DAY
MAX_TEXT, MAX_TITLE, MAX_PAYLOAD, MAX_METADATA, MAX_REPLIES = 2000, 20, 1000, 1000, 13
ACTIONS = frozenset({"mark_seen", "typing_on", "typing_off"})


class GraphError(Exception):
    """A refusal as the Graph API tells it."""

    def __init__(
        self, status: int, code: int, message: str, subcode: int | None = None, seconds: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        error: dict[str, Any] = {"message": f"(#{code}) {message}", "type": "OAuthException", "code": code}
        if subcode:
            error["error_subcode"] = subcode
        self.body = {"error": {**error, "fbtrace_id": "AbCdEfGh"}}
        self.headers = {"Retry-After": f"{seconds:.0f}"} if seconds is not None else {}

    def response(self) -> HTTPResponse:
        """The answer."""
        return json_response(self.body, self.status, headers=self.headers, dumps=json.dumps)


def check_action(body: dict[str, Any]) -> str:
    """The sender action of a request. Raises `GraphError`."""
    action = body["sender_action"]
    if action not in ACTIONS:
        raise GraphError(400, 100, "Param sender_action is not one of the allowed values")
    if "message" in body:
        raise GraphError(400, 100, "Cannot send both message and state at the same time", 2018016)
    return str(action)


def check_message(body: dict[str, Any], silent: float, *, human_agent: bool) -> None:
    """Checks a message to a person who has been silent for so many seconds. Raises `GraphError`."""
    kind = body.get("messaging_type")
    if kind == "MESSAGE_TAG":
        if body.get("tag") != "HUMAN_AGENT":
            raise GraphError(400, 100, "This message tag has been deprecated", 1893061)
        if not human_agent:
            raise GraphError(403, 10, "Application does not have permission for this action")
        allowed = HUMAN_WINDOW
    elif kind == "RESPONSE":
        allowed = WINDOW
    else:
        raise GraphError(400, 100, "Param messaging_type is required")
    if silent > allowed:
        raise GraphError(400, 10, "This message is sent outside of allowed window.", 2018278)
    message = body.get("message") or {}
    text = message.get("text")
    if not isinstance(text, str) or not text.strip():
        raise GraphError(400, 100, "Message cannot be empty, must provide valid attachment or text")
    if len(text.encode("utf-16-le")) // 2 > MAX_TEXT:
        raise GraphError(400, 100, "Length of param message[text] must be less than or equal to 2000")
    if len(message.get("metadata", "")) > MAX_METADATA:
        raise GraphError(400, 100, "Length of param message[metadata] must be less than or equal to 1000")
    replies = message.get("quick_replies", [])
    if len(replies) > MAX_REPLIES:
        raise GraphError(400, 100, "Too many elements in param message[quick_replies]")
    for one in replies:
        title, payload = one.get("title", ""), one.get("payload", "")
        if one.get("content_type") != "text" or not title or not payload:
            raise GraphError(400, 100, "Incomplete element in param message[quick_replies]")
        if len(title) > MAX_TITLE or len(payload) > MAX_PAYLOAD:
            raise GraphError(400, 100, "Too long an element in param message[quick_replies]")
