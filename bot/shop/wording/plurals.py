"""Words that change with a number, in texts: `{return_days, plural, one {# day} other {# days}}`.

The form is ICU's, the categories are CLDR's (https://cldr.unicode.org/index/cldr-spec/plural-rules): a
language has those of its own, for example `one few other` in Lithuanian. `#` stands for the number.
"""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache

from babel import Locale

CATEGORIES = ("zero", "one", "two", "few", "many", "other")
SAMPLE = 201  # whole numbers, of which every category that they can have has one

_PLURAL = re.compile(r"\{([a-z_]+), plural,((?:\s*[a-z]+\s*\{[^{}]*\})+)\s*\}")
_FORM = re.compile(r"([a-z]+)\s*\{([^{}]*)\}")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")


def choose(text: str, language: str, number: Callable[[str], str]) -> str:
    """The text with the right form in the place of each plural. `number` gives what stands for a name,
    as the customer reads it: "30", or "1-3", whose last number counts."""

    def form(match: re.Match[str]) -> str:
        shown = number(match[1])
        forms: dict[str, str] = dict(_FORM.findall(match[2]))
        chosen = forms.get(category(shown, language)) or forms["other"]
        return chosen.replace("#", shown)

    return _PLURAL.sub(form, text)


def category(shown: str, language: str) -> str:
    """The CLDR category of the last number in a text; `other` if there is none."""
    numbers = _NUMBER.findall(shown)
    if not numbers:
        return "other"
    return str(Locale.parse(language).plural_form(Decimal(numbers[-1].replace(",", "."))))


@cache
def categories(language: str) -> tuple[str, ...]:
    """The categories of a language's whole numbers, and `other`."""
    rule = Locale.parse(language).plural_form
    found = {str(rule(number)) for number in range(SAMPLE)} | {"other"}
    return tuple(name for name in CATEGORIES if name in found)


def names(text: str) -> list[str]:
    """The placeholders whose number a text's plurals depend on."""
    return [match[1] for match in _PLURAL.finditer(text)]


def places(text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Where each plural of a text begins and ends, and its forms."""
    for match in _PLURAL.finditer(text):
        yield match.start(), match.end(), tuple(form for _, form in _FORM.findall(match[2]))


def without(text: str) -> str:
    """The text with its plurals left out, for those who look for other things in it."""
    return _PLURAL.sub("", text)


def problems(text: str, language: str) -> Iterator[str]:
    """What is wrong with the plurals of a text, each with what to write instead."""
    needed = categories(language)
    wanted = " ".join(f"{name} {{…}}" for name in needed)
    for match in _PLURAL.finditer(text):
        found = [name for name, _ in _FORM.findall(match[2])]
        for name in dict.fromkeys(found):
            if name not in CATEGORIES:
                yield f'"{name}" is no plural category; this language has {wanted}'
            elif found.count(name) > 1:
                yield f"{match[1]}: {name} {{…}} is written twice; keep one of them"
        missing = [name for name in needed if name not in found]
        if missing:
            yield f"{match[1]}: the plural has no {', '.join(missing)}; this language needs {wanted}"
    if re.search(r"\{[a-z_]+[\s,]", without(text)):
        yield f"a plural that can't be read; write {{name, plural, {wanted}}}, with # for the number"
