"""Reads one guide: a Markdown file with front matter, whose numbered list are the steps.

Customers read it as plain text on any channel: markup that is only looks is taken away, a link becomes its
words and its address, and what can't be shown is refused with its line.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from actions.guide_book import Guide
from bot.shop.phrases import Phrase
from bot.shop.yaml_source import Key, Problem, Source, SourceError, parse, shown, validated

MAX_FILE: Final = 60_000  # bytes
MAX_GUIDE_TITLE: Final = 60  # it is a button's title too
MAX_STEPS: Final = 20
MAX_STEP: Final = 500  # characters; more is not read on a phone
MAX_LINE: Final = 1500  # with its markup and addresses
MAX_PROBLEMS: Final = 60

_FENCE: Final = "---"
_NUMBERED: Final = re.compile(r"(\d{1,3})[.)]\s+(.*)")
_PICTURE: Final = re.compile(r"!\[([^\]\n]*)\]\(([^)\s]*)\)")
_LINK: Final = re.compile(r"(?<!!)\[([^\]\n]*)\]\(([^)\s]*)\)")
_TAG: Final = re.compile(r"</?[a-zA-Z][^>\n]*>|<!--|<[?!]")
_EMPHASIS: Final = re.compile(r"(\*\*|__|\*|`)(?=\S)(.+?)(?<=\S)\1")
_HIDDEN: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SKU: Final = re.compile(r"[^\s*]{1,64}\*?")
_EXAMPLE: Final = "write for example 1. Wipe the contacts dry."


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _sku(text: str) -> str:
    if not _SKU.fullmatch(text):
        raise ValueError(f'"{text}" is no article number; write for example HOM-301, or HOM-* for all such')
    return text


def _address(text: str) -> str:
    if not _is_address(text):
        raise ValueError(f'"{text}" is no address of a page; write for example https://my-shop.example/a.jpg')
    return text


def _title(text: str) -> str:
    text = " ".join(text.split())
    if not any(map(str.isalnum, text)) or _HIDDEN.search(text):
        raise ValueError("no words; write for example title: The lamp flickers")
    return text


class FrontMatter(BaseModel):
    """What stands between the two lines of dashes. `products` may be left out in a translation."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    title: Annotated[str, Field(max_length=MAX_GUIDE_TITLE), AfterValidator(_title)] = Field(
        examples=["title: The lamp flickers"]
    )
    products: Annotated[
        tuple[Annotated[str, AfterValidator(_sku)], ...], Field(max_length=500), BeforeValidator(_several)
    ] = Field(default=(), examples=["products: [HOM-301]"])
    problems: Annotated[
        tuple[Phrase, ...], Field(min_length=1, max_length=MAX_PROBLEMS), BeforeValidator(_several)
    ] = Field(examples=["problems: [flicker*, goes on and off]"])
    pictures: Annotated[
        tuple[Annotated[str, AfterValidator(_address)], ...], Field(max_length=5), BeforeValidator(_several)
    ] = Field(default=(), examples=["pictures: [https://my-shop.example/lamp.jpg]"])


def read_guide(path: Path, name: str) -> tuple[Guide, Source] | None:
    """The guide in a file with its front matter's source; None for an empty file. Raises `SourceError`."""
    file = shown(path)
    text = _text(path, file)
    if not text.strip():
        return None
    lines = text.split("\n")
    if lines[0].rstrip() != _FENCE:
        raise SourceError(
            [
                Problem(
                    file, 1, "", "must begin with a line of three dashes, then title: and products: below it"
                )
            ]
        )
    end = next((at for at, line in enumerate(lines[1:], 1) if line.rstrip() == _FENCE), 0)
    if not end:
        advice = "the block at the top doesn't end; write a line of three dashes below its last line"
        raise SourceError([Problem(file, 1, "", advice)])
    problems: list[Problem] = []
    # An empty line in the place of the dashes keeps the numbers of lines.
    try:
        source = parse("\n" + "\n".join(lines[1:end]), file)
        if source.data is None:
            source = Source(file, {}, {(): 1})
        front = validated(FrontMatter, source)
    except SourceError as error:
        problems += error.problems
        front = None
    about, steps = _body(lines[end + 1 :], end + 2, file, problems)
    if problems or front is None:
        raise SourceError(problems)
    return (
        Guide(name, front.products, front.title, front.problems, tuple(steps), about, front.pictures),
        source,
    )


