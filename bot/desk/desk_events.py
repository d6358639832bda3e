"""Tells open desks what happens, in this process or another: hints of what to fetch anew."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Container
from contextlib import suppress

from bot.runtime.bus import Bus
from channels.contract import LiveEvent
from store.core.events import (
    AgentsChanged,
    AgentsMentioned,
    AgentTyping,
    AttachmentSettled,
    CaseChanged,
    CaseDue,
    ChannelFaultsChanged,
    ConversationEvent,
    ConversationRead,
    DeliveryChanged,
    DomainEvent,
    MessageEdited,
    MessagesAdded,
    NoteAdded,
    OwnerChanged,
    RequestOverdue,
    SurveyAnswered,
    ViewersChanged,
)

HEARTBEAT = 15.0  # seconds
# Between two sendings to one desk: when much happens, it is told together, and of one thing once. Fifty desks
# that hear of each message by itself cost more than the messages.
PACE = 0.15  # seconds
MAX_WAITING = 1000  # events; a desk that takes none of them is cut off, comes back, and fetches everything

Still = Callable[[], Awaitable[object]]
# What tells the same as an event before it: kind, conversation, and what has happened to it.
Hint = tuple[object, ...]


class _Stream:
    """What an open desk is to be told next."""

    def __init__(self) -> None:
        self.came = asyncio.Event()
        self.ended = False
        self._waiting: dict[Hint, bytes] = {}

    def put(self, hint: Hint, block: bytes) -> None:
        self._waiting.pop(hint, None)  # the later one counts, in its place
        self._waiting[hint] = block
        if len(self._waiting) > MAX_WAITING:
            self.end()
        self.came.set()

    def take(self) -> bytes:
        """All that waits."""
        self.came.clear()
        blocks = b"".join(self._waiting.values())
        self._waiting.clear()
        return blocks

    def end(self) -> None:
        self.ended = True
        self.came.set()


class DeskEvents:
    """Events by agent. All methods belong to the event loop's thread."""

    def __init__(self) -> None:
        self._streams: dict[_Stream, int] = {}  # with the agents' ids

    def follow(self, bus: Bus) -> None:
        """Tells desks what the bus does."""
        bus.subscribe(DomainEvent, self.tell)
        bus.when_missed(self.stop)

    def stop(self) -> None:
        """Ends all streams: desks come back and fetch everything anew."""
        for stream in self._streams:
            stream.end()

    def tell(self, event: DomainEvent) -> None:
        """Passes an event on to whom it concerns."""
        hint = _live_event(event) if self._streams else None
        if hint is None:
            return
        to = _concerned(event)
        key, block = _key(hint), _block(hint)
        for stream, agent_id in self._streams.items():
            if to is None or agent_id in to:
                stream.put(key, block)

    async def stream(
        self, agent_id: int, still: Still, heartbeat: float = HEARTBEAT
    ) -> AsyncGenerator[bytes, None]:
        """Blocks of a text/event-stream for an agent, until `still`, asked with each sign of life, raises or
        all streams end."""
        stream = _Stream()
        self._streams[stream] = agent_id  # before the page is told to fetch
        try:
            yield b": connected\n\n"
            asked = asyncio.get_running_loop().time()
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(stream.came.wait(), heartbeat)
                if stream.ended:
                    return
                now = asyncio.get_running_loop().time()
                if now - asked >= heartbeat:
                    await still()
                    asked = now
                blocks = stream.take()
                yield blocks or b": heartbeat\n\n"
                if blocks:
                    await asyncio.sleep(PACE)
        finally:
            del self._streams[stream]


# What has happened to a conversation, as pages know it.
_KINDS: dict[type[DomainEvent], str] = {
    AttachmentSettled: "message",
    ConversationRead: "read",
    DeliveryChanged: "status",
    MessageEdited: "message",
    NoteAdded: "note",
    OwnerChanged: "owner",
    SurveyAnswered: "survey",
    ViewersChanged: "view",
}


def _live_event(event: DomainEvent) -> LiveEvent | None:
    """What pages are told; None for what they need not know."""
    match event:
        case MessagesAdded(conversation_id=number, after=after, owner=owner, agent_id=agent_id):
            seq = after + 1
            told = {"id": number, "seq": seq, "kind": "message", "owner": owner, "agent": agent_id}
            return LiveEvent("conversation", seq, told)
        case AgentTyping():
            typing = {"id": event.conversation_id, "author": event.name, "agent": event.agent_id}
            return LiveEvent("typing", None, typing)
        case AgentsMentioned():
            return LiveEvent("mention", None, {"id": event.conversation_id, "by": event.by})
        case RequestOverdue():
            return LiveEvent("alert", None, {"id": event.conversation_id, "since": event.since})
        case AgentsChanged():
            return LiveEvent("agents", None, {})
        case ChannelFaultsChanged():
            return LiveEvent("faults", None, {})
        case CaseChanged(case_id=number):
            return LiveEvent("case", None, {"id": number})
        case CaseDue(case_id=number):
            due = {"id": number, "number": event.number, "deadline": event.deadline, "part": event.part}
            return LiveEvent("case_due", None, due)
        case ConversationEvent() if type(event) in _KINDS:
            return LiveEvent("conversation", None, {"id": event.conversation_id, "kind": _KINDS[type(event)]})
    return None


def _concerned(event: DomainEvent) -> Container[int] | None:
    """The ids of the agents whom it concerns; None for all."""
    match event:
        case AgentsMentioned(to=to) | RequestOverdue(to=to):
            return to
        case ConversationRead(agent_id=agent_id):
            return (agent_id,)
    return None


def _key(event: LiveEvent) -> Hint:
    told = event.data
    return event.kind, told.get("id"), told.get("kind"), told.get("text"), told.get("deadline")


def _block(event: LiveEvent) -> bytes:
    body = json.dumps(event.data, ensure_ascii=False, separators=(",", ":"))
    return f"event: {event.kind}\ndata: {body}\n\n".encode()
