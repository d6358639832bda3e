"""The methods of the fake Bot API: https://core.telegram.org/bots/api#available-methods."""

import itertools
import json
import time
from collections import deque
from collections.abc import Mapping
from typing import Any, Protocol

from bot.simulator import telegram_updates as updates
from bot.simulator.provider import Bubble, Thread
from bot.simulator.telegram_delivery import Conflict, Delivery
from bot.simulator.telegram_updates import Json

Fields = Mapping[str, Any]


class Refusal(Exception):
    """An answer that isn't ok."""

    def __init__(self, code: int, description: str, retry_after: float | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.retry_after = retry_after

    def body(self) -> Json:
        found: Json = {"ok": False, "error_code": self.code, "description": self.description}
        if self.retry_after is not None:
            found["parameters"] = {"retry_after": int(self.retry_after)}
        return found


class Bot(Protocol):
    """What the methods need of the provider."""

    delivery: Delivery

    @property
    def me(self) -> Json: ...

    def thread(self, address: str) -> Thread: ...

    def knows(self, address: str) -> bool: ...

    def next_message_id(self) -> int: ...


class Methods:
    """Checks calls as Telegram does, and shows customers what they bring. `sent` are the messages by id,
    `log` is (address, text) of each in order."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self.sent: dict[str, Json] = {}
        self.log: list[tuple[str, str]] = []
        self.blocked: set[str] = set()
        self.left: list[int] = []
        self.answered: set[str] = set()
        self.files: dict[str, bytes] = {}
        self.per_second: int | None = 30  # messages; None: as many as come
        self._times: deque[float] = deque()
        self._queries: set[str] = set()
        self._numbers = itertools.count(1)

    def new_query(self) -> str:
        """The id of a callback query that waits for its answer."""
        query = str(10**18 + next(self._numbers))
        self._queries.add(query)
        return query

    def keep_file(self, content: bytes) -> str:
        """The id of a new file."""
        file_id = f"AgACfile{next(self._numbers)}"
        self.files[file_id] = content
        return file_id

    async def call(self, name: str, fields: Fields) -> Any:
        """The result of a method, by its name in small letters. Raises `Refusal`."""
        method = getattr(self, f"_{name}", None)
        if method is None:
            raise Refusal(404, "Not Found")
        return await method(fields)

    async def _getme(self, _fields: Fields) -> Json:
        return self._bot.me

    async def _sendmessage(self, fields: Fields) -> Json:
        address, text = str(fields.get("chat_id", "")), str(fields.get("text", ""))
        if not self._bot.knows(address):
            raise Refusal(400, "Bad Request: chat not found")
        if address in self.blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        if not text.strip():
            raise Refusal(400, "Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) // 2 > 4096:
            raise Refusal(400, "Bad Request: message is too long")
        keyboard = _keyboard(fields)
        self._hurry()
        number = str(self._bot.next_message_id())
        made: Json = {
            "message_id": int(number),
            "from": self._bot.me,
            "chat": updates.chat(address),
            "date": updates.seconds(),
            "text": text,
        }
        if keyboard:
            made["reply_markup"] = {"inline_keyboard": keyboard}
        self.sent[number] = made
        self.log.append((address, text))
        self._show(address, number)
        return made

    async def _editmessagereplymarkup(self, fields: Fields) -> Json:
        address, number = str(fields.get("chat_id", "")), str(fields.get("message_id", ""))
        known = self.sent.get(number)
        if known is None or str(known["chat"]["id"]) != address:
            raise Refusal(400, "Bad Request: message to edit not found")
        keyboard = _keyboard(fields)
        if known.get("reply_markup", {}).get("inline_keyboard", []) == keyboard:
            raise Refusal(400, "Bad Request: message is not modified")
        self.sent[number] = {**known, "reply_markup": {"inline_keyboard": keyboard}}
        self._show(address, number)
        return self.sent[number]

    async def _sendchataction(self, fields: Fields) -> bool:
        address = str(fields.get("chat_id", ""))
        if not self._bot.knows(address):
            raise Refusal(400, "Bad Request: chat not found")
        if fields.get("action") != "typing":
            raise Refusal(400, "Bad Request: wrong parameter action in request")
        thread = self._bot.thread(address)
        thread.typing = True
        thread.changed.set()
        return True

    async def _answercallbackquery(self, fields: Fields) -> bool:
        query = str(fields.get("callback_query_id", ""))
        if query not in self._queries:
            raise Refusal(
                400, "Bad Request: query is too old and response timeout expired or query ID is invalid"
            )
        self._queries.discard(query)
        self.answered.add(query)
        return True

    async def _leavechat(self, fields: Fields) -> bool:
        self.left.append(int(fields["chat_id"]))
        return True

    async def _getfile(self, fields: Fields) -> Json:
        file_id = str(fields.get("file_id", ""))
        content = self.files.get(file_id)
        if content is None:
            raise Refusal(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(content) > 20 * 1024 * 1024:
            raise Refusal(400, "Bad Request: file is too big")
        found = {"file_id": file_id, "file_unique_id": f"u{file_id}", "file_size": len(content)}
        return {**found, "file_path": f"photos/{file_id}"}

    async def _setwebhook(self, fields: Fields) -> bool:
        url, secret = str(fields.get("url", "")), str(fields.get("secret_token", ""))
        if not url.startswith(("http://", "https://")):
            raise Refusal(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        self._bot.delivery.set_webhook(url, secret, _loaded(fields.get("allowed_updates")) or [])
        return True

    async def _deletewebhook(self, _fields: Fields) -> bool:
        self._bot.delivery.set_webhook("", "", [])
        return True

    async def _getwebhookinfo(self, _fields: Fields) -> Json:
        delivery = self._bot.delivery
        found: Json = {
            "url": delivery.url,
            "has_custom_certificate": False,
            "pending_update_count": delivery.waiting,
            "allowed_updates": delivery.allowed,
        }
        if delivery.last_error:
            found |= {"last_error_date": updates.seconds(), "last_error_message": delivery.last_error}
        return found

    async def _getupdates(self, fields: Fields) -> list[Json]:
        offset = int(fields["offset"]) if fields.get("offset") else None
        self._bot.delivery.allowed = _loaded(fields.get("allowed_updates")) or []
        try:
            return await self._bot.delivery.ask(
                offset, min(int(fields.get("limit", 100)), 100), float(fields.get("timeout", 0))
            )
        except Conflict as conflict:
            raise Refusal(409, f"Conflict: {conflict}") from None

    def _hurry(self) -> None:
        if self.per_second is None:
            return
        now = time.monotonic()
        while self._times and self._times[0] < now - 1:
            self._times.popleft()
        if len(self._times) >= self.per_second:
            raise Refusal(429, "Too Many Requests: retry after 1", 1)
        self._times.append(now)

    def _show(self, address: str, number: str) -> None:
        made = self.sent[number]
        rows = made.get("reply_markup", {}).get("inline_keyboard", [])
        buttons = tuple((one["callback_data"], one["text"]) for row in rows for one in row)
        self._bot.thread(address).show(Bubble(number, "shop", made["text"], buttons, state="sent"))


def _keyboard(fields: Fields) -> list[list[Json]]:
    """The inline keyboard of a call, checked."""
    markup = _loaded(fields.get("reply_markup")) or {}
    rows: list[list[Json]] = markup.get("inline_keyboard", [])
    buttons = [button for row in rows for button in row]
    if len(buttons) > 100 or any(len(row) > 8 for row in rows):
        raise Refusal(400, "Bad Request: reply markup is too long")
    for button in buttons:
        if not button.get("text"):
            raise Refusal(400, "Bad Request: inline keyboard button text is empty")
        if not 1 <= len(str(button.get("callback_data", "")).encode()) <= 64:
            raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
    return rows


def _loaded(value: Any) -> Any:
    """A nested field: JSON in a form, itself in a JSON body."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise Refusal(400, "Bad Request: can't parse a JSON field") from None
