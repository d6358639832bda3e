"""Rasa's view of what the shop's owner writes: FAQ entries, responses and shop.yml as training data."""

from collections.abc import Collection
from copy import deepcopy
from pathlib import Path
from typing import Any

from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import INTENT
from rasa.shared.nlu.training_data.loading import load_data
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.io import get_text_hash

from bot import product
from bot.assistant.nlu.components import FOLLOW_UP
from bot.shop import facts as shops
from bot.shop.faq import is_asked, load_faq
from bot.shop.layers import Layers
from bot.shop.responses import Responses
from bot.shop.yaml_source import read


class ShopImporter(RasaFileImporter):
    """Adds to the files that Rasa reads by itself (data/nlu, data/rules.yml, domain.yml):

    - for each FAQ entry: its examples, its intent, its answer as a response, and the rule between them;
    - all of data/responses as the domain's responses;
    - what is asked of an order that the talk is about (data/follow_ups), as examples without an intent;
    - the shop's order-number pattern and phone region, for entity extraction.
    """

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
        home: str | None = None,
    ) -> None:
        """`home` is the shop's folder, where it isn't the one of the configuration."""
        super().__init__(config_file, domain_path, training_data_paths)
        self._nlu_data: TrainingData | None = None
        own = Path(config_file).resolve().parent if config_file else Path.cwd()
        folder = Path(home) if home else own
        self._follow_ups = product.of(folder) / "data" / "follow_ups"
        self._shop = shops.load(folder / "shop.yml")
        self._faq = load_faq(folder / "data" / "faq", self._shop, self._shop.languages)
        self._responses = Responses.load(
            Layers(folder), self._shop.languages, [entry.id for entry in self._faq]
        )

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        for component in config.get("pipeline") or []:
            if component["name"].endswith("ShopEntityExtractor"):
                component["number_pattern"] = self._shop.orders.number
                component["region"] = self._shop.orders.phone_region
        return config

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        # Rasa asks twice, and forty thousand examples take a while to read.
        if self._nlu_data is None:
            self._nlu_data = self._read_nlu_data()
        return self._nlu_data

    def _read_nlu_data(self) -> TrainingData:
        parts = []
        questions = {entry.id for entry in self._faq}
        for entry in self._faq:
            for code, texts in entry.examples.items():
                messages = [Message.build(text=text, intent=entry.id) for text in texts]
                parts.append(_spoken(TrainingData(messages), code))
        for path in self._nlu_files:
            code = self._language_of(Path(path))
            if code in self._shop.languages:
                data = load_data(path, code).filter_training_examples(
                    lambda message: is_asked(message.get(INTENT), questions)
                )
                parts.append(_spoken(data, code))
        for code in self._shop.languages:
            parts.append(_follow_ups(self._follow_ups / f"{code}.yml", code, questions))
        return TrainingData().merge(*parts)

    def _language_of(self, path: Path) -> str:
        """The language of `data/nlu/<language>/…`; of a file elsewhere, the shop's first."""
        return path.parent.name if path.parent.parent.name == "nlu" else self._shop.languages[0]

    def get_domain(self) -> Domain:
        default = self._shop.languages[0]
        responses = {
            name: [{"text": variant.text} for variant in variants]
            for name, variants in self._responses.variants[default].items()
        }
        for entry in self._faq:
            responses[f"utter_{entry.id}"] = [{"text": entry.answer[default]}]
        extra = Domain.from_dict({"intents": [entry.id for entry in self._faq], "responses": responses})
        return super().get_domain().merge(extra)

    def get_stories(self, exclusion_percentage: int | None = None) -> StoryGraph:
        reader = YAMLStoryReader(self.get_domain())
        rules = [
            {"rule": entry.id, "steps": [{"intent": entry.id}, {"action": f"utter_{entry.id}"}]}
            for entry in self._faq
        ]
        steps = reader.read_from_parsed_yaml({"rules": rules})
        return super().get_stories(exclusion_percentage).merge(StoryGraph(steps))


class Example(Message):
    """A labelled sentence. Rasa's importers copy each a dozen times on its way, and take a fingerprint of it
    after every copy; with its own class that is most of what reading forty thousand costs."""

    _cached_fingerprint: str | None

    def set(self, prop: str, info: Any, add_to_output: bool = False) -> None:
        # Rasa strips the intent of every copy, which changes nothing but forgets the fingerprint.
        if add_to_output or self.data.get(prop) != info:
            super().set(prop, info, add_to_output)

    def fingerprint(self) -> str:
        if self._cached_fingerprint is None and self._is_plain():
            # Rasa's own hashes every key and value for itself.
            self._cached_fingerprint = get_text_hash(repr(sorted(self.data.items())))
        fingerprint: str = super().fingerprint()
        return fingerprint

    def __deepcopy__(self, memo: dict[int, Any]) -> "Example":
        if self._is_plain():
            copied = Example(self.data, set(self.output_properties), self.time)
        else:
            copied = Example(
                deepcopy(self.data, memo),
                set(self.output_properties),
                self.time,
                deepcopy(self.features, memo),
            )
        copied._cached_fingerprint = self._cached_fingerprint
        return copied

    def _is_plain(self) -> bool:
        return not self.features and all(type(value) is str for value in self.data.values())


def _follow_ups(path: Path, language: str, questions: Collection[str]) -> TrainingData:
    """The examples of what is asked next, of an order and after other answers, in one language; none in one
    that is the shop's own."""
    if not path.is_file():
        return TrainingData()
    blocks: dict[str, dict[str, str]] = read(path).data
    return TrainingData(
        [
            Example({"text": line, FOLLOW_UP: asked, "language": language})
            for block in blocks.values()
            for asked, lines in block.items()
            for line in lines.splitlines()
            if block is not blocks["topics"] or is_asked(asked, questions)
        ]
    )


def _spoken(data: TrainingData, language: str) -> TrainingData:
    """The same data, with its language noted on each example, for `LanguageDetector`."""
    data.training_examples = [
        Example({**message.data, "language": language}, message.output_properties)
        for message in data.training_examples
    ]
    return data
