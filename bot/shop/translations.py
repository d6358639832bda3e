"""Which translations are older than the text they translate.

`data/translations.lock` keeps, for each text and language, a hash of the source text (in the shop's first
language) and of the translation, as they were when somebody last said that they say the same. A shop's own
has only what differs from the product's.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot import product
from bot.shop import texts as text_files
from bot.shop.guides import guide_shelf
from bot.shop.guides.guide_shelf import Shelf
from bot.shop.layers import Layers
from bot.shop.yaml_source import Problem, Source, SourceError, read, shown

LOCK = Path("data/translations.lock")
HEADER = """\
# Which translation belongs to which text: id, language, hash of the source text, hash of the translation.
# Written by `aftercare check-translations --accept`; after a merge conflict, run that again.
"""

# What a shop's language may lack: its starters can stand in shop.yml instead.
OPTIONAL = tuple(f"texts/{'.'.join(key)}" for key in text_files.OPTIONAL)

Hashes = tuple[str, str]  # of the source text and of its translation


@dataclass(frozen=True, slots=True)
class Text:
    """One text in all its languages; `places` say where each stands."""

    id: str  # "responses/answers.utter_greet", "faq/faq_privacy.answer"
    said: Mapping[str, Any]
    places: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Report:
    """`missing` and `stale` are lines for people. `unrecorded` counts pairs that the lock doesn't have."""

    missing: tuple[str, ...]
    stale: tuple[str, ...]
    unrecorded: int


def texts(home: Path, languages: Sequence[str]) -> list[Text]:
    """All texts that customers read, from responses, texts, guides and faq below data/. Raises
    `SourceError`."""
    found: dict[str, Text] = {}
    layers = Layers(home)
    for kind, opened, whole in (("responses", ("titles",), ()), ("texts", (), text_files.WHOLE)):
        catalogue = layers.catalogue(kind)
        for language in languages:
            name = f"{kind}/{language}.yml"
            layered = layers.read(name, catalogue, open_blocks=opened, whole_blocks=whole)
            source = layered.source
            for block, named in source.data.items():
                for key in ((block, one) for one in named):
                    if key not in layered.english:
                        _add(found, f"{kind}/{block}.{key[1]}", language, source, key)
    _add_guides(found, layers, home, languages)
    for path in sorted((home / "data" / "faq").glob("*.yml")):
        source = read(path)
        for index, entry in enumerate(source.data["faq"]):
            for part in ("question", "answer"):
                for language in entry[part].keys() & set(languages):
                    at = ("faq", index, part, language)
                    _add(found, f"faq/{entry['id']}.{part}", language, source, at)
    return list(found.values())


def _add_guides(found: dict[str, Text], layers: Layers, home: Path, languages: Sequence[str]) -> None:
    """Those that the owner wrote: the demonstration's are about goods of no other shop."""
    paths = layers.folder(guide_shelf.KIND, guide_shelf.ENDING)
    own = {name.partition("/")[2] for name, path in paths.items() if path.is_relative_to(home)}
    shelf = Shelf.load(layers, languages)
    for name in sorted(own & shelf.guides.keys()):
        written = {one: guide for one, guide in shelf.guides[name].items() if one in languages}
        found[f"guides/{name}"] = Text(
            f"guides/{name}",
            {one: [guide.title, guide.about, *guide.steps] for one, guide in written.items()},
            {one: f"{shelf.files[name, one]}:1" for one in written},
        )


def check(home: Path, languages: Sequence[str]) -> Report:
    """Compares the texts with the lock. The first of `languages` is the source."""
    source, *others = languages
    lock = _product_lock(home) | _read_lock(home / LOCK)
    missing, stale, unrecorded = [], [], 0
    for text in texts(home, languages):
        if source not in text.said:
            continue  # said in other languages only: the files' own checks tell
        for language in others:
            if language not in text.said:
                if text.id not in OPTIONAL:
                    missing.append(f"{text.places[source]}: {text.id} has no text in {language}")
                continue
            now = _hashes(text, source, language)
            then = lock.get((text.id, language))
            if then and then[0] != now[0] and then[1] == now[1]:
                stale.append(
                    f"{text.places[language]}: {text.id} is older than its {source} text "
                    f"({text.places[source]}); {_advice(text, home, language)}"
                )
            elif then != now:
                unrecorded += 1
    return Report(tuple(missing), tuple(stale), unrecorded)


def accept(home: Path, languages: Sequence[str]) -> None:
    """Writes the lock anew: every translation says what its source says."""
    source, *others = languages
    known = _product_lock(home)
    lines = [
        f"{text.id} {language} {' '.join(_hashes(text, source, language))}\n"
        for text in texts(home, languages)
        for language in others
        if source in text.said
        and language in text.said
        and known.get((text.id, language)) != _hashes(text, source, language)
    ]
    (home / LOCK).write_text(HEADER + "".join(sorted(lines)), "utf-8")


def _advice(text: Text, home: Path, language: str) -> str:
    ours, (kind, _, name) = product.root() / "data", text.id.partition("/")
    if home == product.root() or not text.places[language].startswith(f"{shown(ours)}{os.sep}"):
        return "change it, or accept it as it is"
    file = f"{language}/{name}.md" if kind == guide_shelf.KIND else f"{language}.yml"
    return f"write yours in {shown(home / 'data' / kind / file)}, or accept it as it is"


def _product_lock(home: Path) -> dict[tuple[str, str], Hashes]:
    """What needs no lock of the shop's own."""
    ours = product.root()
    return {} if home == ours else _read_lock(ours / LOCK)


def _add(found: dict[str, Text], name: str, language: str, source: Source, at: tuple[str | int, ...]) -> None:
    value = source.value(at)
    text = found.setdefault(name, Text(name, {}, {}))
    found[name] = Text(
        name,
        {**text.said, language: value},
        {**text.places, language: source.place(at)},
    )


def _hashes(text: Text, source: str, language: str) -> Hashes:
    return _hash(text.said[source]), _hash(text.said[language])


def _hash(value: Any) -> str:
    """Of the words only: spaces, and the buttons of a response, need no translation."""
    words = " ".join(" ".join(_words(value)).split())
    return hashlib.sha256(words.encode()).hexdigest()[:10]


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from _words([part for key, part in value.items() if key != "buttons"])
    elif isinstance(value, list):
        for part in value:
            yield from _words(part)
    else:
        yield str(value)


def _read_lock(path: Path) -> dict[tuple[str, str], Hashes]:
    lock: dict[tuple[str, str], Hashes] = {}
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            match line.split(" "):
                case [name, language, source, translation]:
                    lock[name, language] = (source, translation)
                case _:
                    text = "not a line of this file; run aftercare check-translations --accept"
                    raise SourceError([Problem(str(path), number, "", text)])
    return lock
