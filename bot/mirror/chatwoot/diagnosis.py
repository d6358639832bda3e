"""What `aftercare doctor` says of Chatwoot."""

from bot.mirror.chatwoot.account import ChatwootConfig
from bot.mirror.chatwoot.client import Chatwoot
from bot.mirror.external import ExternalError
from channels.contract import Finding


async def check(config: ChatwootConfig | None, public_url: str | None) -> list[Finding]:
    """Asks Chatwoot for the inbox, and whether its webhook leads here."""
    if config is None:
        return [Finding("off", "Chatwoot: off; people answer at Aftercare's own desk")]
    desk = Chatwoot(config)
    await desk.start()
    try:
        inbox = await desk.inbox()
    except ExternalError as error:
        return [Finding("error", f"Chatwoot: {error.reason}; see CHATWOOT_URL, _TOKEN and _INBOX_ID")]
    finally:
        await desk.stop()
    if inbox.get("channel_type") != "Channel::Api":
        return [Finding("error", "Chatwoot: the inbox of CHATWOOT_INBOX_ID is not one of the channel API")]
    found = [Finding("ok", "Chatwoot: the token opens the inbox")]
    late = "agents' answers come up to a minute late"
    if public_url is None:
        found.append(Finding("warning", f"Chatwoot: PUBLIC_BASE_URL is not set; {late}"))
    elif inbox.get("webhook_url") != f"{public_url}{config.webhook_path}":
        found.append(
            Finding(
                "warning",
                f"Chatwoot: the inbox's webhook is not {public_url}/desk/chatwoot/<CHATWOOT_WEBHOOK_SECRET>;"
                f" {late}",
            )
        )
    if config.signing_secret is None:
        found.append(
            Finding(
                "off", "Chatwoot: CHATWOOT_SIGNING_SECRET is not set; webhooks are known by their address"
            )
        )
    return found
