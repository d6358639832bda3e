"""The Bot API as this channel uses it: https://core.telegram.org/bots/api by python-telegram-bot."""

import asyncio
import json
import logging
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, cast

import httpx
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, WebhookInfo
from telegram.error import RetryAfter, TelegramError, TimedOut
from telegram.request import HTTPXRequest

from bot.runtime.http.client import Oversized, bounded, bounds
from bot.runtime.work.loop import TaskPool
from channels.contract import FetchError, SendError
from channels.download import MAX_MEDIA, content
from channels.splitting import Button, Part
from channels.telegram.config import ALLOWED_UPDATES, TelegramConfig
from channels.telegram.errors import fetch_error, send_error
from channels.telegram.parse import INERT, Chosen
from channels.unsent import CONNECT_SECONDS

READ_SECONDS = 15.0
CALL_SECONDS = 30.0  # for one whole request, however slowly it drips
FETCH_SECONDS = 60.0
CONNECTIONS = 64
SHORT_TITLE = 16  # characters of titles that stand two in a row
MAX_BACKGROUND = 200  # of the small acts that nobody waits for

_log = logging.getLogger("aftercare.channels.telegram")


class _Request(HTTPXRequest):
    @staticmethod
    def parse_json_payload(payload: bytes) -> Any:
        """As the library does it, but without a log line of the whole page that a broken proxy sends."""
        try:
            return json.loads(payload.decode("utf-8", "replace"))
        except ValueError as error:
            raise TelegramError("Invalid server response") from error


