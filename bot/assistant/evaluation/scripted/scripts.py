"""Scripted conversations: what customers write and what they expect, read from `<language>.yml` files."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo

from bot.assistant.evaluation import outcomes
from bot.shop.yaml_source import Problem, SourceError, nearest, read, shown, validated

MAX_TITLE = 200  # characters
MAX_TURNS = 50
MAX_TOLD = 20  # problems of a file

_PLACEHOLDER = re.compile(r"\{([a-z_0-9]+)\}")


def filled(text: str, facts: Mapping[str, str]) -> str:
    """The text with its placeholders filled in; what `facts` don't have stays as it is."""
    return _PLACEHOLDER.sub(lambda match: facts.get(match[1], match[0]), text)


def _known(text: str, info: ValidationInfo) -> str:
    known = info.context["placeholders"] if info.context else ()
    for name in _PLACEHOLDER.findall(text):
        if name not in known:
            raise ValueError(f"unknown placeholder {{{name}}}; {nearest(name, known)}")
    return text


def _outcomes(text: str, info: ValidationInfo) -> str:
    known = info.context["outcomes"] if info.context else ()
    for name in text.split("|"):
        if name not in known:
            raise ValueError(f'unknown outcome "{name}"; {nearest(name, known)}')
    return text


Said = Annotated[str, StringConstraints(min_length=1, pattern=r"\S"), AfterValidator(_known)]
Outcomes = Annotated[str, AfterValidator(_outcomes)]


class Change(BaseModel):
    """What has become of an order."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    order: Said = Field(examples=['order: "{processing}"'])
    to: Literal["cancelled", "address"] = Field(examples=["to: cancelled (or: address)"])


class Step(BaseModel):
    """One message, and what must happen. `does`: all of these, `a|b` being one or the other."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    say: Said = Field(examples=['say: "where is {shipped}?"'])
    does: tuple[Outcomes, ...] = Field(examples=["does: [asks_contact]"])
    not_: tuple[Outcomes, ...] = Field((), alias="not", examples=["not: [asks_number]"])
    order: Said | None = Field(None, examples=['order: "{shipped}"'])
    changed: Change | None = Field(None, examples=['changed: {order: "{processing}", to: cancelled}'])
    unchanged: Said | None = Field(None, examples=['unchanged: "{processing}"'])
    owner: Literal["bot", "queue"] | None = Field(None, examples=["owner: queue"])

    @property
    def wanted(self) -> tuple[frozenset[str], ...]:
        """One of each must happen."""
        return tuple(frozenset(one.split("|")) for one in self.does)

    @property
    def forbidden(self) -> frozenset[str]:
        return frozenset(name for one in self.not_ for name in one.split("|"))


class _Block(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: str = Field(
        pattern="^[a-z][a-z0-9_]{0,39}$", examples=["kind: follow_up (small letters, digits, _)"]
    )
    turns: tuple[Step, ...] = Field(
        min_length=1, max_length=MAX_TURNS, examples=["turns: [{say: hello, does: [small_talk]}]"]
    )


@dataclass(frozen=True, slots=True)
class Script:
    language: str
    kind: str
    title: str
    steps: tuple[Step, ...]


def read_folder(
    folder: Path, languages: Sequence[str], placeholders: Collection[str], faq: Collection[str]
) -> tuple[Script, ...]:
    """The conversations of the folder's files in `languages`, in their order; folders in it are left out.
    `faq`: the ids of the shop's questions. Raises `SourceError` with what is wrong, by file, conversation and
    turn."""
    problems: list[Problem] = []
    paths = {path.stem: path for path in sorted(folder.glob("*.yml")) if path.is_file()}
    for path in sorted(folder.glob("*.yaml")):
        problems.append(Problem(shown(path), 1, "", "would not be read; rename it so that it ends in .yml"))
    if not paths and not problems:
        text = "has no conversations; put files such as en.yml there"
        problems.append(Problem(shown(folder), 1, "", text))
    context = {"placeholders": placeholders, "outcomes": outcomes.ALL | {*faq}}
    found: list[Script] = []
    for language, path in paths.items():
        if language not in languages:
            text = f'"{language}" is no language of the shop; {nearest(language, languages)}'
            problems.append(Problem(shown(path), 1, "", text))
            continue
        try:
            found += _read(path, language, context)
        except SourceError as error:
            problems += error.problems[:MAX_TOLD]
            if (more := len(error.problems) - MAX_TOLD) > 0:
                last = error.problems[MAX_TOLD - 1]
                problems.append(Problem(last.file, last.line, "", f"and {more} more"))
    if problems:
        raise SourceError(problems)
    return tuple(sorted(found, key=lambda script: languages.index(script.language)))


def _read(path: Path, language: str, context: Mapping[str, object]) -> list[Script]:
    source = read(path)
    if not isinstance(source.data, dict) or not source.data:
        raise SourceError(
            [source.problem((), "must have conversations, each a title with kind and turns below")]
        )
    problems: list[Problem] = []
    found: list[Script] = []
    for title in source.data:
        if not title.strip() or len(title) > MAX_TITLE:
            text = f"a title has 1 to {MAX_TITLE} characters"
            problems.append(source.problem((title,), text, (title,)))
            continue
        try:
            block = validated(_Block, source, (title,), context)
        except SourceError as error:
            problems += (_named(problem, title) for problem in error.problems)
            continue
        found.append(Script(language, block.kind, title, block.turns))
    if problems:
        raise SourceError(problems)
    return found


def _named(problem: Problem, title: str) -> Problem:
    """The problem by title and turn: `asks twice: turn 2: does[1]`."""
    place = re.sub(r"^turns\[(\d+)\]\.?", r"turn \1: ", problem.key).removesuffix(": ")
    return Problem(problem.file, problem.line, f"{title}: {place}" if place else title, problem.text)
