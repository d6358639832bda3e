"""Texts beside the conversation's own answers, from `data/texts/<language>.yml`: those of the chat window,
of the desk's pages, of the customers' pages, of mails, and the ways to close a conversation."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bot.shop.facts import Starter
from bot.shop.layers import Catalogue, Layered, Layers
from bot.shop.yaml_source import Key, Problem, Source, SourceError, shown, validated

MAX_TEXT = 1200  # characters
MAX_SUBJECT = 150
MAX_CHOICE = 80
MAX_SHOWN = 80  # of an example in a message

WHOLE = ("dispositions",)  # the owner's list stands in the place of ours
# What a language may lack: its starters can stand in shop.yml instead.
OPTIONAL = (("widget", "starters"),)
# What a text may leave out: whoever writes it knows the shop's name. Of a mail only the link is needed.
DISPENSABLE = frozenset({"shop"})
NEEDED_IN_MAIL = frozenset({"link"})

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_PLURAL = re.compile(r"\{\s*\w+\s*,")


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("empty; write the text, or delete the line to have the product's own")
    return text


def _one_line(text: str) -> str:
    if "\n" in text.strip():
        raise ValueError("must be one line; write it without an empty line inside")
    return text


def _id(name: str) -> str:
    # Closed conversations carry it, in a column of that width.
    if not re.fullmatch("[a-z0-9_]{1,40}", name):
        raise ValueError("must be small letters, digits and _, at most 40; write for example no_reply")
    return name


Text = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(_said)]
Subject = Annotated[str, Field(max_length=MAX_SUBJECT), AfterValidator(_said), AfterValidator(_one_line)]
Choice = Annotated[str, Field(max_length=MAX_CHOICE), AfterValidator(_said)]
ChoiceId = Annotated[str, AfterValidator(_id)]


class _Widget(BaseModel):
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Text] = Field(init=False)
    starters: Annotated[tuple[Starter, ...], Field(min_length=1, max_length=6)] = ()


class _Mail(BaseModel):
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Text] = Field(init=False)
    invitation_subject: Subject = ""
    reset_subject: Subject = ""
    transcript_subject: Subject = ""
    unclaimed_subject: Subject = ""
    guessing_subject: Subject = ""


class _File(BaseModel):
    widget: _Widget = Field(default_factory=_Widget)
    mail: _Mail = Field(default_factory=_Mail)
    dispositions: dict[ChoiceId, Choice] = Field(default_factory=dict)
    desk: dict[str, Text] = Field(default_factory=dict)
    pages: dict[str, Text] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Texts:
    """By language, then name. The shop's languages come first, then those that only agents may read."""

    widget: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    mail: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    dispositions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    desk: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    pages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def load(cls, layers: Layers, languages: Sequence[str]) -> "Texts":
        """The texts in `languages` and in all that the product has. What the owner left out is the product's.
        Raises `SourceError` with all that is wrong."""
        catalogue = layers.catalogue("texts")
        problems: list[Problem] = []
        files: dict[str, Layered] = {}
        for language in dict.fromkeys([*languages, *layers.languages("texts")]):
            try:
                files[language] = layers.read(f"texts/{language}.yml", catalogue, whole_blocks=WHOLE)
                problems += _check(files[language], catalogue)
            except SourceError as error:
                problems += error.problems
        problems += _differing(layers, {one: files[one] for one in languages if one in files})
        if problems:
            raise SourceError(problems)
        blocks = {
            name: {language: dict(one.source.data.get(name) or {}) for language, one in files.items()}
            for name in _File.model_fields
        }
        return cls(**blocks)


def _check(layered: Layered, catalogue: Catalogue) -> Iterator[Problem]:
    """What is wrong with one language's texts, compared with the product's."""
    source = layered.source
    for key, models in catalogue.items():
        if (
            (key[0] not in WHOLE or key[:1] not in source.lines)
            and key not in OPTIONAL
            and key not in source.lines
        ):
            model = f"{_short(models[0].value(key))} ({models[0].place(key)})"
            yield source.problem(key[:1], f"{key[1]} is missing; write what says: {model}")
    try:
        validated(_File, source)
    except SourceError as error:
        yield from error.problems
    for key in layered.own:
        texts = [model.value(key) for model in catalogue.get(key, ())]
        for at, text in _strings(source, key):
            for wrong in _wrong(text, key[0], texts):
                yield source.problem(at, wrong)


def _strings(source: Source, key: Key) -> Iterator[tuple[Key, str]]:
    value = source.value(key)
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, list):
        yield from (((*key, index), one) for index, one in enumerate(value) if isinstance(one, str))


def _wrong(text: str, block: str | int, models: Sequence[Any]) -> Iterator[str]:
    """What is wrong with a text's braces; `models` are the product's texts of the same name."""
    example = next((one for one in models if isinstance(one, str)), "")
    found = [{*_PLACEHOLDER.findall(one)} for one in models if isinstance(one, str)]
    known = set().union(*found)
    if _PLURAL.search(text):
        as_in = f", as in {_short(example)}" if example else ""
        yield f"plural forms don't work in this file; use one form that fits every number{as_in}"
        return
    used = {*_PLACEHOLDER.findall(text)}
    names = ", ".join(f"{{{name}}}" for name in sorted(known)) or "none"
    for name in sorted(used - known):
        yield f"unknown placeholder {{{name}}}; this text can have: {names}"
    needed = known & NEEDED_IN_MAIL if block == "mail" else known - DISPENSABLE
    for name in sorted(needed - used):
        yield f"{{{name}}} is missing; write it where it belongs, as in {_short(example, name)}"
    if re.search("[{}]", _PLACEHOLDER.sub("", text)):
        yield f"a brace outside a placeholder; this text can have: {names}, and no other braces"


def _short(text: Any, around: str = "") -> str:
    """A text as an example: its beginning, or what stands around a placeholder."""
    words = " ".join(str(text).split())
    start = max(0, words.find(f"{{{around}}}") - MAX_SHOWN // 2) if around else 0
    shown = words[start : start + MAX_SHOWN]
    return f'"{"…" if start else ""}{shown}{"…" if len(words) > start + MAX_SHOWN else ""}"'


def _differing(layers: Layers, files: Mapping[str, Layered]) -> Iterator[Problem]:
    """Ways to close a conversation that are not the same in all of the shop's languages."""
    ids = {language: list(one.source.data.get("dispositions") or ()) for language, one in files.items()}
    written = [one for one, layered in files.items() if any(key[0] == "dispositions" for key in layered.own)]
    model = next(iter([*written, *files]), "")
    place = files[model].source.place(("dispositions",)) if model else ""
    for language in files:
        if ids[language] and {*ids[language]} != {*ids[model]}:
            line = files[language].source.line(("dispositions",)) if language in written else 1
            text = f"must have the same ids as {place}; write all of: {', '.join(ids[model])}"
            yield Problem(shown(layers.own(f"texts/{language}.yml")), line, "dispositions", text)
