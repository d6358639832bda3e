"""Setting up the SMS channel; satisfies `channels.contract.Setup`."""

from collections.abc import Mapping
from typing import Any

import httpx

from bot.runtime.http.client import bounded
from channels.contract import Channel, ChannelError, Finding
from channels.sms.config import configure


def load(environment: Mapping[str, str], public_url: str | None) -> Channel | None:
    config = configure(environment, public_url)
    if config is None:
        return None
    from channels.sms.channel import SmsChannel  # its library takes a while

    return SmsChannel(config)


async def check(environment: Mapping[str, str], public_url: str | None) -> list[Finding]:
    try:
        config = configure(environment, public_url)
    except ChannelError as error:
        return [Finding("error", str(error))]
    if config is None:
        return [Finding("off", "SMS: not set up (TWILIO_ACCOUNT_SID and others are not set)")]
    found = []
    if not config.public_url.startswith("https://"):
        found.append(
            Finding("warning", "SMS: PUBLIC_BASE_URL is not https; Twilio should not send texts in the clear")
        )
    account = f"{config.api_url}/2010-04-01/Accounts/{config.account_sid}"
    try:
        async with bounded(timeout=10, auth=(config.account_sid, config.auth_token)) as client:
            answer = await client.get(f"{account}.json")
            numbers = await client.get(
                f"{account}/IncomingPhoneNumbers.json", params={"PhoneNumber": config.sender}
            )
    except httpx.HTTPError as error:
        return [*found, Finding("error", f"SMS: Twilio can't be reached ({type(error).__name__})")]
    if answer.status_code in (401, 403, 404):
        wrong = "SMS: Twilio knows no such account: check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"
        return [*found, Finding("error", wrong)]
    if answer.status_code != 200 or answer.json().get("status") != "active":
        return [*found, Finding("error", "SMS: the Twilio account is not active")]
    listed = numbers.json().get("incoming_phone_numbers", []) if numbers.status_code == 200 else []
    wanted = f"{config.public_url}/channels/sms"
    if not listed:
        found.append(Finding("warning", "SMS: TWILIO_FROM is not among the account's numbers"))
    elif (listed[0].get("sms_url") or "").partition("#")[0] != wanted and not config.messaging_service:
        found.append(Finding("warning", f"SMS: at Twilio, set the number's “A message comes in” to {wanted}"))
    elif not config.messaging_service and not _comes_again(listed[0]):
        text = f"at Twilio, append #rc=3&rp=all to {wanted}: it delivers a message once otherwise"
        found.append(Finding("warning", f"SMS: {text}"))
    return [*found, Finding("ok", "SMS: the account answers")]


def _comes_again(number: Mapping[str, Any]) -> bool:
    """Whether Twilio tries again, or elsewhere, when a delivery of this number's fails."""
    _, _, overrides = str(number.get("sms_url") or "").partition("#")
    return "rc=" in overrides or bool(number.get("sms_fallback_url"))
