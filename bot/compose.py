"""The one place where the program is put together."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from functools import partial
from pathlib import Path
from typing import Any

from bot.assistant.protocol import Assistant
from bot.conversation.customer_events import Hub
from bot.conversation.fetcher import Fetcher
from bot.conversation.gateway import Echo, LiveGateway
from bot.conversation.sender import Sender
from bot.conversation.turns import Conversations, Turn
from bot.conversation.worker import Worker
from bot.desk.accounts.accounts import Accounts
from bot.desk.accounts.administration import Administration
from bot.desk.accounts.invitations import Links
from bot.desk.accounts.second_factor import SecondFactor
from bot.desk.accounts.sessions import Guard
from bot.desk.agent_actions import Desk, release_all
from bot.desk.alerts import Alerts
from bot.desk.api.account_dependencies import DeskParts
from bot.desk.dependencies import Service
from bot.desk.desk_events import Live
from bot.desk.routing import Router
from bot.handoff.triggers import Escalation
from bot.mirror.agents_there import Elsewhere
from bot.mirror.chatwoot.client import Chatwoot
from bot.mirror.pull import Arrivals
from bot.mirror.push import Departures
from bot.mirror.sync import Mirroring
from bot.runtime.files import Files
from bot.runtime.mail.mail_sender import Deliver, Postman, by_smtp, to_files
from bot.settings import Settings
from bot.shop.desk_texts import DeskTexts
from bot.shop.facts import Shop
from bot.shop.knowledge import Knowledge
from channels.contract import Channel
from store.core import schema, signals
from store.core.database import Database
from store.orders import demo

# Channels whose customers fetch from the transcript: a committed message is a sent one.
PULLED = frozenset({"web"})


class NoModel(Exception):
    """No model is trained from the shop folder's present state."""


def assistant(home: Path, knowledge: Knowledge) -> Assistant:
    """The trained assistant. Raises `NoModel`."""
    from bot.assistant import training
    from bot.assistant.rasa import lean

    model = training.current_model(home)
    if model is None:
        raise NoModel("no model is trained from the present data; run: aftercare train")
    lean.prepare()
    from bot.assistant.rasa.core import RasaAssistant
    from bot.assistant.rasa.generator import LocalizedGenerator

    generator = LocalizedGenerator(knowledge.shop, knowledge.faq, knowledge.responses)
    return RasaAssistant(model, generator, knowledge.shop.languages)


def open_database(settings: Settings) -> Database:
    """The database, brought up to date; with the demonstration shop's orders if it is to have them."""
    database = Database(settings.database_url, synchronous=settings.sqlite_synchronous)
    schema.upgrade(database)
    if settings.demo:
        with database.write() as connection:
            schema.lock(connection)
            if demo.is_empty(connection):
                demo.fill(connection, datetime.now(UTC).date())
    return database


@dataclass
class Program:
    """The running parts. `start` and `stop` belong to the event loop they run on."""

    settings: Settings
    knowledge: Knowledge
    database: Database
    hub: Hub
    conversations: Conversations
    gateway: LiveGateway
    worker: Worker
    sender: Sender
    fetcher: Fetcher
    files: Files
    postman: Postman
    desk: DeskParts
    service: Service
    router: Router | None
    mirroring: Mirroring | None
    alerts: Alerts | None
    channels: tuple[Channel, ...] = ()
    echo: Echo | None = None

    async def start(self) -> None:
        self.service.live.start()
        if not self.database.is_sqlite:
            self.echo = Echo(
                self.database, self.hub, self.worker.wake, self.service.live.tell, self.service.live.stop
            )
            self.echo.start()
        self.worker.start()
        for channel in self.channels:
            await channel.start(self.gateway)
        self.sender.start()
        self.fetcher.start()
        self.postman.start()
        if self.router:
            self.router.start()
        if self.mirroring:
            await self.mirroring.start()
        if self.alerts:
            self.alerts.start()

    async def stop(self) -> None:
        """Ends what runs; what was accepted waits in the database for the next start."""
        self.hub.close()
        self.service.live.stop()
        if self.router:
            await self.router.stop()
        if self.mirroring:
            await self.mirroring.stop()
        if self.alerts:
            await self.alerts.stop()
        await self.worker.stop()
        await self.sender.stop()
        await self.fetcher.stop()
        await self.postman.stop()
        for channel in self.channels:
            await channel.stop()
        if self.echo:
            await self.echo.stop()
        self.database.close()


