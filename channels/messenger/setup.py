"""Setting up the Messenger channel; satisfies `channels.contract.Setup`."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx

from channels.contract import Channel, ChannelError, Finding
from channels.messenger.channel import MessengerChannel
from channels.meta.config import PageConfig, configure
from channels.meta.graph import Graph
from channels.provider_values import items, mapping

# What the page must subscribe the app to; without echoes nobody knows that a person answered elsewhere.
FIELDS = (
    "messages",
    "messaging_postbacks",
    "messaging_referrals",
    "message_echoes",
    "message_edits",
    "message_deliveries",
    "message_reads",
)


def load(environment: Mapping[str, str], public_url: str | None) -> Channel | None:
    config = configure(environment)
    return MessengerChannel(config) if config else None


async def check(environment: Mapping[str, str], public_url: str | None) -> list[Finding]:
    try:
        config = configure(environment)
    except ChannelError as error:
        return [Finding("error", str(error))]
    if config is None:
        return [Finding("off", "Messenger: not set up (MESSENGER_PAGE_ID and others are not set)")]
    found = []
    if not (public_url or "").startswith("https://"):
        wrong = "Messenger: PUBLIC_BASE_URL is not an https address, and Meta delivers to no other"
        found.append(Finding("warning", wrong))
    graph = Graph(config)
    try:
        async with asyncio.timeout(10):
            status, page = await graph.get("me", fields="id")
            if status == 200:
                told, apps = await graph.get(f"{config.page_id}/subscribed_apps")
    except (TimeoutError, httpx.HTTPError) as error:
        return [*found, Finding("error", f"Messenger: Meta can't be reached ({type(error).__name__})")]
    finally:
        await graph.close()
    if status != 200:
        return [*found, Finding("error", f"Messenger: {_wrong(page)}")]
    if page.get("id") != config.page_id:
        wrong = "Messenger: MESSENGER_PAGE_TOKEN is not of the page that MESSENGER_PAGE_ID names"
        return [*found, Finding("error", wrong)]
    return [*found, *_subscriptions(told, apps, config), Finding("ok", "Messenger: the page answers")]


def _wrong(body: Mapping[str, Any]) -> str:
    error = mapping(body, "error")
    if "appsecret_proof" in str(error.get("message")):
        return "Meta refuses the proof: check MESSENGER_APP_SECRET"
    if error.get("code") == 190:
        return "Meta refuses the token: make a new MESSENGER_PAGE_TOKEN"
    return f"Meta answered with error {error.get('code')}"


def _subscriptions(status: int, body: Mapping[str, Any], config: PageConfig) -> list[Finding]:
    if status != 200:
        text = "Messenger: subscriptions can't be looked up; the token lacks pages_manage_metadata"
        return [Finding("warning", text)]
    fields: set[str] = set()
    for app in items(body, "data"):
        if config.app_id in (None, app.get("id")) and isinstance(app.get("subscribed_fields"), list):
            fields |= {str(one) for one in app["subscribed_fields"]}
    missing = [name for name in FIELDS if name not in fields]
    if not missing:
        return []
    return [Finding("warning", f"Messenger: the page is not subscribed to {', '.join(missing)}")]
