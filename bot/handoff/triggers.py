"""When a person takes over: from a message, what it was taken for, and the shop's rules, to a reason."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from actions import intents
from actions.intents import Intent
from bot.shop.handoff_rules import PRIORITIES, Money, Rule
from bot.shop.phrases import Phrases, plain
from bot.shop.tone import Sound, Tone, strongest
from store.vocabulary import Mood, Reason

# How sure the understanding must be to call a person by itself; in the middle of a form, that is surely
# no answer to its question. Below, the answer offers one.
SURE, SURE_IN_FORM = 0.5, 0.8
# These call a person without being asked, and don't again once the customer went on with the assistant.
UNASKED = {Reason.SAFETY, Reason.TONE, Reason.DATA_PROTECTION, Reason.RULE, *intents.calling()}
DEFAULT_PRIORITY = {
    Reason.SAFETY: PRIORITIES["urgent"],
    **dict.fromkeys(
        (Reason.TONE, Reason.PAYMENT, Reason.COMPLAINT, Reason.DATA_PROTECTION, Reason.FAILURE),
        PRIORITIES["high"],
    ),
}
NOT_READ = frozenset({"new_address"})  # an answer that is full of names


@dataclass(frozen=True, slots=True)
class Said:
    """One turn of the assistant's, as far as it matters here.

    `text` is what was typed, "" for a button; `wish` the intent of an earlier message. `form` was open and
    `asked` was its question when the message came. `called`: the assistant itself calls a person, and why.
    `offered`: why the last answer offered one. `order`: what the order costs that the talk is about;
    `order_new`: since this turn. `declined`: why a person was called before, if the customer went on with the
    assistant then; `handled`: what was written then of a danger. `goes_on`: a form asks for what a person
    will need, and calls one at its end."""

    text: str
    language: str
    intent: str = ""
    confidence: float = 0.0
    wish: str | None = None
    form: str | None = None
    asked: str | None = None
    called: Reason | None = None
    offered: Reason | None = None
    order: Money | None = None
    order_new: bool = False
    declined: Collection[Reason] = ()
    handled: Collection[str] = ()
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A person takes over: why, the topic that it takes ("" for any), and how soon (0 normal, 1 high, 2
    urgent)."""

    reason: Reason
    skill: str = ""
    priority: int = 0


class Triggers:
    """What calls a person: `tones` by language, and the shop's `rules`."""

    def __init__(self, tones: Mapping[str, Tone] | None = None, rules: Sequence[Rule] = ()) -> None:
        self._tones = tones or {}
        self._rules = [(rule, Phrases(rule.words)) for rule in rules]
        # Whether what an order costs matters.
        self.weighs_orders = any(rule.order_over for rule in rules)

    def decide(self, said: Said) -> Call | None:
        """Whether a person takes over after this turn."""
        sound = self._sound(said)
        reason = self._reason(said, sound)
        return self.call(reason, said, sound.mood) if reason else None

    def call(self, reason: Reason, said: Said, mood: Mood = Mood.CALM) -> Call:
        """A person for this reason, with what the shop's rules say about it: the first skill, and the highest
        priority unless a rule sets that of the reason."""
        fitting = [rule for rule, words in self._rules if _fits(rule, words, said, reason)]
        skill = next((rule.skill for rule in fitting if rule.skill), "")
        usual = DEFAULT_PRIORITY.get(reason, PRIORITIES["normal"])
        if mood == Mood.THREATENING or self.is_danger(said.text):
            usual = PRIORITIES["urgent"]
        wished = [(bool(rule.reason), PRIORITIES[rule.priority]) for rule in fitting if rule.priority]
        decreed = next((priority for of_reason, priority in wished if of_reason), None)
        if decreed is None:
            decreed = max([usual, *(priority for _, priority in wished)])
        return Call(reason, skill, decreed)

    def is_danger(self, text: str, handled: Collection[str] = ()) -> bool:
        """Whether a text speaks of danger in words that aren't in texts that were `handled`. The words of all
        the shop's languages count, whichever is spoken: a wrong guess of the language must hide none."""
        found = self._dangers(text)
        return bool(found) and not found <= frozenset().union(*map(self._dangers, handled))

    def mood(self, texts: Iterable[str], language: str) -> Mood:
        """The strongest mood of several messages."""
        tone = self._tones.get(language)
        return strongest(tone.hear(text).mood for text in texts) if tone else strongest(())

    def asks_for_somebody(self, text: str, language: str) -> bool:
        """Whether who awaits a person asks nothing but whether, or when, one comes."""
        tone = self._tones.get(language)
        return tone is not None and tone.asks_for_somebody(text)

    def _sound(self, said: Said) -> Sound:
        tone = self._tones.get(said.language)
        return tone.hear(said.text) if tone and said.text else Sound()

    def _dangers(self, text: str) -> frozenset[str]:
        return frozenset().union(*(tone.hear(text).danger for tone in self._tones.values()))

    def _reason(self, said: Said, sound: Sound) -> Reason | None:
        if self.is_danger(said.text, said.handled):
            return Reason.SAFETY
        if said.called == Reason.ASKED:
            return Reason.TONE if sound.alarming else said.offered or Reason.ASKED
        if said.called:
            return said.called
        for reason in self._reasons(said, sound):
            if reason not in said.declined:
                return reason
        return None

    def _reasons(self, said: Said, sound: Sound) -> Iterable[Reason]:
        """What in the message calls a person by itself, the gravest first."""
        if sound.alarming:
            yield Reason.TONE
        if said.asked in NOT_READ:
            return
        if sound.demands_data:
            yield Reason.DATA_PROTECTION
        calls = None if said.goes_on else intents.of(said.intent).calls
        if calls and said.confidence >= (SURE_IN_FORM if said.form else SURE):
            yield calls
        if any(rule.at_once and _fits(rule, words, said) for rule, words in self._rules):
            yield Reason.RULE


def _fits(rule: Rule, words: Phrases, said: Said, reason: Reason | None = None) -> bool:
    """Whether a rule fits: for a request with that reason, or else for calling a person now, which an order
    that is known already doesn't do again."""
    if rule.reason and reason not in rule.reason:
        return False
    wishes = {said.intent, said.wish} if reason else {said.intent}
    if rule.intent and wishes.isdisjoint(rule.intent):
        return False
    if rule.words and not words.found(plain(said.text)):
        return False
    over, order = rule.order_over, said.order
    if over is None:
        return True
    now = said.order_new or rule.words or rule.intent or reason
    return bool(now and order and order.currency == over.currency and order.amount > over.amount)


def offered(intent: str, buttons: Collection[str]) -> Reason | None:
    """Why an answer with these buttons (intents) to a message with this intent offers a person, if it does
    for one of our reasons."""
    return intents.of(intent).reason if Intent.HUMAN_AGENT in buttons else None
