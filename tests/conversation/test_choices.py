"""A button that is chosen is chosen, however often and wherever it is pressed; an album is one message."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.conversation.customer_events import CustomerEvents
from bot.conversation.receiving.gateway import LiveGateway
from bot.conversation.receiving.intake import ALBUM_PAUSE
from channels.contract import Attachment, AttachmentKind, Command, CommandName, Inbound, UnknownButton
from store.conversations import conversations, transcript
from store.conversations.payload import Payload
from store.conversations.transcript import ButtonRow
from store.core.database import Database
from store.tables import attachments
from store.vocabulary import AttachmentState, Author
from tests.conversation.test_intake import HELLO, NOW, PLACE, Desk
from tests.speaking import NO_SPOOL


class Fetched(Desk):
    """A desk whose customers' files have come before anybody works."""

    def work(self) -> None:
        with self.database.write() as connection:
            kept = {"state": AttachmentState.STORED, "file": "0" * 32}
            connection.execute(attachments.update().values(**kept))
        super().work()


@pytest.fixture
def desk(database: Database) -> Desk:
    return Fetched(database)


def ask(desk: Desk, *titles: str, intent: str | None = None) -> list[str]:
    """A question with buttons; their tokens."""
    with desk.database.write() as connection:
        one = conversations.open_for(connection, *PLACE)
        rows = [ButtonRow(title, Payload(intent or title)) for title in titles]
        entry = transcript.append(connection, one.id, Author.BOT, "Which?", NOW, choices=rows)
    return [one["token"] for one in entry.buttons]


def pressed(name: str, token: str) -> Inbound:
    return replace(HELLO, external_id=name, text="", press=token)


def answers(desk: Desk) -> list[str]:
    """What the assistant was asked for, a title each."""
    return [turn.payload.intent if turn.payload else turn.text for turn in desk.assistant.turns]


@pytest.mark.parametrize("answered", [False, True])
def test_two_taps_on_one_button_are_one_choice(desk: Desk, answered: bool) -> None:
    """Each tap has an id of its own at the provider."""
    red, _ = ask(desk, "red", "blue")
    desk.take(pressed("t1", red))
    if answered:
        desk.work()
    desk.take(pressed("t2", red), pressed("t3", red))
    desk.work()
    assert answers(desk) == ["red"]
    assert [one.text for one in desk.transcript() if one.author == "customer"] == ["red"]


@pytest.mark.parametrize("answered", [False, True])
def test_of_two_buttons_of_a_question_the_first_counts(desk: Desk, answered: bool) -> None:
    red, blue = ask(desk, "red", "blue")
    desk.take(pressed("t1", red))
    if answered:
        desk.work()
    desk.take(pressed("t2", blue), pressed("t2", blue))
    desk.work()
    assert answers(desk) == ["red"]


def test_questions_are_answered_each_by_itself(desk: Desk) -> None:
    first, again = ask(desk, "red", "blue")[0], ask(desk, "red", "blue")[1]
    desk.take(pressed("t1", again), pressed("t2", first))
    desk.work()
    assert answers(desk) == ["blue", "red"]


async def test_in_two_tabs_the_second_press_is_the_first_ones(desk: Desk) -> None:
    red, blue = ask(desk, "red", "blue")
    gateway = LiveGateway(desk.database, desk.intake, CustomerEvents(), NO_SPOOL)
    first = await gateway.accept(pressed("v:tab-1", red))
    second = await gateway.accept(pressed("v:tab-2", red))
    assert (second.seq, second.duplicate) == (first.seq, True)
    with pytest.raises(UnknownButton):
        await gateway.accept(pressed("v:tab-3", blue))
    desk.work()
    assert answers(desk) == ["red"]


def test_a_score_may_be_thought_better_of(desk: Desk) -> None:
    tokens = ask(desk, "4 ★", "5 ★", intent="rate")
    places = [desk.place(pressed(f"t{n}", token)) for n, token in enumerate(tokens)]
    assert [one is not None and one.duplicate for one in places] == [False, False]


def test_a_number_typed_twice_is_one_choice_and_both_are_kept(desk: Desk) -> None:
    ask(desk, "red", "blue")
    desk.take(replace(HELLO, text="2", choice=2), replace(HELLO, external_id="m2", text="2", choice=2))
    desk.work()
    assert answers(desk) == ["blue"]
    assert [one.text for one in desk.transcript() if one.author == "customer"] == ["2", "2"]


def test_another_number_typed_after_the_choice_is_words(desk: Desk) -> None:
    ask(desk, "red", "blue")
    desk.take(replace(HELLO, text="2", choice=2), replace(HELLO, external_id="m2", text="1", choice=1))
    desk.work()
    assert answers(desk) == ["blue", "1"]


# --- albums ----------------------------------------------------------------------------------------


def photo(name: str, text: str = "", album: str | None = "77") -> Inbound:
    picture = Attachment(AttachmentKind.IMAGE, f"file-{name}", media_type="image/jpeg")
    return replace(HELLO, external_id=name, text=text, attachments=(picture,), album=album)


@pytest.mark.parametrize("words", [0, 1, 2, None])
def test_an_album_is_answered_once_wherever_its_words_are(desk: Desk, words: int | None) -> None:
    desk.take(*(photo(f"p{n}", "they came broken" if n == words else "") for n in range(3)))
    desk.work()
    assert answers(desk) == [], "more may come"
    desk.now += ALBUM_PAUSE
    desk.work()
    assert answers(desk) == ["send_attachment" if words is None else "they came broken"]
    assert len(desk.transcript()) == 4, "all photos are kept"


def test_words_that_come_late_are_answered_and_further_photos_are_not(desk: Desk) -> None:
    desk.take(photo("p0"))
    desk.now += ALBUM_PAUSE
    desk.work()
    desk.take(photo("p1"), photo("p2", "they came broken"), photo("p1"))
    desk.now += ALBUM_PAUSE
    desk.work()
    assert answers(desk) == ["send_attachment", "they came broken"]


def test_another_album_and_a_single_photo_are_answered(desk: Desk) -> None:
    desk.take(photo("p0"), photo("p1"))
    desk.take(photo("p2", album="78"), photo("p3", album=None))
    desk.now += ALBUM_PAUSE
    desk.work()
    assert answers(desk) == ["send_attachment"] * 3


def test_what_an_album_asks_by_a_command_is_done(desk: Desk) -> None:
    stop = replace(photo("p1"), text="STOP", command=Command(CommandName.STOP))
    desk.take(photo("p0"), stop)
    desk.now += ALBUM_PAUSE + timedelta(seconds=1)
    desk.work()
    assert [one.text for one in desk.transcript() if one.author == "system"] == [
        "utter_messages_stopped (en)"
    ]
