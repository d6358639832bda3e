"""One customer's conversation under any course of events: the customer, the providers, agents here and at
another desk, programs that answer too, failing turns, and time. What may happen is a method of `Course`."""

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import update

from bot.assistant.protocol import Choice, Reply, TurnInput, TurnResult
from bot.conversation import giving_up
from bot.conversation.receiving.intake import SILENT_FOR, Intake
from bot.conversation.still_waiting import StillWaiting
from bot.conversation.turns import TurnFailed, Turns
from bot.desk.absence import Absence
from bot.desk.agent_actions import Desk, release_all
from bot.desk.alerting.alerts import Alerts
from bot.desk.routing import PRESENT, Router
from bot.mirror.agents_there import AgentsThere
from bot.runtime.http.refusals import Refusal
from bot.shop.calendar.hours import OpeningHours, Shift
from bot.shop.calendar.service_clock import ServiceClock
from channels.contract import Event
from store.accounts import agents
from store.conversations import conversations, inbox, transcript
from store.conversations.conversations import Conversation
from store.core import timers
from store.core.database import Connection, Database
from store.desk import absences, assignments
from store.handoffs import handoffs as requests
from store.tables import conversations as conversations_table
from store.tables import handoffs
from store.vocabulary import Owner, Presence, Role
from tests.desk.providers import CHANNELS, MACHINE, PAGE_INBOX, Messenger
from tests.desk.shop import START, Actor
from tests.desk.staff import texts
from tests.fakes.assistant import FakeAssistant, answer, echo
from tests.speaking import outgoing_of

HOURS = OpeningHours(((Shift(0, 1440),),) * 7, ZoneInfo("UTC"))  # day and night
MINUTE = timedelta(minutes=1)


def script(connection: Connection, turn: TurnInput) -> TurnResult:
    if turn.text.startswith("fail"):
        raise RuntimeError("as written in the test")
    if turn.text.startswith("choose") or (turn.payload and turn.payload.intent == "again"):
        return answer(turn, Reply("Which?", (Choice("Red", "red"), Choice("Again", "again"))))
    return echo(connection, turn)


