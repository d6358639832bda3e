"""A message that no turn can be taken for: whatever else fails, it is out of the others' way, and is seen."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text

from bot.assistant.protocol import Reply, TurnInput, TurnResult
from bot.conversation.giving_up import bring_to_people
from bot.conversation.outgoing import Outgoing
from bot.conversation.turns import BACKOFF, TurnFailed, Turns
from bot.conversation.worker import Worker
from bot.desk import queries, serializers
from bot.handoff.briefing import briefing
from bot.handoff.triggers import Triggers
from bot.runtime import metrics
from bot.shop.desk_texts import DeskTexts, Words
from store.conversations import conversations, inbox
from store.conversations.conversations import Conversation
from store.core.database import Connection, Database
from store.desk import lists
from store.desk.lists import Filter, View
from store.handoffs import handoffs
from store.handoffs.handoffs import Request
from store.handoffs.packets import Packet
from store.tables import inbox as inbox_table
from store.vocabulary import InboxState, Mood, Reason
from tests.desk.shop import Shop
from tests.desk.staff import texts
from tests.fakes.assistant import FakeAssistant, echo, spoken
from tests.speaking import channels_of


class Broken(Exception):
    """As the test wants it."""


class Faulty:
    """The script and the voice of an assistant: `boom` fails, and if it is mute, so does whatever it is to
    say."""

    def __init__(self) -> None:
        self.mute = False

    def respond(self, connection: Connection, turn: TurnInput) -> TurnResult:
        if turn.text.startswith("boom"):
            raise Broken(turn.text)
        return echo(connection, turn)

    def say(self, response: str, language: str, facts: Mapping[str, Any]) -> Reply:
        if self.mute:
            raise Broken(response)
        return spoken(response, language, facts)


class Unreached(Outgoing):
    """Doesn't know whether anybody can be reached."""

    def reach(self, connection: Connection, conversation: Conversation) -> Any:
        raise Broken


class Moody(Triggers):
    """Fails over the customer's mood."""

    def mood(self, texts: Iterable[str], language: str) -> Mood:
        raise Broken


def no_summary(_packet: Packet) -> str:
    raise Broken


def without(name: str) -> DeskTexts:
    """The desk's texts without one of them."""
    known = texts()
    return DeskTexts(
        known.shop,
        known.languages,
        known.mail,
        known.dispositions,
        {language: {key: value for key, value in words.items() if key != name}
         for language, words in known.desk.items()},
        known.titles,
    )  # fmt: skip


