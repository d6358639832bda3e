"""Labelled texts: what the model is trained on, and files of texts that it is tested on."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.knowledge import load_faq
from bot.shop import Shop
from bot.yaml_source import Problem, Source, SourceError, nearest, read, shown

COLUMNS = ("intent", "text")
MAX_BYTES = 10_000_000
MAX_PROBLEMS = 20  # of one file; who reads more at once?

# `[10234](order_number)` and `[10234]{"entity": …}`: Rasa's marks around an entity in a text.
_ANNOTATION = re.compile(r"\[([^\]\n]+)\](?:\([^)\n]*\)|\{[^}\n]*\})")


@dataclass(frozen=True, slots=True)
class Example:
    text: str
    intent: str
    language: str


@dataclass(frozen=True, slots=True)
class TrainingData:
    examples: tuple[Example, ...]
    tables: dict[str, list[str]]  # words and phrases of each look-up table

    @property
    def intents(self) -> frozenset[str]:
        return frozenset(example.intent for example in self.examples)

    @classmethod
    def load(cls, home: Path, shop: Shop) -> "TrainingData":
        """What `aftercare train` learns intents from, in the shop's languages: `data/nlu/<language>/*.yml`
        and the FAQ's examples, the same line twice taken once. Raises `SourceError`."""
        examples: list[Example] = []
        tables: dict[str, list[str]] = {}
        problems: list[Problem] = []
        for language in shop.languages:
            for path in sorted((home / "data" / "nlu" / language).glob("*.y*ml")):
                try:
                    source = read(path)
                    for kind, name, texts in _blocks(source):
                        if kind == "intent":
                            examples += (Example(text, name, language) for text in texts)
                        elif kind == "lookup":
                            tables.setdefault(name, []).extend(texts)
                except SourceError as error:
                    problems += error.problems
        if problems:
            raise SourceError(problems)
        for entry in load_faq(home / "data" / "faq", shop, shop.languages):
            for language, lines in entry.examples.items():
                examples += (Example(text, entry.id, language) for text in lines)
        return cls(tuple(dict.fromkeys(examples)), tables)


def _blocks(source: Source) -> Iterator[tuple[str, str, list[str]]]:
    """Kind, name and lines of each block of a file of Rasa's NLU format."""
    blocks = source.data.get("nlu") if isinstance(source.data, dict) else None
    if not isinstance(blocks, list):
        raise SourceError([source.problem((), 'has no list "nlu:"; write blocks as in data/nlu/en')])
    for index, block in enumerate(blocks):
        kind = next((key for key in ("intent", "lookup", "synonym", "regex") if key in block), None)
        if kind is None or not isinstance(block.get("examples"), str):
            text = 'must be "intent: name" and "examples: |" with lines starting with "- " below'
            raise SourceError([source.problem(("nlu", index), text)])
        lines = (line.strip() for line in block["examples"].splitlines())
        texts = [_ANNOTATION.sub(r"\1", line[1:].strip()) for line in lines if line.startswith("-")]
        yield kind, str(block[kind]), [text for text in texts if text]


def read_labelled(path: Path, intents: frozenset[str], language: str) -> tuple[Example, ...]:
    """The lines of a tab-separated UTF-8 file whose first line names the columns `intent` and `text`
    (others may stand beside them). Raises `SourceError` with what is wrong, by line."""
    file = shown(path)
    rows = _rows(path, file)
    _, header = next(rows, (1, [""]))
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        text = f"the first line has no column {' and no column '.join(missing)}; write: intent<TAB>text"
        raise SourceError([Problem(file, 1, "", text)])
    at = {name: header.index(name) for name in COLUMNS}
    examples: list[Example] = []
    problems: list[Problem] = []
    for line, cells in rows:
        fault = _fault(cells, header, at, intents)
        if fault:
            problems.append(Problem(file, line, "", fault))
        else:
            examples.append(Example(cells[at["text"]], cells[at["intent"]], language))
    if len(problems) > MAX_PROBLEMS:
        more = Problem(
            file, problems[MAX_PROBLEMS].line, "", f"and {len(problems) - MAX_PROBLEMS} more lines"
        )
        problems = [*problems[:MAX_PROBLEMS], more]
    if not problems and not examples:
        problems.append(Problem(file, 1, "", "has no texts; write one a line: intent<TAB>text"))
    if problems:
        raise SourceError(problems)
    return tuple(examples)


def _fault(cells: Sequence[str], header: Sequence[str], at: dict[str, int], intents: frozenset[str]) -> str:
    if len(cells) != len(header):
        found = f"{len(cells)} column{'s' if len(cells) > 1 else ''} instead of {len(header)}"
        return f"{found}; write: {'<TAB>'.join(header)}, without a tab inside a text"
    intent = cells[at["intent"]]
    if not intent:
        return "no intent; write its name before the tab"
    if intent not in intents:
        return f'unknown intent "{intent}"; {nearest(intent, intents)}'
    if not cells[at["text"]]:
        return "an empty text; write what a customer would, or delete the line"
    return ""


def _rows(path: Path, file: str) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and cells; blank lines are left out."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise SourceError([Problem(file, 1, "", f"can't be read: {reason}")]) from error
    if len(content) > MAX_BYTES:
        raise SourceError([Problem(file, 1, "", f"larger than {MAX_BYTES // 1_000_000} MB; split it")])
    try:
        text = content.decode("utf-8-sig")  # Windows editors put a mark first
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SourceError([Problem(file, line, "", "not UTF-8; save it with that encoding")]) from None
    for number, row in enumerate(text.split("\n"), 1):
        if row.strip():
            yield number, [cell.strip() for cell in row.split("\t")]
