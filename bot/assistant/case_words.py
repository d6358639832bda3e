"""Reads what messages say of goods, by the words of `data/cases/<language>.yml`."""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from ruamel.yaml import YAML

from actions.case_reader import Goods, Said
from bot.assistant.catalogue import spelling
from bot.assistant.catalogue.product_names import ProductNames
from bot.shop.phrases import Phrase, Phrases, plain
from store.vocabulary import CaseKind, ReturnWay, Wish

Key = TypeVar("Key", bound=str)
Words = Annotated[tuple[Phrase, ...], Field(max_length=500)]

# Between goods that are named one after another.
_APART: Final = re.compile(
    r"[,;+&/\n]|(?<!\w)(?:and|plus|ir|bei|un|dan|sama|және|мен|пен|бен|и)(?!\w)", re.IGNORECASE
)
_ONLY_PLACES: Final = re.compile(r"[\d\s,;.&+]+")
MIN_LETTERS: Final = 3  # of a word by which goods are known
_MAX_PIECES: Final = 20  # parts of a message that are looked at


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    problems: dict[CaseKind, Words]
    reasons: dict[str, Words]
    wishes: dict[Wish, Words]
    ways: dict[ReturnWay, Words]
    all: Words
    status: Words = ()
    keep: Words = ()
    returns: Words = ()
    asked: dict[ReturnWay, Words] = {}
    numbers: dict[int, tuple[str | int, ...]]


class _Language:
    def __init__(self, file: _File) -> None:
        self.problems = _finders(file.problems)
        self.reasons = _finders(file.reasons)
        self.wishes = _finders(file.wishes)
        self.ways = _finders(file.ways)
        self.all = Phrases(file.all)
        self.status, self.keep = Phrases(file.status), Phrases(file.keep)
        self.returns, self.asked = Phrases(file.returns), _finders(file.asked)
        self.numbers = {
            folded: number
            for number, words in file.numbers.items()
            for word in words
            for folded in spelling.folded_words(str(word))
        }


class CaseWords:
    """The words of several languages; those of a customer's language come first, English ones count too."""

    def __init__(self, files: Mapping[str, _File]) -> None:
        self._languages = {language: _Language(file) for language, file in files.items()}

    @classmethod
    def load(cls, folder: Path, languages: Collection[str]) -> "CaseWords":
        """The files of a folder in some languages, and the English one."""
        reader = YAML(typ="safe")
        paths = [folder / f"{language}.yml" for language in dict.fromkeys(("en", *languages))]
        return cls({path.stem: _File(**reader.load(path)) for path in paths if path.is_file()})

    def read(self, text: str, language: str) -> Said:
        said = plain(text)
        spoken = self._spoken(language)
        return Said(
            problem=_first(said, [one.problems for one in spoken]),
            reason=_first(said, [one.reasons for one in spoken]) or "",
            wish=_first(said, [one.wishes for one in spoken]),
            ways=tuple(
                way
                for way in ReturnWay
                if any(way in one.ways and one.ways[way].found(said) for one in spoken)
            ),
            all=any(one.all.found(said) for one in spoken),
            status=any(one.status.found(said) for one in spoken),
            returns=any(one.returns.found(said) for one in spoken),
            asked_way=_first(said, [one.asked for one in spoken]),
        )

    def goods(self, text: str, lines: Sequence[Goods], language: str) -> dict[int, int]:
        by_position = {line.position: line for line in lines}
        if _ONLY_PLACES.fullmatch(text):
            places = [int(one) - 1 for one in re.findall(r"\d{1,3}", text)]
            return {
                lines[place].position: lines[place].quantity for place in places if 0 <= place < len(lines)
            }
        names = ProductNames()
        names.put((str(line.position), line.name, line.names) for line in lines)
        found: dict[int, int] = {}
        kept: set[int] = set()
        # As a whole first: a name may have an "and" in it.
        whole = names.find(text)
        pieces = [one for one in _APART.split(text) if one.strip()][:_MAX_PIECES]
        for piece in pieces if len(pieces) > 1 else [text]:
            named = names.find(piece) if piece is not text else whole
            said = {int(sku) for sku in named.skus} if named else _by_a_word(piece, lines, language)
            if any(one.keep.found(plain(piece)) for one in self._spoken(language)):
                kept |= said
                continue
            for position in said:
                found[position] = self._count(piece, by_position[position], language)
        for position in {int(sku) for sku in whole.skus} - kept if whole else ():
            found.setdefault(position, self._count(text, by_position[position], language))
        return {position: count for position, count in found.items() if position not in kept}

    def count(self, text: str, most: int, language: str) -> int | None:
        """A number of pieces from 1 to `most` in a message."""
        known: dict[str, int] = {}
        for one in reversed(self._spoken(language)):
            known |= one.numbers
        for word in spelling.folded_words(text):
            number = int(word) if word.isdigit() and len(word) < 4 else known.get(word)
            if number is not None and 1 <= number <= most:
                return number
        return None

    def _count(self, text: str, line: Goods, language: str) -> int:
        own = {
            word
            for name in (line.name, *sum(map(tuple, line.names.values()), ()))
            for word in spelling.folded_words(name)
        }
        rest = " ".join(word for word in spelling.folded_words(text) if word not in own)
        return self.count(rest, line.quantity, language) or line.quantity

    def _spoken(self, language: str) -> list[_Language]:
        return [self._languages[one] for one in dict.fromkeys((language, "en")) if one in self._languages]


def _by_a_word(text: str, lines: Sequence[Goods], language: str) -> set[int]:
    """The line that alone has a word of a message in its name: "the pan", where there is one."""
    typed = [word for word in spelling.folded_words(text) if len(word) >= MIN_LETTERS and not word.isdigit()]
    fitting: dict[str, set[int]] = {}
    for line in lines:
        names = [(line.name, ""), *((one, spoken) for spoken, ones in line.names.items() for one in ones)]
        for name, spoken in names:
            inflection = spelling.inflection(name, spoken)
            for word in spelling.folded_words(name):
                if len(word) < MIN_LETTERS or word.isdigit():
                    continue
                stem = spelling.stem(word, inflection)
                most = spelling.allowed(len(stem)) if len(stem) >= spelling.ONE_MISTAKE else 0
                for one in typed:
                    if spelling.mistakes(one, stem, inflection, most) is not None:
                        fitting.setdefault(one, set()).add(line.position)
    return {next(iter(places)) for places in fitting.values() if len(places) == 1}


def _finders(lists: Mapping[Key, Sequence[str]]) -> dict[Key, Phrases]:
    return {key: Phrases(words) for key, words in lists.items()}


def _first(said: str, blocks: Sequence[Mapping[Key, Phrases]]) -> Key | None:
    """What the first list that fits stands for."""
    return next((key for block in blocks for key, words in block.items() if words.found(said)), None)