class World:
    """One database, the program's rooms on it, and a clock."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = START
        clock, service = self.clock, ServiceClock(HOURS, 5 * MINUTE, 60 * MINUTE, 10 * MINUTE)
        outgoing = outgoing_of(FakeAssistant(script), clock)
        self.turns = Turns(outgoing, clock, due=service.due)
        self.intake = Intake(["en"], outgoing, SILENT_FOR)
        self.desk = Desk(outgoing, clock, due=service.due)
        self.there = AgentsThere(outgoing, clock, SILENT_FOR, service.due)
        self.absence = Absence(database, self.desk, SILENT_FOR, ("chatwoot",), clock)
        self.router = Router(database, self.desk, clock)
        self.alerts = Alerts(database, HOURS, 10 * MINUTE, texts(), None, clock)
        self.reminder = StillWaiting(outgoing, service, clock)
        with database.write() as connection:
            common = {"password": "!", "state": "online", "seen_at": self.now}
            self.team = [
                Actor(agents.add(connection, f"{name}@linden.example", name, Role(role), **common))
                for name, role in (("Anna", "agent"), ("Bert", "agent"), ("Chief", "admin"))
            ]
        self.gone: set[int] = set()  # agents whose desk is shut

    def clock(self) -> Any:
        return self.now

    def do(self, work: Callable[..., Any], *args: Any) -> Any:
        with self.database.write() as connection:
            return work(connection, *args)

    # --- what runs by itself ---

    def work(self) -> None:
        """Takes turns, as the worker does, until none can be taken."""
        while True:
            try:
                if self.do(self.turns.take_turn) is None:
                    return
            except TurnFailed as failure:
                asyncio.run(giving_up.give_up(self.database, self.turns, failure))

    def run(self, routed: bool = True) -> None:
        """Everything that looks by itself has looked once."""
        with self.database.write() as connection:
            for agent in (one.agent for one in self.team):
                if agent.id not in self.gone:
                    agents.seen(connection, agent.id, self.now)
        self.work()
        with self.database.read() as connection:
            parked = inbox.count_parked(connection)
        if parked:
            asyncio.run(giving_up.bring_to_people(self.database, self.turns))
        with self.database.read() as connection:
            left = absences.left(connection, self.absence._limits())
        for one in left:
            self.do(self.absence.bring_back, one)
        with self.database.read() as connection:
            waiting = assignments.waiting(connection, 20) if routed else []
        for request in waiting:
            self.do(self.router.give, request)
        for job in self.do(timers.claim, [self.reminder.kind], self.now, self.now + MINUTE, 20):
            self.do(self._remind, job)
        with self.database.read() as connection:
            overdue = self.alerts._overdue(connection)
        for unclaimed in overdue:
            self.do(self.alerts.alert, unclaimed)

    def _remind(self, connection: Connection, job: timers.Job) -> None:
        again = self.reminder.run(connection, job)
        timers.finish(connection, job.id, self.now + MINUTE)
        if again:
            timers.schedule(connection, job.kind, job.key, again)

    def forget(self) -> None:
        """Nothing that was left over concerns the next course."""
        with self.database.write() as connection:
            connection.execute(update(handoffs).values(open=False))
            connection.execute(update(conversations_table).values(owner=Owner.CLOSED, agent_id=None))

    def present(self, agent_id: int) -> bool:
        with self.database.read() as connection:
            one = agents.get(connection, agent_id)
        return bool(one and not one.disabled and one.state == Presence.ONLINE and one.seen_at) and (
            self.now - one.seen_at <= PRESENT  # type: ignore[union-attr, operator]
        )


class Course:
    """`dice` decide. `steps` names what happened, for whoever looks into a course that ended badly."""

    def __init__(self, world: World, number: int, dice: random.Random) -> None:
        self.world, self.dice = world, dice
        self.number = number
        self.provider = dice.choice(CHANNELS)(str(7_000_000 + number))
        self.routed = dice.random() < 0.5
        self.steps: list[str] = [self.provider.channel, "routed" if self.routed else "manual"]
        self.known: list[Sequence[Event]] = []
        self.late: list[Sequence[Event]] = []
        self.said = 0
        self.ended = 0  # the number of the last message when people closed the talk or gave it back
        self.id = 0
        while not self.id:
            self.write()

    # --- the customer ---

    def write(self) -> None:
        words = self.dice.choice(["hi", "person please", "choose", "thank you", "fail", "  ", "where is it?"])
        self.bring(self.provider.text(self.name(), words, self.world.now))

    def press(self) -> None:
        offered = self.offered()
        if not offered:
            return self.write()
        place, token = self.dice.choice(offered)
        for _ in range(self.dice.choice([1, 1, 2])):
            self.bring(self.provider.press(self.name(), token, place, self.world.now))
        return None

    def album(self) -> None:
        words = self.dice.choice([0, 1, 2, 3])
        for place in range(3):
            said = "broken" if place == words else ""
            self.bring(self.provider.photo(self.name(), said, f"album-{self.said // 3}", self.world.now))

    def repeat(self) -> None:
        """A provider delivers once more."""
        if self.known:
            self.take(self.dice.choice(self.known[-5:]))

    def answer_elsewhere(self) -> None:
        if isinstance(self.provider, Messenger):
            self.bring(self.provider.echo(self.name(), f"Rita {self.said}", PAGE_INBOX, self.world.now))

    def answer_by_machine(self) -> None:
        if isinstance(self.provider, Messenger):
            app = self.dice.choice([PAGE_INBOX, MACHINE])
            self.bring(self.provider.echo(self.name(), "We answer within a day", app, self.world.now))

    # --- people ---

    def act(self, work: Callable[..., Any], *args: Any) -> None:
        with suppress(Refusal):
            self.world.do(work, self.dice.choice(self.world.team), self.id, *args)

    def claim(self) -> None:
        self.act(self.world.desk.claim)

    def reply(self) -> None:
        self.act(self.world.desk.reply, f"c{self.number}-{self.dice.random()}", "an answer")

    def release(self) -> None:
        self.act(self.world.desk.release)

    def assign(self) -> None:
        self.act(self.world.desk.assign, self.dice.choice(self.world.team).agent.id)

    def hand_back(self) -> None:
        self.act(self.world.desk.hand_back)

    def close(self) -> None:
        self.act(self.world.desk.close, "solved")

    def come_or_go(self) -> None:
        """An agent comes, goes home, is away, signs out, or is disabled and enabled again."""
        who = self.dice.choice(self.world.team).agent
        how = self.dice.choice(["online", "online", "away", "offline", "shut", "disabled"])
        self.world.gone.discard(who.id)
        if how in ("shut", "offline"):
            self.world.gone.add(who.id)
        values: dict[str, Any] = {"disabled": how == "disabled"}
        if how not in ("shut", "disabled"):
            values["state"] = how

        def change(connection: Connection) -> None:
            if how == "disabled" and self.dice.random() < 0.5:
                release_all(connection, who, self.world.now)
            agents.change(connection, who.id, **values)

        self.world.do(change)

    def there(self) -> None:
        """People at another desk answer, end it, give it back or open it again."""
        there, name = self.world.there, self.dice.choice(["Rita", "Tom"])

        def act(connection: Connection) -> None:
            one = conversations.lock(connection, self.id)
            assert one
            by, how = f"chatwoot:{name}", self.dice.choice(["answer", "answer", "end", "back", "resume"])
            if how == "answer":
                there.answer(connection, one, by, name, "an answer", f"chatwoot:{self.name()}")
            else:
                {"end": there.end, "back": there.return_to_bot, "resume": there.resume}[how](
                    connection, one, by
                )

        self.world.do(act)

    # --- what runs by itself, and time ---

    def turn(self) -> None:
        self.world.work()

    def look(self) -> None:
        self.world.run(self.routed)

    def wait(self) -> None:
        seconds = self.dice.choice([1, 2, 10, 60, 400, 2000, 4000, 90000])
        self.world.now += timedelta(seconds=seconds)

    def arrive_late(self) -> None:
        """What was on its way comes now, in any order."""
        self.dice.shuffle(self.late)
        for events in self.late:
            self.take(events)
        self.late.clear()

    # --- how it is done ---

    def step(self) -> None:
        self.world.now += timedelta(seconds=1)
        name = self.dice.choices(list(STEPS), list(STEPS.values()))[0]
        self.steps.append(name)
        before = self.theirs()
        getattr(self, name)()
        if name in BY_PEOPLE and before and not self.theirs():
            self.ended = self.conversation().last_seq

    def bring(self, events: Sequence[Event]) -> None:
        """A provider has something; in every eighth case it comes later."""
        if self.id and self.dice.random() < 0.125:
            self.late.append(events)
            return
        self.take(events)

    def take(self, events: Sequence[Event]) -> None:
        for event in events:
            self.world.do(self.world.intake.take, event, "r")
        self.known.append(events)
        if not self.id and events:
            one = events[0]
            with self.world.database.read() as connection:
                found = conversations.find(connection, one.channel, one.account, getattr(one, "address", ""))
            self.id = found.id if found else 0

    def name(self) -> str:
        self.said += 1
        return f"message-{self.number * 1000 + self.said}"

    def offered(self) -> list[tuple[int, str]]:
        with self.world.database.read() as connection:
            said = transcript.after(connection, self.id, 0)
        return [(n, one["token"]) for entry in said for n, one in enumerate(entry.buttons, 1)]

    def conversation(self) -> Conversation:
        with self.world.database.read() as connection:
            return conversations.get(connection, self.id)

    def theirs(self) -> bool:
        """Whether people have it, or are asked for."""
        with self.world.database.read() as connection:
            asked = requests.is_open(connection, self.id)
        return asked or self.conversation().owner in (Owner.QUEUE, Owner.HUMAN)

    def finish(self) -> None:
        """What is on its way arrives; then nobody does anything any more, and time passes: three hours."""
        self.arrive_late()
        for minutes in (0.05, 0.2, 0.2, 6, 31, 31, 12, 61, 40):
            self.world.now += timedelta(minutes=minutes)
            self.world.run(self.routed)


BY_PEOPLE = ("hand_back", "close", "there")
STEPS = {
    **{"write": 6, "press": 3, "album": 1, "repeat": 1, "answer_elsewhere": 2, "answer_by_machine": 1},
    **{"claim": 2, "reply": 3, "release": 0.7, "assign": 1, "hand_back": 1, "close": 1, "come_or_go": 2},
    **{"there": 2, "turn": 5, "look": 3, "wait": 3, "arrive_late": 0.5},
}
