"""Twilio's webhooks, parsed: pure functions from a form's fields to events."""

import re
from collections.abc import Mapping

from channels import content
from channels.contract import (
    Attachment,
    AttachmentKind,
    Event,
    Fault,
    Inbound,
    Proof,
    ProofBy,
    Receipt,
    ReceiptState,
)
from channels.sms import keywords

MAX_MEDIA = 10
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_SID = re.compile(r"[A-Za-z0-9]{10,64}")

# https://www.twilio.com/docs/messaging/api/message-resource#message-status-values
_STATES = {
    "sent": ReceiptState.SENT,
    "delivered": ReceiptState.DELIVERED,
    "read": ReceiptState.READ,
    "undelivered": ReceiptState.FAILED,
    "failed": ReceiptState.FAILED,
}
_KINDS = {"image": AttachmentKind.IMAGE, "audio": AttachmentKind.AUDIO, "video": AttachmentKind.VIDEO}
# Errors that go for every further message: blocked, unknown or landline number, opted out.
UNREACHABLE = frozenset({"21610", "21211", "21614", "21635", "30004", "30005", "30006"})

# What the shop's owner must mend: https://www.twilio.com/docs/api/errors. Some come at once, some with a
# receipt: a carrier looks at the sender's registration only then.
_FAULTS = {
    Fault.CREDENTIALS: "20003 63001",
    Fault.ACCOUNT: "20005 21608 30002 30010 63051",
    Fault.PERMISSION: "21408 30037",
    # No number of ours, not one for messages, not one for this country, or not registered there.
    Fault.SENDER: "21212 21601 21603 21606 21659 21660 21661 21701 21703 21705 30018 30024 30032 30033 30034 "
    "30035 63002 63007 63020 63021",
}
_FAULT_OF = {code: fault for fault, codes in _FAULTS.items() for code in codes.split()}


def fault_of(code: str) -> Fault | None:
    """What an error's code says that the owner must mend."""
    return _FAULT_OF.get(code)


class Malformed(ValueError):
    """Fields are missing that every such request has; the text names one."""


def message(form: Mapping[str, str], *, by_twilio: bool) -> list[Event]:
    """The message in a webhook's form. `by_twilio`: Twilio answers STOP, START and HELP itself."""
    sid, sender, to = _field(form, "MessageSid"), _field(form, "From"), _field(form, "To")
    if not _SID.fullmatch(sid):
        raise Malformed("MessageSid")
    text = form.get("Body", "")
    command = keywords.command(text, by_twilio=by_twilio, opt_out_type=form.get("OptOutType", "").upper())
    said = Inbound(
        channel="sms",
        account=to,
        external_id=sid,
        address=sender,
        text=text,
        choice=content.option(text),
        command=command,
        language=keywords.language(command),
        attachments=_media(form),
        proof=Proof(sender, ProofBy.SENDER) if _E164.fullmatch(sender) else None,
    )
    return list(content.answerable(said, something=form.get("NumMedia", "0") != "0"))


def receipt(form: Mapping[str, str]) -> list[Event]:
    """What a status callback says; states that say nothing new (queued, sending) are left out."""
    sid = _field(form, "MessageSid")
    state = _STATES.get(_field(form, "MessageStatus"))
    if state is None:
        return []
    code = form.get("ErrorCode", "")
    return [
        Receipt(
            channel="sms",
            account=_field(form, "From"),
            provider_id=sid,
            state=state,
            reason=f"Twilio error {code[:10]}" if code and state == ReceiptState.FAILED else None,
            unreachable=state == ReceiptState.FAILED and code in UNREACHABLE,
            fault=fault_of(code) if state == ReceiptState.FAILED else None,
        )
    ]


def _media(form: Mapping[str, str]) -> tuple[Attachment, ...]:
    count = form.get("NumMedia", "0")
    number = min(int(count), MAX_MEDIA) if count.isascii() and count.isdigit() and len(count) < 4 else 0
    found = []
    for place in range(number):
        url, kind = form.get(f"MediaUrl{place}", ""), form.get(f"MediaContentType{place}", "")
        if url:
            found.append(Attachment(_kind(kind), url[:2000], "", kind))
    return tuple(found)


def _kind(media_type: str) -> AttachmentKind:
    return _KINDS.get(media_type.partition("/")[0], AttachmentKind.FILE)


def _field(form: Mapping[str, str], name: str) -> str:
    value = form.get(name, "")
    if not value:
        raise Malformed(name)
    return value
