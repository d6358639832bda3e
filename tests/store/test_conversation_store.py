"""The life of a message between inbox and outbox, on a real database, with an assistant that follows a
script: duplicates, order, failed turns, buttons, and who owns a conversation."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from time import sleep
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.assistant.protocol import Choice, Reply, TurnInput, TurnResult
from bot.conversation import giving_up, ownership
from bot.conversation.turns import BACKOFF, Turn, TurnFailed, Turns
from bot.conversation.worker import Worker
from store.conversations import archive, conversations, inbox, outbox, transcript
from store.conversations.conversations import Conversation
from store.conversations.inbox import Place, UnknownToken
from store.conversations.memory import Memory
from store.conversations.payload import Payload
from store.conversations.transcript import Entry
from store.core.database import Connection, Database
from store.handoffs import handoffs
from store.tables import conversations as conversations_table
from store.tables import inbox as inbox_table
from store.tables import outbox as outbox_table
from store.tables import ownership_changes
from store.vocabulary import Author, Owner, Reason
from tests.conftest import Lines
from tests.fakes.assistant import FakeAssistant, answer, answered_meanwhile
from tests.speaking import outgoing_of

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OWNERS = ("bot", "queue", "human", "closed")


class Script:
    """Answers with what it heard. `boom` fails after it wrote something; `person` asks for one; `choose`
    offers buttons; `twice` answers in two bubbles; `silent` gets no answer."""

    def __init__(self) -> None:
        self.broken = {"boom"}  # texts
        self.meanwhile: Callable[[TurnInput], None] = lambda turn: None

    def __call__(self, connection: Connection, turn: TurnInput) -> TurnResult:
        self.meanwhile(turn)
        if turn.text in self.broken:
            transcript.append(connection, turn.conversation_id, Author.SYSTEM, "half a turn", turn.at)
            raise RuntimeError("as written in the script")
        meant = turn.payload.intent if turn.payload else turn.text
        said: dict[str, tuple[Reply, ...]] = {
            "choose": (Reply("which?", (Choice("Red", "pick", {"colour": "red"}), Choice("Back", "back"))),),
            "person": (Reply("one moment", (Choice("Go on with the bot", "back_to_bot"),)),),
            "twice": (Reply("first"), Reply("second")),
            "silent": (),
        }
        if turn.waiting:
            return answered_meanwhile(turn)
        return answer(
            turn,
            *said.get(turn.text, (Reply(f"re {meant}"),)),
            intent=meant[:64],
            memory=Memory({"heard": turn.text, "order": "10234"}, "order_form"),
            confidence=0.87654321,
            handoff=Reason.ASKED if turn.text == "person" else None,
        )


class Recorded(Turns):
    """Turns that are kept."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.taken: list[Turn] = []

    def take_turn(self, connection: Connection) -> Turn | None:
        return self._keep(super().take_turn(connection))

    def give_up(self, connection: Connection, *which: Any) -> Turn | None:
        return self._keep(super().give_up(connection, *which))

    def _keep(self, turn: Turn | None) -> Turn | None:
        self.taken += [turn] if turn else []
        return turn


