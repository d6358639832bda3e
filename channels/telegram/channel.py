"""The running Telegram channel."""

import asyncio
import logging
import random
from typing import Literal

from sanic import Blueprint
from telegram.error import TelegramError

from bot.runtime.work.loop import TaskPool
from channels.contract import Attachment, FetchError, Gateway, Outbound, SendError
from channels.splitting import Capabilities, Pace, Part, utf16_units
from channels.telegram import webhook
from channels.telegram.api import TelegramApi
from channels.telegram.config import TelegramConfig
from channels.telegram.errors import explain
from channels.telegram.parse import CHANNEL
from channels.telegram.poll import Poller
from channels.telegram.updates import Updates

# https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this: thirty messages a second
# (so burst and rate together must not be more), and one a second to a chat but for short bursts.
CAPABILITIES = Capabilities(
    text=4096,
    measure=utf16_units,
    buttons=100,
    title=80,
    account_pace=Pace(5, 25),
    address_pace=Pace(3, 1),
)
LONGEST_PAUSE = 300.0  # seconds between looks at the webhook while Telegram can't be reached

_log = logging.getLogger("aftercare.channels.telegram")


class Telegram:
    """Satisfies `channels.contract.Channel`."""

    name = CHANNEL
    capabilities = CAPABILITIES

    def __init__(self, config: TelegramConfig) -> None:
        self.config = config
        self.account = config.account
        self._api = TelegramApi(config)
        self._poller: Poller | None = None
        self._keeping = TaskPool(_log, "telegram_webhook_failed")

    def blueprint(self, gateway: Gateway) -> Blueprint | None:
        """The webhook; None where updates are polled."""
        if self.config.webhook_url is None:
            return None
        return webhook.blueprint(Updates(gateway, self._api), self.config)

    async def start(self, gateway: Gateway) -> None:
        """Does not wait for Telegram: a shop whose other channels work should start without it."""
        self._api.open()
        if self.config.webhook_url is None:
            self._poller = Poller(self._api, Updates(gateway, self._api))
            self._poller.start()
        else:
            self._keeping.begin(self._keep_webhook())

    async def stop(self) -> None:
        if self._poller:
            await self._poller.stop()
        await self._keeping.stop()
        await self._api.close()

    async def send(self, message: Outbound, part: Part) -> str | None:
        if message.account != self.account:
            # The token was changed for another bot's, to which this customer never wrote.
            raise SendError("the conversation is another bot's", permanent=True)
        return await self._api.send(message.address, part)

    async def signal(self, address: str, what: Literal["seen", "typing"]) -> None:
        # Bots can't mark messages as read.
        if what == "typing":
            try:
                await self._api.typing(address)
            except TelegramError as error:
                _log.info("telegram: typing was not shown: %s", type(error).__name__)

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        if attachment.size is not None and attachment.size > limit:
            raise FetchError("the file is too large", refused=True)
        return await self._api.fetch(attachment.reference, limit)

    async def _keep_webhook(self) -> None:
        pause = 1.0
        while True:
            try:
                return await webhook.keep(self._api)
            except TelegramError as error:
                _log.warning("telegram: the webhook could not be looked at: %s", explain(error))
            await asyncio.sleep(random.uniform(0.5, 1) * pause)
            pause = min(LONGEST_PAUSE, 2 * pause)
