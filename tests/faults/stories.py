"""Customers and a shop's system that tell of cases, each thing until it is answered."""

import asyncio
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import jwt

from store.orders.records import OrderRecord
from tests.faults.customers import Customer, Moments, Tally
from tests.web.customer_pages.paging import Doc

KEY = "a-key-of-the-shop"
FIRST = 20_000  # the number of the first order


class Refused(Exception):
    """An answer that nobody should get here."""


@dataclass
class Story:
    """One order and what was told of it. `statements`: of the page, by their ids, from when to when.
    `numbers`: of cases that answers named. `acts`: (case's number, key): the status of the last answer."""

    order: str
    contact: str
    told: bool = False  # something that must have become a case was acknowledged
    statements: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)  # keys of the API
    numbers: set[str] = field(default_factory=set)
    acts: dict[tuple[str, str], int] = field(default_factory=dict)


def orders(count: int, now: datetime) -> list[OrderRecord]:
    """Orders that were delivered five days ago, each of a customer of its own."""
    line = {"sku": "MUG", "name": "Mug", "quantity": 2, "unit_price": "12.30", "paid": "24.60"}
    paid = {"state": "done", "method": "card", "amount": "24.60", "at": now - timedelta(days=9)}
    parcel = {"carrier": "Omniva", "state": "delivered", "delivered_at": now - timedelta(days=5)}
    return [
        OrderRecord.model_validate(
            {
                "number": str(FIRST + n),
                "state": "delivered",
                "placed_at": now - timedelta(days=9),
                "currency": "EUR",
                "total": Decimal("24.60"),
                "country": "LT",
                "customer": {"name": "Rūta Žukė", "email": f"c{n}@example.com", "language": "en"},
                "lines": [line],
                "shipments": [parcel],
                "payments": [paid],
            }
        )
        for n in range(count)
    ]


