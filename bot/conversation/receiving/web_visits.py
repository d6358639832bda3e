"""Stays of the web chat's customers: what begins with them, and what ends.

A proof never outlives the stay that it was given in. Where nobody can come back to a conversation, agents are
told that nothing reaches its customer any more.
"""

from dataclasses import replace
from datetime import datetime

from channels.contract import Visit, Voucher
from store.conversations import conversations, proofs, suppressions, visits
from store.conversations.conversations import Conversation
from store.conversations.memory import NOTHING, Memory
from store.core import events
from store.core.database import Connection
from store.core.events import DeliveryChanged, VisitEnded
from store.vocabulary import ProofBy, Suppression

_KEPT_SLOTS = ("chosen_language",)


def begin(
    connection: Connection,
    channel: str,
    account: str,
    voucher: Voucher,
    before: Visit | None,
    at: datetime,
) -> Visit | None:
    """The visit of the customer for whom the shop's site vouches; what their browser had `before` goes on if
    it is theirs, and ends otherwise. None if the token was used before."""
    if not proofs.use_token(connection, voucher.token_id, voucher.expires_at, at):
        return None
    known = before.id if before and before.vouched else None
    begun = visits.begin(connection, voucher.subject, voucher.proof.contact, at, known)
    if not begun.resumed:
        # Who was here last may have left a question open, and the shop may name another e-mail by now.
        _forget(connection, conversations.find(connection, channel, account, begun.address), at)
    if before and before.address != begun.address:
        end(connection, channel, account, before, at)
    return Visit(begun.id, begun.address, begun.expires_at, vouched=True)


def until(connection: Connection, visit: Visit, at: datetime) -> datetime | None:
    """Until when a visit lasts if nothing is written any more; None if it is over."""
    if visit.vouched:
        return visits.until(connection, visit.id, at)
    return None if visits.has_ended(connection, visit.id) else visit.expires_at


def use(connection: Connection, visit: Visit, at: datetime) -> tuple[bool, str | None]:
    """A message comes: whether the visit lasts, and the e-mail that the shop's site vouches for, if it
    does."""
    if visit.vouched:
        contact = visits.use(connection, visit.id, at)
        return contact is not None, contact
    return not visits.has_ended(connection, visit.id), None


def vouch(connection: Connection, conversation_id: int, contact: str) -> None:
    """Proves the contact that the shop's site vouches for. What the customer has proven beside it stays: the
    e-mail of another order of theirs."""
    standing = proofs.identity(connection, conversation_id)
    if standing.contact is None or standing.by == ProofBy.SHOP:
        proofs.vouch(connection, conversation_id, contact, ProofBy.SHOP)


def end(
    connection: Connection,
    channel: str,
    account: str,
    visit: Visit,
    at: datetime,
    *,
    leaves: bool = False,
) -> None:
    """Ends a visit. `leaves`: nobody comes back to the conversation, as nobody does without the shop's
    word."""
    leaves = leaves or not visit.vouched
    ended = []
    if visits.end(connection, visit.id, visit.address, visit.expires_at, at):
        ended = [visit.id]
    if leaves:
        ended += visits.leave(connection, visit.address, at)
    for one in ended:
        events.publish(connection, VisitEnded(channel, account, visit.address, one))
    conversation = conversations.find(connection, channel, account, visit.address)
    if not visits.is_there(connection, visit.address, at):
        _forget(connection, conversation, at)
    if leaves and conversation:
        suppressions.add(connection, channel, visit.address, Suppression.UNREACHABLE, at)
        events.publish(connection, DeliveryChanged(conversation.id))


def _forget(connection: Connection, conversation: Conversation | None, at: datetime) -> None:
    """What was proven and what the assistant waits to hear: who comes next may be somebody else."""
    if conversation is None:
        return
    locked = conversations.lock(connection, conversation.id)
    if locked is None:
        return
    proofs.end(connection, locked.id)
    memory = locked.memory
    if memory != NOTHING:
        kept = {name: memory.slots[name] for name in _KEPT_SLOTS if name in memory.slots}
        memory = replace(Memory(kept), told=memory.told, declined=memory.declined)
        conversations.remember(connection, locked, memory, locked.language, at)
