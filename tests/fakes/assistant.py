"""An assistant that follows a script, and otherwise answers with what it heard."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.assistant.protocol import Choice, Reply, TurnInput, TurnResult, Understanding
from store.conversations.memory import Memory
from store.core.database import Connection
from store.vocabulary import Reason

Script = Callable[[Connection, TurnInput], TurnResult]
Voice = Callable[[str, str, Mapping[str, Any]], Reply]

INTENTS = frozenset({"track_order", "complaint", "thank", "deny"})
MEMORY = Memory({"order": "10234", "task": "refund"}, "order_form")


def answer(
    turn: TurnInput,
    *replies: Reply,
    intent: str = "ask",
    memory: Memory = MEMORY,
    confidence: float = 0.9,
    handoff: Reason | None = None,
) -> TurnResult:
    """What a turn leads to, with the customer's message and the replies as its events."""
    at = turn.at.timestamp()
    heard = {"event": "user", "timestamp": at, "message_id": turn.message_id}
    return TurnResult(
        replies=replies,
        memory=memory,
        events=(heard, *({"event": "bot", "timestamp": at, "text": one.text} for one in replies)),
        language=turn.language,
        intent=intent,
        confidence=confidence,
        handoff=handoff,
    )


def echo(_connection: Connection, turn: TurnInput) -> TurnResult:
    """Says what it heard; a text that begins with `person` asks for one. While one is awaited, only what
    begins with `ask` is answered, and what doesn't begin with an intent is a story."""
    if turn.waiting:
        return answered_meanwhile(turn)
    person = turn.text.startswith("person")
    choices = (Choice("Go on with the bot", "back_to_bot"),) if person else ()
    return answer(turn, Reply(f"re {turn.text}", choices), handoff=Reason.ASKED if person else None)


def answered_meanwhile(turn: TurnInput) -> TurnResult:
    """An answer to `ask …` or to a courtesy, and to nothing else."""
    word = turn.payload.intent if turn.payload else turn.text.partition(" ")[0]
    intent = word if word in INTENTS or word == "ask" else "out_of_scope"
    said = [Reply(f"re {turn.text}")] if word in ("ask", "thank") else []
    return answer(turn, *said, intent=intent, memory=turn.memory)


def spoken(response: str, language: str, facts: Mapping[str, Any]) -> Reply:
    """The response's name, its language and the facts; the fact `choices` becomes its buttons."""
    choices = [Choice(one["title"], one["intent"], one["entities"]) for one in facts.get("choices", ())]
    told = [str(value) for name, value in facts.items() if name != "choices"]
    return Reply(" ".join([response, f"({language})", *told]), tuple(choices))


class FakeAssistant:
    """Satisfies `bot.assistant.protocol.Assistant`. Takes turns by a script, each kept in `turns`. A text's
    first word is its intent, if it is one of `INTENTS`."""

    def __init__(self, script: Script = echo, voice: Voice = spoken) -> None:
        self.turns: list[TurnInput] = []
        self._script = script
        self._voice = voice

    def respond(self, connection: Connection, turn: TurnInput) -> TurnResult:
        self.turns.append(turn)
        return self._script(connection, turn)

    def understand(self, text: str) -> Understanding:
        word = text.partition(" ")[0]
        intent = word if word in INTENTS else "out_of_scope"
        return Understanding(text, "en", (("en", 1.0),), intent, 0.9, ((intent, 0.9),), ())

    def say(
        self, response: str, language: str, facts: Mapping[str, Any] | None = None, seed: str = ""
    ) -> Reply:
        return self._voice(response, language, facts or {})
