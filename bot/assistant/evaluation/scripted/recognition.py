"""Which of the shop's texts a reply is made of: read backwards from the reply, as a customer sees it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.shop.faq import FaqEntry
from bot.shop.responses import Responses
from bot.shop.wording import plurals

# What customers themselves wrote, or a person: their texts may have several lines.
_MANY_LINES = frozenset({"address", "new_address", "wish"})
_MAYBE_EMPTY = frozenset({"items", "address", "language"})
_PLACEHOLDER = re.compile(r"\{([a-z_]+)(?::[a-z]+)?\}")
# A reply may be put together of several texts: in lines, or in sentences behind one another.
_END = re.compile(r"\n+|(?<=[.!?…])[\"”»]?[ \n]+")
MOST_PARTS = 24  # of a reply; what is longer is read in lines only
DEEP = 3  # phrases in phrases


@dataclass(frozen=True, slots=True)
class Recognised:
    """The names of the texts that a reply is made of, in their order, and the parts that are none of the
    shop's texts."""

    names: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Template:
    name: str
    fixed: tuple[str, ...]  # what is in it whatever is filled in, in this order
    pattern: re.Pattern[str]
    weight: int  # characters that are the same in every text made of it

    @classmethod
    def of(cls, name: str, text: str) -> "_Template":
        pattern, fixed, weight = "", [], 0
        for literal, placeholder, forms in _pieces(text.strip()):
            if placeholder:
                character = r"[\s\S]" if placeholder in _MANY_LINES else "."
                pattern += f"({character}{'*' if placeholder in _MAYBE_EMPTY else '+'}?)"
            elif forms:
                weight += min(len(form.replace("#", "")) for form in forms)
                pattern += "(?:" + "|".join(re.escape(form).replace(r"\#", ".+?") for form in forms) + ")"
            else:
                weight += len(literal.strip())
                fixed.append(literal.strip())
                pattern += re.escape(literal)
        # What is filled in at the end may be nothing, and a text's ends are stripped.
        pattern = re.sub(r"((?:\\[ \n])+)(\([^()]*\*\?\))$", r"(?:\1\2)?", pattern)
        return cls(name, tuple(fixed), re.compile(pattern), weight)

    def match(self, text: str) -> re.Match[str] | None:
        at = 0
        for one in self.fixed:  # much faster than the pattern, and nearly always enough
            at = text.find(one, at)
            if at < 0:
                return None
            at += len(one)
        return self.pattern.fullmatch(text)


def _pieces(text: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Each piece of a template as its text, or a placeholder's name, or a plural's forms."""
    at = 0
    for start, end, forms in plurals.places(text):
        yield from _plain(text[at:start])
        yield "", "", forms
        at = end
    yield from _plain(text[at:])


def _plain(text: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for number, piece in enumerate(_PLACEHOLDER.split(text)):
        if piece:
            yield ("", piece, ()) if number % 2 else (piece, "", ())


class Recogniser:
    """Knows replies by the texts of the shop: its responses, its phrases and the answers of its FAQ. Names
    are those of `data/responses`, and the ids of FAQ entries."""

    def __init__(self, faq: Sequence[FaqEntry], responses: Responses) -> None:
        self._templates = {
            language: tuple(_templates(language, faq, responses)) for language in responses.variants
        }
        self._phrases = {
            language: tuple(one for one in templates if one.name in responses.phrases[language])
            for language, templates in self._templates.items()
        }

    def recognise(self, text: str, language: str) -> Recognised:
        """Reads a reply in a language. Where texts of that language don't explain all of it, those of
        another are tried."""
        best = self._read(text, language)
        if not best.unknown:
            return best
        readings = [best, *(self._read(text, other) for other in self._templates if other != language)]
        return min(readings, key=lambda one: sum(map(len, one.unknown)))

    def _read(self, text: str, language: str) -> Recognised:
        """The reply as few texts as possible, of which the least is left over."""
        ends = [0, *(match.end() for match in _END.finditer(text)), len(text)]
        if len(ends) > MOST_PARTS:
            ends = [0, *(match.end() for match in re.finditer("\n+", text)), len(text)]
        # The best way to read the text up to each end: characters left over, texts, characters known (less).
        ways: list[tuple[tuple[int, int, int], Recognised]] = [((0, 0, 0), Recognised((), ()))]
        for number, end in enumerate(ends[1:], 1):
            choices = []
            for start in range(max(0, number - MOST_PARTS), number):
                part = text[ends[start] : end].strip()
                (left, count, known), before = ways[start]
                found = self._best(part, language)
                if found:
                    cost = (left, count + 1, known - found[0])
                    choices.append((cost, Recognised((*before.names, *found[1]), before.unknown)))
                elif start == number - 1:
                    unknown = (*before.unknown, part) if part else before.unknown
                    choices.append(((left + len(part), count, known), Recognised(before.names, unknown)))
            ways.append(min(choices, key=lambda choice: choice[0]))
        return ways[-1][1]

    def _best(self, text: str, language: str) -> tuple[int, tuple[str, ...]] | None:
        """The text of the shop that fits closest, as its weight and its name; the phrases that fill it in
        follow."""
        fits = [(one, match) for one in self._templates[language] if (match := one.match(text))]
        if not fits:
            return None
        weight = max(one.weight for one, _ in fits)
        names: dict[str, None] = {}
        for one, match in fits:
            if one.weight == weight:
                names[one.name] = None
                names.update(dict.fromkeys(self._inside(match, language, DEEP)))
        return weight, tuple(names)

    def _inside(self, match: re.Match[str], language: str, deep: int) -> Iterator[str]:
        """The phrases that stand in the place of a text's placeholders."""
        for value in filter(None, match.groups()) if deep else ():
            fits = [(one, found) for one in self._phrases[language] if (found := one.match(value.strip()))]
            if fits:
                one, found = max(fits, key=lambda fit: fit[0].weight)
                yield one.name
                yield from self._inside(found, language, deep - 1)


def _templates(language: str, faq: Sequence[FaqEntry], responses: Responses) -> Iterator[_Template]:
    texts = [(name, one.text) for name, variants in responses.variants[language].items() for one in variants]
    texts += responses.phrases[language].items()
    texts += [(entry.id, entry.answer[language]) for entry in faq]
    for name, text in texts:
        template = _Template.of(name, text)
        if template.weight:  # {answer} alone: what it stands for is recognised
            yield template
