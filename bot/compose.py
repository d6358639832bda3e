"""The one place where the program is put together."""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from bot import product
from bot.assistant.case_words import CaseWords
from bot.assistant.catalogue.catalogue import Catalogue
from bot.assistant.catalogue.product_words import ProductWords
from bot.assistant.consent import Consent
from bot.assistant.guide_finder import GuideFinder
from bot.assistant.protocol import Assistant
from bot.cases.acknowledgement import Acknowledgement
from bot.cases.case_mail import CaseMail
from bot.cases.withdrawals import Withdrawals
from bot.conversation.customer_events import CustomerEvents
from bot.conversation.files.fetcher import AttachmentFetcher
from bot.conversation.files.not_taken import FilesNotTaken
from bot.conversation.outgoing import Outgoing
from bot.conversation.receiving.gateway import LiveGateway
from bot.conversation.receiving.intake import Intake
from bot.conversation.receiving.spooling import Feeder
from bot.conversation.relay import Relay
from bot.conversation.sender import OutboxSender
from bot.conversation.still_waiting import StillWaiting
from bot.conversation.turns import Turns
from bot.conversation.worker import Worker
from bot.desk.absence import Absence
from bot.desk.accounts.accounts import Accounts
from bot.desk.accounts.administration import Administration
from bot.desk.accounts.invitations import Invitations
from bot.desk.accounts.second_factor import SecondFactor
from bot.desk.accounts.sessions import Sessions
from bot.desk.agent_actions import Desk, release_all
from bot.desk.alerting.alerts import Alerts
from bot.desk.alerting.automatic_replies_notice import AutomaticRepliesNotice
from bot.desk.alerting.case_clocks import CaseClocks
from bot.desk.alerting.fault_alerts import FaultAlerts
from bot.desk.alerting.guessing import GuessingAlerts
from bot.desk.api.account_dependencies import AccountDependencies
from bot.desk.dependencies import DeskDependencies
from bot.desk.desk_events import DeskEvents
from bot.desk.routing import Router
from bot.handoff.briefing import briefing
from bot.handoff.triggers import Triggers
from bot.mirror.agents_there import AgentsThere
from bot.mirror.chatwoot.client import Chatwoot
from bot.mirror.pull import Pull
from bot.mirror.push import Push
from bot.mirror.sync import Sync
from bot.runtime.bus import Bus
from bot.runtime.files import Files
from bot.runtime.label_links import LabelLinks
from bot.runtime.mail.mail_sender import Deliver, MailSender, by_smtp, to_files
from bot.runtime.spool import Spool
from bot.runtime.work.timed_jobs import TimedJob, Timers
from bot.settings import Settings
from bot.shop import laws
from bot.shop.desk_texts import DeskTexts
from bot.shop.facts import Shop
from bot.shop.knowledge import Knowledge
from bot.shopside.case_hooks import CaseHooks
from bot.shopside.payouts import PaidByShop
from bot.shopside.refund_mover import RefundMover
from channels.contract import Channel
from channels.registry import Channels
from store.cases.after_sales import AfterSales
from store.cases.law.claims import Rights
from store.core import schema
from store.core.database import Database
from store.core.events import (
    AgentsChanged,
    AttachmentReceived,
    CaseChanged,
    JobScheduled,
    MailQueued,
    MessageQueued,
    MessageReceived,
    OwnerChanged,
)
from store.orders import demo


class NoModel(Exception):
    """No model is trained from the shop folder's present state."""


def assistant(home: Path, knowledge: Knowledge, tell: Callable[[str], None]) -> Assistant:
    """The trained assistant. A model that is there but can't be used is trained again; where that fails too,
    the newest other one stands in: `tell` hears what is done. Raises `NoModel`."""
    from bot.assistant import model_archive, training

    path = training.place(home)
    if not path.exists():
        raise NoModel("no model is trained from the present data; run: aftercare train")
    try:
        return _load(path, knowledge)
    except model_archive.Damaged as error:
        tell(f"{path} {error}; training again, which takes a minute or two")
    try:
        return _load(training.train(home), knowledge)
    except (training.TrainingError, model_archive.Damaged) as error:
        tell(f"training failed: {error}")
    for other in model_archive.others(path):
        try:
            made = _load(other, knowledge)
        except model_archive.Damaged:
            continue
        tell(f"using {other}, which was trained from older data; run: aftercare train")
        return made
    raise NoModel(f"{path} can't be used, nor could another be trained; see above, and run: aftercare train")


