"""Finds the guide for what a message tells of a product, and reads the answers to its steps, by the words of
`data/guides/<language>.yml`."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field
from ruamel.yaml import YAML

from actions.guide_book import Guide, Verdict
from bot.shop.guides.guide_shelf import Shelf
from bot.shop.phrases import Phrase, Phrases, plain

Words = Annotated[tuple[Phrase, ...], Field(max_length=200)]

# "Next, it didn't help" goes on as both do; "it doesn't work now" is no success.
_ORDER: Final = (Verdict.FAILED, Verdict.NEXT, Verdict.HELPED, Verdict.TRYING, Verdict.NO, Verdict.YES)
MAX_READ: Final = 2000  # characters of a message


class _Answers(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    failed: Words
    next: Words
    helped: Words
    trying: Words
    no: Words
    yes: Words
    wants: Words
    tried: str


class GuideFinder:
    """The guides of a shop, by product and by how customers of several languages tell of a problem."""

    def __init__(self, shelf: Shelf, answers: Mapping[str, _Answers], default: str = "en") -> None:
        self._shelf, self._default = shelf, default
        self._tried = {language: one.tried for language, one in answers.items()}
        self._answers = {
            language: {verdict: Phrases(getattr(one, verdict)) for verdict in _ORDER}
            for language, one in answers.items()
        }
        self._wants = {language: Phrases(one.wants) for language, one in answers.items()}
        self._problems = {
            (name, language): Phrases(guide.problems)
            for name, written in shelf.guides.items()
            for language, guide in written.items()
        }

    @classmethod
    def load(cls, shelf: Shelf, folder: Path, languages: Collection[str]) -> "GuideFinder":
        """`folder`: where the product's words are. A language without them is read with the English ones."""
        reader = YAML(typ="safe")
        paths = [folder / f"{language}.yml" for language in dict.fromkeys(("en", *languages))]
        answers = {path.stem: _Answers(**reader.load(path)) for path in paths if path.is_file()}
        return cls(shelf, answers, next(iter(languages), "en"))

    def find(self, text: str, languages: Collection[str], skus: Collection[str]) -> tuple[str, ...]:
        if not skus or not self._shelf.guides:
            return ()
        said = plain(text[:MAX_READ])
        return tuple(
            name
            for name in self.of(skus)
            if any(
                self._problems[name, language].found(said)
                for language in dict.fromkeys((*languages, "en"))
                if (name, language) in self._problems
            )
        )

    def of(self, skus: Collection[str]) -> tuple[str, ...]:
        return tuple(
            name
            for name, written in self._shelf.guides.items()
            if any(next(iter(written.values())).fits(sku) for sku in skus)
        )

    def get(self, name: str, language: str) -> Guide | None:
        return self._shelf.get(name, (language, "en", self._default))

    def verdict(self, text: str, language: str) -> Verdict | None:
        said = plain(text[:MAX_READ])
        spoken = [self._answers[one] for one in dict.fromkeys((language, "en")) if one in self._answers]
        return next((one for one in _ORDER if any(words[one].found(said) for words in spoken)), None)

    def wants_else(self, text: str, language: str) -> bool:
        said = plain(text[:MAX_READ])
        spoken = [self._wants[one] for one in dict.fromkeys((language, "en")) if one in self._wants]
        return any(one.found(said) for one in spoken)

    def tried(self, language: str) -> str:
        return self._tried.get(language) or self._tried["en"]
