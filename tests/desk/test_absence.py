"""What nobody has any more comes back: to the queue while the customer waits, else to the assistant."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from bot.assistant.protocol import Understanding
from bot.conversation.receiving.intake import SILENT_FOR, Intake
from bot.desk.absence import AWAY, GONE, Absence
from bot.desk.agent_actions import Desk
from bot.mirror.agents_there import AgentsThere
from channels.contract import HumanEcho, Inbound
from store.accounts import agents
from store.conversations import inbox
from store.core import timers
from store.core.database import Database
from store.handoffs import handoffs
from store.handoffs.handoffs import Request
from store.tables import agents as agents_table
from store.tables import conversations as conversations_table
from tests.desk.shop import Actor, Shop
from tests.fakes.assistant import FakeAssistant
from tests.speaking import outgoing_of

MOMENT = timedelta(seconds=1)


class Room:
    """A shop whose people come and go."""

    def __init__(self, database: Database, desks: tuple[str, ...] = ()) -> None:
        self.shop = Shop(database)
        self.absence = Absence(database, self.shop.desk, SILENT_FOR, desks, self.shop.clock)
        self.intake = Intake(["en"], self.shop.desk.outgoing, SILENT_FOR)
        outgoing = outgoing_of(FakeAssistant(), self.shop.clock)
        self.there = AgentsThere(outgoing, self.shop.clock, SILENT_FOR)
        self._said = 0

    def seen(self, who: Actor, **values: Any) -> None:
        with self.shop.database.write() as connection:
            agents.change(connection, who.agent.id, **{"seen_at": self.shop.now, **values})

    def echo(self, text: str = "Rita here, I look it up", address: str = "anna") -> None:
        """A person answers in the provider's own inbox."""
        self._said += 1
        echo = HumanEcho("web", "default", f"e{self._said}", address, text, self.shop.now)
        with self.shop.database.write() as connection:
            self.intake.take(connection, echo, "r")

    def writes(self, text: str, address: str = "anna") -> int:
        self._said += 1
        inbound = Inbound("web", "default", f"w{self._said}", address, text, at=self.shop.now)
        with self.shop.database.write() as connection:
            place = self.intake.take(connection, inbound, "r").place
        self.shop.work()
        assert place
        return place.conversation_id

    async def after(self, **time: float) -> int:
        self.shop.now += timedelta(**time)
        return await self.absence.sweep()

    def request(self, conversation_id: int) -> Request | None:
        with self.shop.database.read() as connection:
            return handoffs.latest(connection, conversation_id)


@pytest.fixture
def room(database: Database) -> Room:
    return Room(database)


# --- who answers elsewhere -------------------------------------------------------------------------


async def test_who_answered_elsewhere_has_it_by_name_and_for_a_while(room: Room) -> None:
    which = room.writes("where is it")
    room.shop.now += timedelta(minutes=1)
    room.echo()
    one = room.shop.get(which)
    assert (one.owner, one.held_by, one.held_until) == ("human", "web", room.shop.now + SILENT_FOR)
    assert await room.after(minutes=50) == 0
    room.echo("It comes tomorrow")
    assert await room.after(minutes=50) == 0, "each answer renews it"
    assert await room.after(minutes=10) == 1
    one = room.shop.get(which)
    assert (one.owner, one.held_by, one.held_until) == ("bot", None, None)
    room.writes("and my refund")
    assert room.shop.transcript(which)[-1].text == "re and my refund", "the assistant answers again"


async def test_who_waits_for_an_answer_elsewhere_waits_in_the_queue_in_the_end(room: Room) -> None:
    which = room.writes("where is it")
    room.shop.now += timedelta(minutes=1)
    room.echo()
    room.shop.now += timedelta(minutes=1)
    room.writes("but where")
    assert room.shop.transcript(which)[-1].text == "but where", "the bot is silent beside a person"
    assert await room.after(hours=1) == 1
    assert room.shop.get(which).owner == "queue"
    request = room.request(which)
    assert request and request.open and (request.reason, request.claimed_at) == ("unanswered", None)


async def test_thanks_wait_for_nobody(room: Room) -> None:
    which = room.writes("where is it")
    room.shop.now += timedelta(minutes=1)
    room.echo()
    room.writes("thank you")
    assert await room.after(hours=2) == 1
    assert room.shop.get(which).owner == "bot"


async def test_a_request_that_was_answered_elsewhere_is_over(room: Room) -> None:
    which = room.writes("person please")
    room.shop.now += timedelta(minutes=1)
    room.echo()
    request = room.request(which)
    assert request and request.open and request.claimed_at and request.answered_at
    assert await room.after(hours=2) == 1
    request = room.request(which)
    assert request and not request.open and room.shop.get(which).owner == "bot"


async def test_an_agent_here_keeps_what_is_answered_elsewhere_too(room: Room) -> None:
    anna = room.shop.agent("Anna")
    which = room.writes("person please")
    with room.shop.database.write() as connection:
        room.shop.desk.claim(connection, anna, which)
    room.shop.now += timedelta(minutes=1)
    room.echo()
    room.seen(anna)
    assert await room.after(hours=2) == 0
    one = room.shop.get(which)
    assert (one.agent_id, one.held_by) == (anna.agent.id, None)


