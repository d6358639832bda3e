"""What channels bring, on a real database: each once, in any order, whatever it is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.conversation.customer_events import CustomerEvents
from bot.conversation.receiving.gateway import LiveGateway
from bot.conversation.receiving.intake import Intake
from bot.conversation.turns import FETCHING, Turns
from bot.runtime.spool import Spool
from channels.contract import (
    MAX_TEXT,
    Attachment,
    AttachmentKind,
    Command,
    CommandName,
    Edit,
    Event,
    HumanEcho,
    Inbound,
    Proof,
    ProofBy,
    Reachability,
    ReadUpTo,
    Receipt,
    ReceiptState,
)
from store.conversations import (
    attachments,
    conversations,
    outbox,
    people,
    proofs,
    sends,
    suppressions,
    transcript,
)
from store.conversations.conversations import Conversation
from store.conversations.inbox import Place
from store.conversations.payload import Payload
from store.conversations.transcript import ButtonRow, Entry
from store.core.database import Database
from store.tables import inbox as inbox_table
from store.vocabulary import Author
from tests.fakes.assistant import FakeAssistant
from tests.speaking import outgoing_of
from tests.store.test_conversation_store import Script

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PLACE = ("sms", "shop", "+37061234567")
HELLO = Inbound("sms", "shop", "m1", "+37061234567", "hello", at=NOW)


class Desk:
    """A database, what takes events into it, and turns with a scripted assistant."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = NOW
        self.assistant = FakeAssistant(Script())
        outgoing = outgoing_of(self.assistant, lambda: self.now)
        self.intake = Intake(["en", "lt"], outgoing)
        self.turns = Turns(outgoing, lambda: self.now)

    def take(self, *events: Event) -> None:
        with self.database.write() as connection:
            for event in events:
                self.intake.take(connection, event, "r-1")

    def place(self, event: Event) -> Place | None:
        """Where it stands, if it is a message."""
        with self.database.write() as connection:
            return self.intake.take(connection, event, "r-1").place

    def work(self) -> None:
        while True:
            with self.database.write() as connection:
                if self.turns.take_turn(connection) is None:
                    return

    def conversation(self) -> Conversation:
        with self.database.read() as connection:
            found = conversations.find(connection, *PLACE)
        assert found
        return found

    def transcript(self) -> list[Entry]:
        with self.database.read() as connection:
            return transcript.after(connection, self.conversation().id, 0)

    def send(self, text: str, *ids: str, author: str = "bot", titles: tuple[str, ...] = ()) -> None:
        """A message to the customer, sent in as many parts as there are ids."""
        with self.database.write() as connection:
            one = conversations.open_for(connection, *PLACE)
            rows = [ButtonRow(title, Payload(title)) for title in titles]
            entry = transcript.append(connection, one.id, Author(author), text, NOW, choices=rows)
            outbox.add(connection, one, entry, sent=False, at=NOW)
            if ids:
                (due,) = outbox.claim(connection, NOW, 10)
                for part, provider_id in enumerate(ids):
                    outbox.part_sent(connection, due, part, provider_id, NOW, last=part + 1 == len(ids))


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def test_a_message_is_stored_once_however_often_it_comes(desk: Desk) -> None:
    desk.take(HELLO, HELLO)
    desk.take(replace(HELLO, text="something else"))
    assert [entry.text for entry in desk.transcript()] == ["hello"]


@pytest.mark.parametrize("many", [False, True])
async def test_what_is_acknowledged_is_stored(desk: Desk, many: bool, tmp_path: Path) -> None:
    """Committed when the gateway returns: whoever is killed from then on loses nothing."""
    gateway = LiveGateway(desk.database, desk.intake, CustomerEvents(), Spool(tmp_path / "spool"))
    if many:
        await gateway.take([HELLO, replace(HELLO, external_id="m2", text="again")])
    else:
        await gateway.accept(HELLO)
    assert [one.text for one in desk.transcript()] == ["hello", "again"][: 1 + many]


def test_a_long_message_is_cut_and_an_unknown_language_is_the_shops(desk: Desk) -> None:
    desk.take(replace(HELLO, text="x" * 9000, language="xx"))
    assert len(desk.transcript()[0].text) == MAX_TEXT
    assert desk.conversation().language == "en"


