"""What the shop's people know: the FAQ entries of `data/faq/*.yml`.

Training, answers, the FAQ page and the desk's canned answers all take them from here, so that everyone
says the same thing.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from bot.shop.facts import BUILT_IN, Shop
from bot.shop.wording import plurals
from bot.shop.yaml_source import Key, Problem, Source, SourceError, nearest, read, shown, validated

MIN_EXAMPLES = 5
MAX_ANSWER = 1200  # characters; more is not read on a phone
MAX_QUESTION = 80  # it is a button's title too

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class KnowledgeError(SourceError):
    """FAQ files that can't be used; `problems` has all that is wrong with them."""


@dataclass(frozen=True, slots=True)
class FaqEntry:
    """A question with its answer. Maps are by language; answers keep their placeholders (`render`), but
    not their plurals: those depend on the shop's facts only."""

    id: str  # the intent it is recognised as
    topic: str
    question: Mapping[str, str]
    examples: Mapping[str, tuple[str, ...]]
    answer: Mapping[str, str]
    source: str  # "data/faq/delivery.yml:12"


def render(text: str, values: Mapping[str, str]) -> str:
    """Fills `{name}` from `values` (see `Shop.values`), once and by plain name only; a name that isn't
    there stays as it is written, for whoever fills in the rest."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)


def is_asked(intent: str | None, faq: Collection[str]) -> bool:
    """Whether an example of the product's is of use: those of questions that the shop's FAQ doesn't have are
    left out."""
    return intent is None or not intent.startswith("faq_") or intent in faq


def load_faq(folder: Path, shop: Shop, languages: Sequence[str]) -> tuple[FaqEntry, ...]:
    """The entries of all files in `folder`, in the order of file names; each has each of `languages`, and
    other languages in the files are left out. `languages` are among the shop's. Raises `KnowledgeError` with
    all that is wrong."""
    problems: list[Problem] = []
    blocks: list[tuple[Source, int, _Block]] = []
    context = {"languages": tuple(languages), "placeholders": BUILT_IN | shop.facts.keys()}
    for path in _files(folder, problems):
        try:
            source = read(path)
        except SourceError as error:
            problems.extend(error.problems)
            continue
        for index in _indexes(source, problems):
            try:
                blocks.append((source, index, validated(_Block, source, ("faq", index), context)))
            except SourceError as error:
                problems.extend(error.problems)
    problems.extend(_repeated(blocks))
    if problems:
        raise KnowledgeError(problems)
    values = {language: shop.values(language) for language in languages}
    return tuple(_entry(source, index, block, values) for source, index, block in blocks)


def _files(folder: Path, problems: list[Problem]) -> list[Path]:
    paths = sorted(folder.glob("*.yml"))
    for path in sorted(folder.glob("*.yaml")):
        problems.append(Problem(shown(path), 1, "", "would not be read; rename it so that it ends in .yml"))
    if not paths and not problems:
        problems.append(
            Problem(shown(folder), 1, "", "has no FAQ files; put a file such as delivery.yml there")
        )
    return paths


def _indexes(source: Source, problems: list[Problem]) -> range:
    if not isinstance(source.data, dict) or "faq" not in source.data:
        problems.append(source.problem((), 'must start with the line "faq:"'))
        return range(0)
    for key in source.data.keys() - {"faq"}:
        problems.append(source.problem((key,), 'unknown key; a file has only "faq:" with its entries below'))
    entries = source.data["faq"]
    if not isinstance(entries, list) or not entries:
        problems.append(
            source.problem(("faq",), 'must be a list of entries, each starting with "- id: faq_…"')
        )
        return range(0)
    return range(len(entries))


def _language(code: str) -> str:
    if not re.fullmatch("[a-z]{2,3}", code):
        raise ValueError("not a language; write its two small letters, for example en")
    return code


def _placeholders(text: str, info: ValidationInfo) -> str:
    known = info.context["placeholders"] if info.context else ()
    wrong = [
        f"unknown placeholder {{{name}}}; {nearest(name, known)}"
        for name in dict.fromkeys([*_PLACEHOLDER.findall(text), *plurals.names(text)])
        if name not in known
    ]
    rest = _PLACEHOLDER.sub("", plurals.without(text))
    if "{" in rest or "}" in rest:
        wrong.append("a brace outside a placeholder; write placeholders as {email}, and no other braces")
    if wrong:
        raise ValueError("; ".join(wrong))
    return text


Text = Annotated[str, Field(min_length=1)]
Language = Annotated[str, AfterValidator(_language)]
Question = Annotated[Text, Field(max_length=MAX_QUESTION)]
Example = Annotated[Text, Field(max_length=300)]
Examples = Annotated[tuple[Example, ...], Field(min_length=MIN_EXAMPLES)]
Answer = Annotated[Text, Field(max_length=MAX_ANSWER), AfterValidator(_placeholders)]


class _Block(BaseModel):
    """An entry as it stands in a file."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    id: str = Field(
        pattern="^faq_[a-z0-9_]{1,60}$", examples=["id: faq_delivery_time (small letters, digits, _)"]
    )
    topic: str = Field(pattern="^[a-z][a-z0-9_]*$", examples=["topic: delivery (small letters, digits, _)"])
    question: dict[Language, Question] = Field(examples=['question: {en: "How long does delivery take?"}'])
    examples: dict[Language, Examples]
    answer: dict[Language, Answer]

    @field_validator("question", "examples", "answer")
    @classmethod
    def _all_languages(cls, texts: Mapping[str, object], info: ValidationInfo) -> Mapping[str, object]:
        languages = info.context["languages"] if info.context else ()
        missing = [language for language in languages if language not in texts]
        if missing:
            raise ValueError(
                "; ".join(f'missing for language "{one}"; write it below {one}:' for one in missing)
            )
        return texts

    @field_validator("answer")
    @classmethod
    def _plurals(cls, texts: Mapping[str, str], info: ValidationInfo) -> Mapping[str, str]:
        languages = info.context["languages"] if info.context else ()
        wrong = [
            f"{language}: {problem}"
            for language, text in texts.items()
            if language in languages
            for problem in plurals.problems(text, language)
        ]
        if wrong:
            raise ValueError("; ".join(wrong))
        return texts


