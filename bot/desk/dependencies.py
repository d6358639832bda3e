"""Dependencies of the desk's conversation routes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Concatenate, ParamSpec, TypeVar

from bot.desk.actor import Actor
from bot.desk.agent_actions import Desk, Outcome
from bot.desk.desk_events import DeskEvents
from bot.runtime.files import Files
from bot.shop.desk_texts import DeskTexts
from bot.shop.facts import Shop
from bot.shop.faq import FaqEntry
from store.cases.after_sales import AfterSales
from store.cases.cases import Case
from store.core.database import Connection, Database

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DeskDependencies:
    """`public_url`: where customers reach the server. `label_link`: where a case's label can be printed."""

    database: Database
    desk: Desk
    desk_events: DeskEvents
    files: Files
    texts: DeskTexts
    shop: Shop
    faq: Sequence[FaqEntry]
    public_url: str | None
    after_sales: AfterSales  # rights, sums and deadlines of cases
    label_link: Callable[[Case], str] | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    async def act(
        self,
        work: Callable[Concatenate[Connection, Actor, int, P], Outcome],
        who: Actor,
        conversation_id: int,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Outcome:
        """Does one thing with a conversation in one transaction."""

        def run(connection: Connection) -> Outcome:
            return work(connection, who, conversation_id, *args, **kwargs)

        return await self.database.run(run)
