"""Labelled texts: what the model is trained on, and files of texts that it is tested on."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from bot import product
from bot.shop import facts as shops
from bot.shop.facts import Shop
from bot.shop.faq import is_asked, load_faq
from bot.shop.knowledge import intents
from bot.shop.yaml_source import Problem, Source, SourceError, nearest, read, shown

COLUMNS = ("intent", "text")
MAX_BYTES = 10_000_000
MAX_TEXT = 100_000  # characters
MAX_PROBLEMS = 20  # of one file; who reads more at once?

# `[10234](order_number)` and `[10234]{"entity": …}`: Rasa's marks around an entity in a text.
_ANNOTATION = re.compile(r"\[([^\]\n]+)\](?:\([^)\n]*\)|\{[^}\n]*\})")


@dataclass(frozen=True, slots=True)
class Example:
    text: str
    intent: str
    language: str  # "" where nobody says
    place: str = field(default="", compare=False)  # "data/nlu/en/orders.yml:6"


@dataclass(frozen=True)
class TrainingData:
    lines: tuple[Example, ...]  # as they stand in the files
    tables: dict[str, list[str]]  # words and phrases of each look-up table

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """What is learned from: the same line twice counts once."""
        return tuple(dict.fromkeys(self.lines))

    @property
    def intents(self) -> frozenset[str]:
        return frozenset(example.intent for example in self.lines)

    @classmethod
    def load(cls, home: Path, shop: Shop) -> "TrainingData":
        """What `aftercare train` learns intents from, in the shop's languages: `data/nlu/<language>/*.yml`
        of the product and of the shop, and the FAQ's examples. Raises `SourceError`."""
        lines: list[Example] = []
        tables: dict[str, list[str]] = {}
        problems: list[Problem] = []
        for language in shop.languages:
            for path in _paths(home, language):
                try:
                    source = read(path)
                    for kind, name, texts in _blocks(source):
                        if kind == "intent":
                            lines += (Example(text, name, language, place) for place, text in texts)
                        elif kind == "lookup":
                            tables.setdefault(name, []).extend(text for _, text in texts)
                except SourceError as error:
                    problems += error.problems
        if problems:
            raise SourceError(problems)
        folder = home / "data" / "faq"
        entries = load_faq(folder, shop, shop.languages)
        questions = {entry.id for entry in entries}
        lines = [line for line in lines if is_asked(line.intent, questions)]
        places = _faq_places(folder)
        for entry in entries:
            for language, examples in entry.examples.items():
                for number, text in enumerate(examples):
                    lines.append(Example(text, entry.id, language, places[entry.id, language, number]))
        return cls(tuple(lines), tables)


def _paths(home: Path, language: str) -> list[Path]:
    """The product's files first, then those that the shop adds."""
    roots = dict.fromkeys([product.of(home), home])
    return [path for root in roots for path in sorted((root / "data" / "nlu" / language).glob("*.y*ml"))]


def check_added(home: Path) -> None:
    """Raises `SourceError` with all that is wrong with the examples that a shop adds to the product's."""
    if product.of(home) == home:
        return
    shop = shops.load(home / "shop.yml")
    known = intents(home, [entry.id for entry in load_faq(home / "data" / "faq", shop, shop.languages)])
    problems: list[Problem] = []
    for language in shop.languages:
        for path in sorted((home / "data" / "nlu" / language).glob("*.y*ml")):
            try:
                source = read(path)
                for index, (kind, name, _) in enumerate(_blocks(source)):
                    if kind == "intent" and name not in known:
                        text = f'unknown intent "{name[:80]}"; {nearest(name[:80], known)}'
                        problems.append(source.problem(("nlu", index), text))
            except SourceError as error:
                problems += error.problems
    if problems:
        raise SourceError(problems)


def _faq_places(folder: Path) -> dict[tuple[str, str, int], str]:
    """Where each example of each entry of well-formed FAQ files stands."""
    places = {}
    for path in folder.glob("*.yml"):
        source = read(path)
        for index, entry in enumerate(source.data["faq"]):
            for language, examples in entry["examples"].items():
                for number in range(len(examples)):
                    line = source.line(("faq", index, "examples", language, number))
                    places[entry["id"].strip(), language, number] = f"{source.file}:{line}"
    return places


