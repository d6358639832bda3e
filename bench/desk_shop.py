"""A shop with a busy desk, in a database: agents who are signed in, their conversations, and a past."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import jwt

from actions.intents import Intent
from bot.desk.accounts.sessions import LIFETIME
from bot.desk.accounts.tokens import hashed, new
from channels.web import visitor as web_visitor
from store.accounts import agent_sessions, agents
from store.accounts.agents import Agent
from store.conversations import conversations, outbox, proofs
from store.conversations import transcript as transcripts
from store.conversations.transcript import Draft
from store.core import schema
from store.core.database import Connection, Database
from store.desk import notes, read_marks
from store.handoffs import handoffs
from store.handoffs.packets import Packet
from store.orders import demo
from store.orders.demo_data import PRODUCTS
from store.vocabulary import Author, Owner, Reason, Role

OPEN = 300  # conversations of the one agent
SHORTEST, LONGEST = 20, 400  # messages of each of them
PAST = 3000  # closed conversations
QUEUE = 100
ORDERS = 6
SAID = [
    "Where is my parcel? It was to come on Tuesday.",
    "Your order has left our warehouse and is on its way to you.",
    "Thanks. The tracking page hasn't moved since Friday, though. Could you ask the courier what happened?",
    "I have asked them just now. They promise an answer by noon; I will write here as soon as it comes.",
    "ok",
    "One of the two mugs arrived with a crack along the handle, and the box was wet on one side. I can send "
    "a picture if that helps. I would rather have a new one than the money back, since it is a present.",
    "I'm sorry about that! A new one leaves today; you needn't send the broken one back.",
    "Great, thank you so much 🙂",
]


@dataclass(frozen=True)
class Desk:
    """An agent's browser: what its requests carry, and the conversations that are his."""

    agent_id: int
    cookie: str
    csrf: str
    conversations: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Writer:
    """A customer's browser on the web chat. `held`: an agent has the conversation, not the bot."""

    token: str
    conversation_id: int
    held: bool


def fill(
    database: Database, secret: bytes, colleagues: int, writers: int
) -> tuple[Desk, list[Desk], list[Writer]]:
    """The agent with `OPEN` conversations; `colleagues`, who share one half of the `writers` between them;
    and those. The same every time."""
    rng = random.Random(4)
    now = datetime.now(UTC)
    schema.upgrade(database)
    with database.write() as connection:
        if demo.is_empty(connection):
            demo.fill(connection, now.date())
        contacts = [one["email"] for one in demo.tryouts(connection, ORDERS)]
        agent, desk = _agent(connection, "anna", now)
        for number in range(OPEN):
            length = round(SHORTEST * (LONGEST / SHORTEST) ** rng.random())
            begun = now - timedelta(hours=rng.uniform(1, 72))
            one = _conversation(connection, rng, f"open-{number}", length, begun)
            _prove(connection, rng, contacts, one)
            _hand_over(connection, one, agent, begun)
            desk.conversations.append(one)
            if number % 3:
                read_marks.read(connection, agent.id, one, length)
        for number in range(QUEUE):
            one = _conversation(
                connection, rng, f"queue-{number}", 6, now - timedelta(minutes=rng.uniform(1, 90))
            )
            _hand_over(connection, one, None, now)
    for first in range(0, PAST, 500):
        with database.write() as connection:
            for number in range(first, first + 500):
                begun = now - timedelta(days=rng.uniform(3, 300))
                one = _conversation(connection, rng, f"past-{number}", rng.randint(4, 24), begun)
                found = conversations.get(connection, one)
                conversations.set_owner(
                    connection, found, Owner.CLOSED, "system", "closed", begun, disposition="answered"
                )
    with database.write() as connection:
        crowd = [_agent(connection, f"colleague{number}", now) for number in range(colleagues)]
        return (
            desk,
            [one for _, one in crowd],
            [_writer(connection, rng, secret, crowd, number, now) for number in range(writers)],
        )


def _agent(connection: Connection, name: str, now: datetime) -> tuple[Agent, Desk]:
    token, csrf = new(), new()
    agent = agents.add(
        connection,
        f"{name}@linden.example",
        name.capitalize(),
        Role.AGENT,
        password="!",
        state="online",
        seen_at=now,
    )
    agent_sessions.start(connection, hashed(token), agent.id, csrf, now, now + LIFETIME)
    return agent, Desk(agent.id, token, csrf)


def _conversation(
    connection: Connection, rng: random.Random, address: str, length: int, begun: datetime
) -> int:
    """A conversation of so many messages, with as many turns of the two sides."""
    one = conversations.open_for(connection, "web", "default", address, "en")
    at = begun
    for first, end in pairwise([*range(0, length, 50), length]):
        drafts = [
            Draft(
                (Author.CUSTOMER, Author.BOT, Author.CUSTOMER, Author.AGENT)[n % 4],
                f"{rng.choice(SAID)}",
                author_name="Anna" if n % 4 == 3 else None,
            )
            for n in range(first, end)
        ]
        at += timedelta(minutes=10)
        entries = transcripts.extend(connection, one.id, drafts, at)
        outbox.add(
            connection, one, *(entry for entry in entries if entry.author != "customer"), sent=True, at=at
        )
    return one.id


def _prove(connection: Connection, rng: random.Random, contacts: list[str], conversation_id: int) -> None:
    if rng.random() < 0.7:
        proofs.succeed(connection, conversation_id, rng.choice(contacts))


def _hand_over(connection: Connection, conversation_id: int, agent: Agent | None, at: datetime) -> None:
    one = conversations.get(connection, conversation_id)
    packet = Packet(Reason.ASKED, Intent.TRACK_ORDER)
    handoffs.record(
        connection,
        one.id,
        Reason.ASKED,
        "A customer asked for a person. It is about a late parcel.",
        packet,
        at,
    )
    conversations.set_owner(connection, one, Owner.QUEUE, "bot", "asked", at)
    if agent is None:
        return
    one = conversations.get(connection, conversation_id)
    conversations.set_owner(connection, one, Owner.HUMAN, f"agent:{agent.id}", "claimed", at, agent.id)
    handoffs.take_up(connection, one.id, agent.id, at)
    notes.add(connection, one, agent, "Rang the courier: the parcel is in Kaunas.", [], at)


def _writer(
    connection: Connection,
    rng: random.Random,
    secret: bytes,
    crowd: list[tuple[Agent, Desk]],
    number: int,
    now: datetime,
) -> Writer:
    token = web_visitor.issue(secret)
    visitor = jwt.decode(token, options={"verify_signature": False})["sub"]
    held = number % 2 == 0 and bool(crowd)
    one = _conversation(connection, rng, visitor, 20, now - timedelta(minutes=20))
    if held:
        agent, desk = crowd[number // 2 % len(crowd)]
        _hand_over(connection, one, agent, now)
        desk.conversations.append(one)
    return Writer(token, one, held)


def words() -> list[str]:
    """What customers write while they are measured."""
    return [
        "how long does delivery usually take?",
        "which payment methods do you accept?",
        *(f"do you have {name}?" for _, name, _ in PRODUCTS[:3]),
    ]
