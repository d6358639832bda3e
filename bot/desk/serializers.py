"""Conversations and what belongs to them as the desk's pages get them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from bot.conversation.deliverability import Reach
from bot.conversation.public.exposure import exposes
from bot.desk.answers import MAX_TEXT
from bot.handoff import briefing as briefings
from bot.runtime import log
from bot.runtime.files import Files
from bot.shop.desk_texts import DeskTexts
from channels.content import REMOVED
from channels.contract import AT_HAND
from channels.registry import is_public
from channels.splitting import Capabilities
from store.conversations.attachments import Attached
from store.conversations.people import Linked
from store.desk.notes import Note
from store.desk.threads import Change, Line
from store.desk.views import Summary
from store.handoffs.handoffs import Request
from store.handoffs.packets import Packet
from store.handoffs.surveys import Survey
from store.orders.orders import Order
from store.vocabulary import AttachmentState, Author, OutboxState, PaymentKind

_log = log.get("desk")


def when(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def summary(one: Summary) -> dict[str, Any]:
    return {
        "id": one.id,
        "channel": one.channel,
        "owner": one.owner,
        "agent": {"id": one.agent_id, "name": one.agent_name} if one.agent_id else None,
        "elsewhere": {"by": one.held_by, "until": when(one.held_until)} if one.held_by else None,
        "customer": {"name": one.name, "contact": one.contact, "proven_by": one.proven_by},
        "language": one.language,
        "preview": one.preview,
        "preview_author": one.preview_author,
        "updated_at": when(one.updated_at),
        "heard_at": when(one.heard_at),
        "unread": one.unread,
        "priority": one.priority,
        "reason": one.reason,
        "skill": one.skill,
        "answer_due_at": when(one.answer_due_at),
        "answered_at": when(one.answered_at),
        "resolve_due_at": when(one.resolve_due_at),
        "waiting_since": when(one.waiting_since),
        "viewers": [name for _, name in one.viewers],
        "disposition": one.disposition,
    }


def briefing(request: Request | None, texts: DeskTexts, language: str | None) -> dict[str, Any]:
    """What the last request was about, in the agent's language; `wish` is None where none is known."""
    packet = request.packet if request else None
    return {
        "summary": _summary(request, packet, texts, language) if request and packet else "",
        "wish": texts.wish(packet.intent if packet else "", language or ""),
        "packet": packet.as_json() if packet else {},
    }


def _summary(request: Request, packet: Packet, texts: DeskTexts, language: str | None) -> str:
    """In words, whatever the packet holds and the texts lack: a conversation can always be opened."""
    try:
        return briefings.briefing(texts, packet, language)
    except Exception:
        _log.exception("briefing_failed", request=request.id)
        return request.summary


def detail(
    one: Summary,
    briefing: Mapping[str, Any],
    reach: Reach,
    able: Capabilities | None,
    linked: Sequence[Linked],
    surveys: Sequence[Survey],
) -> dict[str, Any]:
    return {
        **summary(one),
        **briefing,
        "send": {
            "state": reach.state,
            "until": when(reach.until),
            "segments": able is not None and able.segmented,
            "limit": MAX_TEXT,
            "plain": able is not None and able.buttons == 0,
        },
        "public": is_public(one.channel),
        "linked": [
            {
                "id": other.conversation_id,
                "channel": other.channel,
                "owner": other.owner,
                "updated_at": when(other.updated_at),
            }
            for other in linked
        ],
        "survey": survey(surveys[-1]) if surveys else None,
    }


def message(
    line: Line,
    parts: Mapping[int, tuple[str, str | None]],
    attached: Sequence[Attached],
    files: Files,
    *,
    public: bool = False,
) -> dict[str, Any]:
    """`parts`: what providers said of messages, by number. `public`: everybody reads them."""
    shown = {
        "seq": line.seq,
        "author": line.author,
        "author_name": line.author_name,
        "text": line.text,
        "buttons": [{"title": one["title"]} for one in line.buttons],
        "at": when(line.at),
        "edited_at": when(line.edited_at),
        "delivery": _delivery(line, parts),
        "attachments": [attachment(one, files) for one in attached if one.seq == line.seq],
    }
    if public and line.author == Author.CUSTOMER:
        # A comment, to be hidden where it has what is nobody's business.
        shown["comment"] = {"exposes": exposes(line.text), "gone": line.text == REMOVED}
    if line.author == Author.AGENT and (line.external_id or "").startswith("desk:"):
        shown["client_msg_id"] = str(line.external_id).split(":", 2)[2]
    return shown


