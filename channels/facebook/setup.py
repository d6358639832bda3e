"""Setting up the page's comments; satisfies `channels.contract.Setup`."""

import asyncio
from collections.abc import Mapping

import httpx

from channels.contract import Channel, ChannelError, Finding
from channels.facebook.channel import FacebookChannel
from channels.facebook.config import configure
from channels.meta.graph import Graph
from channels.provider_values import items

FIELD = "feed"


def load(environment: Mapping[str, str], public_url: str | None) -> Channel | None:
    config = configure(environment)
    return FacebookChannel(config) if config else None


async def check(environment: Mapping[str, str], public_url: str | None) -> list[Finding]:
    """Whether the page tells us of comments; whether it answers at all is said of Messenger."""
    try:
        config = configure(environment)
    except ChannelError as error:
        return [Finding("error", str(error))]
    if config is None:
        return [Finding("off", "Facebook: comments are not taken (FACEBOOK_COMMENTS is off)")]
    graph = Graph(config.page)
    try:
        async with asyncio.timeout(10):
            status, told = await graph.get(f"{config.page.page_id}/subscribed_apps")
    except (TimeoutError, httpx.HTTPError) as error:
        return [Finding("error", f"Facebook: Meta can't be reached ({type(error).__name__})")]
    finally:
        await graph.close()
    if status != 200:
        text = "Facebook: subscriptions can't be looked up; the token lacks pages_manage_metadata"
        return [Finding("warning", text)]
    for app in items(told, "data"):
        fields = app.get("subscribed_fields")
        if config.page.app_id in (None, app.get("id")) and isinstance(fields, list) and FIELD in fields:
            return [Finding("ok", "Facebook: the page tells of comments")]
    return [Finding("warning", f"Facebook: the page is not subscribed to {FIELD}: no comment comes")]