def _blocks(source: Source) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """Kind, name and lines of each block of a file of Rasa's NLU format; of a line, its place and text."""
    blocks = source.data.get("nlu") if isinstance(source.data, dict) else None
    if not isinstance(blocks, list):
        raise SourceError([source.problem((), 'has no list "nlu:"; write blocks as in data/nlu/en')])
    for index, block in enumerate(blocks):
        named = block if isinstance(block, dict) else {}
        kind = next((key for key in ("intent", "lookup", "synonym", "regex") if key in named), None)
        if kind is None or not isinstance(block.get("examples"), str):
            text = 'must be "intent: name" and "examples: |" with lines starting with "- " below'
            raise SourceError([source.problem(("nlu", index), text)])
        first = source.line(("nlu", index, "examples")) + 1  # "|" stands on the line of the key
        texts = [
            (f"{source.file}:{number}", _ANNOTATION.sub(r"\1", line.strip()[1:].strip()))
            for number, line in enumerate(block["examples"].split("\n"), first)
            if line.strip().startswith("-")
        ]
        yield kind, str(block[kind]), [(place, text) for place, text in texts if text]


def read_labelled(path: Path, intents: frozenset[str], language: str) -> tuple[Example, ...]:
    """The lines of a tab-separated UTF-8 file: an intent, a tab, a text. If the first line names columns
    (`intent`, `text`, and any others) they may stand in any order. Raises `SourceError` with what is
    wrong, by line."""
    file = shown(path)
    rows = list(_rows(path, file))
    header = [cell.lower() for cell in rows[0][1]] if rows else []
    if named := [name for name in COLUMNS if name in header]:
        del rows[0]
        if missing := set(COLUMNS) - set(named):
            text = f"the first line has no column {missing.pop()}; write: intent<TAB>text"
            raise SourceError([Problem(file, 1, "", text)])
    else:
        header = list(COLUMNS)
    at = {name: header.index(name) for name in COLUMNS}
    examples: list[Example] = []
    problems: list[Problem] = []
    for line, cells in rows:
        fault = _fault(cells, header, at, intents)
        if fault:
            problems.append(Problem(file, line, "", fault))
        else:
            examples.append(Example(cells[at["text"]], cells[at["intent"]], language, f"{file}:{line}"))
    if not problems and not examples:
        problems.append(Problem(file, 1, "", "has no texts; write one a line: intent<TAB>text"))
    if problems:
        raise SourceError(bounded(problems))
    return tuple(examples)


def bounded(problems: Sequence[Problem]) -> list[Problem]:
    """The first `MAX_PROBLEMS` of one file, and how many more there are."""
    if len(problems) <= MAX_PROBLEMS:
        return list(problems)
    file, line = problems[MAX_PROBLEMS].file, problems[MAX_PROBLEMS].line
    more = Problem(file, line, "", f"and {len(problems) - MAX_PROBLEMS} more lines")
    return [*problems[:MAX_PROBLEMS], more]


def _fault(cells: Sequence[str], header: Sequence[str], at: dict[str, int], intents: frozenset[str]) -> str:
    if len(cells) != len(header):
        found = f"{len(cells)} column{'s' if len(cells) > 1 else ''} instead of {len(header)}"
        return f"{found}; write: {'<TAB>'.join(header)}, without a tab inside a text"
    intent = cells[at["intent"]]
    if not intent:
        return "no intent; write its name before the tab"
    if intent not in intents:
        return f'unknown intent "{intent[:80]}"; {nearest(intent[:80], intents)}'
    text = cells[at["text"]]
    if not text:
        return "an empty text; write what a customer would, or delete the line"
    if len(text) > MAX_TEXT:
        return f"a text of more than {MAX_TEXT:,} characters; shorten it"
    return ""


def _rows(path: Path, file: str) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and cells; blank lines are left out."""
    for number, row in enumerate(content(path, MAX_BYTES).split("\n"), 1):
        if row.strip():
            yield number, [cell.strip() for cell in row.split("\t")]


def content(path: Path, most: int) -> str:
    """A UTF-8 file of at most `most` bytes. Raises `SourceError`."""
    file = shown(path)
    try:
        with path.open("rb") as stream:
            found = stream.read(most + 1)
    except OSError as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise SourceError([Problem(file, 1, "", f"can't be read: {reason}")]) from error
    if len(found) > most:
        raise SourceError([Problem(file, 1, "", f"larger than {most // 1_000_000} MB; split it")])
    try:
        return found.decode("utf-8-sig")  # Windows editors put a mark first
    except UnicodeDecodeError as error:
        line = found.count(b"\n", 0, error.start) + 1
        raise SourceError([Problem(file, line, "", "not UTF-8; save it with that encoding")]) from None
