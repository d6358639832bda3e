"""What the assistant says: `data/responses/<language>.yml`, one file a language."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bot.yaml_source import Problem, SourceError, nearest, read, validated

MAX_TITLE = 80

_PLACEHOLDER = re.compile(r"\{([a-z_]+)(?::[a-z]+)?\}")

Title = Annotated[str, Field(min_length=1, max_length=MAX_TITLE)]
Text = Annotated[str, Field(min_length=1, max_length=1200)]


class Variant(BaseModel):
    """One wording of a response; `buttons` are intents, whose titles stand under `titles`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    text: Text
    buttons: tuple[str, ...] = ()


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    answers: dict[str, Annotated[tuple[Variant, ...], Field(min_length=1)]]
    phrases: dict[str, Text]
    titles: dict[str, Title]


@dataclass(frozen=True, slots=True)
class Responses:
    """All texts by language, then name: whole responses, phrases that answers are put together
    from, and the titles of buttons by intent."""

    variants: Mapping[str, Mapping[str, tuple[Variant, ...]]]
    phrases: Mapping[str, Mapping[str, str]]
    titles: Mapping[str, Mapping[str, str]]

    @classmethod
    def load(cls, folder: Path, languages: Sequence[str], faq: Collection[str] = ()) -> "Responses":
        """Reads one file for each of `languages`; the first is what the others are compared with.
        Intents in `faq` have their titles elsewhere: the FAQ's questions.

        Raises `SourceError` for anything missing, unknown or with other placeholders than the first
        language's text.
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
                if block != "titles":
                    for name in ours.keys() & theirs.keys():
                        extra = _placeholders(ours[name]) - _placeholders(theirs[name])
                        if extra:
                            names = ", ".join(sorted(extra))
                            problems.append(source.problem((block, name), f"unknown placeholder {names}"))
            for name, variants in files[language].answers.items():
                for button in {button for variant in variants for button in variant.buttons}:
                    if button not in files[language].titles and button not in faq:
                        text = f'no title for the button "{button}"; write one under titles'
                        problems.append(source.problem(("answers", name), text))
        if problems:
            raise SourceError(problems)
        return cls(
            {language: file.answers for language, file in files.items()},
            {language: file.phrases for language, file in files.items()},
            {language: file.titles for language, file in files.items()},
        )


def _placeholders(text: str | tuple[Variant, ...]) -> set[str]:
    texts = [text] if isinstance(text, str) else [variant.text for variant in text]
    return {name for one in texts for name in _PLACEHOLDER.findall(one)}
