"""What the routes of the desk's conversations stand on, and how they do one thing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Concatenate, ParamSpec, TypeVar

from bot.conversation.customer_events import Hub, as_events
from bot.conversation.gateway import TYPING
from bot.desk.actor import Actor
from bot.desk.agent_actions import Desk, Outcome
from bot.desk.desk_events import Live
from bot.runtime.files import Files
from bot.shop.desk_texts import DeskTexts
from bot.shop.facts import Shop
from bot.shop.faq import FaqEntry
from channels.splitting import Capabilities
from store.core.database import Connection, Database

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Service:
    """`hub`: customers' open pages. `able`: what channels can carry that push. `public_url`: where customers
    reach the server. `queued` is called when a message waits to be sent, `mailed` when a mail does."""

    database: Database
    desk: Desk
    live: Live
    hub: Hub
    files: Files
    texts: DeskTexts
    shop: Shop
    faq: Sequence[FaqEntry]
    able: Mapping[str, Capabilities]
    public_url: str | None
    queued: Callable[[], None] = lambda: None
    mailed: Callable[[], None] = lambda: None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    async def act(
        self,
        work: Callable[Concatenate[Connection, Actor, int, P], Outcome],
        who: Actor,
        conversation_id: int,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Outcome:
        """Does one thing with a conversation in one transaction, and shows the customer what came of it."""

        def run(connection: Connection) -> Outcome:
            return work(connection, who, conversation_id, *args, **kwargs)

        outcome = await self.database.run(run)
        self.show(outcome)
        return outcome

    def show(self, outcome: Outcome) -> None:
        """Shows the customer what came of something, or has it sent; on the loop's thread."""
        if outcome.new and outcome.entries:
            one = outcome.conversation
            self.hub.publish((one.channel, one.account, one.address), *as_events(outcome.entries))
            if one.channel in self.able:
                self.queued()

    def typing(self, channel: str, account: str, address: str) -> None:
        """Shows on the customer's open page that an agent writes."""
        self.hub.publish((channel, account, address), TYPING)
