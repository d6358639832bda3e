"""What a customer's message means in its conversation, and the language to answer it in."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from actions import intents
from actions.case_reader import CaseReader
from actions.guide_book import GuideBook
from actions.guides.guide_state import GuideState
from actions.intents import Facet, Form, Intent, Kind
from actions.order_change import CONFIRMS
from bot.assistant import languages
from bot.assistant.catalogue.catalogue import Catalogue
from bot.assistant.consent import Consent
from bot.assistant.decision import (
    FOREIGN_ABOVE,
    SHORT_QUESTION,
    Ranking,
    Typed,
    guesses,
    judge,
    speak,
    without_details,
)
from bot.assistant.foreign import ForeignDetector
from bot.assistant.guide_reading import GuideTalk
from bot.assistant.protocol import TurnInput, Understanding
from bot.assistant.reading import Part, numbers, read

# A message that is understood, and this clearly in a language of the shop's, isn't foreign, whatever it looks
# like: Kazakh in Latin letters looks like Polish.
SURELY_OURS = 0.9
RUSSIAN = ("ru", "uk")  # are half understood by Kazakh's loan words
TOPIC_BELOW = 0.6  # a few words less clear than this are read with the topic of the talk
# Questions whose answer is no wish, whatever words are in it.
_FREE_TEXT = frozenset({"new_address", "callback_wish", "case_words", "case_instead"})
_FACETS: Mapping[str, Facet] = {
    Intent.TRACK_ORDER: Facet.WHERE,
    Intent.REFUND_STATUS: Facet.REFUND,
    Intent.GET_INVOICE: Facet.INVOICE,
}
_BESIDE_STATUS = frozenset({Facet.ITEMS, Facet.TOTAL, Facet.ADDRESS})  # what a status doesn't tell
_RULES_OF: Mapping[str, str] = {
    Intent.RETURN_ORDER: "faq_return_policy",
    Intent.EXCHANGE_ITEM: "faq_return_policy",
    Intent.WARRANTY_CLAIM: "faq_warranty_policy",
}
_ANSWERS, _QUESTIONS, _TASKS, _CHANGES, _PERSON = range(5)


class Understand(Protocol):
    """Classifies a text and finds what is in it. `asked` is the slot that the open question is about, `given`
    the order number that was named before."""

    def __call__(self, text: str, asked: str = "", given: str = "") -> Understanding: ...


class Rank(Protocol):
    """The intents of a text, the likeliest first; `topic` is a question that the talk is about."""

    def __call__(self, text: str, topic: str = "") -> Ranking: ...


@dataclass(frozen=True, slots=True)
class Context:
    """Where the talk stands: the open form and the slot it asks for, the change that a yes would make, the
    number of the proven order, the language that the customer has chosen by a wish, the number given for an
    order not proven yet, the general question that was answered last, and the article number of the product
    that the talk is about. `guide`: where the talk about a guide stands; `goods` looks up the article numbers
    in that order."""

    form: str | None = None
    asked: str | None = None
    change: str | None = None
    order: str | None = None
    chosen: str | None = None
    given: str | None = None
    topic: str | None = None
    product: str | None = None
    guide: GuideState | None = None
    goods: Callable[[], Collection[str]] = tuple


@dataclass(frozen=True, slots=True)
class Heard:
    """`notes` are for the actions: `guesses`, intents to ask back with; `foreign`, the code of a language
    that is none of the shop's; `wished`, that of the language wished for; `facet`, what is asked of an
    order. `more`: the numbers of other orders that it is about beside the first."""

    intent: str
    confidence: float
    entities: list[dict[str, Any]]
    ranking: Ranking
    language: str
    notes: dict[str, Any] = field(default_factory=dict)
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Whole:
    """A typed message as it was understood, and the same without numbers and addresses."""

    understood: Understanding
    words: str
    spoken: Understanding


class Interpreter:
    """`follow_up` ranks what a text asks next. `offered` are the shop's languages, the default first;
    `titled` the intents that have a button, and `title` says what stands on it in a language."""

    def __init__(
        self,
        understand: Understand,
        rank: Rank,
        follow_up: Callable[[str], Ranking],
        consent: Consent,
        offered: Sequence[str],
        titled: Collection[str],
        title: Callable[[str, str], str],
        catalogue: Catalogue,
        case_words: CaseReader,
        guides: GuideBook,
    ) -> None:
        self._understand = understand
        self._rank = rank
        self._follow_up = follow_up
        self._consent = consent
        self._offered = offered
        self._titled = titled
        self._title = title
        self._catalogue = catalogue
        self._case_words = case_words
        self._guides = guides
        self._foreign = ForeignDetector(offered)

    def interpret(self, turn: TurnInput, context: Context) -> list[Heard]:
        """What a message wants: one thing mostly, or several, the questions before the changes."""
        if turn.payload is not None:
            intent, given = turn.payload.intent, dict(turn.payload.entities)
            # The button of an earlier question, pressed late, says yes to that one only.
            if given.pop(CONFIRMS, None) != context.change and intent == Intent.AFFIRM and context.change:
                intent = Intent.HEDGE
            entities = [{"entity": name, "value": value} for name, value in given.items()]
            return [self._wish(Heard(intent, 1.0, entities, [(intent, 1.0)], turn.language))]
        command = languages.command(turn.text)
        if command is not None:
            entities = [{"entity": "language", "value": command}] if command else []
            intent = Intent.CHANGE_LANGUAGE
            return [self._wish(Heard(intent, 1.0, entities, [(intent, 1.0)], turn.language))]
        return self._typed(turn, context)

    def _typed(self, turn: TurnInput, context: Context) -> list[Heard]:
        understood = self._understand(turn.text, context.asked or "", context.given or "")
        words = without_details(turn.text, understood.entities)
        spoken = understood if words == turn.text else self._understand(words)
        whole = _Whole(understood, words, spoken)
        parts = [Part(turn.text, understood.ranking, understood.entities)]
        if context.asked not in _FREE_TEXT:
            parts = read(turn.text, understood.ranking, understood.entities, self._rank)
        heard = _asking([self._part(turn, context, part, whole) for part in parts])
        return sorted(heard, key=_turn_of) if len(heard) > 1 else heard

    def _part(self, turn: TurnInput, context: Context, part: Part, whole: _Whole) -> Heard:
        is_whole = part.text == turn.text
        ranking = self._in_talk(part, context, turn.language)
        # Read in parts, it is taken for what a part says.
        bare = whole.spoken.ranking if is_whole and ranking == whole.understood.ranking else None
        # What it would ask next means something only of an order, after an answer, or to who waits.
        talk = context.topic or turn.waiting or ranking[0][0] == Intent.TRACK_ORDER
        follow_up: Ranking = ()
        if context.order or part.entities or (is_whole and talk):
            follow_up = self._follow_up(without_details(part.text, part.entities))
        product = None
        if context.asked not in _FREE_TEXT:  # an address is full of names
            spoken_in = (turn.language, whole.spoken.language)
            product = self._catalogue.read(part.text, spoken_in, context.product)
        # A conversation that has just begun is in the default language until its first message is read.
        read_in = dict.fromkeys((turn.language, whole.spoken.language))
        goods = [self._case_words.read(part.text, one) for one in read_in]
        help_with = self._help(part.text, turn.text, (turn.language, whole.spoken.language), context)
        said = Typed(
            ranking,
            part.text,
            part.entities,
            form=context.form,
            order=context.order,
            offer=turn.memory.offer,
            confirming=context.change is not None,
            agreed=self._agreed(turn.text, context),
            bare=bare,
            follow_up=follow_up,
            topic=context.topic,
            waiting=turn.waiting,
            product=product,
            problem=next((one.problem for one in goods if one.problem), None),
            returns=any(one.returns for one in goods),
            help=help_with,
        )
        intent, confidence = judge(said)
        notes: dict[str, Any] = {"guesses": guesses(whole.understood.ranking, self._titled)}
        if intent == Intent.ORDER_QUESTION:
            notes["facet"] = said.facet or _FACETS.get(said.intent, Facet.WHERE)
        elif intent == Intent.TRACK_ORDER and said.facet in _BESIDE_STATUS:
            notes["facet"] = said.facet
        language = speak(
            whole.spoken.languages,
            whole.words,
            turn.language,
            # A conversation that has just begun may be in the default language for want of a better one.
            settled=turn.memory.begun or turn.language != self._offered[0],
            # The answer to a question, an address for one, says little about the language.
            chosen=context.chosen == turn.language or context.form is not None,
        )
        if context.asked == "new_address":
            language = turn.language
        weak = intents.of(intent).kind is Kind.UNCLEAR or confidence < FOREIGN_ABOVE
        if weak or language != turn.language:
            # An address is in no language, or in its country's.
            foreign = None if context.asked == "new_address" else self._foreign.detect(turn.text)
            if foreign is not None:
                surely_ours = confidence >= FOREIGN_ABOVE and whole.spoken.languages[0][1] >= SURELY_OURS
                surely_ours = surely_ours and foreign not in RUSSIAN
                language = language if surely_ours else turn.language
                if intent != Intent.CHANGE_LANGUAGE and weak:
                    intent, notes["foreign"] = Intent.FOREIGN_LANGUAGE, foreign
        first, *more = numbers(part.text, part.entities) or [""]
        entities = [
            one for one in part.entities if one["entity"] != "order_number" or str(one["value"]) == first
        ]
        if intent == Intent.ASK_PRODUCT and product:
            entities += product.entities(said.intent)
        if intent in (Intent.PRODUCT_HELP, Intent.GUIDE_ANSWER):
            entities += help_with.entities(intent, said.intent, said.words)
        return self._wish(Heard(intent, confidence, entities, ranking, language, notes, tuple(more)))

    def _help(self, text: str, whole: str, spoken_in: tuple[str, str], context: Context) -> GuideTalk:
        """What a part of a message says of guides: whose problem it tells, or how a step went."""
        if context.form is not None:
            return GuideTalk()
        named = self._catalogue.named(text)
        held = (context.product,) if context.product else ()
        found = self._guides.find(text, spoken_in, named or held)
        if not named and not found and not context.guide and context.order:
            found = self._guides.find(text, spoken_in, context.goods())
        verdict = self._guides.verdict(text, spoken_in[0]) if context.guide else None
        near = () if found else self._guides.of(named or held)
        else_ = bool(found) and any(self._guides.wants_else(whole, one) for one in spoken_in)
        return GuideTalk(found, near, context.guide, verdict, else_)

    def _in_talk(self, part: Part, context: Context, language: str) -> Ranking:
        """The ranking; of a few unclear words, with the question that the talk is about beside them."""
        unclear = part.confidence < TOPIC_BELOW or intents.of(part.intent).kind is Kind.UNCLEAR
        if not context.topic or context.form or not unclear or len(part.text.split()) > SHORT_QUESTION:
            return part.ranking
        try:
            topic = self._title(context.topic, language)
        except KeyError:
            return part.ranking  # the shop has taken the question out meanwhile
        ranking = self._rank(part.text, topic)
        return ranking if intents.of(ranking[0][0]).wish else part.ranking

    def _agreed(self, text: str, context: Context) -> bool:
        if context.change is None or context.form is None:
            return False
        return self._consent.is_given(text, context.form, context.change)

    def _wish(self, heard: Heard) -> Heard:
        """The same, in the language that is wished for, if it is and the shop has it."""
        if heard.intent != Intent.CHANGE_LANGUAGE:
            return heard
        named = [entity["value"] for entity in heard.entities if entity["entity"] == "language"]
        wished = languages.wish(named, heard.language)
        spoken = wished if wished and wished in self._offered else heard.language
        return replace(heard, language=spoken, notes={**heard.notes, "wished": wished})


def _asking(heard: list[Heard]) -> list[Heard]:
    """Without a wish that only says what the question beside it is about: "what are the rules, if one wants
    to return something?" """
    asked = {one.intent for one in heard}
    return [one for one in heard if one.entities or _RULES_OF.get(one.intent) not in asked]


def _turn_of(heard: Heard) -> int:
    """In which order several wishes are met: what was asked for first, changes late, a person last of all."""
    meaning = intents.of(heard.intent)
    if meaning.kind is Kind.ANSWER:
        return _ANSWERS
    if meaning.kind is Kind.PERSON:
        return _PERSON
    if meaning.kind is Kind.TASK:
        return _CHANGES if meaning.needs_yes or meaning.form is Form.CALLBACK else _TASKS
    return _QUESTIONS
