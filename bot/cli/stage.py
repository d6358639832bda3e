"""The demonstration shop as a stage: each conversation begins in a fresh one; the assistant is the same."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from bot import compose
from bot.assistant.protocol import Assistant
from bot.cli.talk import Talk, Terminal
from bot.settings import Settings
from bot.shop.knowledge import Knowledge
from store.conversations import conversations
from store.core import schema
from store.core.database import Database
from store.orders import demo, demo_cases
from store.orders.demo_cases import Standing

FILE = "shop.db"


@dataclass
class Customer:
    """Somebody in a conversation of their own."""

    talk: Talk
    name: str
    last: dict[str, Any] | None = None

    def say(self, text: str) -> dict[str, Any]:
        """The turn as `aftercare chat --json` shows it."""
        self.last = self.talk.say({"conversation": self.name, "text": text})
        return self.last

    def press(self, title: str) -> dict[str, Any]:
        self.last = self.talk.say({"conversation": self.name, "press": title})
        return self.last


@dataclass
class Stage:
    """An assistant with a shop of its own. `facts` are the placeholders of scripted conversations."""

    database: Database
    talk: Talk
    facts: dict[str, str]
    _names: Iterator[int] = field(default_factory=count)

    def customer(self) -> Customer:
        return Customer(self.talk, f"customer-{next(self._names)}")

    def order(self, customer: Customer) -> str | None:
        """The number of the proven order that the talk is about."""
        with self.database.read() as connection:
            found = conversations.find(connection, "terminal", "terminal", customer.name)
        return found.memory.order if found else None

    def standings(self) -> dict[str, Standing]:
        """The orders that `facts` name, as they stand now."""
        with self.database.read() as connection:
            return demo_cases.standings(connection, self.facts.values())


def build(folder: Path) -> dict[str, str]:
    """Makes the shop that `Stages` copies in an existing folder; the placeholders of scripted
    conversations."""
    database, today = Database(f"sqlite:///{folder / FILE}"), datetime.now(UTC).date()
    try:
        schema.upgrade(database)
        with database.write() as connection:
            demo.fill(connection, today)
        with database.read() as connection:
            return demo_cases.placeholders(connection, today)
    finally:
        database.close()


class Stages:
    """Opens stages. `model`: the folder of a shop made by `build`; each stage is a copy, so that what one
    conversation changes no other one sees."""

    def __init__(
        self, settings: Settings, knowledge: Knowledge, core: Assistant, model: Path, facts: dict[str, str]
    ) -> None:
        self._settings = replace(settings, demo=True)
        self._knowledge, self._core = knowledge, core
        self._model, self.facts = model / FILE, facts

    @contextmanager
    def open(self, folder: Path) -> Iterator[Stage]:
        """A fresh shop in an existing folder, to which its file is written."""
        path = folder / FILE
        for old in folder.glob(f"{FILE}-*"):  # of the shop that lay here before
            old.unlink()
        shutil.copy(self._model, path)
        database = Database(f"sqlite:///{path}")
        try:
            program = compose.program(self._settings, self._knowledge, self._core, database, Terminal())
            yield Stage(database, Talk(program), self.facts)
        finally:
            database.close()
