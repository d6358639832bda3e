"""Prepares the process for Rasa: call `prepare` before anything of Rasa is imported."""

import logging
import os
import sys
import types
import warnings

# Rasa imports TensorFlow through these two modules even for models without neural parts: 2 to 3 s of
# start-up and 300 MB. Only the names below are imported from them, and only neural components use them.
_NEURAL_ONLY = {
    "rasa.utils.tensorflow.callback": ("RasaTrainingLogger", "RasaModelCheckpoint"),
    "rasa.utils.tensorflow.data_generator": ("RasaBatchDataGenerator", "RasaDataGenerator"),
}


def prepare() -> None:
    """Turns Rasa's telemetry off, quiets it, and keeps TensorFlow out of this process.

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
    for name, classes in _NEURAL_ONLY.items():
        if name not in sys.modules:
            stand_in = types.ModuleType(name)
            for class_name in classes:
                setattr(stand_in, class_name, type(class_name, (), {}))
            sys.modules[name] = stand_in