def program(
    settings: Settings,
    knowledge: Knowledge,
    core: Assistant,
    database: Database,
    *,
    channels: Sequence[Channel] = (),
    pulled: Container[str] = PULLED,
) -> Program:
    """Puts the parts together. `channels` push their messages to a provider; customers of the `pulled` ones
    fetch them from the transcript."""
    hub = Hub()
    due = knowledge.shop.service_clock.due
    conversations = Conversations(
        core,
        pulled.__contains__,
        lambda: datetime.now(UTC),
        due=due,
        escalation=Escalation(knowledge.tones, knowledge.shop.handover),
        summarise=knowledge.desk.briefing,
    )

    def done(turn: Turn) -> None:
        gateway.done(turn)
        if turn.replies and turn.conversation.channel not in pulled:
            sender.wake()

    worker = Worker(database, conversations, done)
    by_name = {channel.name: channel for channel in channels}
    sender = Sender(database, by_name)
    files = Files(settings.files, settings.secret)
    fetcher = Fetcher(database, by_name, files)
    gateway = LiveGateway(database, hub, knowledge.shop.languages, worker.wake, fetcher.wake)
    postman = Postman(database, _mail_from(settings, knowledge.shop), _delivery(settings))
    live = Live()
    if database.is_sqlite:
        database.hear(live.hear)
    able = {channel.name: channel.capabilities for channel in channels}
    service = Service(
        database=database,
        desk=Desk(core, pulled.__contains__, able, lambda: datetime.now(UTC), due=due),
        live=live,
        hub=hub,
        files=files,
        texts=knowledge.desk,
        shop=knowledge.shop,
        faq=knowledge.faq,
        able=able,
        public_url=settings.public_url,
        queued=sender.wake,
        mailed=postman.wake,
    )
    router: Router | None = None
    if settings.assignment:
        router = Router(database, service.desk, service.show, lambda: datetime.now(UTC))
        live.also(router.wake)
    mirroring: Mirroring | None = None
    if settings.chatwoot:
        other = Chatwoot(settings.chatwoot)
        elsewhere = Elsewhere(core, pulled.__contains__, able, lambda: datetime.now(UTC), due=due)
        words = knowledge.desk.desk[knowledge.shop.languages[0]]
        mirroring = Mirroring(
            database,
            other,
            Arrivals(database, other, elsewhere, service.show),
            Departures(database, other, files, words),
        )
        live.also(mirroring.wake)
    alerts: Alerts | None = None
    if knowledge.shop.support.alert_after:
        alerts = Alerts(
            database,
            knowledge.shop.opening_hours,
            knowledge.shop.support.alert_after,
            knowledge.desk,
            settings.public_url,
            postman.wake,
            lambda: datetime.now(UTC),
        )
    return Program(
        settings,
        knowledge,
        database,
        hub,
        conversations,
        gateway,
        worker,
        sender,
        fetcher,
        files,
        postman,
        _desk(settings, knowledge, database, postman, live),
        service,
        router,
        mirroring,
        alerts,
        tuple(channels),
    )


def administration(settings: Settings, shop: Shop, texts: DeskTexts) -> Administration:
    """What admins do with accounts; also without a running program."""
    release = partial(release_all, due=shop.service_clock.due)
    return Administration(Links(texts, settings.public_url), release)


def _desk(
    settings: Settings, knowledge: Knowledge, database: Database, postman: Postman, live: Live
) -> DeskParts:
    admins = administration(settings, knowledge.shop, knowledge.desk)
    return DeskParts(
        database=database,
        guard=Guard(database, secure=(settings.public_url or "").startswith("https://")),
        accounts=Accounts(database, admins.links, SecondFactor(settings.secret, knowledge.shop.name)),
        administration=admins,
        texts=knowledge.desk,
        colour=knowledge.shop.brand.colour,
        changed=lambda: _agents_changed(database, live),
        mailed=postman.wake,
        limited=settings.rate_limits,
    )


def _agents_changed(database: Database, live: Live) -> None:
    if database.is_sqlite:
        live.tell({"desk": "agents"})
    else:
        live.later(database.run(signals.notify, {"desk": "agents"}))


def _mail_from(settings: Settings, shop: Shop) -> str:
    name = " ".join(shop.name.split())
    return settings.mail_from or str(Address(display_name=name, addr_spec=shop.contact.email))


def _delivery(settings: Settings) -> Deliver:
    return by_smtp(settings.smtp) if settings.smtp else to_files(settings.mail)


def public_config(knowledge: Knowledge, texts: dict[str, Any]) -> dict[str, Any]:
    """What the widget may know: name, colour, languages and texts."""
    shop = knowledge.shop
    return {
        "name": shop.name,
        "colour": shop.brand.colour,
        "languages": list(shop.languages),
        "default_language": shop.languages[0],
        "texts": texts,
    }