async def test_what_an_agent_takes_from_elsewhere_has_no_end(room: Room) -> None:
    anna = room.shop.agent("Anna")
    which = room.writes("hello")
    room.shop.now += timedelta(minutes=1)
    room.echo()
    with room.shop.database.write() as connection:
        room.shop.desk.claim(connection, anna, which)
    one = room.shop.get(which)
    assert (one.agent_id, one.held_by, one.held_until) == (anna.agent.id, None, None)


# --- who answers at another desk -------------------------------------------------------------------


@pytest.mark.parametrize("mirrored", [True, False])
async def test_another_desk_keeps_what_it_has_while_it_is_mirrored(
    database: Database, mirrored: bool
) -> None:
    room = Room(database, ("chatwoot",) if mirrored else ())
    which = room.writes("person please")
    with database.write() as connection:
        room.there.answer(
            connection, room.shop.get(which), "chatwoot:Rita", "Rita", "I am on it", "chatwoot:1"
        )
    one = room.shop.get(which)
    assert (one.owner, one.held_by, one.held_until) == ("human", "chatwoot:Rita", room.shop.now + SILENT_FOR)
    await room.after(hours=2)
    assert room.shop.get(which).owner == ("human" if mirrored else "bot")
    assert not mirrored or room.shop.get(which).held_until == room.shop.now + SILENT_FOR


async def test_nobody_waits_for_another_desk_for_ever(database: Database) -> None:
    room = Room(database, ("chatwoot",))
    which = room.writes("person please")
    with database.write() as connection:
        room.there.answer(
            connection, room.shop.get(which), "chatwoot:Rita", "Rita", "I am on it", "chatwoot:1"
        )
    room.writes("still there?")
    assert await room.after(hours=1) == 1
    assert room.shop.get(which).owner == "queue"
    request = room.request(which)
    assert request and request.open and request.reason == "asked", "the customer's own request, put back"


# --- agents ----------------------------------------------------------------------------------------


async def test_what_an_agent_left_lying_waits_again(room: Room) -> None:
    anna = room.shop.agent("Anna")
    silent, answered = (room.writes("person please", address) for address in "ab")
    with room.shop.database.write() as connection:
        for one in (silent, answered):
            room.shop.desk.claim(connection, anna, one)
        room.shop.desk.reply(connection, anna, answered, "c1", "hello")
    room.shop.now += GONE + MOMENT
    room.seen(anna)
    assert await room.after(seconds=0) == 0, "there, if slow"
    room.seen(anna, state="offline")
    assert await room.after(seconds=0) == 1
    assert room.shop.get(silent).owner == "queue"
    assert room.shop.get(answered).agent_id == anna.agent.id
    request = room.request(silent)
    assert request and (request.open, request.claimed_at, request.agent_id) == (True, None, None)


@pytest.mark.parametrize("asked", [True, False])
async def test_who_writes_to_an_agent_who_went_home_waits_in_the_queue(room: Room, asked: bool) -> None:
    """Also where the agent had answered before, and where no person was ever asked for."""
    anna = room.shop.agent("Anna")
    which = room.writes("person please" if asked else "hello")
    with room.shop.database.write() as connection:
        room.shop.desk.claim(connection, anna, which)
        room.shop.desk.reply(connection, anna, which, "c1", "hello")
    assert await room.after(hours=12) == 0, "nobody waits"
    room.writes("one more thing")
    assert await room.after(seconds=5) == 1
    assert room.shop.get(which).owner == "queue"
    request = room.request(which)
    assert request and request.open and request.claimed_at is None


async def test_who_is_away_for_lunch_keeps_it_for_half_an_hour(room: Room) -> None:
    anna = room.shop.agent("Anna")
    which = room.writes("person please")
    with room.shop.database.write() as connection:
        room.shop.desk.claim(connection, anna, which)
        room.shop.desk.reply(connection, anna, which, "c1", "hello")
    room.shop.now += timedelta(hours=1)
    room.seen(anna, state="away")
    room.writes("one more thing")
    room.shop.now += AWAY
    room.writes("hello??")
    room.seen(anna)
    assert await room.after(seconds=0) == 0
    assert await room.after(seconds=1) == 1, "since the first that was not answered"
    assert room.shop.get(which).owner == "queue"


async def test_a_conversation_of_a_disabled_agent_is_nobodys(room: Room) -> None:
    anna = room.shop.agent("Anna")
    which = room.writes("person please")
    with room.shop.database.write() as connection:
        room.shop.desk.claim(connection, anna, which)
        room.shop.desk.reply(connection, anna, which, "c1", "hello")
        connection.execute(update(agents_table).values(disabled=True))  # whoever did it
    assert await room.after(seconds=1) == 1
    assert room.shop.get(which).owner == "queue"


