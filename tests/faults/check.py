"""What became of every accepted message: the transcript, inbox, outbox and archive against each other,
against what the customers were told, and against the public replay."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy import Row, select

from store.conversations import conversations
from store.conversations.conversations import Conversation
from store.core.database import Connection
from store.tables import inbox, messages, outbox, tracker_events


@dataclass
class Findings:
    """Counts of messages, and every fault in words."""

    accepted: int = 0
    answered: int = 0
    lost: int = 0  # accepted and not in the transcript, or never answered
    doubled: int = 0  # stored, answered or told twice
    disordered: int = 0
    faults: list[str] = field(default_factory=list)

    def expect(self, holds: bool, kind: str, fault: str) -> None:
        """Counts a fault as `lost`, `doubled` or `disordered`, or under no name, unless `holds`."""
        if holds:
            return
        self.faults.append(fault)
        if kind:
            setattr(self, kind, getattr(self, kind) + 1)


@dataclass(frozen=True)
class Seen:
    """One customer's side: what was accepted (client's id: seq, text), the numbers of the messages that
    the server told of, and the whole conversation as replayed."""

    visitor: str
    accepted: Mapping[str, tuple[int, str]]
    told: Sequence[int]
    replayed: Sequence[Mapping[str, Any]]


def check(connection: Connection, customers: Iterable[Seen]) -> Findings:
    """Looks through the conversations of all customers."""
    findings = Findings()
    for customer in customers:
        conversation = conversations.find(connection, "web", "default", customer.visitor)
        if conversation is None:
            findings.expect(not customer.accepted, "lost", f"{customer.visitor}: no conversation")
            continue
        _Look(connection, conversation, customer, findings).all()
    return findings


class _Look:
    def __init__(
        self, connection: Connection, conversation: Conversation, customer: Seen, findings: Findings
    ) -> None:
        self.conversation = conversation
        self.customer = customer
        self.findings = findings
        self.messages = _rows(connection, messages, conversation.id, messages.c.seq)
        self.inbox = _rows(connection, inbox, conversation.id, inbox.c.id)
        self.outbox = _rows(connection, outbox, conversation.id, outbox.c.id)
        self.events = _rows(connection, tracker_events, conversation.id, tracker_events.c.seq)
        self.replies: dict[int, list[Row[Any]]] = defaultdict(list)
        for row in self.messages:
            if row.author == "bot":
                self.replies[row.reply_to].append(row)

    def all(self) -> None:
        self.stored()
        self.numbered()
        self.worked_on()
        self.answered()
        self.archived()
        self.delivered()
        self.told()

    def expect(self, holds: bool, kind: str, fault: str) -> None:
        self.findings.expect(holds, kind, f"conversation {self.conversation.id}: {fault}")

    def stored(self) -> None:
        written = Counter(row.external_id for row in self.messages if row.author == "customer")
        places = {row.external_id: (row.seq, row.text) for row in self.messages if row.external_id}
        for client_msg_id, (seq, text) in self.customer.accepted.items():
            self.findings.accepted += 1
            name = f"{self.customer.visitor}:{client_msg_id}"
            count = written.pop(name, 0)
            self.expect(count > 0, "lost", f"accepted message {seq} is not in the transcript")
            self.expect(count < 2, "doubled", f"message {seq} stands there {count} times")
            if count:
                self.expect(places[name] == (seq, text), "disordered", f"message {seq} stands elsewhere")
        self.expect(not written, "doubled", f"messages that nobody sent: {list(written)}")

    def numbered(self) -> None:
        numbers = [row.seq for row in self.messages]
        whole = list(range(1, self.conversation.last_seq + 1))
        self.expect(numbers == whole, "disordered", f"numbers have gaps: {numbers}")

    def worked_on(self) -> None:
        states = Counter(row.state for row in self.inbox)
        self.expect(set(states) <= {"done"}, "lost", f"the inbox holds {dict(states)}")
        asked = [row.seq for row in self.messages if row.author == "customer"]
        rows = [row.seq for row in self.inbox]
        self.expect(rows == asked, "disordered", f"the inbox holds messages {rows} instead of {asked}")
        self.expect(self.conversation.owner == "bot", "", f"is owned by {self.conversation.owner}")

    def answered(self) -> None:
        order = [row.reply_to for row in self.messages if row.author == "bot"]
        # Each message's bubbles stand in one piece, and those of an earlier message before.
        pieces = [key for key, _ in groupby(order)]
        self.expect(pieces == sorted(set(pieces)), "disordered", f"answers come in the order {pieces}")
        for row in self.inbox:
            bubbles = self.replies.get(row.seq, [])
            self.findings.answered += bool(bubbles)
            self.expect(bool(bubbles), "lost", f"message {row.seq} was never answered")
            early = [bubble.seq for bubble in bubbles if bubble.seq <= row.seq]
            self.expect(not early, "disordered", f"answers {early} stand before message {row.seq}")
        strange = set(self.replies) - {row.seq for row in self.inbox}
        self.expect(not strange, "doubled", f"answers to {strange}, which nobody wrote")

    def archived(self) -> None:
        """One user event a message, and behind it what was said: a turn taken twice would show here."""
        numbers = [row.seq for row in self.events]
        whole = list(range(1, self.conversation.last_event_seq + 1))
        self.expect(numbers == whole, "disordered", "the events' numbers have gaps")
        heard: list[str] = []
        said: dict[str, list[str]] = defaultdict(list)
        for row in self.events:
            if row.type == "user":
                heard.append(row.data["message_id"])
            elif row.type == "bot" and row.data["text"]:
                said[heard[-1]].append(row.data["text"])
        names = [f"web:default:{row.external_id}" for row in self.inbox]
        twice = [name for name, count in Counter(heard).items() if count > 1]
        self.expect(not twice, "doubled", f"turns taken twice: {twice}")
        self.expect(bool(twice) or heard == names, "disordered", "turns were not taken in order, once each")
        for name, row in zip(names, self.inbox, strict=True):
            bubbles = [bubble.text for bubble in self.replies.get(row.seq, [])]
            kind = "doubled" if len(bubbles) > len(said[name]) else "lost"
            self.expect(bubbles == said[name], kind, f"the answer to {row.seq} isn't that of one turn")

    def delivered(self) -> None:
        due = [row.seq for row in self.messages if row.author == "bot"]
        sent = [row.seq for row in self.outbox]
        self.expect(sent == due, "lost", f"the outbox holds {sent} instead of {due}")
        states = Counter(row.state for row in self.outbox)
        self.expect(set(states) <= {"sent"}, "lost", f"the outbox ends as {dict(states)}")

    def told(self) -> None:
        whole = list(range(1, self.conversation.last_seq + 1))
        told = list(self.customer.told)
        doubled = len(told) > len(set(told))
        self.expect(not doubled, "doubled", "the customer was told of a message twice")
        self.expect(doubled or told == whole, "disordered", f"the customer was told of {told}")
        stored = [(row.seq, row.author, row.text, row.reply_to) for row in self.messages]
        shown = [(m["seq"], m["author"], m["text"], m.get("reply_to")) for m in self.customer.replayed]
        self.expect(shown == stored, "lost", "the replay is not what is stored")


def _rows(connection: Connection, table: Any, conversation_id: int, order: Any) -> list[Row[Any]]:
    query = select(table).where(table.c.conversation_id == conversation_id).order_by(order)
    return list(connection.execute(query))
