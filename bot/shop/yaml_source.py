"""YAML that a shop's owner writes: read strictly, with every complaint at its file and line.

All complaints about a file are collected before it is refused, so that it is put right in one go.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError as ValueYAMLError
from ruamel.yaml.nodes import ScalarNode as ValueNode
from ruamel.yaml.resolver import implicit_resolvers
from yaml import MappingNode, Node, ScalarNode, SequenceNode
from yaml._yaml import CParser
from yaml.error import MarkedYAMLError, YAMLError
from yaml.events import CollectionEndEvent, CollectionStartEvent
from yaml.reader import ReaderError
from yaml.resolver import BaseResolver

MAX_BYTES = 1_000_000
MAX_DEPTH = 50  # of blocks in blocks

Key = tuple[str | int, ...]  # where a value stands: ("faq", 2, "answer", "en")
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong at one place of a file, and what to write instead."""

    file: str
    line: int  # from 1
    key: str  # "contact.email"; "" for the file as a whole
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.key + ': ' if self.key else ''}{self.text}"


class SourceError(Exception):
    """Files that can't be used; `problems` has all that is wrong with them, in the files' order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Source:
    """A YAML file's content as plain values (all mapping keys are text), and the line of each. `files` names
    the file of what stands in another one (`bot.shop.layers`)."""

    file: str
    data: Any
    lines: Mapping[Key, int]
    files: Mapping[Key, str] = field(default_factory=dict)

    def value(self, at: Key) -> Any:
        """Raises `KeyError` or `IndexError` where there is none."""
        value = self.data
        for part in at:
            value = value[part]
        return value

    def line(self, at: Key) -> int:
        """The line of a value, or of the nearest block around it if it isn't there."""
        return self.lines[self._nearest(at)]

    def place(self, at: Key) -> str:
        """ "data/texts/en.yml:12" """
        return f"{self.files.get(self._nearest(at), self.file)}:{self.line(at)}"

    def _nearest(self, at: Key) -> Key:
        while at not in self.lines:
            at = at[:-1]
        return at

    def problem(self, at: Key, text: str, below: Key = ()) -> Problem:
        """A problem with the value at `at`, named as seen from the block `below`."""
        name = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in at[len(below) :])
        return Problem(self.files.get(self._nearest(at), self.file), self.line(at), name.lstrip("."), text)


def read(path: Path) -> Source:
    """Reads a file of at most `MAX_BYTES`. Raises `SourceError`."""
    file = shown(path)
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise SourceError([Problem(file, 1, "", "there is no such file")]) from None
    except OSError as error:
        raise SourceError([Problem(file, 1, "", f"can't be read: {error.strerror}")]) from error
    if len(content) > MAX_BYTES:
        raise SourceError([Problem(file, 1, "", "larger than 1 MB; split it into several files")])
    try:
        text = content.decode("utf-8-sig")  # Windows editors put a mark first
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SourceError([Problem(file, line, "", "not UTF-8; save it with that encoding")]) from None
    return parse(text, file)


def parse(text: str, file: str) -> Source:
    """Reads YAML that is a file, or a part of one: `file` is its name. Raises `SourceError`."""
    tabs = [
        Problem(file, number, "", "a tab; use spaces instead")
        for number, line in enumerate(text.split("\n"), 1)
        if "\t" in line
    ]
    if tabs:
        raise SourceError(tabs)
    return _Reading(file).source(text)


class _Parser(CParser, BaseResolver):
    """libyaml, ten times as fast as Python, with the plain values of YAML 1.2: `no` and `09:00` are text."""

    def __init__(self, text: str) -> None:
        CParser.__init__(self, text)
        BaseResolver.__init__(self)


for _versions, _tag, _pattern, _first in implicit_resolvers:
    if (1, 2) in _versions:
        _Parser.add_implicit_resolver(_tag, _pattern, _first)


def _is_too_deep(text: str) -> bool:
    """Whether more blocks are in one another than anybody needs: libyaml's tree of very many would end the
    process."""
    parser, depth = _Parser(text), 0
    while depth <= MAX_DEPTH and parser.check_event():
        event = parser.get_event()
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
    return depth > MAX_DEPTH


