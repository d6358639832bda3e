"""Telegram: docs/channels/telegram.md tells how to set it up and what it does."""

from collections.abc import Mapping

from channels.contract import Channel, ChannelError, Finding
from channels.telegram.config import TelegramConfig

# The rest is imported once there is a token: its library takes a quarter of a second.


def load(environment: Mapping[str, str], public_url: str | None) -> Channel | None:
    config = TelegramConfig.load(environment, public_url)
    if config is None:
        return None
    from channels.telegram.channel import Telegram

    return Telegram(config)


async def check(environment: Mapping[str, str], public_url: str | None) -> list[Finding]:
    try:
        config = TelegramConfig.load(environment, public_url)
    except ChannelError as error:
        return [Finding("error", str(error))]
    if config is None:
        return [Finding("off", "TELEGRAM_TOKEN is not set")]
    from channels.telegram import webhook

    return await webhook.check(config)
