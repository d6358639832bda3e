"""What of a product a message asks: by the words of `data/products/<language>.yml`."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict
from ruamel.yaml import YAML

from actions.facts.product_facts import Aspect
from bot.assistant.catalogue import spelling
from bot.assistant.catalogue.spelling import Inflection

MIN_MISTYPED = 6  # letters of a word in which a mistake is forgiven


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    price: tuple[str, ...]
    stock: tuple[str, ...]
    options: tuple[str, ...]
    care: tuple[str, ...]
    general: tuple[str, ...]
    elsewhere: tuple[str, ...]
    beside: tuple[str, ...]


class _Word(NamedTuple):
    letters: str
    goes_on: bool

    def is_it(self, typed: str) -> bool:
        return typed == self.letters or (self.goes_on and typed.startswith(self.letters))

    def is_like(self, typed: str) -> bool:
        if self.is_it(typed):
            return True
        if len(self.letters) < MIN_MISTYPED or len(typed) < MIN_MISTYPED - 1:
            return False
        ending = Inflection.SUFFIXES if self.goes_on else Inflection.PLURAL
        return spelling.mistakes(typed, self.letters, ending, 1) is not None


@dataclass(frozen=True, slots=True)
class Question:
    """What of a product is asked, in the order of `Aspect`; `elsewhere`: or rather something else, such as
    its delivery. `plain`: the places of words that say nothing of what a thing is."""

    aspects: tuple[Aspect, ...] = ()
    elsewhere: bool = False
    plain: frozenset[int] = frozenset()


class ProductWords:
    """The words of several languages."""

    def __init__(self, files: Mapping[str, _File]) -> None:
        self._languages = {language: _Language(file) for language, file in files.items()}

    @classmethod
    def load(cls, folder: Path, languages: Collection[str]) -> "ProductWords":
        """The files of a folder in some languages, and the English one; one that has none is asked in English
        words."""
        reader = YAML(typ="safe")
        paths = [folder / f"{language}.yml" for language in dict.fromkeys(("en", *languages))]
        return cls({path.stem: _File(**reader.load(path)) for path in paths if path.is_file()})

    def read(self, text: str, languages: Collection[str]) -> Question:
        """What a message in one of some languages asks, if it is about a product."""
        typed = spelling.folded_words(text)
        aspects: set[Aspect] = set()
        plain: set[int] = set()
        elsewhere = False
        for language in dict.fromkeys((*languages, "en")):
            if language in self._languages:
                found, places, other = self._languages[language].read(typed)
                aspects |= found
                plain |= places
                elsewhere = elsewhere or other
        if len(aspects) > 1:
            aspects.discard(Aspect.GENERAL)
        return Question(tuple(aspect for aspect in Aspect if aspect in aspects), elsewhere, frozenset(plain))


class _Language:
    def __init__(self, file: _File) -> None:
        self._phrases: list[tuple[Aspect | None, tuple[_Word, ...]]] = []
        self._beside = {word for one in file.beside for word in spelling.folded_words(one)}
        for name, phrases in file.model_dump(exclude={"beside"}).items():
            aspect = None if name == "elsewhere" else Aspect(name)
            self._phrases += [(aspect, tuple(_words(phrase))) for phrase in phrases]
        self._beginning: dict[_Word, list[int]] = {}
        for number, (_, words) in enumerate(self._phrases):
            self._beginning.setdefault(words[0], []).append(number)
        # Nobody mistypes the first letter.
        self._by_letter: dict[str, list[_Word]] = {}
        for word in self._beginning:
            self._by_letter.setdefault(word.letters[:1], []).append(word)
        self._begun = lru_cache(maxsize=16_384)(self._phrases_begun)

    def read(self, typed: list[str]) -> tuple[set[Aspect], set[int], bool]:
        aspects: set[Aspect] = set()
        plain = {place for place, word in enumerate(typed) if word in self._beside}
        elsewhere = False
        for place, word in enumerate(typed):
            for number in self._begun(word):
                aspect, words = self._phrases[number]
                following = typed[place + 1 : place + len(words)]
                if len(following) + 1 == len(words) and all(
                    one.is_like(said) for one, said in zip(words[1:], following, strict=True)
                ):
                    if aspect is None:
                        elsewhere = True
                    else:
                        aspects.add(aspect)
                        plain |= set(range(place, place + len(words)))
        return aspects, plain, elsewhere

    def _phrases_begun(self, typed: str) -> tuple[int, ...]:
        nearby = self._by_letter.get(typed[:1], ())
        # What is a word as it stands isn't mistyped: "pairing" is no "paying".
        found = [word for word in nearby if word.is_it(typed)]
        found = found or [word for word in nearby if word.is_like(typed)]
        return tuple(number for word in found for number in self._beginning[word])


def _words(phrase: str) -> Iterator[_Word]:
    for part in phrase.split():
        *before, last = spelling.folded_words(part)
        yield from (_Word(one, False) for one in before)
        yield _Word(last, part.endswith("*"))
