"""`aftercare telegram`: where Telegram delivers a bot's messages."""

import asyncio
import os

import click

from bot.settings import Settings
from channels.contract import ChannelError
from channels.telegram.config import TelegramConfig


@click.group()
def telegram() -> None:
    """Telegram's webhook: where Telegram delivers the messages to your bot."""


@telegram.command("set-webhook")
def set_webhook() -> None:
    """Has Telegram deliver to PUBLIC_BASE_URL."""
    from channels.telegram import webhook

    click.echo(f"Telegram delivers to {asyncio.run(webhook.set_up(_config()))}")


@telegram.command("webhook-info")
def webhook_info() -> None:
    """Prints what Telegram has for a webhook. Exits with 1 if that is wrong."""
    from channels.telegram import webhook

    info, findings = asyncio.run(webhook.look(_config()))
    click.echo(f"url: {info.url or 'none'}")
    click.echo(f"waiting: {info.pending_update_count}")
    if info.last_error_date:
        click.echo(f"last error: {info.last_error_date:%Y-%m-%d %H:%M} UTC, {info.last_error_message}")
    for finding in findings:
        click.echo(f"{finding.level}: {finding.text}")
    if any(finding.level == "error" for finding in findings):
        raise SystemExit(1)


@telegram.command("delete-webhook")
def delete_webhook() -> None:
    """Has Telegram keep the messages until they are asked for."""
    from channels.telegram import webhook

    asyncio.run(webhook.take_down(_config()))
    click.echo("the webhook is deleted; without PUBLIC_BASE_URL, `aftercare run` polls")


def _config() -> TelegramConfig:
    config = TelegramConfig.load(os.environ, Settings.load().public_url)
    if config is None:
        raise ChannelError("TELEGRAM_TOKEN: missing; take it from @BotFather")
    return config