def test_a_hint_opens_the_conversation_in_its_language(desk: Desk) -> None:
    desk.take(replace(HELLO, language="lt"))
    assert desk.conversation().language == "lt"


# --- options and buttons ---------------------------------------------------------------------------


def test_a_digit_chooses_the_option_it_stands_before(desk: Desk) -> None:
    desk.send("Which?", titles=("red", "blue"))
    desk.take(replace(HELLO, text="2", choice=2))
    desk.work()
    assert desk.assistant.turns[-1].payload == Payload("blue")


@pytest.mark.parametrize("number", [0, 3, -1, 99999])
def test_a_number_that_is_no_option_is_text(desk: Desk, number: int) -> None:
    desk.send("Which?", titles=("red", "blue"))
    desk.take(replace(HELLO, text=str(number), choice=number))
    desk.work()
    assert desk.assistant.turns[-1].payload is None


def test_an_option_counts_only_as_long_as_it_is_the_last_word(desk: Desk) -> None:
    desk.send("Which?", titles=("red", "blue"))
    desk.send("Never mind.")
    desk.take(replace(HELLO, text="1", choice=1))
    desk.work()
    assert desk.assistant.turns[-1].payload is None


def test_a_button_that_was_never_offered_is_what_stands_on_it(desk: Desk) -> None:
    desk.take(replace(HELLO, text="Track my order", press="forged"))
    desk.work()
    assert (desk.assistant.turns[-1].text, desk.assistant.turns[-1].payload) == ("Track my order", None)


# --- commands --------------------------------------------------------------------------------------


def test_commands_mean_what_they_say(desk: Desk) -> None:
    desk.take(
        replace(HELLO, text="/start", command=Command(CommandName.BEGIN)),
        replace(HELLO, external_id="m2", text="/help", command=Command(CommandName.HELP)),
        replace(
            HELLO, external_id="m3", text="/start order-10234", command=Command(CommandName.ORDER, "10234")
        ),
    )
    desk.work()
    payloads = [turn.payload for turn in desk.assistant.turns]
    assert payloads == [
        Payload("greet"),
        Payload("capabilities"),
        Payload("track_order", {"order_number": "10234"}),
    ]


def test_stop_ends_everything_until_start(desk: Desk) -> None:
    desk.take(HELLO)
    desk.work()
    desk.take(replace(HELLO, external_id="m2", text="STOP", command=Command(CommandName.STOP)))
    desk.work()
    with desk.database.write() as connection:
        assert suppressions.reason(connection, "sms", PLACE[2]) == "stopped"
        # Only the confirmation goes out; what the bot had said before doesn't any more.
        due = outbox.claim(connection, NOW, 10)
        assert [(one.author, one.text) for one in due] == [("system", "utter_messages_stopped (en)")]
        outbox.part_sent(connection, due[0], 0, "x", NOW, last=True)
    desk.take(replace(HELLO, external_id="m3", text="where is my order"))
    desk.work()
    desk.send("from an agent", author="agent")
    with desk.database.write() as connection:
        assert outbox.claim(connection, NOW, 10) == []
    desk.take(replace(HELLO, external_id="m4", text="START", command=Command(CommandName.RESUME)))
    desk.work()
    with desk.database.write() as connection:
        assert suppressions.reason(connection, "sms", PLACE[2]) is None
        assert [one.text for one in outbox.claim(connection, NOW, 10)] == ["utter_messages_resumed (en)"]


def test_what_the_provider_answers_itself_is_not_answered_twice(desk: Desk) -> None:
    desk.take(
        replace(HELLO, text="STOP", command=Command(CommandName.STOP, "answered")),
        replace(HELLO, external_id="m2", text="HELP", command=Command(CommandName.HELP, "answered")),
    )
    desk.work()
    assert [entry.author for entry in desk.transcript()] == ["customer", "customer"]
    with desk.database.read() as connection:
        assert suppressions.reason(connection, "sms", PLACE[2]) == "stopped"


