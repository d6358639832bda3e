"""What the routes of the desk's accounts stand on."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.desk.accounts import Accounts
from bot.desk.administration import Administration
from bot.desk.guard import Guard
from bot.desk.texts import DeskTexts
from store.database import Database


@dataclass(frozen=True, slots=True)
class DeskParts:
    """`colour`: the shop's. `changed` is called when an agent comes, goes or is changed, `mailed` when a mail
    waits. `limited` is off for load tests."""

    database: Database
    guard: Guard
    accounts: Accounts
    administration: Administration
    texts: DeskTexts
    colour: str
    changed: Callable[[], None] = lambda: None
    mailed: Callable[[], None] = lambda: None
    limited: bool = True
