"""The graph components that `config.yml` names: our classifier and entity finder as Rasa sees them."""

# No `from __future__ import annotations` here: Rasa reads the annotations of graph components.
import json
from typing import Any, Dict, List, Tuple

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.assistant.nlu.classifier import DEFAULT_C, OUT_OF_SCOPE, LinearModel
from bot.assistant.nlu.entities import EntityFinder

# Where a message says what was asked for, and which order number was named before.
ASKED, GIVEN = "asked", "given"
# Where it says what a question on an order that the talk is about asks for.
FOLLOW_UP = "follow_up"
NO_FOLLOW_UP = "other"
OTHERS = 3  # of the examples of intents, each third is enough to know what is no follow-up
LIKE_TOPICS = 8  # and each eighth of those of a topic's own
NEAR_FOLLOW_UPS = frozenset({"track_order"})


class _Linear(GraphComponent):
    """A component around a `LinearModel`, which it trains on pairs of texts and labels."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {"c": DEFAULT_C}

    def __init__(
        self, config: Dict[str, Any], storage: ModelStorage, resource: Resource, model: Any = None
    ) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "GraphComponent":
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "GraphComponent":
        with model_storage.read_from(resource) as folder:
            model = LinearModel.load(folder) if LinearModel.is_in(folder) else None
        return cls(config, model_storage, resource, model)

    def rank(self, text: str, topic: str = "") -> List[Tuple[str, float]]:
        """All labels with their probabilities, best first; none where there was nothing to learn. `topic` is
        what the talk is about."""
        return self._model.rank(text, topic) if self._model else []

    def _learn(self, texts: List[str], labels: List[str], **options: Any) -> Resource:
        self._model = LinearModel.fit(texts, labels, c=self._config["c"], **options)
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class LanguageDetector(_Linear):
    """Sets `languages`, a ranking like that of intents; learns from the examples' own `language`, which
    the importer sets. With one language there is nothing to detect."""

    def train(self, training_data: TrainingData) -> Resource:
        examples = [one for one in training_data.intent_examples if one.get("text") and one.get("language")]
        labels = [example.get("language") for example in examples]
        if len(set(labels)) < 2:
            with self._storage.write_to(self._resource):
                return self._resource
        # Diacritics tell languages apart.
        return self._learn([example.get("text") for example in examples], labels, folded=False, balanced=True)

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            text = message.get("text")
            if text and self._model:
                message.set("languages", self.rank(text), add_to_output=True)
        return messages


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearIntentClassifier(_Linear):
    """Sets `intent` and `intent_ranking`. Configuration: `c`, the inverse regularisation strength."""

    def train(self, training_data: TrainingData) -> Resource:
        examples = [example for example in training_data.intent_examples if example.get("text")]
        texts = [example.get("text") for example in examples]
        labels = [example.get("intent") for example in examples]
        return self._learn(texts, labels, outside=OUT_OF_SCOPE)

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            text = message.get("text")
            if not text or message.get("intent"):
                continue
            ranking = [{"name": name, "confidence": value} for name, value in self.rank(text)]
            message.set("intent", ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
            message.set("unknown", self._model.is_unknown(text))
        return messages


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class FollowUpClassifier(_Linear):
    """Sets `follow_up`, a ranking: what a short question asks of the order that the talk is about ("what
    date?"), or to which general question it goes on ("and abroad?"), or that it is neither. Learns from the
    examples' own `follow_up`, which the importer sets, against those of all intents. A model of its own:
    without a talk around it, such a question means nothing."""

    def train(self, training_data: TrainingData) -> Resource:
        texts, labels = [], []
        known = {example.get(FOLLOW_UP) for example in training_data.training_examples}
        for number, example in enumerate(training_data.training_examples):
            label, intent = example.get(FOLLOW_UP), example.get("intent")
            if not label and intent in known and number % LIKE_TOPICS == 0:
                label = intent
            elif not label and intent and intent not in known and number % OTHERS == 0:
                # What asks for an order's whereabouts is no stranger to the questions on it.
                label = None if intent in NEAR_FOLLOW_UPS else NO_FOLLOW_UP
            if label and example.get("text"):
                texts.append(example.get("text"))
                labels.append(label)
        if len(set(labels)) < 2:
            with self._storage.write_to(self._resource):
                return self._resource
        return self._learn(texts, labels)

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            text = message.get("text")
            if text and self._model:
                message.set(FOLLOW_UP, self.rank(text), add_to_output=True)
        return messages


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class ShopEntityExtractor(GraphComponent):
    """Sets `entities`, by the open question too (`ASKED` and `GIVEN`, as `EntityFinder.find` takes them).
    Configuration: `number_pattern` and `region` of the shop, which the training
    importer fills in from shop.yml; look-up tables come with the training data."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {"number_pattern": r"\d{5}", "region": "LT"}

    def __init__(
        self,
        config: Dict[str, Any],
        storage: ModelStorage,
        resource: Resource,
        tables: Dict[str, List[str]],
    ) -> None:
        self._storage = storage
        self._resource = resource
        self._tables = tables
        self._finder = EntityFinder(config["number_pattern"], config["region"], tables)

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "GraphComponent":
        return cls(config, model_storage, resource, {})

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "GraphComponent":
        with model_storage.read_from(resource) as folder:
            tables = json.loads((folder / "tables.json").read_text("utf-8"))
        return cls(config, model_storage, resource, tables)

    def train(self, training_data: TrainingData) -> Resource:
        for table in training_data.lookup_tables:
            self._tables.setdefault(table["name"], []).extend(table["elements"])
        with self._storage.write_to(self._resource) as folder:
            (folder / "tables.json").write_text(json.dumps(self._tables, ensure_ascii=False), "utf-8")
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            text = message.get("text")
            if not text:
                continue
            found = [
                {**entity.as_dict(), "extractor": type(self).__name__}
                for entity in self._finder.find(text, message.get(ASKED, ""), message.get(GIVEN, ""))
            ]
            message.set("entities", message.get("entities", []) + found, add_to_output=True)
        return messages
