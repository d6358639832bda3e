"""A shop with a desk and an assistant that follows a script, for tests of what agents do."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.assistant.protocol import Assistant
from bot.conversation.turns import Turns
from bot.desk.agent_actions import Desk
from bot.desk.dependencies import DeskDependencies
from bot.desk.desk_events import DeskEvents
from bot.runtime.files import Files
from bot.shop import facts as shops
from bot.shop.calendar.service_clock import DueBy, no_clock
from bot.shop.desk_texts import DeskTexts
from bot.shop.facts import Shop as Facts
from channels.splitting import Capabilities
from store.accounts import agents, audit
from store.accounts.agents import Agent
from store.cases.after_sales import AfterSales
from store.cases.law.claims import Rights
from store.cases.law.rules import Laws
from store.cases.law.terms import Terms
from store.conversations import conversations, inbox, transcript
from store.conversations.conversations import Conversation
from store.conversations.inbox import Place
from store.conversations.transcript import Entry
from store.core.database import Connection, Database
from store.vocabulary import Role
from tests.desk.staff import SECRET
from tests.fakes.assistant import FakeAssistant
from tests.paths import ROOT
from tests.speaking import outgoing_of

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Actor:
    """An agent at work."""

    agent: Agent
    request_id: str = "request"

    def record(
        self, connection: Connection, action: str, target: str = "", details: dict[str, Any] | None = None
    ) -> None:
        audit.record(connection, self.agent, action, target, details)


@cache
def demonstration() -> Facts:
    """The demonstration shop's facts."""
    return shops.load(ROOT / "shop.yml")


def after_sales(**terms: Any) -> AfterSales:
    """A shop's own terms without any country's law; two people approve what is over 50."""
    known = Terms(
        country="LT",
        zone=ZoneInfo("Europe/Vilnius"),
        return_days=14,
        warranty_months=24,
        refund_working_days=5,
        return_cost=None,
        currency="EUR",
        four_eyes_over=Decimal(50),
        address="Linden & Co, Mill Lane 4, Vilnius",
    )
    known = replace(known, **terms)
    return AfterSales(Rights(Laws({}, {}), known), known)


class Shop:
    """One database, turns and agents on it, and a clock of its own."""

    def __init__(
        self, database: Database, able: Mapping[str, Capabilities] | None = None, due: DueBy = no_clock
    ) -> None:
        self.database = database
        self.now = START
        assistant = FakeAssistant()
        self.able = able
        self.turns = self.turns_of(assistant, due=due)
        self.desk = Desk(outgoing_of(assistant, self.clock, able), self.clock, due=due)
        self._written = 0

    def clock(self) -> datetime:
        return self.now

    def turns_of(self, assistant: Assistant, **options: Any) -> Turns:
        """Turns with this assistant; `options` are those of `Turns`."""
        return Turns(outgoing_of(assistant, self.clock, self.able), self.clock, **options)

    def service(self, texts: DeskTexts, files: Path) -> DeskDependencies:
        """What the desk's routes depend on, with the clock of this shop."""
        facts = demonstration()
        return DeskDependencies(
            self.database,
            self.desk,
            DeskEvents(),
            Files(files, SECRET),
            texts,
            facts,
            (),
            None,
            after_sales(),
            clock=self.clock,
        )

    def agent(self, name: str, role: str = "agent", **values: Any) -> Actor:
        with self.database.write() as connection:
            values = {"password": "!", "state": "online", "seen_at": self.now, **values}
            return Actor(agents.add(connection, f"{name.lower()}@linden.example", name, Role(role), **values))

    def write(
        self,
        text: str,
        address: str = "anna",
        channel: str = "web",
        language: str = "en",
        press: str | None = None,
        *,
        command: str | None = None,
        name: str | None = None,
    ) -> Place:
        """The customer writes, or presses the button with a token; `name` is the message's, if it matters."""
        self._written += 1
        with self.database.write() as connection:
            return inbox.accept(
                connection,
                channel=channel,
                account="default",
                external_id=name or f"m{self._written}",
                address=address,
                text=text,
                press=press,
                command=command,
                revisable=("rate",),
                language=language,
                request_id="r",
                at=self.now,
            )

    def work(self) -> None:
        """Takes turns until nobody waits."""
        turn: object = True
        while turn:
            with self.database.write() as connection:
                turn = self.turns.take_turn(connection)

    def talk(self, *texts: str, address: str = "anna", channel: str = "web", language: str = "en") -> int:
        """The customer writes and the bot answers; the conversation's id."""
        for text in texts:
            place = self.write(text, address, channel, language)
            self.work()
        return place.conversation_id

    def press(self, conversation_id: int, title: str) -> None:
        """The customer presses a button that was offered."""
        one = self.get(conversation_id)
        offered = [button for entry in self.transcript(conversation_id) for button in entry.buttons]
        token = next(button["token"] for button in reversed(offered) if button["title"] == title)
        self.write(title, one.address, one.channel, one.language, token)
        self.work()

    def get(self, conversation_id: int) -> Conversation:
        with self.database.read() as connection:
            return conversations.get(connection, conversation_id)

    def transcript(self, conversation_id: int) -> list[Entry]:
        with self.database.read() as connection:
            return transcript.after(connection, conversation_id, 0)