class Teller:
    """Tells one story after another until `stop`."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        url: Callable[[], str],
        numbers: Iterator[int],
        dice: random.Random,
        moments: Moments,
        tally: Tally,
        *,
        chats: bool,
    ) -> None:
        self._client, self._url, self._numbers = client, url, numbers
        self._dice, self._moments, self._tally = dice, moments, tally
        self._chats = chats
        self.stories: list[Story] = []
        self.talks = 0  # that came to the yes

    async def tell(self, stop: asyncio.Event) -> None:
        """What was begun is brought to its end. Raises `Refused`."""
        for n in self._numbers:
            if stop.is_set():
                return
            story = Story(str(FIRST + n), f"c{n}@example.com")
            self.stories.append(story)
            if self._chats:
                await self._talks(story)
            else:
                await self._dice.choice((self._withdraws, self._withdraws, self._begins, self._damaged))(
                    story
                )
            await asyncio.sleep(self._dice.uniform(0, 0.3))

    # --- the page ---

    async def _withdraws(self, story: Story) -> None:
        await self._states(story)
        if self._dice.random() < 0.2:
            await self._states(story)  # the whole form once more
        found = await self._asked("GET", f"/api/v1/cases?order={story.order}", {200})
        for case in found.json()["cases"]:
            story.numbers.add(case["number"])
            await self._act(story, case["number"], act="receive")
            await self._close(story, case["number"])

    async def _states(self, story: Story) -> None:
        form = {"name": "Rūta", "number": story.order, "contact": story.contact}
        doc = Doc(await self._asked("POST", "/withdraw?lang=en", {200}, form=form))
        for _ in range(self._dice.choice((1, 1, 2))):  # pressed twice
            sent = datetime.now(UTC)
            press = {"state": doc.fields["state"], "go": "confirm"}
            done = Doc(await self._asked("POST", "/withdraw?lang=en", {200}, form=press))
            if ("role", "status") not in [pair for _, given in done.tags for pair in given.items()]:
                raise Refused(f"not received: {done.text[:200]}")
            claims = jwt.decode(press["state"], options={"verify_signature": False})
            story.statements.setdefault(claims["values"]["id"], (sent, datetime.now(UTC)))
            story.told = True

    # --- the shop's own system ---

    async def _begins(self, story: Story) -> None:
        case = await self._begin(story, {"kind": "withdrawal", "way": "shop"})
        await self._act(story, case["number"], act="receive")
        await self._close(story, case["number"])

    async def _damaged(self, story: Story) -> None:
        case = await self._begin(story, {"kind": "damage", "wish": "refund", "way": "keep"})
        number, version = case["number"], case["version"]
        approve = self._act(story, number, act="approve", version=version)
        if self._dice.random() < 0.3:
            decline = self._act(story, number, act="decline", version=version, why="It isn't broken.")
            await asyncio.gather(approve, decline)  # two people who don't know of each other
        else:
            await approve
        await self._close(story, number)

    async def _begin(self, story: Story, what: Mapping[str, Any]) -> Any:
        body = {"order": story.order, "lines": [{"position": 0, "quantity": 2}], **what}
        for n in range(self._dice.choice((1, 1, 2))):  # told twice, under another key
            key = f"{story.order}-{n}"
            case = (await self._asked("POST", "/api/v1/cases", {200, 201}, body={**body, "key": key})).json()
            story.begun.add(key)
            story.numbers.add(case["number"])
            story.told = True
        return case

    async def _act(self, story: Story, number: str, **what: Any) -> None:
        key = f"{number}-{self._dice.getrandbits(48):x}"
        for _ in range(self._dice.choice((1, 1, 2))):
            answer = await self._asked(
                "POST", f"/api/v1/cases/{number}/acts", {200, 409}, body={**what, "key": key}
            )
            before = story.acts.setdefault((number, key), answer.status_code)
            if before == 200 != answer.status_code:
                raise Refused(f"{number}: {what['act']} was done, and then refused: {answer.text[:200]}")
            story.acts[number, key] = answer.status_code

    async def _close(self, story: Story, number: str) -> None:
        """Only possible once the money has arrived, or there is none."""
        await asyncio.sleep(self._dice.uniform(0, 1))
        await self._act(story, number, act="close")

    async def _asked(
        self,
        method: str,
        path: str,
        fine: set[int],
        *,
        body: Any = None,
        form: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {KEY}"} if path.startswith("/api") else {}
        while True:
            asyncio.get_running_loop().call_soon(self._moments.tell, "sent")
            try:
                answer = await self._client.request(
                    method, self._url() + path, json=body, data=form, headers=headers
                )
            except httpx.TransportError as error:
                self._tally.lost_connections += not isinstance(error, httpx.ConnectError)
                await asyncio.sleep(self._dice.uniform(0.1, 0.6))
                continue
            if answer.status_code in fine:
                self._tally.accepted += method == "POST"
                self._moments.tell("accepted")
                return answer
            if answer.status_code != 503:
                raise Refused(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
            await asyncio.sleep(0.2)

    # --- the chat ---

    async def _talks(self, story: Story) -> None:
        talk = Talk(self._client, self._url, (), self._dice, self._moments, self._tally, live=False)
        asked = await talk.begin(
            f"I want to return everything from order {story.order}, {story.contact}, with a label"
        )
        if "Shall I register this?" in asked:
            story.told = True  # from here on: the yes is written until it is taken
            self.talks += 1
            await talk.say("yes")


class Talk(Customer):
    """Somebody in the chat who waits for each answer."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._texts_of: dict[int, str] = {}

    async def begin(self, text: str) -> str:
        """The answer to the first message."""
        self._token = (await self._ask("POST", "/chat/v1/sessions", 201))["token"]
        return await self.say(text)

    async def say(self, text: str) -> str:
        """The answer."""
        await self._say(text)
        seq = max(number for number, _ in self.accepted.values())
        async with asyncio.timeout(180):  # a killed server's turn is taken up again
            await self._answer(seq)
        return self._texts_of[seq]

    def _see(self, message: dict[str, Any]) -> None:
        super()._see(message)
        if message["author"] == "bot":
            before = self._texts_of.get(message["reply_to"], "")
            self._texts_of[message["reply_to"]] = f"{before}\n{message['text']}"
