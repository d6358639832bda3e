"""A shop with a desk and an assistant that follows a script, for tests of what agents do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.assistant import Choice, Reply, TurnInput, TurnResult, Understanding
from bot.conversation import Conversations
from bot.desk.conversations import Desk
from channels.parts import Capabilities
from store import agents, audit, conversations, inbox, transcript
from store.agents import Agent
from store.conversations import Conversation
from store.database import Connection, Database
from store.inbox import Place
from store.transcript import Entry

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Script:
    """Answers with what it heard; `person` asks for one."""

    def respond(self, connection: Connection, turn: TurnInput) -> TurnResult:
        person = turn.text.startswith("person")
        choices = (Choice("Go on with the bot", "back_to_bot"),) if person else ()
        return TurnResult(
            replies=(Reply(f"re {turn.text}", choices),),
            state={"slots": {"order": "10234", "task": "refund"}, "form": "order_form"},
            events=({"event": "user", "timestamp": turn.at.timestamp(), "message_id": turn.message_id},),
            language=turn.language,
            intent="ask",
            confidence=0.9,
            handoff="asked" if person else None,
        )

    def understand(self, text: str) -> Understanding:
        return Understanding(text, "en", text, 1.0, ((text, 1.0),), ())

    def say(self, response: str, language: str, facts: Mapping[str, str] | None = None) -> Reply:
        return Reply(" ".join([response, f"({language})", *map(str, (facts or {}).values())]))


@dataclass(frozen=True, slots=True)
class Actor:
    """An agent at work."""

    agent: Agent
    request_id: str = "request"

    def record(
        self, connection: Connection, action: str, target: str = "", details: dict[str, Any] | None = None
    ) -> None:
        audit.record(connection, self.agent, action, target, details)


class Shop:
    """One database, turns and agents on it, and a clock of its own."""

    def __init__(self, database: Database, able: Mapping[str, Capabilities] | None = None) -> None:
        self.database = database
        self.now = START
        script = Script()
        self.conversations = Conversations(script, {"web"}.__contains__, lambda: self.now)
        self.desk = Desk(script, {"web"}.__contains__, able or {}, lambda: self.now)
        self._written = 0

    def agent(self, name: str, role: str = "agent", **values: Any) -> Actor:
        with self.database.write() as connection:
            values = {"password": "!", "state": "online", "seen_at": self.now, **values}
            return Actor(agents.add(connection, f"{name.lower()}@linden.example", name, role, **values))

    def write(self, text: str, address: str = "anna", channel: str = "web", language: str = "en") -> Place:
        self._written += 1
        with self.database.write() as connection:
            return inbox.accept(
                connection,
                channel=channel,
                account="default",
                external_id=f"m{self._written}",
                address=address,
                text=text,
                press=None,
                language=language,
                request_id="r",
                at=self.now,
            )

    def work(self) -> None:
        """Takes turns until nobody waits."""
        turn: object = True
        while turn:
            with self.database.write() as connection:
                turn = self.conversations.take_turn(connection)

    def talk(self, *texts: str, address: str = "anna", channel: str = "web", language: str = "en") -> int:
        """The customer writes and the bot answers; the conversation's id."""
        for text in texts:
            place = self.write(text, address, channel, language)
            self.work()
        return place.conversation_id

    def get(self, conversation_id: int) -> Conversation:
        with self.database.read() as connection:
            return conversations.get(connection, conversation_id)

    def transcript(self, conversation_id: int) -> list[Entry]:
        with self.database.read() as connection:
            return transcript.after(connection, conversation_id, 0)
