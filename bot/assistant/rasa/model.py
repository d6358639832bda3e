"""Loads a trained model's archive for serving."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from rasa.engine.loader import load_predict_graph_runner
from rasa.engine.storage.local_model_storage import MODEL_ARCHIVE_METADATA_FILE, LocalModelStorage
from rasa.engine.storage.storage import ModelMetadata

from bot.assistant.rasa.runner import SequentialGraphRunner


class _ServingStorage(LocalModelStorage):
    """Leaves out how the model was trained: reading that imports every component's class, and with
    them TensorFlow."""

    @staticmethod
    def _load_metadata(directory: Path) -> ModelMetadata:
        metadata = json.loads((directory / MODEL_ARCHIVE_METADATA_FILE).read_text("utf-8"))
        return ModelMetadata.from_dict({**metadata, "train_schema": {"nodes": {}}})


def load(archive: Path) -> tuple[ModelMetadata, SequentialGraphRunner]:
    """The model's description (domain, targets) and a runner for its prediction graph."""
    with TemporaryDirectory(prefix="aftercare-model-") as folder:
        metadata, runner = load_predict_graph_runner(
            Path(folder), archive, _ServingStorage, SequentialGraphRunner
        )
    return metadata, runner
