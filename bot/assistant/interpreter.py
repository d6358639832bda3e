"""What a customer's message means in its conversation, and the language to answer it in."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from actions import intents
from actions.intents import Intent, Kind
from actions.order_change import CONFIRMS
from bot.assistant import languages
from bot.assistant.consent import Consent
from bot.assistant.decision import FOREIGN_ABOVE, Ranking, decide, guesses, speak, without_details
from bot.assistant.foreign import ForeignDetector
from bot.assistant.protocol import TurnInput, Understanding

# A message that is understood, and this clearly in a language of the shop's, isn't foreign, whatever it looks
# like: Kazakh in Latin letters looks like Polish.
SURELY_OURS = 0.9
RUSSIAN = ("ru", "uk")  # are half understood by Kazakh's loan words


class Understand(Protocol):
    """Classifies a text and finds what is in it. `asked` is the slot that the open question is about, `given`
    the order number that was named before."""

    def __call__(self, text: str, asked: str = "", given: str = "") -> Understanding: ...


@dataclass(frozen=True, slots=True)
class Context:
    """Where the talk stands: the open form and the slot it asks for, the change that a yes would make, the
    number of the proven order, the language that the customer has chosen by a wish, and the number given for
    an order not proven yet."""

    form: str | None = None
    asked: str | None = None
    change: str | None = None
    order: str | None = None
    chosen: str | None = None
    given: str | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """`notes` are for the actions: `guesses`, intents to ask back with; `foreign`, the code of a language
    that is none of the shop's; `wished`, that of the language wished for."""

    intent: str
    confidence: float
    entities: list[dict[str, Any]]
    ranking: Ranking
    language: str
    notes: dict[str, Any] = field(default_factory=dict)


class Interpreter:
    """`offered` are the shop's languages, the default first; `titled` the intents that have a button."""

    def __init__(
        self, understand: Understand, consent: Consent, offered: Sequence[str], titled: Collection[str]
    ) -> None:
        self._understand = understand
        self._consent = consent
        self._offered = offered
        self._titled = titled
        self._foreign = ForeignDetector(offered)

    def interpret(self, turn: TurnInput, context: Context) -> Heard:
        if turn.payload is not None:
            intent, given = turn.payload.intent, dict(turn.payload.entities)
            # The button of an earlier question, pressed late, says yes to that one only.
            if given.pop(CONFIRMS, None) != context.change and intent == Intent.AFFIRM and context.change:
                intent = Intent.HEDGE
            entities = [{"entity": name, "value": value} for name, value in given.items()]
            return self._wish(Heard(intent, 1.0, entities, [(intent, 1.0)], turn.language))
        command = languages.command(turn.text)
        if command is not None:
            entities = [{"entity": "language", "value": command}] if command else []
            intent = Intent.CHANGE_LANGUAGE
            return self._wish(Heard(intent, 1.0, entities, [(intent, 1.0)], turn.language))
        return self._typed(turn, context)

    def _typed(self, turn: TurnInput, context: Context) -> Heard:
        understood = self._understand(turn.text, context.asked or "", context.given or "")
        words = without_details(turn.text, understood.entities)
        spoken = understood if words == turn.text else self._understand(words)
        intent, confidence = decide(
            understood.ranking,
            understood.text,
            understood.entities,
            form=context.form,
            order=context.order,
            offer=turn.memory.offer,
            confirming=context.change is not None,
            agreed=self._agreed(turn.text, context),
            bare=spoken.ranking,
        )
        language = speak(
            spoken.languages,
            words,
            turn.language,
            # A conversation that has just begun may be in the default language for want of a better one.
            settled=turn.memory.begun or turn.language != self._offered[0],
            # The answer to a question, an address for one, says little about the language.
            chosen=context.chosen == turn.language or context.form is not None,
        )
        if context.asked == "new_address":
            language = turn.language
        notes: dict[str, Any] = {"guesses": guesses(understood.ranking, self._titled)}
        weak = intents.of(intent).kind is Kind.UNCLEAR or confidence < FOREIGN_ABOVE
        if weak or language != turn.language:
            # An address is in no language, or in its country's.
            foreign = None if context.asked == "new_address" else self._foreign.detect(turn.text)
            if foreign is not None:
                surely_ours = confidence >= FOREIGN_ABOVE and spoken.languages[0][1] >= SURELY_OURS
                surely_ours = surely_ours and foreign not in RUSSIAN
                language = language if surely_ours else turn.language
                if intent != Intent.CHANGE_LANGUAGE and weak:
                    intent, notes["foreign"] = Intent.FOREIGN_LANGUAGE, foreign
        entities = list(understood.entities)
        return self._wish(Heard(intent, confidence, entities, understood.ranking, language, notes))

    def _agreed(self, text: str, context: Context) -> bool:
        if context.change is None or context.form is None:
            return False
        return self._consent.is_given(text, context.form, context.order)

    def _wish(self, heard: Heard) -> Heard:
        """The same, in the language that is wished for, if it is and the shop has it."""
        if heard.intent != Intent.CHANGE_LANGUAGE:
            return heard
        named = [entity["value"] for entity in heard.entities if entity["entity"] == "language"]
        wished = languages.wish(named, heard.language)
        return Heard(
            heard.intent,
            heard.confidence,
            heard.entities,
            heard.ranking,
            wished if wished and wished in self._offered else heard.language,
            {**heard.notes, "wished": wished},
        )
