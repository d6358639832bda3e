"""What becomes of a message that the Graph API refused.

https://developers.facebook.com/documentation/business-messaging/messenger-platform/error-codes. The status
says little (a rate limit may come as 400 or 403), so code and subcode decide.
"""

from collections.abc import Mapping
from typing import Any

from channels.contract import Fault, SendError
from channels.provider_values import mapping

# Seconds to wait where the answer names none. 613 is a limit a second; the others are reckoned by the hour.
_BUSY = {613: 5.0, 4: 60.0, 17: 60.0, 32: 60.0, 80001: 60.0, 80006: 60.0}
_WINDOW = frozenset({2018278, 2018065})
# Blocked us or left Facebook; no such person.
_GONE = frozenset({1545041, 2018001})
_TEMPORARY = frozenset({2, 1200})
_PERMISSION = frozenset({3, 10, 200, 230})
_BANNED = 368  # blocked for breaking Meta's rules, for a while


def refusal(status: int, body: object, *, retry_after: str = "", late: bool = False) -> SendError:
    """What an answer other than success means. `late`: the message was sent under the special terms for
    people's answers after the window."""
    error = mapping(body, "error")
    code, subcode = _number(error, "code"), _number(error, "error_subcode")
    seconds = float(retry_after) if retry_after.isascii() and retry_after.isdigit() else None
    names = f"{code}/{subcode}" if subcode else f"{code}" if code else f"status {status}"
    reason = f"Graph error {names}"
    if code in _BUSY or status == 429:
        return SendError(reason, account=True, retry_after=seconds or _BUSY.get(code, 5.0))
    if code == 190 or (not code and status == 401):
        return SendError(f"{reason}: the page's token is not valid", account=True, fault=Fault.CREDENTIALS)
    if "appsecret_proof" in str(error.get("message")):
        return SendError(
            f"{reason}: the app's secret is not the token's app's", account=True, fault=Fault.CREDENTIALS
        )
    if subcode in _WINDOW:
        return SendError(f"the window for answers has closed ({reason})", permanent=True)
    if subcode in _GONE or code == 551:
        return SendError(f"this person can't be reached ({reason})", unreachable=True)
    if code in _TEMPORARY or status == 503:
        return SendError(reason)
    if status >= 500:
        return SendError(reason, unknown=True)
    # With a subcode, or for an answer after the window, it is this one message that isn't allowed.
    if code in _PERMISSION and not subcode and not late:
        return SendError(f"{reason}: a permission is missing", account=True, fault=Fault.PERMISSION)
    if code == _BANNED:
        return SendError(f"{reason}: Meta has restricted the page", account=True, fault=Fault.ACCOUNT)
    return SendError(reason, permanent=True)


def _number(holder: Mapping[str, Any], name: str) -> int:
    value = holder.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
