"""A shop with the trained assistant on either database, and people who write to it from anywhere."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select, update

from bot import compose
from bot.assistant.protocol import Assistant
from bot.compose import Program
from bot.conversation.turns import Turn
from bot.settings import Settings
from bot.shop.knowledge import Knowledge
from channels.contract import Inbound, Proof, ProofBy
from channels.splitting import Capabilities
from store.conversations import conversations
from store.conversations.conversations import Conversation
from store.core.database import Database
from store.orders import orders
from store.orders.records import OrderRecord
from store.tables import conversations as conversations_table
from store.tables import mails, throttles
from tests.speaking import channels_of

SMS, TELEGRAM = Capabilities(text=640, segmented=True), Capabilities(text=4096, buttons=8)
ANNA, PHONE = "anna@example.com", "+37061234567"


@dataclass
class Shop:
    """The turns of one program; `at` is the clock of what comes in."""

    program: Program
    database: Database

    @classmethod
    def open(cls, database: Database, settings: Settings, knowledge: Knowledge, core: Assistant) -> "Shop":
        channels = channels_of({"sms": SMS, "telegram": TELEGRAM})
        return cls(compose.program(settings, knowledge, core, database, channels), database)

    def order(self, number: str, name: str = "Anna Ozola", *, days: int = 1, **customer: Any) -> None:
        """Takes in an order that is being packed, placed `days` ago."""
        record = {
            "number": number,
            "state": "processing",
            "currency": "EUR",
            "total": "59.90",
            "address": f"{name}'s street 1, Riga",
            "placed_at": datetime.now(UTC) - timedelta(days=days),
            "customer": {"name": name, "language": "en", **customer},
            "lines": [{"sku": "MUG", "name": "Mug, blue", "quantity": 1, "unit_price": "59.90"}],
        }
        with self.database.write() as connection:
            orders.upsert(connection, OrderRecord.model_validate(record))

    def says(
        self,
        address: str,
        text: str,
        *,
        network: str | None = None,
        channel: str = "web",
        proof: Proof | None = None,
        press: str | None = None,
        at: datetime | None = None,
    ) -> Turn:
        """What a message leads to; an SMS proves its sender."""
        if channel == "sms":
            proof = Proof(address, ProofBy.SENDER)
        inbound = Inbound(
            channel=channel,
            account="shop",
            external_id=uuid4().hex,
            address=address,
            text=text,
            press=press,
            network=network,
            proof=proof,
            at=at or datetime.now(UTC),
        )
        return asyncio.run(self._turn(inbound))

    async def _turn(self, inbound: Inbound) -> Turn:
        await self.program.gateway.take([inbound])
        turn = await self.database.run(self.program.turns.take_turn)
        assert turn
        return turn

    def conversation(self, address: str, channel: str = "web") -> Conversation:
        with self.database.read() as connection:
            found = conversations.find(connection, channel, "shop", address)
        assert found
        return found

    def stands(self, number: str) -> tuple[str, str]:
        """An order's state, and where it goes."""
        with self.database.read() as connection:
            found = orders.find(connection, number)
        assert found
        return found.state, found.address

    def mailed(self, recipient: str) -> list[str]:
        """What mails to somebody say."""
        with self.database.read() as connection:
            wanted = select(mails.c.body).where(mails.c.recipient == recipient).order_by(mails.c.id)
            return list(connection.execute(wanted).scalars())

    def later(self, **time: float) -> None:
        """Lets time pass for all counts and proofs."""
        passed = timedelta(**time)
        with self.database.write() as connection:
            for table, names in (
                (throttles, ("counted_at", "waits_until", "passes_until", "alerted_at")),
                (conversations_table, ("heard_at", "proven_at")),
            ):
                for row in connection.execute(select(table)).mappings().all():
                    moved = {name: row[name] - passed for name in names if row[name] is not None}
                    connection.execute(update(table).where(table.c.id == row["id"]).values(**moved))


def told(turn: Turn) -> str:
    """What was said in a turn."""
    return "\n".join(entry.text for entry in turn.replies)


def opened(turn: Turn) -> bool:
    return "being packed" in told(turn) or "Mug" in told(turn)