def _text(path: Path, file: str) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_FILE + 1)
    except OSError as error:
        raise SourceError([Problem(file, 1, "", f"can't be read: {error.strerror}")]) from error
    if len(content) > MAX_FILE:
        text = f"larger than {MAX_FILE // 1000} kB; a guide is a few short steps, so split it"
        raise SourceError([Problem(file, 1, "", text)])
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SourceError([Problem(file, line, "", "not UTF-8; save it with that encoding")]) from None
    wrong = [
        Problem(file, number, "", "a character that text can't have; delete it")
        for number, line in enumerate(text.split("\n"), 1)
        if _HIDDEN.search(line)
    ]
    if wrong:
        raise SourceError(wrong)
    return text


def _body(lines: Sequence[str], first: int, file: str, problems: list[Problem]) -> tuple[str, list[str]]:
    """What stands before the list, and its items; `first`: the number of the first of `lines`."""
    about: list[str] = []
    steps: list[list[str]] = []
    begun: list[int] = []  # the line of each step
    ended = False
    for number, line in enumerate(lines, first):
        words = line.strip()
        if not words or re.fullmatch(r"#{1,6}\s.*", words):
            ended = ended or (bool(steps) and words.startswith("#"))
            continue
        if len(words) > MAX_LINE:
            problems.append(Problem(file, number, "", f"a line of {len(words)} characters; shorten it"))
            words = words[:MAX_STEP]
        problems += (Problem(file, number, "", one) for one in _unfit(words))
        item = _NUMBERED.fullmatch(words) if line[:1] not in " \t" else None
        if item:
            if ended:
                problems.append(Problem(file, number, "", "a second list; a guide has one list of steps"))
            steps.append([_plain(item[2])])
            begun.append(number)
        elif steps and line[:1] in " \t":
            steps[-1].append(_plain(re.sub(r"^[-*+]\s+", "– ", words)))
        elif steps:
            text = "stands behind the steps; indent it under its step, or put it before the first one"
            problems.append(Problem(file, number, "", text))
        else:
            about.append(_plain(words))
    problems += _missing(steps, begun, about, first, file)
    return " ".join(about), ["\n".join(one) for one in steps]


def _missing(
    steps: Sequence[Sequence[str]], begun: Sequence[int], about: Sequence[str], first: int, file: str
) -> Iterator[Problem]:
    if not steps:
        yield Problem(file, first, "", f"has no steps; {_EXAMPLE}")
    if len(steps) > MAX_STEPS:
        text = f"{len(steps)} steps; at most {MAX_STEPS}, so make two guides of it"
        yield Problem(file, begun[MAX_STEPS], "", text)
    if len(" ".join(about)) > MAX_STEP:
        yield Problem(file, first, "", f"more than {MAX_STEP} characters before the steps; shorten it")
    for lines, number in zip(steps, begun, strict=True):
        said = "\n".join(lines)
        if not any(map(str.isalnum, said)):
            yield Problem(file, number, "", f"an empty step; {_EXAMPLE}")
        if len(said) > MAX_STEP:
            text = f"a step of {len(said)} characters; at most {MAX_STEP}, so make two of it"
            yield Problem(file, number, "", text)


def _unfit(line: str) -> Iterator[str]:
    """What can't be shown to a customer as plain text."""
    if _TAG.search(line):
        yield "HTML is not shown; write it in plain words"
    if line.startswith(("```", "~~~", "|", ">")):
        yield "code, tables and quotations are not shown; write it in plain words"
    for words, address in (*_PICTURE.findall(line), *_LINK.findall(line)):
        if not _is_address(address):
            yield f'"{address}" is no address of a page; write for example [{words or "photo"}](https://…)'


def _plain(line: str) -> str:
    """Without markup; a link, or a picture, is its words and its address."""
    line = _PICTURE.sub(lambda found: f"{found[1]}: {found[2]}" if found[1] else found[2], line)
    line = _LINK.sub(
        lambda found: found[2] if found[1] in ("", found[2]) else f"{found[1]}: {found[2]}", line
    )
    for _ in range(3):  # bold inside of italics
        line = _EMPHASIS.sub(r"\2", line)
    return " ".join(line.split())


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and len(text) <= 500


def place(source: Source, *at: str) -> Key:
    """Where to complain about a value of the front matter."""
    return at if at in source.lines else ()