def _repeated(blocks: list[tuple[Source, int, _Block]]) -> Iterator[Problem]:
    """Ids and examples that stand in more than one place: the first one there is right."""
    ids: dict[str, tuple[Source, Key]] = {}
    examples: dict[tuple[str, str], tuple[Source, Key]] = {}
    for source, index, block in blocks:
        at: Key = ("faq", index)
        here = (source, (*at, "id"))
        there = ids.setdefault(block.id, here)
        if there is not here:
            yield source.problem(here[1], f'"{block.id}" is taken ({_place(*there)}); write another id', at)
        for language, texts in block.examples.items():
            for number, text in enumerate(texts):
                here = (source, (*at, "examples", language, number))
                there = examples.setdefault((language, _alike(text)), here)
                if there is not here:
                    problem = f'"{text}" stands in {_place(*there)} too; keep one of them'
                    yield source.problem(here[1], problem, at)


def _alike(text: str) -> str:
    """The text without what doesn't tell two questions apart: case, spaces, punctuation."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.sub(r"[^\w\s]", " ", folded).split()) or folded


def _entry(source: Source, index: int, block: _Block, values: Mapping[str, Mapping[str, str]]) -> FaqEntry:
    return FaqEntry(
        id=block.id,
        topic=block.topic,
        question={language: block.question[language] for language in values},
        examples={language: block.examples[language] for language in values},
        answer={
            language: plurals.choose(block.answer[language], language, known.__getitem__)
            for language, known in values.items()
        },
        source=_place(source, ("faq", index)),
    )


def _place(source: Source, at: Key) -> str:
    return f"{source.file}:{source.line(at)}"
