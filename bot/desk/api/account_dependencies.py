"""Dependencies of the desk's account routes."""

from dataclasses import dataclass

from bot.desk.accounts.accounts import Accounts
from bot.desk.accounts.administration import Administration
from bot.desk.accounts.sessions import Sessions
from bot.shop.desk_texts import DeskTexts
from store.core.database import Database


@dataclass(frozen=True, slots=True)
class AccountDependencies:
    """`colour`: the shop's. `limited` is off for load tests."""

    database: Database
    guard: Sessions
    accounts: Accounts
    administration: Administration
    texts: DeskTexts
    colour: str
    limited: bool = True
