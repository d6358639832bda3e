"""Turns a response's name and facts into the customer's language."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zlib import crc32

from babel.numbers import format_currency
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.shared.core.trackers import DialogueStateTracker

from actions.intents import Intent
from bot.assistant.languages import own_name
from bot.shop.facts import Shop
from bot.shop.faq import FaqEntry
from bot.shop.responses import LANGUAGES, MAX_TITLE, Responses
from bot.shop.wording import dates, plurals

_PLACEHOLDER = re.compile(r"\{([a-z_]+)(?::([a-z]+))?\}")

_ENDS = (".", "!", "?")

Facts = Mapping[str, Any]


class LocalizedGenerator(NaturalLanguageGenerator):
    """Rasa's generator for all languages.

    Facts are plain JSON, so that actions may run in another process: texts and numbers; dates as ISO
    8601 (`{x:date}` for the day by itself, `{x:on}` for "on that day"), times as "09:30" (`{x:clock}`);
    money as `{"amount": "12.50", "currency": "EUR"}` (`{x:money}`); a language's code (`{x:excuse}` for the
    polite word in it that it isn't spoken here, "" if we know none); in place of a fact
    `{"phrase": name, …facts}` for a phrase, a list of them, or `{"title_key": name}` for a title; `parts`,
    a list of phrases, each a line of `{answer}`; `choices`, a list of buttons `{"intent", "entities"?,
    "title"? or "title_key"?}`.
    A placeholder without a fact is one of the shop's values or a phrase.
    """

    def __init__(
        self,
        shop: Shop,
        faq: Sequence[FaqEntry],
        responses: Responses,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._hours = shop.opening_hours
        self._languages = {language: own_name(language) for language in shop.languages}
        self._values = {language: dict(shop.values(language)) for language in shop.languages}
        self._default = shop.languages[0]
        self.number_examples = shop.orders.examples
        self._faq = {f"utter_{entry.id}": entry for entry in faq}
        self._responses = responses
        self._clock = clock
        # Intents that can be offered as buttons.
        self.titled = frozenset(responses.titles[self._default]) | {entry.id for entry in faq}

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **facts: Any
    ) -> dict[str, Any] | None:
        metadata = (tracker.latest_message.metadata if tracker.latest_message else None) or {}
        return self.compose(
            utter_action, metadata.get("language", self._default), facts, seed=metadata.get("message_id", "")
        )

    def compose(
        self, name: str, language: str, facts: Facts | None = None, *, seed: str = ""
    ) -> dict[str, Any]:
        """The response `name` as `{"text", "buttons": [{"title", "payload"}]}`. The same `seed` gives
        the same wording. Raises `KeyError` for an unknown response."""
        facts = facts or {}
        if name in self._faq:
            return {"text": self._fill(self._faq[name].answer[language], language, facts), "buttons": []}
        variants = self._responses.variants[language][name]
        variant = variants[crc32(f"{seed}{name}".encode()) % len(variants)]
        parts = facts.get("parts")
        if parts is not None:
            facts = {**facts, "answer": "\n".join(self._phrase(part, language, {}) for part in parts)}
        choices = facts.get("choices") or self._choices(variant.buttons)
        return {
            # Where nothing more is to be said, the answer at the end is empty.
            "text": self._fill(variant.text, language, facts).rstrip(),
            "buttons": [self._button(choice, language) for choice in choices],
        }

    def _choices(self, buttons: Sequence[str]) -> list[Facts]:
        choices: list[Facts] = []
        for intent in buttons:
            if intent == LANGUAGES:
                choices += (
                    {"intent": Intent.CHANGE_LANGUAGE, "entities": {"language": code}, "title": name}
                    for code, name in self._languages.items()
                )
            else:
                choices.append({"intent": intent})
        return choices

    def _button(self, choice: Facts, language: str) -> dict[str, str]:
        title = choice.get("title")
        if title is None:
            key = choice.get("title_key", choice["intent"])
            title = self._fill(self.title(key, language), language, choice)
        payload = {"intent": choice["intent"], "entities": choice.get("entities", {})}
        return {"title": title[:MAX_TITLE], "payload": json.dumps(payload)}

    def title(self, intent: str, language: str) -> str:
        """An intent as a customer would press it. Raises `KeyError` for one without a title."""
        entry = self._faq.get(f"utter_{intent}")
        return entry.question[language] if entry else self._responses.titles[language][intent]

    def _phrase(self, phrase: Facts, language: str, outer: Facts) -> str:
        text = self._responses.phrases[language][phrase["phrase"]]
        return self._fill(text, language, {**outer, **phrase})

    def _fill(self, text: str, language: str, facts: Facts) -> str:
        def value(match: re.Match[str]) -> str:
            said = self._value(match[1], match[2], language, facts)
            # "2024 m. vasario 29 d." has its full stop already.
            ends = match.string.startswith(".", match.end()) and said.endswith(".")
            return said.removesuffix(".") if ends else said

        def number(name: str) -> str:
            return re.sub("[{}]", "", self._value(name, None, language, facts))  # a fact is no template

        said = _PLACEHOLDER.sub(value, plurals.choose(text, language, number)).strip()
        return re.sub("  +", " ", said)  # where a fact is empty

    def _value(self, name: str, kind: str | None, language: str, facts: Facts) -> str:
        fact = facts.get(name)
        if fact is None:
            return self._own(name, language, facts)
        if isinstance(fact, Mapping) and "phrase" in fact:
            return self._phrase(fact, language, facts)
        if isinstance(fact, Mapping) and "title_key" in fact:
            return self.title(fact["title_key"], language)
        if isinstance(fact, list):
            told = [self._phrase(one, language, facts) for one in fact]
            return (" " if all(one.endswith(_ENDS) for one in told) else ", ").join(told)
        return self._said(fact, kind, language)

    def _own(self, name: str, language: str, facts: Facts) -> str:
        if name == "someone_answers":
            return self._someone_answers(language)
        if name == LANGUAGES:
            return ", ".join(self._languages.values())
        if name in self._values[language]:
            return self._values[language][name]
        if name in self._responses.phrases[language]:
            return self._phrase({"phrase": name}, language, facts)
        raise KeyError(f"nothing to put for {{{name}}}")

    def _said(self, fact: Any, kind: str | None, language: str) -> str:
        if kind == "money":
            amount = Decimal(fact["amount"])
            locale = dates.LOCALES.get(language, language)
            return str(format_currency(amount, fact["currency"], locale=locale))
        if kind in ("date", "on"):
            write = dates.day if kind == "date" else dates.on_day
            return write(date.fromisoformat(fact[:10]), language, self._clock().date())
        if kind == "clock":
            return dates.clock(time.fromisoformat(fact), language)
        if kind == "excuse":
            return self._responses.excuses.get(fact, "")
        return str(fact)

    def _someone_answers(self, language: str) -> str:
        now = self._clock()
        promise = self._hours.answer_promise(now)
        facts: dict[str, Any] = {"phrase": f"answers_{promise.when}"}
        if promise.at:
            today, day = now.astimezone(promise.at.tzinfo).date(), promise.at.date()
            facts["time"] = dates.clock(promise.at.time(), language)
            facts["day"] = dates.on_weekday(day, language)
            if (day - today).days >= 7:  # the weekday alone would be taken for an earlier one
                facts |= {"phrase": "answers_far", "day": dates.on_day(day, language, today)}
        return self._phrase(facts, language, {})
