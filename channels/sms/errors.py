"""What becomes of a message that Twilio refused: https://www.twilio.com/docs/api/errors"""

from twilio.base.exceptions import TwilioRestException

from channels.contract import Fault, SendError
from channels.sms.parse import UNREACHABLE, fault_of


def refusal(error: TwilioRestException) -> SendError:
    """The error that the sender goes by."""
    code = str(error.code or "")
    reason = f"Twilio error {code or error.status}"
    if error.status == 429 or code == "20429":
        return SendError(reason, account=True, retry_after=2.0)
    if error.status in (401, 403) and code in ("20003", "20005", "30002", "") or code == "30002":
        return SendError(reason, account=True, fault=fault_of(code) or Fault.CREDENTIALS)
    if error.status == 503:
        return SendError(reason)
    if error.status >= 500:
        return SendError(reason, unknown=True)
    return SendError(reason, permanent=True, unreachable=code in UNREACHABLE, fault=fault_of(code))
