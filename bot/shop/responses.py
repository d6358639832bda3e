"""What the assistant says: `data/responses/<language>.yml`, one file a language, and `excuses.yml`, the
polite words of languages that it doesn't speak. The owner's texts lie over the product's."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bot.shop.layers import Catalogue, Layered, Layers, unknown
from bot.shop.wording import plurals
from bot.shop.yaml_source import Key, Problem, Source, SourceError, nearest, validated

MAX_TITLE = 80
LANGUAGES = "languages"  # among a response's buttons: one for each of the shop's languages

_PLACEHOLDER = re.compile(r"\{([a-z_]+)(?::([a-z]+))?\}")
_KINDS = ("date", "on", "clock", "money", "excuse")

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
    def load(cls, layers: Layers, languages: Sequence[str], faq: Collection[str] = ()) -> "Responses":
        """Reads one file for each of `languages`. Intents in `faq` have their titles elsewhere: the FAQ's
        questions.

        Raises `SourceError` for anything missing, for other placeholders than those of the product's texts of
        the same name, and for plurals without all the forms of their language.
        """
        catalogue = layers.catalogue("responses")
        problems: list[Problem] = []
        files: dict[str, _File] = {}
        for language in languages:
            try:
                layered = layers.read(f"responses/{language}.yml", catalogue, open_blocks=("titles",))
                problems.extend(_missing(layered.source, catalogue))
                file = _offered(validated(_File, layered.source), layered, faq)
            except SourceError as error:
                problems.extend(error.problems)
                continue
            problems.extend(_problems(file, layered, language, catalogue, faq))
            files[language] = _without_unused_titles(file, layered, catalogue, layers)
        excuses: Mapping[str, str] = {}
        try:
            read = layers.read(
                "responses/excuses.yml", [("excuses", "en")], open_blocks=("excuses",), english=False
            )
            excuses = validated(_Excuses, read.source).excuses
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


def _missing(source: Source, catalogue: Catalogue) -> Iterator[Problem]:
    for key, models in catalogue.items():
        if key not in source.lines:
            yield source.problem(key[:1], f"{key[1]} is missing; {models[0].place(key)} has it")


def _offered(file: _File, layered: Layered, faq: Collection[str]) -> _File:
    """Without the product's buttons for questions that are not in the shop's FAQ."""
    answers = dict(file.answers)
    for name, variants in answers.items():
        if ("answers", name) not in layered.own:
            answers[name] = tuple(
                variant.model_copy(
                    update={
                        "buttons": tuple(
                            one for one in variant.buttons if not one.startswith("faq_") or one in faq
                        )
                    }
                )
                for variant in variants
            )
    return file.model_copy(update={"answers": answers})


def _without_unused_titles(file: _File, layered: Layered, catalogue: Catalogue, layers: Layers) -> _File:
    """A title that the product doesn't have is the owner's, for a button, or nothing shows it any more."""
    used = {button for variants in file.answers.values() for one in variants for button in one.buttons}
    unused = {name for name in file.titles if name not in used and ("titles", name) not in catalogue}
    layers.notes += [unknown(layered.source, ("titles", name), catalogue) for name in sorted(unused)]
    kept = {name: title for name, title in file.titles.items() if name not in unused}
    return file.model_copy(update={"titles": kept})


def _problems(
    file: _File, layered: Layered, language: str, catalogue: Catalogue, faq: Collection[str]
) -> Iterator[Problem]:
    """What is wrong with what the owner wrote in one language."""
    source = layered.source
    for block, name in layered.own:
        said = getattr(file, str(block)).get(name, ())
        for at, text in _texts((block, name), said):
            yield from (source.problem(at, wrong) for wrong in _wrong(text, language))
            models = catalogue.get((block, name))
            if models and block != "titles":
                extra = _placeholders(text) - _all_placeholders(models, (block, name))
                if extra:
                    yield source.problem(at, f"unknown placeholder {', '.join(sorted(extra))}")
    for name, variants in file.answers.items():
        for button in {button for variant in variants for button in variant.buttons}:
            if button != LANGUAGES and button not in file.titles and button not in faq:
                text = f'no title for the button "{button}"; write one under titles'
                yield source.problem(("answers", name), text)


def _texts(at: Key, said: str | tuple[Variant, ...]) -> Iterator[tuple[Key, str]]:
    """Place and text of each wording."""
    if isinstance(said, str):
        yield at, said
    else:
        yield from (((*at, index, "text"), variant.text) for index, variant in enumerate(said))


def _placeholders(text: str) -> set[str]:
    return {name for name, _ in _PLACEHOLDER.findall(text)} | set(plurals.names(text))


def _all_placeholders(models: Sequence[Source], key: Key) -> set[str]:
    """Those of the product's texts of a name, in whatever language or wording."""
    found: set[str] = set()
    for model in models:
        said = model.value(key)
        for one in said if isinstance(said, list) else [said]:
            found |= _placeholders(str(one.get("text") if isinstance(one, dict) else one))
    return found


def _wrong(text: str, language: str) -> Iterator[str]:
    wrong = list(plurals.problems(text, language))
    yield from wrong
    if not wrong and re.search("[{}]", _PLACEHOLDER.sub("", plurals.without(text))):
        yield "a brace outside a placeholder; write placeholders as {email}, and no other braces"
    for name, kind in _PLACEHOLDER.findall(text):
        if kind and kind not in _KINDS:
            yield f"{{{name}:{kind}}}: unknown kind; {nearest(kind, _KINDS)}"
