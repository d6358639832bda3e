"""The settings of the SMS channel."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from channels.contract import ChannelError

API = "https://api.twilio.com"


@dataclass(frozen=True, slots=True)
class SmsConfig:
    """`sender` is the number that messages come from where a conversation names no other. `by_twilio`:
    Twilio answers STOP, START and HELP itself, as it does on all numbers unless that was switched off."""

    account_sid: str
    auth_token: str = field(repr=False)
    sender: str
    public_url: str
    messaging_service: str | None = None
    api_url: str = API
    by_twilio: bool = True


def configure(environment: Mapping[str, str], public_url: str | None) -> SmsConfig | None:
    """The channel's settings; None without any. Raises `ChannelError`."""
    if not any(environment.get(name) for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM")):
        return None
    for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"):
        if not environment.get(name):
            raise ChannelError(f"SMS: {name} is not set; docs/channels/sms.md says where to find it")
    if not re.fullmatch(r"\+[1-9]\d{6,14}|\d{3,8}", environment["TWILIO_FROM"]):
        raise ChannelError("SMS: TWILIO_FROM must be a number such as +37061234567")
    if public_url is None:
        raise ChannelError("SMS: PUBLIC_BASE_URL is not set; Twilio signs the address that it calls")
    choice = environment.get("TWILIO_OPT_OUT") or "twilio"
    if choice not in ("twilio", "own"):
        raise ChannelError("SMS: TWILIO_OPT_OUT must be twilio or own")
    return SmsConfig(
        environment["TWILIO_ACCOUNT_SID"],
        environment["TWILIO_AUTH_TOKEN"],
        environment["TWILIO_FROM"],
        public_url,
        environment.get("TWILIO_MESSAGING_SERVICE_SID") or None,
        (environment.get("TWILIO_API_URL") or API).rstrip("/"),
        choice == "twilio",
    )