def _load(model: Path, knowledge: Knowledge) -> Assistant:
    """Raises `bot.assistant.model_archive.Damaged`."""
    from bot.assistant import model_archive
    from bot.assistant.rasa import lean

    model_archive.check(model)
    lean.prepare()
    from bot.assistant.rasa.core import RasaAssistant
    from bot.assistant.rasa.generator import LocalizedGenerator

    generator = LocalizedGenerator(knowledge.shop, knowledge.faq, knowledge.responses)
    data, languages = product.root() / "data", knowledge.shop.languages
    consent = Consent.load(data / "consent", languages)
    catalogue = Catalogue(ProductWords.load(data / "products", languages))
    try:
        return RasaAssistant(
            model,
            generator,
            consent,
            catalogue,
            languages,
            service_of(knowledge),
            case_words(knowledge),
            guide_finder(knowledge),
        )
    except Exception as error:
        # It is whole: another version of Rasa, or of our components, has written it.
        raise model_archive.Damaged(f"can't be loaded by this version ({type(error).__name__})") from error


def service_of(knowledge: Knowledge) -> AfterSales:
    """What cases are begun, reckoned and decided with."""
    terms = laws.terms(knowledge.shop)
    return AfterSales(Rights(knowledge.laws, terms), terms)


def case_words(knowledge: Knowledge) -> CaseWords:
    """What messages about goods are read with."""
    return CaseWords.load(product.root() / "data" / "cases", knowledge.shop.languages)


def guide_finder(knowledge: Knowledge) -> GuideFinder:
    """What finds the shop's guides, and reads the answers to their steps."""
    return GuideFinder.load(knowledge.guides, product.root() / "data" / "guides", knowledge.shop.languages)


def open_database(settings: Settings, wait: float = 0.0) -> Database:
    """The database, brought up to date, for which we wait so many seconds if it is away; with the
    demonstration shop's orders if it is to have them."""
    database = Database(
        settings.database_url, synchronous=settings.sqlite_synchronous, listen_url=settings.listen_url
    )
    schema.upgrade(database, wait)
    if settings.demo:
        with database.write() as connection:
            schema.lock(connection)
            if demo.is_empty(connection):
                demo.fill(connection, datetime.now(UTC).date())
    return database


class Part(Protocol):
    """Something that runs as long as the program does, on its event loop. `stop` after a `start` that failed
    half-way ends what it had begun."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


@dataclass
class Program:
    """What was put together; `parts` run from `start` until `stop`, in their order."""

    settings: Settings
    knowledge: Knowledge
    database: Database
    channels: Channels
    turns: Turns
    gateway: LiveGateway
    pages: CustomerEvents
    files: Files
    spool: Spool
    desk: AccountDependencies
    service: DeskDependencies
    mirroring: Sync | None
    parts: Sequence[Part]
    after_sales: AfterSales
    withdrawals: Withdrawals
    case_mail: CaseMail
    _running: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start(self) -> None:
        """If a part doesn't start, those before it are stopped and the database is closed."""
        async with AsyncExitStack() as stack:
            stack.callback(self.database.close)
            for part in self.parts:
                stack.push_async_callback(part.stop)
                await part.start()
            self._running = stack.pop_all()

    async def stop(self) -> None:
        """Ends what runs, the last begun first, whatever goes wrong at one of them; what was accepted waits
        in the database for the next start."""
        self.close_streams()
        await self._running.aclose()

    def close_streams(self) -> None:
        """Ends what a server would wait for: customers' and agents' open pages."""
        self.pages.close()
        self.service.desk_events.stop()


@dataclass(frozen=True, slots=True)
class _Started:
    """A channel as a part: it begins with the gateway that it hands messages to."""

    channel: Channel
    gateway: LiveGateway

    async def start(self) -> None:
        await self.channel.start(self.gateway)

    async def stop(self) -> None:
        await self.channel.stop()


