"""The settings of a page: what Messenger and the page's comments need alike."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from channels.contract import ChannelError

GRAPH = "https://graph.facebook.com"
VERSION = "v25.0"
NEEDED = ("MESSENGER_PAGE_ID", "MESSENGER_PAGE_TOKEN", "MESSENGER_APP_SECRET", "MESSENGER_VERIFY_TOKEN")


@dataclass(frozen=True, slots=True)
class PageConfig:
    """`human_agent`: Meta allowed the app to send what people write up to seven days after the customer's
    last message. `automations`: ids of other apps that answer by themselves."""

    page_id: str
    page_token: str = field(repr=False)
    app_secret: bytes = field(repr=False)
    verify_token: bytes = field(repr=False)
    app_id: str | None = None
    graph_url: str = GRAPH
    version: str = VERSION
    human_agent: bool = False
    automations: frozenset[str] = frozenset()

    @property
    def proof(self) -> str:
        """Shows that whoever uses the page's token has the app's secret too:
        https://developers.facebook.com/docs/graph-api/guides/secure-requests"""
        return hmac.new(self.app_secret, self.page_token.encode(), hashlib.sha256).hexdigest()


def configure(environment: Mapping[str, str]) -> PageConfig | None:
    """The channel's settings; None without any. Raises `ChannelError`."""
    if not any(environment.get(name) for name in NEEDED):
        return None
    for name in NEEDED:
        if not environment.get(name):
            raise ChannelError(
                f"Messenger: {name} is not set; docs/channels/messenger.md says where to find it"
            )
    page_id, app_id = environment["MESSENGER_PAGE_ID"], environment.get("MESSENGER_APP_ID") or None
    if not re.fullmatch(r"[0-9]{3,32}", page_id):
        raise ChannelError("Messenger: MESSENGER_PAGE_ID must be the page's number, not its name")
    if app_id and not re.fullmatch(r"[0-9]{3,32}", app_id):
        raise ChannelError("Messenger: MESSENGER_APP_ID must be the app's number")
    if not re.fullmatch(r"[!-~]+", environment["MESSENGER_PAGE_TOKEN"]):
        raise ChannelError("Messenger: MESSENGER_PAGE_TOKEN has characters that no token has")
    graph_url = (environment.get("MESSENGER_GRAPH_URL") or GRAPH).rstrip("/")
    if not re.fullmatch(r"https?://[\w.:\[\]-]+(/[\w./-]*)?", graph_url):
        raise ChannelError(f"Messenger: MESSENGER_GRAPH_URL must be an address such as {GRAPH}")
    version = environment.get("MESSENGER_GRAPH_VERSION") or VERSION
    if not re.fullmatch(r"v[0-9]{1,3}\.[0-9]", version):
        raise ChannelError(f"Messenger: MESSENGER_GRAPH_VERSION must be a version such as {VERSION}")
    human_agent = environment.get("MESSENGER_HUMAN_AGENT") or "off"
    if human_agent not in ("off", "on"):
        raise ChannelError("Messenger: MESSENGER_HUMAN_AGENT must be off or on")
    named = (environment.get("MESSENGER_AUTOMATION_APP_IDS") or "").replace(",", " ").split()
    automations = frozenset(named)
    if not all(re.fullmatch(r"[0-9]{3,32}", one) for one in automations):
        raise ChannelError("Messenger: MESSENGER_AUTOMATION_APP_IDS must be apps' numbers, with commas")
    return PageConfig(
        page_id,
        environment["MESSENGER_PAGE_TOKEN"],
        environment["MESSENGER_APP_SECRET"].encode(),
        environment["MESSENGER_VERIFY_TOKEN"].encode(),
        app_id,
        graph_url,
        version,
        human_agent == "on",
        automations,
    )
