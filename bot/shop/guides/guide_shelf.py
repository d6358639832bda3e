"""All guides of a shop, in all their languages: `data/guides/<language>/<name>.md`, the owner's in the place
of the product's of the same name."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from actions.guide_book import Guide
from bot.shop.guides.guide_file import place, read_guide
from bot.shop.layers import Layers
from bot.shop.yaml_source import Problem, Source, SourceError, shown

MAX_GUIDES: Final = 2000  # in all languages
KIND: Final = "guides"
ENDING: Final = ".md"

_NAME: Final = re.compile("[a-z0-9][a-z0-9_-]{0,59}")
_LANGUAGE: Final = re.compile("[a-z]{2,3}")


@dataclass(frozen=True, slots=True)
class Shelf:
    """Guides by name and language; `files`: where each is read from, such as "data/guides/en/lamp.md"."""

    guides: Mapping[str, Mapping[str, Guide]] = field(default_factory=dict)
    files: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def load(cls, layers: Layers, languages: Sequence[str]) -> "Shelf":
        """Those in the shop's languages, and in English. Raises `SourceError` with all that is wrong with
        them; notes of `layers` tell of steps that differ in number between two languages."""
        problems = list(_strays(layers))
        found: dict[str, dict[str, Guide]] = {}
        sources: dict[tuple[str, str], Source] = {}
        paths = layers.folder(KIND, ENDING)
        if len(paths) > MAX_GUIDES:
            where = shown(layers.own(KIND))
            raise SourceError([Problem(where, 1, "", f"{len(paths)} guides; at most {MAX_GUIDES}")])
        for called, path in paths.items():
            language, _, name = called.partition("/")
            if not _NAME.fullmatch(name) or not _LANGUAGE.fullmatch(language):
                text = "would not be read; call it for example en/lamp-flickers.md (small letters, digits, -)"
                problems.append(Problem(shown(path), 1, "", text))
            elif language in {*languages, "en"}:
                try:
                    read = read_guide(path, name)
                except SourceError as error:
                    problems += error.problems
                    continue
                if read:
                    found.setdefault(name, {})[language], sources[name, language] = read
        if not problems:  # of files that can't be read, nothing is known
            problems += _contradictions(found, sources)
        if problems:
            raise SourceError(problems)
        layers.notes += _uneven(found, sources, languages)
        files = {key: source.file for key, source in sources.items()}
        return cls({name: _with_products(one) for name, one in sorted(found.items())}, files)

    def get(self, name: str, languages: Sequence[str]) -> Guide | None:
        """A guide in the first of some languages that it is written in; else in any."""
        written = self.guides.get(name, {})
        return next((written[one] for one in (*languages, *written) if one in written), None)


def _strays(layers: Layers) -> Iterator[Problem]:
    """The owner's files that nothing reads."""
    own = layers.own(KIND)
    advice = "would not be read; put it into the folder of its language, such as en/lamp-flickers.md"
    for path in sorted(own.glob("*.md")):
        yield Problem(shown(path), 1, "", advice)
    for ending in ("markdown", "MD", "txt"):
        for path in sorted(own.glob(f"*/*.{ending}")):
            if path.suffix != ENDING:
                yield Problem(shown(path), 1, "", "would not be read; rename it so that it ends in .md")


def _contradictions(
    found: Mapping[str, Mapping[str, Guide]], sources: Mapping[tuple[str, str], Source]
) -> Iterator[Problem]:
    titles: dict[tuple[str, str, frozenset[str]], Source] = {}
    for name, written in found.items():
        named = {language: guide for language, guide in written.items() if guide.skus}
        for language, guide in written.items():
            source = sources[name, language]
            if not named:
                text = "missing; write for which article numbers it is, for example products: [HOM-301]"
                yield source.problem((), f"products: {text}")
                continue
            first = next(iter(named))
            if guide.skus and {*guide.skus} != {*named[first].skus}:
                other = sources[name, first].file
                text = f"not the same as in {other}; leave them out in a translation"
                yield source.problem(place(source, "products"), text)
            called = (language, guide.title.casefold(), frozenset(named[first].skus))
            if (other_source := titles.setdefault(called, source)) is not source:
                text = f"the same as in {other_source.file}, for the same products; nobody could choose"
                yield source.problem(place(source, "title"), text)


def _uneven(
    found: Mapping[str, Mapping[str, Guide]],
    sources: Mapping[tuple[str, str], Source],
    languages: Sequence[str],
) -> Iterator[Problem]:
    for name, written in found.items():
        model = next((one for one in (*languages, "en") if one in written), "")
        for language, guide in written.items():
            if len(guide.steps) != len(written[model].steps):
                other = f"{sources[name, model].file} has {len(written[model].steps)}"
                yield sources[name, language].problem((), f"{len(guide.steps)} steps, but {other}")


def _with_products(written: Mapping[str, Guide]) -> dict[str, Guide]:
    """A translation is for the same products."""
    skus = next(one.skus for one in written.values() if one.skus)
    return {language: replace(guide, skus=skus) for language, guide in written.items()}