class _Reading:
    """One pass over one file: the tree of nodes becomes values, lines and problems."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Key, int] = {(): 1}
        self.problems: list[Problem] = []
        self.constructor = YAML(typ="safe", pure=True).constructor
        self.met: set[int] = set()

    def source(self, text: str) -> Source:
        data = None
        try:
            if _is_too_deep(text):
                self.problems.append(Problem(self.file, 1, "", "broken YAML: too many blocks in one another"))
            else:
                root = _Parser(text).get_single_node()
                data = None if root is None else self.value(root, ())
        except MarkedYAMLError as error:
            self.problems.append(self.broken(error, text))
        except ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            self.problems.append(Problem(self.file, line, "", "a character that text can't have; delete it"))
        except YAMLError:
            self.problems.append(Problem(self.file, 1, "", "broken YAML: unreadable"))
        if self.problems:
            raise SourceError(self.problems)
        return Source(self.file, data, self.lines)

    def broken(self, error: MarkedYAMLError, text: str) -> Problem:
        mark = error.problem_mark or error.context_mark
        # What is missing at the end is missed behind the last line.
        line = min(mark.line, text.rstrip().count("\n")) + 1 if mark else 1
        advice = "check the colon, the quotes and the indentation here and one line above"
        return Problem(self.file, line, "", f"broken YAML ({error.problem or error.context}); {advice}")

    def complain(self, node: Node, text: str) -> None:
        self.problems.append(Problem(self.file, node.start_mark.line + 1, "", text))

    def value(self, node: Node, at: Key) -> Any:
        # Aliases would let a small file stand for an endless one.
        if id(node) in self.met:
            self.complain(node, "an alias (*) points here; write the value out in full there")
            return None
        self.met.add(id(node))
        self.lines.setdefault(at, node.start_mark.line + 1)
        if isinstance(node, MappingNode):
            return {key: self.value(value, (*at, key)) for key, value in self.pairs(node, at)}
        if isinstance(node, SequenceNode):
            return [self.value(item, (*at, index)) for index, item in enumerate(node.value)]
        if node.tag == "tag:yaml.org,2002:str":
            return node.value
        try:
            return self.constructor.construct_object(ValueNode(node.tag, node.value))
        except (ValueYAMLError, ValueError):
            self.complain(node, "a value that can't be read; put it in quotes if it is text")
            return None

    def pairs(self, node: MappingNode, at: Key) -> Iterator[tuple[str, Node]]:
        first: dict[str, int] = {}
        for key_node, value in node.value:
            if not isinstance(key_node, ScalarNode):
                self.complain(key_node, "a key must be one word")
                continue
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if key in first:
                text = f"written twice (first in line {first[key]}); keep one of them"
                self.problems.append(Problem(self.file, line, key, text))
                continue
            first[key] = self.lines[(*at, key)] = line
            yield key, value


def validated(
    model: type[Model], source: Source, at: Key = (), context: Mapping[str, Any] | None = None
) -> Model:
    """The value at `at` as a `model`. Raises `SourceError` with all that is wrong with it."""
    try:
        return model.model_validate(source.value(at), context=dict(context or {}))
    except ValidationError as error:
        problems = []
        for details in error.errors(include_url=False):
            below = tuple(part for part in details["loc"] if part != "[key]")
            problems.append(source.problem((*at, *below), _explained(details, model, below), at))
        raise SourceError(problems) from None


def nearest(name: str, known: Iterable[str]) -> str:
    """What to write instead of an unknown name: `did you mean "x"?`, or else all the known ones."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f'did you mean "{close[0]}"?' if close else f"known: {', '.join(known)}"


def _explained(details: ErrorDetails, model: type[BaseModel], below: Key) -> str:
    kind, given, limits = details["type"], details["input"], details.get("ctx", {})
    block, field = _declared(model, below)
    example = f"; write for example {field.examples[0]}" if field and field.examples else ""
    if kind == "extra_forbidden" and block:
        return f"unknown key; {nearest(str(below[-1]), block.model_fields)}"
    if kind == "missing":
        return f"missing{example}"
    if kind in ("value_error", "assertion_error"):
        text = str(limits["error"])
        return text if ";" in text else f"{text}{example}"
    if given is None:
        return f"empty{example}"
    match kind:
        case "string_type" if isinstance(given, dict | list):
            return f"must be one text, not a list or block{example}"
        case "string_type":
            return f'must be text; put it in quotes: "{given}"'
        case "model_type" | "dict_type" | "mapping_type":
            return f'must be a block of "name: value" lines{example}'
        case "list_type" | "tuple_type":
            return f'must be a list, each item in a line of its own after "- "{example}'
        case "string_too_long":
            return f"too long ({len(given)} characters); at most {limits['max_length']}"
        case "string_too_short":
            return f"empty{example}"
        case "too_short":
            return f"only {limits['actual_length']} given; write at least {limits['min_length']}"
        case "too_long":
            return f"too many; at most {limits['max_length']}"
        case "zoneinfo_str":
            return f'unknown time zone "{given}"{example}'
        case _ if kind.startswith("date"):
            return f'"{given}" is not a date{example}'
    return f'"{given}" doesn\'t fit{example}'


def _declared(model: type[BaseModel], below: Key) -> tuple[type[BaseModel] | None, FieldInfo | None]:
    """The block and the field that a place belongs to."""
    block: type[BaseModel] | None = model
    owner, field = block, None
    named = False  # whether the next part is a name of the owner's own, under which a block stands
    for part in below:
        if block is None or isinstance(part, int) or named:
            named = False
            continue  # inside a list or map: the field around it still explains it best
        owner, field = block, block.model_fields.get(str(part))
        annotation = field.annotation if field else None
        named = get_origin(annotation) is dict
        inner = [annotation, *get_args(annotation)]
        block = next((kind for kind in inner if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
    return owner, field


def shown(path: Path) -> str:
    """The path as messages name it: short where it can be."""
    path = path.absolute()
    cwd = Path.cwd()
    return str(path.relative_to(cwd) if path.is_relative_to(cwd) else path)
