"""The rest of the program as channels see it, in memory."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.contract import (
    Accepted,
    Event,
    Inbound,
    LiveEvent,
    UnknownButton,
    Visit,
    VisitOver,
    Voucher,
)

Place = tuple[str, str, str]  # channel, account, address
PAGE = 200  # messages
LASTS = timedelta(hours=1)


class FakeGateway:
    """Satisfies `channels.contract.Gateway`. Keeps what it is given: messages in `transcripts`, all that was
    taken in `events`. `failures` is how often it refuses before it takes something, as a broken database
    does; a message whose external id is `poison` is refused for ever."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.transcripts: dict[Place, list[dict[str, Any]]] = {}
        self.accepted: list[Inbound] = []
        self.events: list[Event] = []
        self.failures = 0
        self.poison: str | None = None
        self.listeners: dict[Place, list[asyncio.Queue[LiveEvent | None]]] = {}
        self._known: dict[tuple[str, str, str], Accepted] = {}
        self.visits: dict[str, str] = {}  # vouched ones that last, and their conversation's address
        self.ended: set[str] = set()
        self.customers: dict[str, str] = {}  # their addresses by what the shop knows them by
        self._used: dict[str, datetime] = {}  # tokens, and when they expire
        self._numbers: dict[Place, int] = {}

    async def accept(self, inbound: Inbound, visit: Visit | None = None) -> Accepted:
        if visit and await self.visit_until(visit) is None:
            raise VisitOver
        return self._accept(inbound)

    async def take(self, events: Sequence[Event]) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("the disk is full")
        if any(getattr(event, "external_id", "") == self.poison for event in events):
            raise ValueError("this one can't be stored")
        self.events += events
        for event in events:
            if isinstance(event, Inbound):
                try:
                    self._accept(event)
                except UnknownButton:
                    self._accept(replace(event, press=None))

    async def begin_visit(
        self, channel: str, account: str, voucher: Voucher, before: Visit | None
    ) -> Visit | None:
        now = datetime.now(UTC)
        self._used = {token: until for token, until in self._used.items() if until > now}
        if voucher.token_id in self._used:
            return None
        self._used[voucher.token_id] = voucher.expires_at
        address = self.customers.setdefault(voucher.subject, f"customer-{len(self._used)}")
        if before and before.address != address:
            await self.end_visit(channel, account, before)
        if before and before.address == address and before.id in self.visits:
            return before
        visit = Visit(f"visit-{len(self._used)}", address, now + LASTS, vouched=True)
        self.visits[visit.id] = address
        return visit

    async def visit_until(self, visit: Visit) -> datetime | None:
        over = visit.id not in self.visits if visit.vouched else visit.id in self.ended
        return None if over else datetime.now(UTC) + LASTS

    async def end_visit(self, channel: str, account: str, visit: Visit, *, leaves: bool = False) -> None:
        if leaves and visit.vouched:
            self.customers = {who: at for who, at in self.customers.items() if at != visit.address}
            over = [one for one, at in self.visits.items() if at == visit.address]
        else:
            over = [visit.id]
        for one in over:
            self.visits.pop(one, None)
            self.ended.add(one)
            self.tell((channel, account, visit.address), LiveEvent("ended", None, {"visit": one}))

    async def replay(self, channel: str, account: str, address: str, after: int) -> Sequence[dict[str, Any]]:
        await asyncio.sleep(0)
        known = self.transcripts.get((channel, account, address), [])
        return [message for message in known if message["seq"] > after][:PAGE]

    async def listen(self, channel: str, account: str, address: str) -> AsyncIterator[LiveEvent]:
        queue: asyncio.Queue[LiveEvent | None] = asyncio.Queue()
        here = self.listeners.setdefault((channel, account, address), [])
        here.append(queue)
        try:
            while (event := await queue.get()) is not None:
                yield event
        finally:
            here.remove(queue)

    # --- what tests do with it -------------------------------------------------------------------

    def say(
        self,
        place: Place,
        author: str,
        text: str,
        *,
        buttons: Sequence[dict[str, str]] = (),
        client_msg_id: str | None = None,
        at: datetime | None = None,
        tell: bool = True,
    ) -> dict[str, Any]:
        """Adds a message; `tell`: to those who listen."""
        transcript = self.transcripts.setdefault(place, [])
        message: dict[str, Any] = {
            "seq": len(transcript) + 1,
            "author": author,
            "text": text,
            "buttons": list(buttons),
            "at": (at or datetime.now(UTC)).isoformat(),
        }
        if client_msg_id:
            message["client_msg_id"] = client_msg_id
        transcript.append(message)
        if tell:
            self.tell(place, LiveEvent("message", message["seq"], message))
        return message

    def tell(self, place: Place, event: LiveEvent | None) -> None:
        """Tells those who listen; nothing more after None."""
        for queue in self.listeners.get(place, ()):
            queue.put_nowait(event)

    @property
    def listening(self) -> int:
        return sum(map(len, self.listeners.values()))

    def _accept(self, inbound: Inbound) -> Accepted:
        name = (inbound.channel, inbound.account, inbound.external_id)
        if name in self._known:
            return replace(self._known[name], duplicate=True)
        place = (inbound.channel, inbound.account, inbound.address)
        text = inbound.text
        if inbound.press is not None:
            said = self.transcripts.get(place, ())
            offered = {one["token"]: one["title"] for message in said for one in message["buttons"]}
            if inbound.press not in offered:
                raise UnknownButton
            text = offered[inbound.press]
        message = self.say(place, "customer", text, client_msg_id=inbound.external_id.rpartition(":")[2])
        number = self._numbers.setdefault(place, len(self._numbers) + 1)
        self._known[name] = Accepted(number, message["seq"], False)
        self.accepted.append(inbound)
        return self._known[name]
