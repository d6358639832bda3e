"""A provider refuses us for a reason that only the owner can mend: the owner hears of it, once a day, and the
customers' own refusals are no such thing."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.conversation.receiving.intake import Intake
from bot.conversation.sender import OutboxSender
from bot.desk.alerting.fault_alerts import LOOK_AGAIN, FaultAlerts
from bot.runtime import metrics
from bot.runtime.mail.mail_sender import MailSender
from bot.runtime.mail.smtp import SmtpError
from bot.runtime.work.timed_jobs import Timers
from channels.contract import AccountRefused, Receipt, ReceiptState, SendError
from channels.contract import Fault as Told
from channels.registry import Channels
from channels.sms.parse import fault_of
from store.conversations import conversations, outbox, suppressions, transcript
from store.core import channel_faults, mails
from store.core.channel_faults import FORGOTTEN, SETTLED, ChannelFault
from store.core.database import Database
from store.core.events import ChannelFaultsChanged, DomainEvent
from store.tables import mails as mails_table
from store.tables import outbox as outbox_table
from store.tables import sends as sends_table
from store.vocabulary import Author, Fault, MailState
from tests.desk.shop import Shop
from tests.desk.staff import texts
from tests.fakes.assistant import FakeAssistant
from tests.fakes.channel import FakeChannel
from tests.speaking import outgoing_of

WRONG_NUMBER = SendError("Twilio error 21606", permanent=True, fault=Told.SENDER)


class Office:
    """A shop with two admins and an agent, one channel, and what watches over it."""

    def __init__(self, database: Database) -> None:
        self.shop = Shop(database)
        self.database = database
        self.now = datetime.now(UTC)
        self.push = FakeChannel()
        self.sender = OutboxSender(database, Channels([self.push]))
        self.heard: list[DomainEvent] = []
        database.hear(self.heard.extend)
        self.shop.agent("Ada", "admin")
        self.shop.agent("Lina", "admin", language="lt")
        self.shop.agent("Ben")

    def timers(self) -> Timers:
        zone = ZoneInfo("Europe/Vilnius")
        job = FaultAlerts(texts(), zone, "https://chat.linden.example", lambda: self.now)
        return Timers(self.database, [job], lambda: self.now)

    async def send(self, text: str, *answers: Any, address: str = "anna") -> None:
        self.push.answers[text] = list(answers)
        with self.database.write() as connection:
            one = conversations.open_for(connection, "push", "shop", address)
            entry = transcript.append(connection, one.id, Author.BOT, text, self.now)
            outbox.add(connection, one, entry, sent=False, at=datetime.now(UTC))
        await self.sender.step()

    async def after(self, time: timedelta = LOOK_AGAIN) -> None:
        self.now += time
        await self.timers().step()

    def standing(self) -> list[ChannelFault]:
        with self.database.read() as connection:
            return channel_faults.standing(connection)

    def letters(self) -> list[tuple[str, str]]:
        with self.database.read() as connection:
            rows = connection.execute(
                mails_table.select().where(mails_table.c.key.startswith("fault:")).order_by(mails_table.c.id)
            )
            return [(row.recipient, row.subject) for row in rows]

    def changes(self) -> int:
        return sum(isinstance(one, ChannelFaultsChanged) for one in self.heard)


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def counted(channel: str, why: str) -> float:
    return float(metrics.refusals.labels(channel, why)._value.get())


async def test_a_number_that_may_not_send_is_told_to_admins_once(office: Office) -> None:
    before = counted("push", "sender")
    for number in range(3):
        await office.send(f"hello {number}", WRONG_NUMBER)
        await office.after()
    (one,) = office.standing()
    assert (one.channel, one.account, one.fault, one.reason) == (
        "push",
        "shop",
        Fault.SENDER,
        "Twilio error 21606",
    )
    told = office.letters()
    assert [recipient for recipient, _ in told] == ["ada@linden.example", "lina@linden.example"]
    assert "refused" in told[0][1] and "nepriimamos" in told[1][1]
    assert office.changes() == 1
    assert counted("push", "sender") == before + 3


async def test_it_is_told_again_the_next_day_while_it_stands(office: Office) -> None:
    await office.send("1", WRONG_NUMBER)
    await office.after()
    office.now += timedelta(hours=23)
    await office.send("2", WRONG_NUMBER)
    with office.database.write() as connection:
        # The sender's clock is the machine's.
        at = office.now
        channel_faults.note(connection, "push", "shop", Fault.SENDER, "Twilio error 21606", at)
    await office.after(timedelta(hours=2))
    assert len(office.letters()) == 4


async def test_a_customers_refusal_is_no_fault_of_ours(office: Office) -> None:
    before = counted("push", "customer")
    await office.send("hello", SendError("blocked", unreachable=True))
    await office.send("again", SendError("busy", account=True, retry_after=5.0), address="boris")
    await office.after()
    assert office.standing() == [] and office.letters() == []
    assert counted("push", "customer") == before + 1
    with office.database.read() as connection:
        assert suppressions.reason(connection, "push", "anna") == "unreachable"


async def test_it_is_over_when_messages_arrive_again(office: Office) -> None:
    await office.send("1", WRONG_NUMBER)
    await office.after()
    await office.after(SETTLED + LOOK_AGAIN)
    assert len(office.standing()) == 1, "nothing has shown that it is mended"
    await office.send("2")
    await office.after()
    assert office.standing() == []
    assert office.changes() == 2
    await office.send("3", WRONG_NUMBER)
    await office.after()
    assert len(office.standing()) == 1
    assert len(office.letters()) == 2, "not twice on a day"


async def test_what_comes_back_as_failed_doesnt_show_that_it_is_mended(office: Office) -> None:
    await office.send("1", WRONG_NUMBER)
    await office.send("2")
    with office.database.write() as connection:
        connection.execute(sends_table.update().values(state="failed"))
    await office.after(SETTLED + LOOK_AGAIN)
    assert len(office.standing()) == 1


async def test_what_nobody_tried_for_a_day_is_forgotten(office: Office) -> None:
    await office.send("1", WRONG_NUMBER)
    await office.after()
    await office.after(FORGOTTEN)
    assert office.standing() == []


async def test_a_receipt_and_a_poll_tell_of_it_too(office: Office) -> None:
    intake = Intake(["en"], outgoing_of(FakeAssistant(), lambda: office.now))
    await office.send("1")
    state = ReceiptState.FAILED
    receipt = Receipt("push", "shop", "id-1", state, "Twilio error 30034", fault=fault_of("30034"))
    refused = AccountRefused("telegram", "7", Told.CREDENTIALS, "Telegram refuses the token")
    for event in (receipt, refused, refused):
        with office.database.write() as connection:
            intake.take(connection, event, "r")
    assert [(one.channel, one.fault) for one in office.standing()] == [
        ("push", "sender"),
        ("telegram", "credentials"),
    ]


async def test_mail_that_is_refused_at_the_login_is_shown_until_a_mail_goes_out(office: Office) -> None:
    answers: list[Exception | None] = [SmtpError("535 wrong password", fault=Fault.CREDENTIALS), None]

    def deliver(*_: object) -> None:
        answer = answers.pop(0)
        if answer:
            raise answer

    sender = MailSender(office.database, "shop@linden.example", deliver)
    with office.database.write() as connection:
        mails.add(connection, "k", "ada@linden.example", "s", "b")
    await sender.step()
    (one,) = office.standing()
    assert (one.channel, one.fault, one.reason) == ("mail", "credentials", "535 wrong password")
    with office.database.write() as connection:
        due = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute(mails_table.update().values(due_at=due))
    await sender.step()
    with office.database.read() as connection:
        assert connection.execute(mails_table.select()).one().state == MailState.SENT
    assert office.standing() == []


async def test_a_message_that_waits_for_the_owner_is_not_lost(office: Office) -> None:
    refused = SendError("Telegram refuses the token", account=True, fault=Told.CREDENTIALS)
    await office.send("1", refused)
    with office.database.read() as connection:
        assert connection.execute(outbox_table.select()).one().state == "queued"
    assert len(office.standing()) == 1


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("20003", "credentials"),
        ("20005", "account"),
        ("21408", "permission"),
        ("21606", "sender"),
        ("21608", "account"),
        ("30034", "sender"),
        ("63007", "sender"),
        ("21610", None),
        ("21211", None),
        ("30003", None),
        ("30005", None),
        ("", None),
    ],
)
def test_twilios_numbers_say_whose_fault_it_is(code: str, fault: str | None) -> None:
    assert fault_of(code) == fault


def test_the_words_of_faults_are_the_same_on_both_sides() -> None:
    # An address is the shop's own system's: no channel has it.
    assert {one.value for one in Told} == {one.value for one in Fault} - {Fault.ADDRESS.value}