class Counter(Shop):
    """A shop whose turns are taken by a worker, with something that is broken."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.script = Faulty()
        self.assistant = FakeAssistant(self.script.respond, self.script.say)
        self.use()

    def use(self, outgoing: type[Outgoing] = Outgoing, **options: Any) -> None:
        self.turns = Turns(outgoing(self.assistant, channels_of(), self.clock), self.clock, **options)
        self.worker = Worker(self.database, self.turns)

    async def fail(self) -> int:
        """Anna's message fails for good, with another of hers and two of others' behind it; her
        conversation."""
        which = self.write("boom").conversation_id
        self.write("and behind it")
        self.write("hello", "bert")
        for wait in (timedelta(), *BACKOFF):
            self.now += wait
            while await self.worker.step():
                pass
        self.write("hello", "cleo")
        for _ in range(3):
            self.now += timedelta(seconds=5)
            while await self.worker.step():
                pass
        return which

    def states(self) -> list[str]:
        with self.database.read() as connection:
            return list(connection.execute(select(inbox_table.c.state).order_by(inbox_table.c.id)).scalars())

    def ids(self) -> list[int]:
        with self.database.read() as connection:
            return list(connection.execute(select(inbox_table.c.id).order_by(inbox_table.c.id)).scalars())

    def reason(self) -> str | None:
        with self.database.read() as connection:
            query = select(inbox_table.c.reason).order_by(inbox_table.c.id).limit(1)
            reason: str | None = connection.execute(query).scalar_one()
        return reason

    def said(self, address: str) -> list[str]:
        with self.database.read() as connection:
            found = conversations.find(connection, "web", "default", address)
        return [one.text for one in self.transcript(found.id)] if found else []

    def requests(self, which: int) -> list[Request | None]:
        with self.database.read() as connection:
            return [handoffs.latest(connection, which)] if handoffs.is_open(connection, which) else []

    def queue(self, agent_id: int) -> list[int]:
        with self.database.read() as connection:
            shown, _ = lists.listed(connection, Filter(View.QUEUE, agent_id), self.now)
        return [one.id for one in shown]

    def unseen(self) -> int:
        with self.database.read() as connection:
            return metrics.unseen_failures(connection)

    def others_went_on(self) -> None:
        assert self.said("bert") == ["hello", "re hello"]
        assert self.said("cleo") == ["hello", "re hello"]


@pytest.fixture
def counter(database: Database) -> Counter:
    return Counter(database)


def parked() -> float:
    return float(metrics.parked.labels("message")._value.get())


BARE = Packet(Reason.FAILURE)


def mute(counter: Counter) -> None:
    counter.script.mute = True


def break_all(counter: Counter) -> None:
    mute(counter)
    counter.use(Unreached, escalation=Moody(), summarise=no_summary)


STEPS: dict[str, Callable[[Counter], None]] = {
    "the assistant can't say a word": mute,
    "the packet can't be made": lambda counter: counter.use(escalation=Moody()),
    "the briefing fails": lambda counter: counter.use(summarise=no_summary),
    "nobody knows who can be reached": lambda counter: counter.use(Unreached),
    "a label is missing": lambda counter: counter.use(
        summarise=lambda packet: briefing(without("identity"), packet)
    ),
    "all of it": break_all,
}


@pytest.mark.parametrize("step", STEPS)
async def test_whatever_fails_too_a_person_is_asked_for_and_others_go_on(counter: Counter, step: str) -> None:
    before = parked()
    STEPS[step](counter)
    which = await counter.fail()
    counter.others_went_on()
    states = counter.states()
    assert states[0] == "failed" and states[2:] == ["done", "done"], states
    assert counter.reason() == "Broken"
    one = counter.get(which)
    assert (one.owner, one.failures) == ("queue", 0)
    (request,) = counter.requests(which)[:1]
    assert request and (request.reason, request.priority) == ("failure", 1)
    if step in ("the packet can't be made", "the briefing fails", "a label is missing", "all of it"):
        assert request.packet and replace(request.packet, messages=0, noted=()) == BARE
        assert request.summary == "failure: Broken"
        assert request.packet.noted == (() if counter.script.mute else ("and behind it",))
    else:
        assert request.packet and request.packet.said == ("boom", "and behind it")
    apologised = "utter_failed_turn (en)" in counter.said("anna")
    assert apologised == (not counter.script.mute)
    # At the desk it stands in the queue, and is counted until somebody takes it.
    anna = counter.agent("Anna")
    assert counter.queue(anna.agent.id) == [which]
    assert parked() - before == states.count("failed") == (2 if counter.script.mute else 1)
    assert counter.unseen() == 1
    with counter.database.write() as connection:
        counter.desk.claim(connection, anna, which)
    assert counter.unseen() == 0


async def test_nothing_but_the_message_can_be_written(counter: Counter) -> None:
    """Even the bare request fails: the message is parked alone, others go on, and a person is asked for as
    soon as that is possible."""
    before = parked()

    def refuse(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        if "INSERT INTO handoffs" in sql:
            raise Broken

    event.listen(counter.database.engine, "before_cursor_execute", refuse)
    which = await counter.fail()
    counter.others_went_on()
    assert counter.states()[0] == "parked" and counter.reason() == "Broken"
    assert counter.get(which).owner == "bot"
    assert (parked() - before, counter.unseen()) == (1, 1)
    assert await bring_to_people(counter.database, counter.turns) == 0
    assert counter.states()[0] == "parked"
    event.remove(counter.database.engine, "before_cursor_execute", refuse)
    assert await bring_to_people(counter.database, counter.turns) == 1
    assert counter.states()[0] == "failed"
    assert (counter.get(which).owner, len(counter.requests(which))) == ("queue", 1)
    assert counter.said("anna")[-1] == "utter_failed_turn (en)"
    assert await bring_to_people(counter.database, counter.turns) == 0, "once"


async def test_a_lost_connection_parks_nothing(counter: Counter) -> None:
    """What handles the failure fails once: it counts as any failure, and the message is tried again."""
    counter.write("boom")
    broken = True

    class Once(Turns):
        def give_up(self, *which: Any) -> Any:
            if broken:
                raise Broken
            return super().give_up(*which)

    counter.worker = Worker(
        counter.database, Once(Outgoing(counter.assistant, channels_of(), counter.clock), counter.clock)
    )
    assert await counter.worker.step()
    assert counter.states() == ["waiting"] and counter.unseen() == 0
    broken = False
    for wait in BACKOFF:
        counter.now += wait
        assert await counter.worker.step()
    assert counter.states() == ["failed"]


async def test_a_conversation_that_can_not_be_read_stands_in_nobodys_way(counter: Counter) -> None:
    which = counter.write("boom").conversation_id
    with counter.database.write() as connection:
        broken = "UPDATE conversations SET memory = '[1' WHERE id = :id"
        if not counter.database.is_sqlite:
            # PostgreSQL takes no JSON that is none.
            broken = "UPDATE conversations SET memory = '[]' WHERE id = :id"
        connection.execute(text(broken), {"id": which})
    counter.write("hello", "bert")
    for wait in (timedelta(), *BACKOFF):
        counter.now += wait
        while await counter.worker.step():
            pass
    assert counter.said("bert") == ["hello", "re hello"]
    assert counter.states() == ["parked" if counter.database.is_sqlite else "failed", "done"]
    assert counter.unseen() == 1


async def test_a_message_whose_words_are_gone_stands_in_nobodys_way(counter: Counter) -> None:
    counter.write("lost")
    with counter.database.write() as connection:
        connection.execute(text("DELETE FROM messages"))
    counter.write("hello", "bert")
    for wait in (timedelta(), *BACKOFF):
        counter.now += wait
        while await counter.worker.step():
            pass
    assert counter.said("bert") == ["hello", "re hello"]
    assert counter.states() == ["failed", "done"]
    assert counter.reason() == "LookupError"


@pytest.mark.parametrize("after", range(12))
async def test_killed_at_any_statement_it_is_given_up_once(counter: Counter, after: int) -> None:
    """The process ends somewhere in what handles the failure; the next one goes on."""

    class Killed(BaseException):
        pass

    which = counter.write("boom").conversation_id
    for wait in (timedelta(), BACKOFF[0]):
        counter.now += wait
        await counter.worker.step()
    counter.now += BACKOFF[1]
    seen = 0

    def dies(*_: Any) -> None:
        nonlocal seen
        seen += 1
        if seen > after:
            raise Killed

    with pytest.raises(TurnFailed), counter.database.write() as connection:
        counter.turns.take_turn(connection)
    event.listen(counter.database.engine, "before_cursor_execute", dies)
    try:
        with counter.database.write() as connection:
            counter.turns.give_up(connection, which)
    except Killed:
        pass
    event.remove(counter.database.engine, "before_cursor_execute", dies)
    counter.now += timedelta(minutes=1)
    counter.write("hello", "bert")
    while await counter.worker.step():
        pass
    assert counter.states() == ["failed", "done"]
    assert counter.get(which).owner == "queue"
    with counter.database.read() as connection:
        assert len(handoffs.of_conversation(connection, which)) == 1


async def test_who_has_a_person_already_needs_no_other(counter: Counter) -> None:
    which = counter.write("person").conversation_id
    await counter.worker.step()
    anna = counter.agent("Anna")
    with counter.database.write() as connection:
        counter.desk.claim(connection, anna, which)
    failed = counter.write("hm")
    with counter.database.write() as connection:
        (claim,) = [inbox.claim(connection, counter.now)]
        assert claim and counter.turns.hand_over(connection, claim, "Broken")
    assert counter.states() == ["done", "failed"]
    with counter.database.read() as connection:
        (only,) = handoffs.of_conversation(connection, failed.conversation_id)
    assert (only.reason, counter.get(which).owner) == ("asked", "human")


async def test_one_that_stays_parked_stands_in_nobodys_way(counter: Counter) -> None:
    stuck = counter.write("boom").conversation_id
    other = counter.write("boom", "bert").conversation_id
    with counter.database.write() as connection:
        for message in counter.ids():
            inbox.give_up(connection, message, InboxState.PARKED, "Broken", counter.now)

    class Stuck(Turns):
        def hand_over(self, connection: Connection, claim: inbox.Claim, kind: str) -> Any:
            if claim.conversation_id == stuck:
                raise Broken
            return super().hand_over(connection, claim, kind)

    turns = Stuck(Outgoing(counter.assistant, channels_of(), counter.clock), counter.clock)
    assert await bring_to_people(counter.database, turns) == 1
    assert counter.states() == ["parked", "failed"]
    assert counter.get(other).owner == "queue"


async def test_a_person_who_comes_before_the_apology_is_not_talked_over(counter: Counter) -> None:
    which = counter.write("boom").conversation_id
    anna = counter.agent("Anna")
    with counter.database.write() as connection:
        claim = inbox.claim(connection, counter.now)
        turn = claim and counter.turns.hand_over(connection, claim, "Broken")
    assert turn and turn.handoff == "failure"
    with counter.database.write() as connection:
        counter.desk.claim(connection, anna, which)
    before = counter.said("anna")
    with counter.database.write() as connection:
        assert counter.turns.apologise(connection, turn, None).replies == ()
    assert counter.said("anna") == before


async def test_a_message_that_is_over_is_not_given_up(counter: Counter) -> None:
    which = counter.talk("hello")
    (message,) = counter.ids()
    with counter.database.write() as connection:
        assert counter.turns.hand_over(connection, inbox.Claim(which, message), "Broken") is None
    assert counter.states() == ["done"]
    assert counter.get(which).owner == "bot"


@pytest.mark.parametrize(
    "kept",
    [{"reason": "failure"}, {"reason": "new"}, {"order": {"number": "1"}}, {"said": [None]}, {"said": 7}],
)
@pytest.mark.parametrize("known", [texts(), without("identity"), without("not_proven")])
def test_the_desk_reads_any_packet(kept: dict[str, Any], known: DeskTexts, counter: Counter) -> None:
    packet = Packet.from_json(kept)
    assert packet
    request = Request(
        1, Reason.FAILURE, "failure: Broken", packet, True, "", 1, None, None, None, None, None, counter.now
    )
    for language in ("en", "lt", None):
        shown = serializers.briefing(request, known, language)
        assert shown["summary"]
        assert shown["packet"] == packet.as_json()


async def test_the_desk_opens_a_conversation_with_a_bare_request(counter: Counter, tmp_path: Path) -> None:
    counter.use(summarise=no_summary)
    which = await counter.fail()
    anna = counter.agent("Anna")

    service = counter.service(without("identity"), tmp_path)
    with counter.database.read() as connection:
        shown = queries.thread(connection, service, anna.agent.id, which, None)
    assert shown["conversation"]["reason"] == "failure"
    assert shown["conversation"]["summary"] == "failure: Broken"
    assert [one["text"] for one in shown["messages"]][:2] == ["boom", "and behind it"]


def test_a_word_that_is_missing_is_its_name() -> None:
    assert Words(a="b")["a"] == "b"
    assert Words()["identity"] == "identity"
    assert isinstance(texts().desk["en"], Words)