class TelegramApi:
    """One bot's connection. It is opened on a loop, and closed there."""

    def __init__(self, config: TelegramConfig) -> None:
        self.config = config
        self._tasks = TaskPool(_log, "telegram_small_act_failed", most=MAX_BACKGROUND)
        self._bot: Bot | None = None
        self._request: _Request | None = None
        self._files: httpx.AsyncClient | None = None

    @property
    def bot(self) -> Bot:
        if self._bot is None:
            raise RuntimeError("the Telegram channel is not started")
        return self._bot

    async def __aenter__(self) -> "TelegramApi":
        self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def open(self) -> None:
        """Makes the clients; connects to nobody yet."""
        context = httpx.create_ssl_context()
        self._request = _Request(
            connection_pool_size=CONNECTIONS,
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            write_timeout=READ_SECONDS,
            pool_timeout=CONNECT_SECONDS,
            httpx_kwargs={"verify": context, **bounds()},
        )
        self._bot = Bot(
            self.config.token,
            base_url=f"{self.config.api_url}/bot",
            base_file_url=f"{self.config.api_url}/file/bot",
            request=self._request,
            get_updates_request=self._request,
        )
        self._files = bounded(
            MAX_MEDIA,
            timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            follow_redirects=False,
            verify=context,
        )

    async def close(self) -> None:
        """Lets the small acts end that are under way, for a moment."""
        await self._tasks.stop(patience=2)
        if self._request:
            await self._request.shutdown()
        if self._files:
            await self._files.aclose()

    async def send(self, address: str, part: Part) -> str:
        """Sends a part; the id by which chat and message are known. Raises `SendError`."""
        try:
            async with asyncio.timeout(CALL_SECONDS):
                sent = await self.bot.send_message(
                    address,
                    part.text,
                    reply_markup=_keyboard(part.buttons),
                    # A preview would have Telegram's servers open customers' tracking and invoice links.
                    link_preview_options=LinkPreviewOptions(is_disabled=True),
                )
        except TelegramError as error:
            raise send_error(error) from error
        except TimeoutError as error:
            raise SendError("Telegram did not answer in time", unknown=True) from error
        return f"{sent.chat.id}:{sent.message_id}"

    async def typing(self, address: str) -> None:
        """Shows for five seconds that an answer is written. Raises `TelegramError`."""
        await self.bot.send_chat_action(address, "typing")

    async def updates(self, offset: int | None, wait: float) -> list[Any]:
        """The next updates as they are; Telegram answers after `wait` seconds if there are none. What stands
        before `offset` is confirmed by it and never comes again. Raises `TelegramError`."""
        # In small letters, which the API takes as well: the library's own method of the name would fail
        # for the whole batch if it can't read one update of it.
        call = self.bot.do_api_request(
            "getupdates",
            api_kwargs={"offset": offset, "timeout": int(wait), "allowed_updates": list(ALLOWED_UPDATES)},
            read_timeout=wait + READ_SECONDS,
        )
        try:
            async with asyncio.timeout(wait + CALL_SECONDS):
                found = await call
        except TimeoutError as error:
            raise TimedOut from error
        return found if isinstance(found, list) else []

    async def fetch(self, file_id: str, limit: int) -> bytes:
        """A file of at most `limit` bytes, from nowhere but the configured server. Raises `FetchError`."""
        assert self._files is not None
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                file = await self.bot.get_file(file_id)
                return await self._download(file.file_path or "", limit)
        except TelegramError as error:
            raise fetch_error(error) from error
        except Oversized as error:
            raise FetchError(str(error), permanent=True) from None
        except (httpx.HTTPError, TimeoutError) as error:
            # Not the error's own text, nor a chain to it: the address holds the token.
            raise FetchError(type(error).__name__) from None

    async def _download(self, url: str, limit: int) -> bytes:
        files = cast(httpx.AsyncClient, self._files)
        place = f"{self.config.api_url}/file/bot{self.config.token}/"
        path = url.removeprefix(place)
        if not url.startswith(place) or path.startswith("/") or ".." in path.split("/"):
            # An API server in local mode names a path on its own disk.
            raise FetchError("the API server does not hand out its files", permanent=True)
        async with files.stream("GET", url) as answer:
            if answer.status_code != 200:
                raise FetchError(f"the file's server answers {answer.status_code}")
            return await content(answer, limit)

    # --- small acts that nobody waits for ---

    def answer(self, query_id: str) -> None:
        """Ends the waiting circle on a pressed button."""
        self._later(self.bot.answer_callback_query(query_id))

    def mark(self, chosen: Chosen) -> None:
        """Leaves of a message's buttons only the chosen one, which does nothing any more: the chat shows
        what was answered, and nobody presses twice."""
        button = InlineKeyboardButton(f"✓ {chosen.title}", callback_data=INERT)
        markup = InlineKeyboardMarkup([[button]])
        self._later(
            self.bot.edit_message_reply_markup(chosen.chat_id, chosen.message_id, reply_markup=markup)
        )

    def leave(self, chat_id: int) -> None:
        """Leaves a group."""
        self._later(self.bot.leave_chat(chat_id))

    def _later(self, call: Coroutine[Any, Any, Any]) -> None:
        if self._tasks.room:
            self._tasks.begin(_quietly(call))
        else:
            call.close()

    # --- set-up ---

    async def set_webhook(self) -> None:
        """Has Telegram deliver to us. Raises `TelegramError`."""
        await self.bot.set_webhook(
            cast(str, self.config.webhook_url),
            secret_token=self.config.secret,
            allowed_updates=list(ALLOWED_UPDATES),
        )

    async def webhook_info(self) -> WebhookInfo:
        """Raises `TelegramError`."""
        return await self.bot.get_webhook_info()

    async def delete_webhook(self) -> None:
        """What waits at Telegram stays there. Raises `TelegramError`."""
        await self.bot.delete_webhook()


async def _quietly(call: Coroutine[Any, Any, Any]) -> None:
    try:
        await call
    except RetryAfter:
        _log.info("telegram: a small act was too much at the moment")
    except TelegramError as error:
        _log.info("telegram: a small act failed: %s", type(error).__name__)


def _keyboard(buttons: tuple[Button, ...]) -> InlineKeyboardMarkup | None:
    """Short titles two in a row, each of the others in its own."""
    rows: list[list[InlineKeyboardButton]] = []
    room = False
    for button in buttons:
        made = InlineKeyboardButton(button.title, callback_data=button.token)
        short = len(button.title) <= SHORT_TITLE
        if short and room:
            rows[-1].append(made)
            room = False
        else:
            rows.append([made])
            room = short
    return InlineKeyboardMarkup(rows) if rows else None