def program(
    settings: Settings,
    knowledge: Knowledge,
    core: Assistant,
    database: Database,
    channels: Channels | None = None,
    after_sales: AfterSales | None = None,
    address: str = "",
) -> Program:
    """Puts the parts together. `after_sales`: other terms than the shop's. `address`: where the server is
    reached if its public one isn't set."""
    after_sales = after_sales or service_of(knowledge)
    channels = channels or Channels()
    shop, texts, due = knowledge.shop, knowledge.desk, knowledge.shop.service_clock.due
    bus = Bus(database)
    outgoing = Outgoing(core, channels, _clock)
    label_link = LabelLinks(settings.secret, settings.public_url or address).label_link
    turns = Turns(
        outgoing,
        _clock,
        due=due,
        escalation=Triggers(knowledge.tones, shop.handover),
        summarise=partial(briefing, texts),
        site=shop.url,
        languages=shop.languages,
        label_link=label_link,
    )
    files = Files(settings.files, settings.secret)
    pages = CustomerEvents()
    spool = Spool(settings.spool)
    gateway = LiveGateway(database, Intake(shop.languages, outgoing, shop.support.silent_for), pages, spool)
    desk_events = DeskEvents()
    desk_events.follow(bus)
    service = DeskDependencies(
        database=database,
        desk=Desk(outgoing, _clock, due=due),
        desk_events=desk_events,
        files=files,
        texts=texts,
        shop=shop,
        faq=knowledge.faq,
        public_url=settings.public_url,
        after_sales=after_sales,
        label_link=label_link,
    )
    mirroring = _mirroring(settings, knowledge, database, outgoing, files) if settings.chatwoot else None
    worker, sender = Worker(database, turns), OutboxSender(database, channels)
    fetcher = AttachmentFetcher(database, channels, files)
    postman = MailSender(database, _mail_from(settings, shop), _delivery(settings))
    withdrawals = Withdrawals(after_sales, Acknowledgement(knowledge.pages), _clock)
    timed: list[TimedJob] = [
        withdrawals,
        StillWaiting(outgoing, shop.service_clock, _clock),
        AutomaticRepliesNotice(texts, settings.public_url, _clock),
        FilesNotTaken(outgoing, _clock),
        FaultAlerts(texts, shop.timezone, settings.public_url, _clock),
    ]
    timers = Timers(database, timed)
    bus.wake(timers.wake, JobScheduled)
    bus.wake(worker.wake, MessageReceived)
    bus.wake(sender.wake, MessageQueued)
    bus.wake(fetcher.wake, AttachmentReceived)
    bus.wake(postman.wake, MailQueued)
    parts: list[Part] = [bus, Relay(database, pages, bus), gateway, Feeder(spool, gateway.feed)]
    parts += [_Started(channel, gateway) for channel in channels]
    desks = [Chatwoot.name] if settings.chatwoot else []
    absence = Absence(database, service.desk, shop.support.silent_for, desks, _clock)
    parts += [worker, sender, fetcher, postman, timers, absence]
    parts.append(GuessingAlerts(database, texts, _clock))
    parts.append(CaseClocks(database, texts, shop.timezone, settings.public_url, _clock))
    if settings.assignment:
        router = Router(database, service.desk, _clock)
        bus.wake(router.wake, OwnerChanged, AgentsChanged)
        parts.append(router)
    mover = RefundMover(database, PaidByShop(), _clock)
    bus.wake(mover.wake, CaseChanged)
    parts.append(mover)
    if settings.case_webhook:
        hooks = CaseHooks(database, settings.case_webhook, _clock)
        bus.wake(hooks.wake, CaseChanged)
        parts.append(hooks)
    if mirroring:
        bus.wake(mirroring.wake, OwnerChanged, AgentsChanged)
        parts.append(mirroring)
    if shop.support.alert_after:
        parts.append(
            Alerts(database, shop.opening_hours, shop.support.alert_after, texts, settings.public_url, _clock)
        )
    desk = _desk(settings, knowledge, database)
    return Program(
        settings,
        knowledge,
        database,
        channels,
        turns,
        gateway,
        pages,
        files,
        spool,
        desk,
        service,
        mirroring,
        parts,
        after_sales,
        withdrawals,
        CaseMail(core, after_sales),
    )


def _clock() -> datetime:
    return datetime.now(UTC)


def _mirroring(
    settings: Settings, knowledge: Knowledge, database: Database, outgoing: Outgoing, files: Files
) -> Sync:
    assert settings.chatwoot
    other = Chatwoot(settings.chatwoot)
    shop = knowledge.shop
    elsewhere = AgentsThere(outgoing, _clock, shop.support.silent_for, due=shop.service_clock.due)
    words = knowledge.desk.desk[knowledge.shop.languages[0]]
    return Sync(database, other, Pull(database, other, elsewhere), Push(database, other, files, words))


def administration(settings: Settings, shop: Shop, texts: DeskTexts) -> Administration:
    """What admins do with accounts; also without a running program."""
    release = partial(release_all, due=shop.service_clock.due)
    return Administration(Invitations(texts, settings.public_url), release)


def _desk(settings: Settings, knowledge: Knowledge, database: Database) -> AccountDependencies:
    admins = administration(settings, knowledge.shop, knowledge.desk)
    return AccountDependencies(
        database=database,
        guard=Sessions(
            database,
            secure=(settings.public_url or "").startswith("https://"),
            base_path=settings.base_path,
        ),
        accounts=Accounts(database, admins.links, SecondFactor(settings.secret, knowledge.shop.name)),
        administration=admins,
        texts=knowledge.desk,
        colour=knowledge.shop.brand.colour,
        limited=settings.rate_limits,
    )


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
        "email": shop.contact.email,
        "texts": texts,
    }
