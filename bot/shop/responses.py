"""What the assistant says: `data/responses/<language>.yml`, one file a language, and `excuses.yml`, the
polite words of languages that it doesn't speak."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bot.shop.wording import plurals
from bot.shop.yaml_source import Key, Problem, SourceError, nearest, read, validated

MAX_TITLE = 80
LANGUAGES = "languages"  # among a response's buttons: one for each of the shop's languages

_PLACEHOLDER = re.compile(r"\{([a-z_]+)(?::([a-z]+))?\}")
_KINDS = ("date", "on", "money", "excuse")

Title = Annotated[str, Field(min_length=1, max_length=MAX_TITLE)]
Text = Annotated[str, Field(min_length=1, max_length=1200)]


class Variant(BaseModel):
    """One wording of a response; `buttons` are intents, whose titles stand under `titles`, or `LANGUAGES`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    text: Text
    buttons: tuple[str, ...] = ()


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    answers: dict[str, Annotated[tuple[Variant, ...], Field(min_length=1)]]
    phrases: dict[str, Text]
    titles: dict[str, Title]


class _Excuses(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    excuses: dict[str, Annotated[str, Field(min_length=1, max_length=300)]]


@dataclass(frozen=True, slots=True)
class Responses:
    """All texts by language, then name: whole responses, phrases that answers are put together
    from, and the titles of buttons by intent; and by language, the excuse for not speaking it."""

    variants: Mapping[str, Mapping[str, tuple[Variant, ...]]]
    phrases: Mapping[str, Mapping[str, str]]
    titles: Mapping[str, Mapping[str, str]]
    excuses: Mapping[str, str]

    @classmethod
    def load(cls, folder: Path, languages: Sequence[str], faq: Collection[str] = ()) -> "Responses":
        """Reads one file for each of `languages`; the first is what the others are compared with.
        Intents in `faq` have their titles elsewhere: the FAQ's questions.

        Raises `SourceError` for anything missing or unknown, for other placeholders than those of the first
        language's text, and for plurals without all the forms of their language.
        """
        problems: list[Problem] = []
        files: dict[str, _File] = {}
        for language in languages:
            try:
                source = read(folder / f"{language}.yml")
                files[language] = validated(_File, source)
            except SourceError as error:
                problems.extend(error.problems)
                continue
            model = files.get(languages[0], files[language])
            for block in ("answers", "phrases", "titles"):
                ours, theirs = getattr(files[language], block), getattr(model, block)
                for name in theirs.keys() - ours.keys():
                    problems.append(source.problem((block,), f"{name} is missing; {languages[0]}.yml has it"))
                for name in ours.keys() - theirs.keys():
                    problems.append(source.problem((block, name), f"unknown; {nearest(name, theirs)}"))
                for name, at, text in _texts(block, ours):
                    problems.extend(source.problem(at, wrong) for wrong in _wrong(text, language))
                    if block != "titles" and name in theirs:
                        extra = _placeholders(text) - _all_placeholders(block, theirs, name)
                        if extra:
                            names = ", ".join(sorted(extra))
                            problems.append(source.problem(at, f"unknown placeholder {names}"))
            for name, variants in files[language].answers.items():
                for button in {button for variant in variants for button in variant.buttons}:
                    if button != LANGUAGES and button not in files[language].titles and button not in faq:
                        text = f'no title for the button "{button}"; write one under titles'
                        problems.append(source.problem(("answers", name), text))
        excuses: Mapping[str, str] = {}
        try:
            excuses = validated(_Excuses, read(folder / "excuses.yml")).excuses
        except SourceError as error:
            problems.extend(error.problems)
        if problems:
            raise SourceError(problems)
        return cls(
            {language: file.answers for language, file in files.items()},
            {language: file.phrases for language, file in files.items()},
            {language: file.titles for language, file in files.items()},
            excuses,
        )


def _texts(block: str, named: Mapping[str, str | tuple[Variant, ...]]) -> Iterator[tuple[str, Key, str]]:
    """Name, place and text of everything that a block says."""
    for name, said in named.items():
        if isinstance(said, str):
            yield name, (block, name), said
        else:
            for index, variant in enumerate(said):
                yield name, (block, name, index, "text"), variant.text


def _placeholders(text: str) -> set[str]:
    return {name for name, _ in _PLACEHOLDER.findall(text)} | set(plurals.names(text))


def _all_placeholders(block: str, named: Mapping[str, str | tuple[Variant, ...]], name: str) -> set[str]:
    return {one for _, _, text in _texts(block, {name: named[name]}) for one in _placeholders(text)}


def _wrong(text: str, language: str) -> Iterator[str]:
    wrong = list(plurals.problems(text, language))
    yield from wrong
    if not wrong and re.search("[{}]", _PLACEHOLDER.sub("", plurals.without(text))):
        yield "a brace outside a placeholder; write placeholders as {email}, and no other braces"
    for name, kind in _PLACEHOLDER.findall(text):
        if kind and kind not in _KINDS:
            yield f"{{{name}:{kind}}}: unknown kind; {nearest(kind, _KINDS)}"