def test_help_that_must_be_answered_is_answered_beside_a_person(desk: Desk) -> None:
    desk.take(HumanEcho(*PLACE[:2], "e1", PLACE[2], "hi, Anna here", NOW))
    desk.take(replace(HELLO, text="HELP", command=Command(CommandName.HELP, "always")))
    desk.work()
    assert [entry.author for entry in desk.transcript()] == ["agent", "customer", "system"]


# --- who it is -------------------------------------------------------------------------------------


def test_a_sender_proves_for_reading_only(desk: Desk) -> None:
    desk.take(replace(HELLO, proof=Proof("+37061234567", ProofBy.SENDER)))
    with desk.database.read() as connection:
        standing = proofs.identity(connection, desk.conversation().id)
    assert (standing.contact, standing.change) == ("+37061234567", False)


def test_a_sender_never_replaces_a_better_proof(desk: Desk) -> None:
    desk.take(HELLO)
    with desk.database.write() as connection:
        proofs.succeed(connection, desk.conversation().id, "anna@example.com")
    desk.take(replace(HELLO, external_id="m2", proof=Proof("+37061234567", ProofBy.SENDER)))
    with desk.database.read() as connection:
        standing = proofs.identity(connection, desk.conversation().id)
    assert (standing.contact, standing.by) == ("anna@example.com", "order")


def test_one_customer_on_two_channels_is_linked_for_staff_only_when_both_are_proven(desk: Desk) -> None:
    desk.take(HELLO, Inbound("web", "default", "w1", "visitor", "hi", at=NOW))
    with desk.database.write() as connection:
        web = conversations.find(connection, "web", "default", "visitor")
        assert web
        proofs.succeed(connection, web.id, "anna@example.com")
        assert people.linked(connection, desk.conversation()) == []
        proofs.succeed(connection, desk.conversation().id, "anna@example.com")
    with desk.database.read() as connection:
        assert [one.conversation_id for one in people.linked(connection, desk.conversation())] == [web.id]


def test_a_network_is_known_until_the_message_is_worked_on(desk: Desk) -> None:
    def kept() -> list[str | None]:
        with desk.database.read() as connection:
            return list(connection.execute(select(inbox_table.c.network)).scalars())

    desk.take(replace(HELLO, network="a hash"), replace(HELLO, external_id="m2"))
    assert kept() == ["a hash", None]
    desk.work()
    assert kept() == [None, None]
    assert [turn.network for turn in desk.assistant.turns] == ["a hash", "sms:+37061234567"]


# --- attachments -----------------------------------------------------------------------------------


def test_a_photo_without_words_is_noted_and_answered(desk: Desk) -> None:
    desk.take(
        replace(
            HELLO,
            text="",
            attachments=(Attachment(AttachmentKind.IMAGE, "file-1", "a.jpg", "image/jpeg", 5),),
        )
    )
    desk.work()
    assert desk.assistant.turns == [], "whether it can be taken is part of the answer"
    desk.now += FETCHING
    desk.work()
    assert desk.assistant.turns[-1].payload == Payload("send_attachment")
    with desk.database.read() as connection:
        (one,) = attachments.of_conversation(connection, desk.conversation().id)
    assert (one.kind, one.reference, one.state, one.seq) == ("image", "file-1", "waiting", 1)


def test_a_location_has_nothing_to_fetch(desk: Desk) -> None:
    desk.take(replace(HELLO, text="", attachments=(Attachment(AttachmentKind.LOCATION, "54.68,25.28"),) * 50))
    with desk.database.read() as connection:
        kept = attachments.of_conversation(connection, desk.conversation().id)
        assert attachments.QUEUE.next_due(connection) is None
    assert {one.state for one in kept} == {"stored"}
    assert len(kept) == 20


# --- what happens afterwards -----------------------------------------------------------------------


def test_an_edit_changes_the_transcript_and_asks_nothing_again(desk: Desk) -> None:
    desk.take(replace(HELLO, message_id="chat:1"))
    desk.work()
    edit = Edit(*PLACE, "chat:1", "hello there", NOW + timedelta(seconds=2))
    late = Edit(*PLACE, "chat:1", "hel", NOW + timedelta(seconds=1))
    desk.take(edit, late, Edit(*PLACE, "chat:9", "unknown"), Edit("sms", "shop", "nobody", "1", "x"))
    desk.work()
    assert desk.transcript()[0].text == "hello there"
    assert len(desk.assistant.turns) == 1