def _delivery(line: Line, parts: Mapping[int, tuple[str, str | None]]) -> dict[str, str | None] | None:
    if line.sent is None:
        return None
    if line.sent == OutboxState.SENT and line.seq in parts:
        state, reason = parts[line.seq]
        return {"state": state, "reason": reason}
    return {"state": line.sent, "reason": line.sent_reason}


def attachment(one: Attached, files: Files) -> dict[str, Any]:
    shown = {
        "id": one.id,
        "kind": one.kind,
        "name": one.name,
        "media_type": one.media_type,
        "size": one.size,
        "state": one.state,
        "link": files.link(one.id) if one.state == AttachmentState.STORED and one.file else None,
    }
    if one.kind in AT_HAND:
        shown["reference"] = one.reference
    return shown


def note(one: Note) -> dict[str, Any]:
    return {
        "id": one.id,
        "author_name": one.author_name,
        "text": one.text,
        "mentions": list(one.mentions),
        "after_seq": one.after_seq,
        "at": when(one.at),
    }


def change(one: Change, names: Mapping[int, str]) -> dict[str, Any]:
    """`names`: of agents."""
    kind, _, agent_id = one.by.partition(":")
    by = names.get(int(agent_id), one.by) if kind == "agent" and agent_id.isdecimal() else one.by
    return {"at": when(one.at), "from": one.before, "to": one.after, "by": by, "why": one.why}


def survey(one: Survey) -> dict[str, Any]:
    return {"id": one.id, "score": one.score, "comment": one.comment, "at": when(one.answered_at)}


def order(
    one: Order, cancellable: bool, readdressable: bool, invoiced: bool, returnable: bool
) -> dict[str, Any]:
    """What may be done with it stands beside what it is."""
    return {
        "number": one.number,
        "state": one.state,
        "total": str(one.total),
        "currency": one.currency,
        "placed_at": when(one.placed_at),
        "customer_name": one.customer_name,
        "email": one.email,
        "phone": one.phone,
        "address": one.address,
        "delivery_paid": _sum(one.delivery_paid),
        "lines": [
            {
                "name": line.name,
                "quantity": line.quantity,
                "unit_price": str(line.unit_price),
                "paid": _sum(line.paid),
                "options": dict(line.options or {}),
                "returnable": False if line.no_return else line.returnable,
                "position": line.position,
            }
            for line in one.lines
        ],
        "shipments": [
            {
                "carrier": parcel.carrier,
                "tracking_number": parcel.tracking_number,
                "tracking_url": parcel.tracking_url,
                "state": parcel.state,
                "expected_on": parcel.expected_on.isoformat() if parcel.expected_on else None,
                "delivered_at": when(parcel.received_at),
                "fetch_until": parcel.fetch_until.isoformat() if parcel.fetch_until else None,
                "contents": [
                    {"name": line.name, "quantity": (parcel.contents or {})[line.position]}
                    for line in one.lines
                    if line.position in (parcel.contents or {})
                ],
            }
            for parcel in one.shipments
        ],
        "payments": [
            {
                "kind": kind,
                "state": paid.state,
                "method": paid.method,
                "amount": str(paid.amount),
                "currency": paid.currency,
                "at": when(paid.at),
            }
            for kind, several in ((PaymentKind.PAYMENT, one.payments), (PaymentKind.REFUND, one.refunds))
            for paid in several
        ],
        "invoice_url": one.invoices[-1].url if one.invoices else None,
        "can_cancel": cancellable,
        "can_change_address": readdressable,
        "can_send_invoice": invoiced,
        "can_open_case": returnable,
    }


def _sum(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)
