"""What the routes of the desk's accounts stand on."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.desk.accounts.accounts import Accounts
from bot.desk.accounts.administration import Administration
from bot.desk.accounts.sessions import Guard
from bot.shop.desk_texts import DeskTexts
from store.core.database import Database


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