def test_receipts_never_go_back_whatever_their_order(desk: Desk) -> None:
    desk.send("long", "p1", "p2")
    one = Receipt(*PLACE[:2], "p1", ReceiptState.DELIVERED)
    desk.take(
        one,
        replace(one, state=ReceiptState.SENT),
        replace(one, state=ReceiptState.READ),
        replace(one, state=ReceiptState.DELIVERED),
    )
    with desk.database.read() as connection:
        assert sends.states(connection, desk.conversation().id) == {1: ("sent", None)}
    desk.take(
        replace(one, provider_id="p2", state=ReceiptState.READ),
        replace(one, state=ReceiptState.FAILED, reason="late"),
    )
    with desk.database.read() as connection:
        assert sends.states(connection, desk.conversation().id) == {1: ("read", None)}


def test_an_undelivered_part_fails_the_message_and_may_mark_the_customer(desk: Desk) -> None:
    desk.send("long", "p1", "p2")
    desk.take(Receipt(*PLACE[:2], "p1", ReceiptState.READ))
    desk.take(Receipt(*PLACE[:2], "p2", ReceiptState.FAILED, "no such number", unreachable=True))
    with desk.database.read() as connection:
        assert sends.states(connection, desk.conversation().id) == {1: ("failed", "no such number")}
        assert suppressions.reason(connection, "sms", PLACE[2]) == "unreachable"
    desk.take(HELLO)
    with desk.database.read() as connection:
        assert suppressions.reason(connection, "sms", PLACE[2]) is None, "who writes can be reached"


def test_a_receipt_for_nothing_of_ours_changes_nothing(desk: Desk) -> None:
    desk.take(Receipt("sms", "shop", "stranger", ReceiptState.FAILED, unreachable=True))
    desk.take(ReadUpTo("sms", "shop", "nobody", ReceiptState.READ, NOW))


def test_read_up_to_counts_for_all_before(desk: Desk) -> None:
    desk.send("one", "p1")
    desk.take(ReadUpTo(*PLACE, ReceiptState.DELIVERED, NOW - timedelta(seconds=1)))
    with desk.database.read() as connection:
        assert sends.states(connection, desk.conversation().id) == {1: ("sent", None)}
    desk.take(ReadUpTo(*PLACE, ReceiptState.READ, NOW + timedelta(seconds=1)))
    desk.take(ReadUpTo(*PLACE, ReceiptState.DELIVERED, NOW + timedelta(seconds=1)))
    with desk.database.read() as connection:
        assert sends.states(connection, desk.conversation().id) == {1: ("read", None)}


def test_a_block_holds_everything_back_and_a_stop_outlives_it(desk: Desk) -> None:
    desk.take(replace(HELLO, text="STOP", command=Command(CommandName.STOP, "answered")))
    desk.work()
    desk.take(Reachability(*PLACE, reachable=False), Reachability(*PLACE, reachable=True))
    with desk.database.read() as connection:
        assert suppressions.reason(connection, "sms", PLACE[2]) == "stopped"


def test_a_person_who_answers_elsewhere_silences_the_bot(desk: Desk) -> None:
    desk.take(HELLO)
    desk.work()
    echo = HumanEcho(*PLACE[:2], "e1", PLACE[2], "hi, Anna here", NOW + timedelta(minutes=1))
    desk.take(echo, echo)
    assert desk.conversation().owner == "human"
    assert [entry.text for entry in desk.transcript() if entry.author == "agent"] == ["hi, Anna here"]
    with desk.database.write() as connection:
        assert outbox.claim(connection, NOW, 10) == [], "the bot's answer is withdrawn"
    desk.take(replace(HELLO, external_id="m2", text="thanks"))
    desk.work()
    assert len(desk.assistant.turns) == 1


def test_our_own_echo_is_no_person(desk: Desk) -> None:
    desk.send("from the bot", "p1")
    desk.take(HumanEcho(*PLACE[:2], "p1", PLACE[2], "from the bot", NOW))
    assert desk.conversation().owner == "bot"