async def test_a_conversation_of_a_deleted_agent_is_nobodys(room: Room) -> None:
    anna = room.shop.agent("Anna")
    which = room.writes("person please")
    with room.shop.database.write() as connection:
        room.shop.desk.claim(connection, anna, which)
        connection.execute(
            update(conversations_table).where(conversations_table.c.id == which).values(agent_id=None)
        )
        connection.execute(delete(agents_table))
    assert await room.after(seconds=1) == 1
    assert room.shop.get(which).owner == "queue"


async def test_who_was_just_given_it_may_be_on_the_way(room: Room) -> None:
    chief, bert = room.shop.agent("Chief", "admin"), room.shop.agent("Bert", state="offline", seen_at=None)
    which = room.writes("person please")
    with room.shop.database.write() as connection:
        room.shop.desk.assign(connection, chief, which, bert.agent.id)
    assert await room.after(minutes=4) == 0
    assert await room.after(minutes=2) == 1


async def test_an_assistant_that_fails_keeps_nobody_waiting(room: Room) -> None:
    which = room.writes("hello")
    room.shop.now += timedelta(minutes=1)
    room.echo()
    room.writes("thank you")

    class Broken(FakeAssistant):
        def understand(self, text: str) -> Understanding:
            raise RuntimeError("as written in the test")

    desk = Desk(outgoing_of(Broken(), room.shop.clock), room.shop.clock)
    room.absence = Absence(room.shop.database, desk, SILENT_FOR, (), room.shop.clock)
    assert await room.after(hours=1) == 1
    assert room.shop.get(which).owner == "queue"


async def test_it_happens_once_in_two_processes(room: Room) -> None:
    which = room.writes("hello")
    room.shop.now += timedelta(minutes=1)
    room.echo()
    room.shop.now += timedelta(hours=2)
    with room.shop.database.write() as connection:
        assert room.absence.bring_back(connection, which)
    with room.shop.database.write() as connection:
        assert room.absence.bring_back(connection, which) is None


# --- automatic replies -----------------------------------------------------------------------------


async def test_an_answer_within_a_second_is_no_persons(room: Room) -> None:
    which = room.writes("hello")
    room.shop.now += timedelta(seconds=1)
    room.echo("Thanks for your message! We answer within a day.")
    assert room.shop.get(which).owner == "bot"
    assert [one.author for one in room.shop.transcript(which)] == ["customer", "bot", "system"]
    with room.shop.database.read() as connection:
        waiting = timers.claim(connection, ["automatic_replies"], room.shop.now, room.shop.now + MOMENT, 9)
    assert [one.key for one in waiting] == ["web:default"], "the owner is told"
    room.writes("where is it")
    assert room.shop.transcript(which)[-1].text == "re where is it"


async def test_a_quick_word_of_a_person_in_a_talk_is_a_persons(room: Room) -> None:
    which = room.writes("hello")
    room.shop.now += timedelta(minutes=2)
    room.writes("where is it")
    room.shop.now += timedelta(seconds=1)
    room.echo()
    assert room.shop.get(which).owner == "human", "they had two minutes to type it"


async def test_the_same_to_many_is_a_machines_if_it_is_quick_or_unasked(room: Room) -> None:
    said = "Big sale today"
    for address in "abc":
        room.writes("hello", address)
    room.shop.now += timedelta(hours=3)
    for address in "abc":
        room.echo(said, address)
    room.shop.now += timedelta(minutes=1)
    assert room.shop.get(room.writes("x", "c")).owner == "human", "three may be a person's"
    first, later = room.writes("hello", "d"), room.writes("hello", "e")
    room.shop.now += timedelta(seconds=4)
    room.echo(said, "d")
    room.shop.now += timedelta(seconds=20)
    room.echo(said, "e")
    assert room.shop.get(first).owner == "bot"
    assert room.shop.get(later).owner == "human", "a person with a saved answer takes a while"


async def test_a_program_that_the_shop_named_is_no_person(room: Room) -> None:
    which = room.writes("hello")
    room.shop.now += timedelta(minutes=5)
    echo = HumanEcho("web", "default", "e9", "anna", "Sale!", room.shop.now, automatic=True)
    with room.shop.database.write() as connection:
        room.intake.take(connection, echo, "r")
    assert room.shop.get(which).owner == "bot"


async def test_an_automatic_reply_that_came_first_is_known_by_the_message(room: Room) -> None:
    began = room.shop.now
    room.shop.now += MOMENT
    room.echo("We are on holiday")
    room.shop.now = began
    which = room.writes("hello")
    assert room.shop.get(which).owner == "bot"
    assert room.shop.transcript(which)[-1].text == "re hello"
    with room.shop.database.read() as connection:
        assert inbox.backlog(connection)[0] == 0


async def test_a_person_who_writes_first_is_one(room: Room) -> None:
    room.echo("Hello, your parcel came back to us")
    room.shop.now += timedelta(minutes=3)
    which = room.writes("oh")
    assert room.shop.get(which).owner == "human"
