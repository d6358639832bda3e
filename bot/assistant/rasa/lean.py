"""Prepares the process for Rasa: call `prepare` before anything of Rasa is imported."""

import logging
import os
import sys
import types
import warnings
from typing import Any

# What Rasa imports although an assistant without neural parts and with channels of our own never uses it.
# Most of it isn't even installed (docs/decisions/0012): TensorFlow alone is 860 MB, 300 MB of memory and
# 2 to 3 s of start-up. Of these modules only the names below are imported.
_UNUSED = {
    # channels, of which we have our own, for the libraries of their providers
    "rasa.core.channels.console": ("CmdlineInput",),
    "rasa.core.channels.facebook": ("FacebookInput",),
    "rasa.core.channels.hangouts": ("HangoutsInput",),
    "rasa.core.channels.slack": ("SlackInput",),
    "rasa.core.channels.socketio": ("SocketIOInput",),
    "rasa.core.channels.telegram": ("TelegramInput",),
    "rasa.core.channels.twilio": ("TwilioInput",),
    "rasa.core.channels.twilio_voice": ("TwilioVoiceInput",),
    "rasa.core.channels.webexteams": ("WebexTeamsInput",),
    # components on TensorFlow, which training imports to see whether config.yml names them
    "rasa.core.policies.ted_policy": ("TEDPolicy",),
    "rasa.core.policies.unexpected_intent_policy": ("UnexpecTEDIntentPolicy",),
    "rasa.nlu.classifiers.diet_classifier": ("DIETClassifier",),
    "rasa.nlu.featurizers.dense_featurizer.convert_featurizer": ("ConveRTFeaturizer",),
    "rasa.nlu.featurizers.dense_featurizer.lm_featurizer": ("LanguageModelFeaturizer",),
    "rasa.nlu.selectors.response_selector": ("ResponseSelector",),
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
    # components that keep their models with skops
    "rasa.nlu.classifiers.logistic_regression_classifier": ("LogisticRegressionClassifier",),
    "rasa.nlu.classifiers.sklearn_intent_classifier": ("SklearnIntentClassifier",),
    # its evaluation of models, with the agent and every tracker store
    "rasa.nlu.test": ("EntityEvaluationResult", "determine_token_labels", "evaluate_entities"),
    # names for models, which have names of ours, and the box around Rasa's notice that it collects data
    "randomname": ("get_name",),
    "terminaltables": ("SingleTable",),
}

REASON = (
    "is kept out of this process (bot/rasa/lean.py): Aftercare neither trains nor serves neural components, "
    "nor Rasa's own channels"
)


class _Unusable(type):
    """The class of the stand-ins: they can be imported, compared and listed, and not used."""

    def __getattr__(cls, name: str) -> Any:
        raise AttributeError(f"{cls.__module__}.{cls.__name__} {REASON} (asked for: {name})")

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(f"{cls.__module__}.{cls.__name__} {REASON}")


def prepare() -> None:
    """Turns Rasa's telemetry off, quiets it, and keeps what is never used out of this process.

    A model with neural components (DIET, TED) can't be trained or run in a process prepared so; the
    `rasa` command itself is not affected.
    """
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    # Our products are small: further threads of OpenBLAS only wait for one another, at a third of the CPU.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    warnings.filterwarnings("ignore", module=r"(rasa|sanic_jwt|pkg_resources|sklearn)\b.*")
    logging.getLogger("rasa").setLevel(logging.WARNING)
    for module, names in _UNUSED.items():
        if module not in sys.modules:
            sys.modules[module] = _stand_in(module, names)


def keeps_out(component: str) -> bool:
    """Whether a component, as config.yml names it, is one of those that are never trained or served."""
    name = component.rpartition(".")[2]
    return any(name in names for module, names in _UNUSED.items() if module.startswith("rasa."))


def _stand_in(module: str, names: tuple[str, ...]) -> types.ModuleType:
    made = types.ModuleType(module)
    for name in names:
        # Rasa lists its channels by what `name()` says.
        members = {"__module__": module, "name": staticmethod(lambda name=name: name)}
        setattr(made, name, _Unusable(name, (), members))

    def missing(name: str) -> Any:
        if name.startswith("__"):  # the import system looks for these, and lives without
            raise AttributeError(name)
        raise ImportError(f"{module}.{name} {REASON}")

    made.__getattr__ = missing  # type: ignore[method-assign]
    return made
