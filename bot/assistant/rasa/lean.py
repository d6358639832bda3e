"""Prepares the process for Rasa: call `prepare` before anything of Rasa is imported."""

import logging
import os
import sys
import types
import warnings

# What Rasa imports although an assistant without neural parts and with channels of our own never uses it:
# TensorFlow (2 to 3 s of start-up, 300 MB), scikit-learn and matplotlib, the SDKs of its own channels, and
# Amazon's for a tracker store: another second. Of these modules only the names below are imported.
_UNUSED = {
    "boto3.dynamodb.conditions": ("Key",),
    "rasa.core.channels.console": ("CmdlineInput",),
    "rasa.core.channels.hangouts": ("HangoutsInput",),
    "rasa.core.channels.slack": ("SlackInput",),
    "rasa.core.channels.socketio": ("SocketIOInput",),
    "rasa.core.channels.telegram": ("TelegramInput",),
    "rasa.core.channels.webexteams": ("WebexTeamsInput",),
    "rasa.nlu.test": ("EntityEvaluationResult", "determine_token_labels", "evaluate_entities"),
    "rasa.utils.tensorflow.callback": ("RasaTrainingLogger", "RasaModelCheckpoint"),
    "rasa.utils.tensorflow.data_generator": ("RasaBatchDataGenerator", "RasaDataGenerator"),
    "rasa.utils.tensorflow.model_data": (
        "Data",
        "FeatureArray",
        "FeatureSignature",
        "RasaModelData",
        "ragged_array_to_ndarray",
    ),
    "rasa.utils.tensorflow.model_data_utils": ("convert_to_data_format",),
}


class _StandIn:
    @classmethod
    def name(cls) -> str:
        """By which Rasa lists its channels."""
        return cls.__name__


def prepare() -> None:
    """Turns Rasa's telemetry off, quiets it, and keeps what is never used out of this process.

    A model with neural components (DIET, TED) can't be trained or run in a process prepared so; the
    `rasa` command itself is not affected.
    """
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    # Our products are small: further threads of OpenBLAS only wait for one another, at a third of the CPU.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # training still imports TensorFlow, which is talkative
    warnings.filterwarnings("ignore", module=r"(rasa|sanic_jwt|pkg_resources|sklearn)\b.*")
    logging.getLogger("rasa").setLevel(logging.WARNING)
    if "tensorflow" in sys.modules:
        return
    for name, classes in _UNUSED.items():
        if name not in sys.modules:
            stand_in = types.ModuleType(name)
            for class_name in classes:
                setattr(stand_in, class_name, type(class_name, (_StandIn,), {}))
            sys.modules[name] = stand_in