class Shop:
    """One database with the turns that are taken on it, and a clock of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.script = Script()
        self.now = START
        self.assistant = FakeAssistant(self.script)
        self.conversations = Recorded(outgoing_of(self.assistant, lambda: self.now), lambda: self.now)
        self.turns = self.conversations.taken
        self.worker = Worker(database, self.conversations)
        self._sent = 0

    def write(
        self,
        text: str = "",
        address: str = "anna",
        *,
        external_id: str | None = None,
        press: str | None = None,
        channel: str = "web",
        account: str = "default",
    ) -> Place:
        self._sent += 1
        with self.database.write() as connection:
            return inbox.accept(
                connection,
                channel=channel,
                account=account,
                external_id=external_id or f"m{self._sent}",
                address=address,
                text=text,
                press=press,
                language="en",
                request_id=f"request-{self._sent}",
                at=self.now,
            )

    async def work(self) -> None:
        """Takes turns as the worker does, until nothing is due."""
        while await self.worker.step():
            pass

    async def talk(self, *texts: str, address: str = "anna") -> list[str]:
        """Writes and waits for the answers, one after the other; what the bot said to all of them."""
        before = len(self.transcript(address))
        for text in texts:
            self.write(text, address)
            await self.work()
        return [entry.text for entry in self.transcript(address)[before:] if entry.author == "bot"]

    def conversation(self, address: str = "anna", channel: str = "web") -> Conversation:
        with self.database.read() as connection:
            found = conversations.find(connection, channel, "default", address)
        assert found is not None
        return found

    def transcript(self, address: str = "anna", channel: str = "web") -> list[Entry]:
        with self.database.read() as connection:
            found = conversations.find(connection, channel, "default", address)
            return transcript.after(connection, found.id, 0) if found else []

    def button(self, title: str, address: str = "anna") -> str:
        """The token of the last button with this title."""
        offered = [one for entry in self.transcript(address) for one in entry.buttons]
        return [one["token"] for one in offered if one["title"] == title][-1]

    def owner(self, owner: str, address: str = "anna") -> None:
        """Hands a conversation over, as the desk does."""
        with self.database.write() as connection:
            held = conversations.open_for(connection, "web", "default", address)
            until = self.now + timedelta(hours=1) if owner == Owner.HUMAN else None
            ownership.change(
                connection, held, Owner(owner), by="agent:rasa", why="test", at=self.now, until=until
            )

    def inbox_states(self) -> Counter[str]:
        with self.database.read() as connection:
            return Counter(connection.execute(select(inbox_table.c.state)).scalars())


@pytest.fixture
def shop(database: Database) -> Shop:
    return Shop(database)


# --- accepting -------------------------------------------------------------------------------------


async def test_a_duplicate_changes_nothing_before_and_after_the_answer(shop: Shop) -> None:
    first = shop.write("hello", external_id="m-1")
    assert first == Place(first.conversation_id, 1, duplicate=False)
    assert shop.write("hello", external_id="m-1") == Place(first.conversation_id, 1, duplicate=True)
    await shop.work()
    assert shop.write("another text", external_id="m-1").duplicate
    await shop.work()
    assert [(entry.author, entry.text) for entry in shop.transcript()] == [
        ("customer", "hello"),
        ("bot", "re hello"),
    ]
    assert shop.inbox_states() == {"done": 1}


def test_one_id_on_another_channel_or_account_is_another_message(shop: Shop) -> None:
    shop.write("a", external_id="7")
    assert not shop.write("a", external_id="7", account="second").duplicate
    assert not shop.write("a", external_id="7", channel="sms").duplicate
    assert shop.inbox_states() == {"waiting": 3}


def test_the_same_message_from_many_sides_at_once_is_stored_once(shop: Shop) -> None:
    with ThreadPoolExecutor(6) as pool:
        places = list(pool.map(lambda _: shop.write("hello", external_id="m-1"), range(6)))
    assert Counter(place.duplicate for place in places) == {True: 5, False: 1}
    assert {(place.conversation_id, place.seq) for place in places} == {(places[0].conversation_id, 1)}
    assert len(shop.transcript()) == 1


def test_many_messages_at_once_are_numbered_without_gaps(shop: Shop) -> None:
    with ThreadPoolExecutor(6) as pool:
        places = list(pool.map(lambda n: shop.write("hi", external_id=f"x{n}"), range(24)))
    assert sorted(place.seq for place in places) == list(range(1, 25))
    with shop.database.read() as connection:
        rows = connection.execute(select(inbox_table.c.seq).order_by(inbox_table.c.id)).scalars().all()
    assert list(rows) == list(range(1, 25)), "the inbox is worked on in the transcript's order"


async def test_texts_are_kept_as_they_are(shop: Shop) -> None:
    texts = ["'; DROP TABLE inbox; --", "/handoff{}", "🧦" * 4000, "\u202eevil", " "]
    await shop.talk(*texts)
    assert [entry.text for entry in shop.transcript() if entry.author == "customer"] == texts
    assert [turn.text for turn in shop.assistant.turns] == texts
    assert {turn.payload for turn in shop.assistant.turns} == {None}


# --- turns -----------------------------------------------------------------------------------------


async def test_messages_are_answered_in_order_with_numbers_without_gaps(shop: Shop) -> None:
    for text in ("one", "twice", "silent", "four"):
        shop.write(text)
    await shop.work()
    assert [(entry.seq, entry.author, entry.text, entry.reply_to) for entry in shop.transcript()] == [
        (1, "customer", "one", None),
        (2, "customer", "twice", None),
        (3, "customer", "silent", None),
        (4, "customer", "four", None),
        (5, "bot", "re one", 1),
        (6, "bot", "first", 2),
        (7, "bot", "second", 2),
        (8, "bot", "re four", 4),
    ]
    assert shop.inbox_states() == {"done": 4}
    assert [turn.seq for turn in shop.turns] == [1, 2, 3, 4]
    assert [turn.message_id for turn in shop.assistant.turns] == [f"web:default:m{n}" for n in range(1, 5)]


async def test_a_turn_leaves_its_traces_everywhere(shop: Shop) -> None:
    shop.write("hello")
    await shop.work()
    conversation = shop.conversation()
    assert conversation.memory == Memory({"heard": "hello", "order": "10234"}, "order_form", wish="hello")
    assert (conversation.last_seq, conversation.last_event_seq, conversation.failures) == (2, 2, 0)
    with shop.database.read() as connection:
        events = archive.events(connection, conversation.id)
        row = connection.execute(select(inbox_table)).one()
        assert outbox.states(connection, conversation.id, [1, 2]) == {2: "sent"}
        assert inbox.backlog(connection) == (0, None)
    assert [event["event"] for event in events] == ["user", "bot"]
    assert events[0]["message_id"] == "web:default:m1"
    assert (row.intent, row.confidence, row.request_id) == ("hello", 0.8765, "request-1")
    shop.write("again")
    await shop.work()
    assert shop.assistant.turns[1].memory == conversation.memory
    with shop.database.read() as connection:
        assert len(archive.events(connection, conversation.id)) == 4


async def test_a_channel_that_is_pushed_to_gets_its_answers_queued(shop: Shop) -> None:
    shop.write("twice", channel="sms", address="+37061234567")
    await shop.work()
    conversation = shop.conversation("+37061234567", "sms")
    with shop.database.read() as connection:
        assert outbox.states(connection, conversation.id, [1, 2, 3]) == {2: "queued", 3: "queued"}
        rows = connection.execute(select(outbox_table).order_by(outbox_table.c.id)).all()
    assert [(row.channel, row.address, row.request_id) for row in rows] == [
        ("sms", "+37061234567", "request-1")
    ] * 2


def test_a_turn_cut_off_before_its_commit_never_was(shop: Shop) -> None:
    shop.write("person")

    def cut_off() -> None:
        with shop.database.write() as connection:
            assert shop.conversations.take_turn(connection) is not None
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut_off()
    assert [entry.text for entry in shop.transcript()] == ["person"]
    assert shop.conversation().owner == "bot"
    assert shop.inbox_states() == {"waiting": 1}
    with shop.database.write() as connection:
        assert shop.conversations.take_turn(connection) is not None
        assert shop.conversations.take_turn(connection) is None
    assert [entry.text for entry in shop.transcript()] == ["person", "one moment"]
    with shop.database.read() as connection:
        assert len(handoffs.of_conversation(connection, shop.conversation().id)) == 1


async def test_the_one_who_waits_longest_is_first(shop: Shop) -> None:
    for text, address in (("1", "anna"), ("2", "bert"), ("3", "anna"), ("4", "cleo")):
        shop.write(text, address)
    await shop.work()
    assert [turn.text for turn in shop.assistant.turns] == ["1", "2", "3", "4"]


# --- several workers -------------------------------------------------------------------------------


def drain(shop: Shop, threads: int) -> None:
    """Works on the inbox from several threads, as several processes would."""

    def work() -> None:
        idle = 0
        # A conversation that is held by another thread may have more in a moment.
        while idle < 20:
            with shop.database.write() as connection:
                turn = shop.conversations.take_turn(connection)
            idle = 0 if turn else idle + 1
            if turn is None:
                sleep(0.01)

    with ThreadPoolExecutor(threads) as pool:
        for job in [pool.submit(work) for _ in range(threads)]:
            job.result()


def test_workers_side_by_side_never_share_a_conversation(shop: Shop) -> None:
    held: Counter[int] = Counter()
    shared = []

    def meanwhile(turn: TurnInput) -> None:
        held[turn.conversation_id] += 1
        sleep(0.003)
        shared.append(held[turn.conversation_id] > 1)
        held[turn.conversation_id] -= 1

    shop.script.meanwhile = meanwhile
    addresses = ("anna", "bert", "cleo")
    for number in range(8):
        for address in addresses:
            shop.write(str(number), address)
    drain(shop, 4)
    assert not any(shared)
    assert shop.inbox_states() == {"done": 24}
    for address in addresses:
        bot = [entry for entry in shop.transcript(address) if entry.author == "bot"]
        assert [entry.text for entry in bot] == [f"re {number}" for number in range(8)]
        assert [entry.reply_to for entry in bot] == list(range(1, 9))


def test_on_postgresql_two_conversations_are_worked_on_at_the_same_time(shop: Shop) -> None:
    if shop.database.is_sqlite:
        pytest.skip("SQLite has one writer")
    both = threading.Barrier(2)

    def meanwhile(turn: TurnInput) -> None:
        both.wait(10)

    shop.script.meanwhile = meanwhile
    shop.write("1", "anna")
    shop.write("2", "bert")
    drain(shop, 2)
    assert shop.inbox_states() == {"done": 2}


def test_on_postgresql_a_held_conversation_is_passed_over_not_waited_for(shop: Shop) -> None:
    if shop.database.is_sqlite:
        pytest.skip("SQLite has one writer")
    shop.write("1", "anna")
    with shop.database.write() as holder:
        conversations.open_for(holder, "web", "default", "anna")
        with shop.database.write() as connection:
            # Else the test would hang where it is to fail.
            connection.execute(select(func.set_config("lock_timeout", "5s", True)))
            assert inbox.claim(connection, shop.now) is None
        shop.write("2", "bert")
        with shop.database.write() as connection:
            claimed = inbox.claim(connection, shop.now)
            assert claimed is not None
            waiting = inbox.oldest(connection, claimed.conversation_id)
        assert waiting is not None
        assert waiting.text == "2"


# --- turns that fail -------------------------------------------------------------------------------


async def test_a_failed_turn_is_rolled_back_whole_and_postponed(shop: Shop) -> None:
    place = shop.write("boom")
    with pytest.raises(TurnFailed) as failed, shop.database.write() as connection:
        shop.conversations.take_turn(connection)
    assert failed.value.conversation_id == place.conversation_id
    assert failed.value.request_id == "request-1"
    assert "boom" not in str(failed.value)
    with shop.database.write() as connection:
        assert shop.conversations.give_up(connection, place.conversation_id) is None
    assert [entry.text for entry in shop.transcript()] == ["boom"]
    assert shop.conversation().last_event_seq == 0
    assert shop.inbox_states() == {"waiting": 1}
    assert not await shop.worker.step(), "not before its time"
    assert shop.conversation().failures == 1


async def test_a_clock_set_back_by_a_day_stops_no_conversation(shop: Shop) -> None:
    shop.write("boom")
    await shop.work()
    shop.script.broken.clear()
    shop.now -= timedelta(days=1)
    await shop.work()
    assert [entry.text for entry in shop.transcript()] == ["boom", "re boom"]


async def test_one_failure_that_several_workers_saw_counts_once(shop: Shop) -> None:
    place = shop.write("boom")
    failures = []
    for _ in range(4):
        with pytest.raises(TurnFailed) as failed, shop.database.write() as connection:
            shop.conversations.take_turn(connection)
        failures.append(failed.value)
    for failure in failures:
        assert await giving_up.give_up(shop.database, shop.conversations, failure) is None
    assert shop.conversation().failures == 1, "it is tried again after a pause, and not given up"
    assert shop.inbox_states() == {"waiting": 1}
    assert place.seq == 1


async def test_a_failure_is_logged_once_however_often_it_is_tried(shop: Shop, lines: Lines) -> None:
    shop.write("boom")
    for wait in (timedelta(), *BACKOFF):
        shop.now += wait
        await asyncio.gather(*(shop.worker.step() for _ in range(4)))
    assert [one["event"] for one in lines() if "exception" in one] == ["turn_failed"]


async def test_others_go_on_while_a_conversation_is_postponed_and_its_order_holds(shop: Shop) -> None:
    shop.write("boom")
    shop.write("behind it")
    shop.write("hello", "bert")
    await shop.work()
    assert [entry.text for entry in shop.transcript("bert")] == ["hello", "re hello"]
    assert [entry.text for entry in shop.transcript()] == ["boom", "behind it"]
    shop.script.broken.clear()
    shop.now += BACKOFF[0]
    await shop.work()
    assert [entry.text for entry in shop.transcript()][2:] == ["re boom", "re behind it"]
    assert shop.conversation().failures == 0
    assert shop.inbox_states() == {"done": 3}


async def test_the_third_failure_apologises_asks_for_a_person_and_lets_others_by(shop: Shop) -> None:
    shop.write("boom")
    shop.write("are you there?")
    shop.write("hm")
    for wait in (timedelta(), *BACKOFF):
        assert shop.conversation().owner == "bot"
        shop.now += wait
        await shop.work()
    assert [turn.waiting for turn in shop.assistant.turns] == [False] * 3 + [True] * 2
    assert [(entry.text, entry.reply_to) for entry in shop.transcript()][3:] == [
        ("utter_failed_turn (en)", 1),
        ("utter_already_handed_off (en)", 2),
    ]
    assert shop.inbox_states() == {"failed": 1, "done": 2}
    conversation = shop.conversation()
    assert (conversation.owner, conversation.failures) == ("queue", 0)
    assert conversation.memory == Memory(told=True, noted=True)
    with shop.database.read() as connection:
        (handoff,) = handoffs.of_conversation(connection, conversation.id)
        retry_at = connection.execute(select(conversations_table.c.retry_at)).scalar_one()
    assert (handoff.reason, handoff.open) == ("failure", True)
    assert retry_at is None
    assert [turn.handoff for turn in shop.turns] == ["failure", None, None]


async def test_failures_count_in_a_row_only(shop: Shop) -> None:
    shop.write("boom")
    await shop.work()
    shop.now += BACKOFF[0]
    await shop.work()
    assert shop.conversation().failures == 2
    # A person takes over: the message is his, and nothing fails any more.
    shop.owner("human")
    shop.now += BACKOFF[1]
    await shop.work()
    assert shop.conversation().failures == 0
    shop.owner("bot")
    shop.write("boom")
    await shop.work()
    assert (shop.conversation().owner, shop.conversation().failures) == ("bot", 1)


async def test_a_reopened_conversation_that_fails_gets_to_a_person_too(shop: Shop) -> None:
    await shop.talk("hello")
    shop.owner("closed")
    shop.write("boom")
    for wait in (timedelta(), *BACKOFF):
        shop.now += wait
        await shop.work()
    assert shop.conversation().owner == "queue"
    assert shop.transcript()[-1].text == "utter_failed_turn (en)"


def test_giving_up_a_conversation_without_messages_does_nothing(shop: Shop) -> None:
    with shop.database.write() as connection:
        assert shop.conversations.give_up(connection, 12345) is None


# --- buttons ---------------------------------------------------------------------------------------


def test_an_unknown_button_is_refused_and_leaves_nothing(shop: Shop) -> None:
    for token in ("nonsense", "", "x" * 64, "' OR 1=1 --"):
        with pytest.raises(UnknownToken):
            shop.write(press=token)
    with shop.database.read() as connection:
        assert conversations.find(connection, "web", "default", "anna") is None
    assert not shop.inbox_states()


async def test_a_button_of_another_conversation_is_refused(shop: Shop) -> None:
    await shop.talk("choose")
    await shop.talk("choose", address="bert")
    with pytest.raises(UnknownToken):
        shop.write(press=shop.button("Red", "anna"), address="bert")
    assert len(shop.transcript("bert")) == 2


async def test_a_press_means_its_payload_and_shows_its_title(shop: Shop) -> None:
    await shop.talk("choose")
    token = shop.button("Red")
    shop.write(press=token, external_id="press-1")
    assert shop.write(press=token, external_id="press-1").duplicate
    await shop.work()
    assert shop.assistant.turns[-1].payload == Payload("pick", {"colour": "red"})
    assert [entry.text for entry in shop.transcript()][-2:] == ["Red", "re pick"]
    assert "pick" not in str(shop.transcript()[1].buttons), "what a button means stays on our side"
    assert shop.write(press=token, external_id="press-2").duplicate, "it is chosen, under whatever id"
    await shop.work()
    assert len(shop.assistant.turns) == 2


async def test_presses_after_the_hand_over(shop: Shop) -> None:
    await shop.talk("choose", "choose", "person")
    assert shop.conversation().owner == "queue"
    first, second = (
        button["token"] for entry in shop.transcript() for button in entry.buttons if button["title"] == "Red"
    )
    shop.write(press=first)
    await shop.work()
    assert shop.transcript()[-1].text == "utter_already_handed_off (en)"
    shop.owner("human")
    before = len(shop.transcript())
    for token in (second, shop.button("Go on with the bot")):
        shop.write(press=token)
    await shop.work()
    assert shop.conversation().owner == "human", "a person who is there is not sent away by a button"
    assert [entry.author for entry in shop.transcript()[before:]] == ["customer", "customer"]
    assert [turn.waiting for turn in shop.assistant.turns] == [False, False, False, True]


# --- owners ----------------------------------------------------------------------------------------


async def test_a_request_for_a_person_hands_over_and_the_queue_answers(shop: Shop) -> None:
    said = await shop.talk("person", "hello?", "anyone?", "please")
    assert said == ["one moment", "utter_already_handed_off (en)", "utter_noted (en)"]
    with shop.database.read() as connection:
        (handoff,) = handoffs.of_conversation(connection, shop.conversation().id)
        changes = connection.execute(select(ownership_changes)).all()
    assert handoff.reason == "asked"
    assert handoff.packet and handoff.packet.said == ("person",)
    assert [(one.from_owner, one.to_owner, one.by, one.why) for one in changes] == [
        ("bot", "queue", "bot", "asked")
    ]
    assert shop.inbox_states() == {"done": 4}


async def test_back_to_the_bot_forgets_open_questions_and_keeps_the_request(shop: Shop) -> None:
    await shop.talk("person", "hello?")
    shop.write(press=shop.button("Go on with the bot"))
    await shop.work()
    conversation = shop.conversation()
    assert conversation.owner == "bot"
    assert conversation.memory == Memory({"order": "10234"}, wish="person")
    assert shop.transcript()[-1].text == "utter_back_to_bot (en)"
    with shop.database.read() as connection:
        assert [one.open for one in handoffs.of_conversation(connection, conversation.id)] == [True]
    assert await shop.talk("hello", "person", "are you there?") == [
        "re hello",
        "one moment",
        "utter_already_handed_off (en)",
    ]
    with shop.database.read() as connection:
        requests = handoffs.of_conversation(connection, conversation.id)
    assert [one.open for one in requests] == [False, True], "there is one request to answer"


async def test_the_bot_is_silent_while_a_person_has_the_conversation(shop: Shop) -> None:
    await shop.talk("hello")
    shop.owner("human")
    assert await shop.talk("to you", "boom") == []
    assert len(shop.assistant.turns) == 1
    assert shop.inbox_states() == {"done": 3}


async def test_a_closed_conversation_is_opened_by_its_next_message(shop: Shop) -> None:
    await shop.talk("hello")
    shop.owner("closed")
    assert await shop.talk("again") == ["re again"]
    assert shop.conversation().owner == "bot"
    with shop.database.read() as connection:
        rows = connection.execute(select(ownership_changes).order_by(ownership_changes.c.id)).all()
    assert [(row.from_owner, row.to_owner, row.by) for row in rows] == [
        ("bot", "closed", "agent:rasa"),
        ("closed", "bot", "customer"),
    ]


@pytest.mark.parametrize("before", OWNERS)
def test_owners_change_only_as_allowed(shop: Shop, before: str) -> None:
    allowed = {
        "bot": {"queue", "human", "closed"},
        "queue": {"human", "bot", "closed"},
        "human": {"queue", "bot", "closed"},
        "closed": {"bot", "human"},
    }
    for after in OWNERS:
        shop.write("hello", address=after)
        if before != "bot":
            shop.owner(before, address=after)
        if after in allowed[before]:
            shop.owner(after, address=after)
            assert shop.conversation(after).owner == after
            continue
        with pytest.raises(ownership.ForbiddenTransition):
            shop.owner(after, address=after)
        assert shop.conversation(after).owner == before
    with shop.database.read() as connection:
        noted = connection.execute(select(func.count()).select_from(ownership_changes)).scalar_one()
    assert noted == (before != "bot") * len(OWNERS) + len(allowed[before])


def test_a_persons_is_somebodys(shop: Shop) -> None:
    """An agent's, or that of somebody elsewhere until a time: never nobody's, and never both."""
    which = shop.write("hello").conversation_id
    until = shop.now + timedelta(hours=1)
    with shop.database.write() as connection:
        one = conversations.get(connection, which)
        for agent_id, end in ((None, None), (1, until)):
            with pytest.raises(ownership.ForbiddenTransition):
                ownership.change(
                    connection,
                    one,
                    Owner.HUMAN,
                    by="x",
                    why="test",
                    at=shop.now,
                    agent_id=agent_id,
                    until=end,
                )
        held = ownership.change(
            connection, one, Owner.HUMAN, by="messenger", why="test", at=shop.now, until=until
        )
        with pytest.raises(ownership.ForbiddenTransition):
            ownership.hand_on(connection, held, None, by="x", why="test", at=shop.now)
        assert conversations.get(connection, which) == held
    assert (held.held_by, held.held_until) == ("messenger", until)


# --- replay ----------------------------------------------------------------------------------------


def test_a_replay_is_bounded_and_goes_on_where_it_ended(shop: Shop) -> None:
    place = shop.write("first")
    with shop.database.write() as connection:
        for number in range(2, 206):
            transcript.append(
                connection, place.conversation_id, Author.BOT, str(number), shop.now, reply_to=1
            )
    with shop.database.read() as connection:
        page = transcript.after(connection, place.conversation_id, 0)
        rest = transcript.after(connection, place.conversation_id, page[-1].seq)
        nothing = transcript.after(connection, place.conversation_id, 2**31 - 1)
        strange = transcript.after(connection, place.conversation_id + 1, 0)
    assert [entry.seq for entry in page] == list(range(1, 201))
    assert [entry.seq for entry in rest] == list(range(201, 206))
    assert nothing == strange == []


def test_the_backlog_tells_how_many_wait_and_since_when(shop: Shop) -> None:
    with shop.database.read() as connection:
        assert inbox.backlog(connection) == (0, None)
    shop.write("one")
    shop.now += timedelta(minutes=1)
    shop.write("two", "bert")
    with shop.database.read() as connection:
        assert inbox.backlog(connection) == (2, START)
