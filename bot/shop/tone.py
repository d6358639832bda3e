"""How a customer sounds, by the words that the shop lists in `data/escalation/<language>.yml`."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bot.shop.layers import Layers
from bot.shop.phrases import Phrase, Phrases, plain
from bot.shop.yaml_source import Problem, SourceError, validated
from store.vocabulary import Mood

SHOUTED_LETTERS = 12  # at least, for a message in capitals to be shouted

# A title or somebody else's words.
_QUOTED = re.compile('"[^"\n]{1,80}"|[“„«][^“”„«»"\n]{1,80}[“”»"]')
_OUTCRY = re.compile(r"[!?]{3}")


_MOODS = tuple(Mood)

List = Annotated[tuple[Phrase, ...], Field(max_length=1000)]


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    dangers: List = ()
    threats: List = ()
    insults: List = ()
    swearing: List = ()
    upset: List = ()
    data_demands: List = ()
    data_questions: List = ()
    harmless: List = ()
    asks_for_somebody: List = ()


@dataclass(frozen=True, slots=True)
class Sound:
    """What a message sounds like: its mood; whether that alone calls a person; whether it demands what the
    law grants about personal data; and the words in it that speak of somebody hurt, of fire or the like."""

    mood: Mood = Mood.CALM
    alarming: bool = False
    demands_data: bool = False
    danger: frozenset[str] = frozenset()


class Tone:
    """Listens in one language."""

    def __init__(self, lists: Mapping[str, Iterable[str]]) -> None:
        self._lists = {name: Phrases(lists.get(name, ())) for name in _File.model_fields}

    def hear(self, text: str) -> Sound:
        said = self._lists["harmless"].without(plain(_QUOTED.sub(" | ", text)))

        def found(name: str) -> bool:
            return self._lists[name].found(said)

        data = found("data_demands") and not found("data_questions")
        danger = self._lists["dangers"].words(said)
        if found("threats"):
            return Sound(Mood.THREATENING, True, data, danger)
        if found("insults"):
            return Sound(Mood.ANGRY, True, data, danger)
        if found("swearing"):
            return Sound(Mood.ANGRY, False, data, danger)
        upset = found("upset") or _is_shouted(text)
        return Sound(Mood.UPSET if upset else Mood.CALM, False, data, danger)

    def asks_for_somebody(self, text: str) -> bool:
        """Whether a text asks nothing but whether, or when, a person comes."""
        said = plain(text)
        return any(map(str.isalnum, said)) and not any(
            map(str.isalnum, self._lists["asks_for_somebody"].without(said))
        )


def load(layers: Layers, languages: Sequence[str]) -> dict[str, Tone]:
    """Reads one file for each language; a list of the owner's stands in the place of the product's. Raises
    `SourceError` with all that is wrong in them."""
    known = [(name,) for name in _File.model_fields]
    problems: list[Problem] = []
    tones: dict[str, Tone] = {}
    for language in languages:
        try:
            layered = layers.read(f"escalation/{language}.yml", known, depth=1, english=False)
            tones[language] = Tone(validated(_File, layered.source).model_dump())
        except SourceError as error:
            problems.extend(error.problems)
    if problems:
        raise SourceError(problems)
    return tones


def strongest(moods: Iterable[Mood]) -> Mood:
    return max(moods, key=_MOODS.index, default=Mood.CALM)


def _is_shouted(text: str) -> bool:
    letters = [character for character in text if character.isupper() or character.islower()]
    capitals = sum(character.isupper() for character in letters)
    return (len(letters) >= SHOUTED_LETTERS and capitals * 10 >= len(letters) * 8) or bool(
        _OUTCRY.search(text)
    )
