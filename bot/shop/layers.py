"""Texts of the product with the owner's over them: a shop's file below data/ holds only what was changed."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot import product
from bot.shop.yaml_source import Key, Problem, Source, SourceError, nearest, read, shown

# Each name under which the product has a text, ("desk", "wish"), with the files that have it: English first.
Catalogue = Mapping[Key, Sequence[Source]]
MAX_NAMED = 20  # a list of hundreds of names helps nobody
MAX_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Layered:
    """What holds in the end; under which names the owner wrote it; and under which English stands in for a
    language that the product doesn't have."""

    source: Source
    own: frozenset[Key]
    english: frozenset[Key] = frozenset()


class Layers:
    """Reads files of one shop's folder over those of the product. `notes` fills with what the owner should
    know but no upgrade may stop a shop for: lines that name nothing in the product (any more), and texts that
    a language of the owner's own lacks."""

    def __init__(self, home: Path) -> None:
        self.notes: list[Problem] = []
        self._own = home / "data"
        self._product = product.root() / "data"

    def own(self, name: str) -> Path:
        """Where the owner's file is, or would be. `name` is below data/: "texts/en.yml"."""
        return self._own / name

    def strays(self, kind: str) -> Iterator[Problem]:
        """The owner's files of a kind that nothing reads."""
        for path in sorted((self._own / kind).glob("*.yaml")):
            yield Problem(shown(path), 1, "", "would not be read; rename it so that it ends in .yml")
        for path in sorted((self._own / kind).glob("*.yml")):
            if not re.fullmatch("[a-z]{2,3}", path.stem) and not (self._product / kind / path.name).is_file():
                yield Problem(
                    shown(path), 1, "", "would not be read; name it after a language, such as en.yml"
                )

    def folder(self, kind: str, ending: str) -> dict[str, Path]:
        """The files of a kind in folders by language, by what they are called below data/<kind>/ without
        their ending, "en/lamp"; the owner's in the place of the product's of the same name."""
        found: dict[str, Path] = {}
        for root in (self._product / kind, self._own / kind):
            for path in sorted(root.glob(f"*/*{ending}")):
                found[f"{path.parent.name}/{path.name.removesuffix(ending)}"] = path
        return found

    def languages(self, kind: str) -> list[str]:
        """The languages in which the product has a kind of texts, English first."""
        paths = (self._product / kind).glob("*.yml")
        found = sorted(path.stem for path in paths if 2 <= len(path.stem) <= 3)
        return sorted(found, key=lambda language: language != "en")

    def catalogue(self, kind: str) -> Catalogue:
        """A file that can't be read is left out: whoever reads it for its texts is told."""
        found: dict[Key, list[Source]] = {}
        for language in self.languages(kind):
            with suppress(SourceError):
                source = read(self._product / kind / f"{language}.yml")
                for key in _names(source, 2):
                    found.setdefault(key, []).append(source)
        return found

    def read(
        self,
        name: str,
        known: Collection[Key],
        *,
        depth: int = 2,
        open_blocks: Collection[str] = (),
        whole_blocks: Collection[str] = (),
        english: bool = True,
    ) -> Layered:
        """The file `name` below data/, "texts/en.yml". `known`: the names that the product has, all `depth`
        blocks deep. `open_blocks` may have others too, and `whole_blocks` are taken whole, from the owner if
        it stands there. `english`: it stands in where a language is the owner's. Raises `SourceError`."""
        own, ours = self._own / name, self._product / name
        stand_in = ours.with_name("en.yml")
        if not own.is_file() and not ours.is_file():
            text = f"there is no such file; copy {shown(stand_in)} there and translate it"
            raise SourceError([Problem(shown(own), 1, "", text)])
        if not own.is_file():
            return Layered(read(ours), frozenset())
        written = read(own)
        if wrong := list(_misshapen(written, depth)):
            raise SourceError(wrong)
        kept: list[Key] = []
        for key in _names(written, depth):
            if key in known or key[0] in {*open_blocks, *whole_blocks}:
                kept.append(key)
            elif (note := unknown(written, key, known)) not in self.notes:
                self.notes.append(note)
        base = None
        if not ours.is_file() and english:
            base = read(stand_in)
        elif ours.is_file() and not own.samefile(ours):
            base = read(ours)
        source = _laid(base, written, kept, whole_blocks, depth)
        filled = frozenset() if ours.is_file() else frozenset(_names(source, depth)) - {*kept}
        if filled:
            self.notes.append(_untranslated(written, filled))
        return Layered(source, frozenset(kept), filled)


def unknown(source: Source, key: Key, known: Collection[Key]) -> Problem:
    """A line that names nothing in the product: tells of it once for a whole block."""
    blocks = {name[0] for name in known}
    at = key if key[0] in blocks else key[:1]
    beside = {str(name[len(at) - 1]) for name in known if name[: len(at) - 1] == at[:-1]}
    advice = nearest(str(at[-1]), beside)
    if len(beside) > MAX_NAMED and not advice.endswith("?"):
        advice = "delete it"
    return source.problem(
        at, f"the product has nothing of this name (any more), so it does nothing; {advice}"
    )


def _untranslated(source: Source, names: Collection[Key]) -> Problem:
    first = ", ".join(".".join(map(str, key)) for key in sorted(names)[:MAX_EXAMPLES])
    more = f" and {len(names) - MAX_EXAMPLES} more" if len(names) > MAX_EXAMPLES else ""
    text = f"English stands in for {first}{more}; aftercare check-translations lists what is missing"
    return source.problem((), text)


def _names(source: Source, depth: int) -> Iterator[Key]:
    return (key for key in source.lines if len(key) == depth)


def _misshapen(source: Source, depth: int) -> Iterator[Problem]:
    """Blocks that are none."""
    if source.data is None:
        return  # nothing but remarks: nothing is changed
    if not isinstance(source.data, dict):
        yield source.problem((), 'must be blocks of "name: value" lines')
    elif depth > 1:
        for name, block in source.data.items():
            if block is None:
                yield source.problem((name,), "empty; write texts below it, or delete the line")
            elif not isinstance(block, dict):
                yield source.problem((name,), 'must be a block of "name: text" lines')


def _laid(
    base: Source | None, own: Source, kept: Sequence[Key], whole: Collection[str], depth: int
) -> Source:
    """The owner's values `kept` over those of `base`."""
    data: dict[Any, Any] = {}
    mine = frozenset(kept)
    lines = {key: line for key, line in own.lines.items() if len(key) < depth or key[:depth] in mine}
    files: dict[Key, str] = {}
    if base:
        taken = {*whole} & {key[0] for key in kept}
        below = [key for key in _names(base, depth) if key[0] not in taken]
        for key in below:
            _put(data, key, base.value(key))
        ours = {*below} - mine
        theirs = {key for key in base.lines if key[:depth] in ours}
        lines |= {key: base.lines[key] for key in theirs}
        files = dict.fromkeys(theirs, base.file)
    for key in kept:
        _put(data, key, own.value(key))
    return Source(own.file, data, lines, files)


def _put(tree: dict[Any, Any], key: Key, value: Any) -> None:
    for part in key[:-1]:
        tree = tree.setdefault(part, {})
    tree[key[-1]] = value
