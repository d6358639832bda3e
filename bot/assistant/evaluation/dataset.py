"""Other people's labelled texts: CSV and TSV files with a column of texts and a column of labels."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from bot.assistant.evaluation.examples import MAX_TEXT, bounded, content
from bot.shop.yaml_source import Problem, SourceError, shown

TEXT_COLUMNS = ("text", "sentence", "utterance")
LABEL_COLUMNS = ("label", "intent", "category")
MAX_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Dataset:
    texts: tuple[str, ...]  # may be empty texts
    labels: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> "Dataset":
        """A UTF-8 file with a header: comma-separated and quoted as RFC 4180 says, or, if its name ends
        in .tsv, tab-separated without quoting. Raises `SourceError` with what is wrong, by line."""
        file = shown(path)
        rows = _rows(path, file)
        line, header = next(rows, (1, []))
        names = [name.strip().lower() for name in header]
        at_text = _column(names, TEXT_COLUMNS, file, line)
        at_label = _column(names, LABEL_COLUMNS, file, line)
        texts: list[str] = []
        labels: list[str] = []
        problems: list[Problem] = []
        for line, cells in rows:
            fault = _fault(cells, header, at_text, at_label)
            if fault:
                problems.append(Problem(file, line, "", fault))
            else:
                texts.append(cells[at_text])
                labels.append(cells[at_label].strip())
        if not problems and not texts:
            problems.append(Problem(file, 1, "", "has no rows below its header"))
        if problems:
            raise SourceError(bounded(problems))
        return cls(tuple(texts), tuple(labels))


def _rows(path: Path, file: str) -> Iterator[tuple[int, list[str]]]:
    """The line that each row begins on, and its cells; blank lines are left out."""
    stream = StringIO(content(path, MAX_BYTES), newline="")
    if path.suffix.lower() == ".tsv":
        reader = csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
    else:
        reader = csv.reader(stream, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        text = f'{error}; put a text with a comma, a quote or a line break in "quotes", quotes in it doubled'
        raise SourceError([Problem(file, line, "", text)]) from None


def _column(names: Sequence[str], wanted: Sequence[str], file: str, line: int) -> int:
    for name in wanted:
        if name in names:
            return names.index(name)
    found = ", ".join(names)[:200] or "nothing"
    text = (
        f"no column {', '.join(wanted[:-1])} or {wanted[-1]}; the first line must name it (there is: {found})"
    )
    raise SourceError([Problem(file, line, "", text)])


def _fault(cells: Sequence[str], header: Sequence[str], at_text: int, at_label: int) -> str:
    if len(cells) != len(header):
        found = f"{len(cells)} column{'s' if len(cells) > 1 else ''} instead of {len(header)}"
        return f"{found}; put a text that has the separator in it in quotes"
    if not cells[at_label].strip():
        return "no label; write one, or delete the row"
    if len(cells[at_text]) > MAX_TEXT:
        return f"a text of more than {MAX_TEXT:,} characters; shorten it"
    return ""
