"""The rival: stock Rasa in its own environment, trained on our English examples, and served its own way."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.process import BenchError, Processes, free_port, tail
from bench.stock_project import ROOT, TEMPLATE, read_examples, write_project

VAR = Path(__file__).resolve().parent / "var"
ENVIRONMENT = VAR / "stock"
PROJECT = VAR / "project"
MODELS = VAR / "models"
INSTALL_TIMEOUT = 900.0  # seconds
TRAINING_TIMEOUT = 3 * 3600.0  # seconds
QUIET = {"RASA_TELEMETRY_ENABLED": "false", "SQLALCHEMY_SILENCE_UBER_WARNING": "1"}
REQUIREMENTS = TEMPLATE / "requirements.txt"

Tell = Callable[[str], None]


EPOCHS = 100  # of each neural component, Rasa's default


@dataclass(frozen=True)
class Model:
    """A trained stock model. `seconds` is what its training took, `examples` what it was trained on."""

    path: Path
    seconds: float
    examples: int
    intents: int
    epochs: int
    current: bool  # trained on the present examples


def prepare(tell: Tell, skip_training: bool = False, epochs: int = EPOCHS) -> Model:
    """Install the environment and train, each only when something it depends on has changed.

    `epochs` of its neural networks: fewer train faster and answer as fast, but less rightly. With
    `skip_training` the newest model at hand is used whatever it was trained on.
    Raises BenchError, StockProjectError.
    """
    _install(tell)
    # What `rasa init` leaves to be filled in, and `rasa train` fills in from this file.
    [config] = ENVIRONMENT.glob(
        "lib/python3*/site-packages/rasa/engine/recipes/config_files/default_config.yml"
    )
    key = write_project(PROJECT, config.read_text("utf-8").replace(f"epochs: {EPOCHS}", f"epochs: {epochs}"))
    wanted = key
    if skip_training:
        trained = sorted(MODELS.glob("*.json"), key=lambda path: path.stat().st_mtime)
        if not trained:
            raise BenchError("There is no trained stock model yet: run once without --skip-training.")
        key = trained[-1].stem
    elif not (MODELS / f"{key}.json").exists():
        _train(key, tell, epochs)
    facts = json.loads((MODELS / f"{key}.json").read_text(encoding="utf-8"))
    return Model(
        MODELS / f"{key}.tar.gz",
        facts["seconds"],
        facts["examples"],
        facts["intents"],
        facts["epochs"],
        key == wanted,
    )


def start(processes: Processes, model: Model) -> int:
    """Start `rasa run` and its action server; return the port of the REST channel. It is not ready yet."""
    port, actions = free_port(), free_port()
    rasa = ENVIRONMENT / "bin" / "rasa"
    env = {**os.environ, **QUIET, "STOCK_ACTIONS_PORT": str(actions)}
    processes.start(
        [rasa, "run", "actions", "--port", str(actions)], VAR / "log" / "stock-actions.log", PROJECT, env
    )
    processes.start(
        # The API only to put turns into a conversation before it is measured.
        [rasa, "run", "--enable-api", "--interface", "127.0.0.1", "--port", str(port), "--model", model.path],
        VAR / "log" / "stock.log",
        PROJECT,
        env,
    )
    return port


def versions() -> dict[str, str]:
    """Package -> version of what matters in the rival's environment, Python included."""
    code = (
        "import json, platform; from importlib.metadata import version; "
        "print(json.dumps({'python': platform.python_version(), "
        "**{n: version(n) for n in ('rasa', 'rasa-sdk', 'tensorflow', 'sanic')}}))"
    )
    answer = subprocess.run(
        [ENVIRONMENT / "bin" / "python", "-c", code], capture_output=True, timeout=60, check=True
    )
    return dict(json.loads(answer.stdout))


def _install(tell: Tell) -> None:
    stamp = ENVIRONMENT / "requirements.sha256"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    uv = shutil.which("uv", path=os.pathsep.join([os.environ.get("PATH", ""), str(ROOT / ".tools")]))
    if uv is None:
        raise BenchError("uv is needed to install stock Rasa and is not on the PATH: see docs.astral.sh/uv.")
    tell("Installing stock Rasa with its own pins …")
    # Without --no-config uv would apply the overrides of our own pyproject.toml to the rival's packages.
    commands: list[list[str | Path]] = [
        [uv, "--no-config", "venv", "--clear", "--python", _python(), ENVIRONMENT],
        [uv, "--no-config", "pip", "sync", "--compile-bytecode", "--python", ENVIRONMENT, REQUIREMENTS],
    ]
    log = VAR / "log" / "install.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    for command in commands:
        with log.open("wb") as output:
            try:
                done = subprocess.run(
                    command, stdout=output, stderr=subprocess.STDOUT, timeout=INSTALL_TIMEOUT, check=False
                )
            except subprocess.TimeoutExpired as error:
                raise BenchError(f"Installing stock Rasa took over {INSTALL_TIMEOUT:.0f} s.") from error
        if done.returncode:
            raise BenchError(
                "Stock Rasa could not be installed. It needs Python 3.10: set STOCK_PYTHON to one. "
                f"The end of {log}:\n{tail(log)}"
            )
    stamp.write_text(wanted)


def _python() -> str:
    """A Python 3.10 of this machine, or the version for uv to fetch."""
    named = os.environ.get("STOCK_PYTHON")
    pyenv = sorted(Path.home().glob(".pyenv/versions/3.10.*/bin/python3.10"))
    for candidate in [named] if named else [shutil.which("python3.10"), *map(str, pyenv)]:
        if candidate and _is_310(candidate):
            return candidate
    if named:
        raise BenchError(f"STOCK_PYTHON is {named}, which is no working Python 3.10.")
    return "3.10"


def _is_310(python: str) -> bool:
    code = "import sys; sys.exit(sys.version_info[:2] != (3, 10))"
    try:
        return subprocess.run([python, "-c", code], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _train(key: str, tell: Tell, epochs: int) -> None:
    examples = read_examples()
    facts = {"epochs": epochs, "examples": sum(map(len, examples.values())), "intents": len(examples)}
    tell(f"Training stock Rasa on {facts['examples']} examples; once, it can take half an hour …")
    MODELS.mkdir(parents=True, exist_ok=True)
    # Rasa would otherwise take up the parts that an earlier, perhaps interrupted training left.
    shutil.rmtree(PROJECT / ".rasa", ignore_errors=True)
    log = VAR / "log" / "training.log"
    command: list[str | Path] = [
        ENVIRONMENT / "bin" / "rasa",
        "train",
        "--fixed-model-name",
        key,
        "--out",
        MODELS,
    ]
    begin = time.monotonic()
    with Processes() as processes:
        processes.start(command, log, PROJECT, {**os.environ, **QUIET})
        while not processes.ended():
            if time.monotonic() - begin > TRAINING_TIMEOUT:
                raise BenchError(f"Training stock Rasa took over {TRAINING_TIMEOUT / 3600:.0f} hours.")
            time.sleep(2)
            tell(f"Training stock Rasa: {time.monotonic() - begin:.0f} s, {training_stage(log)}")
    if not (MODELS / f"{key}.tar.gz").exists():
        raise BenchError(f"Training stock Rasa failed. The end of {log}:\n{tail(log)}")
    done = {"seconds": round(time.monotonic() - begin, 1), **facts}
    (MODELS / f"{key}.json").write_text(json.dumps(done), encoding="utf-8")


def training_stage(log: Path) -> str:
    """The component that `rasa train` is at by its log, with the epoch if it has epochs."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 20_000))
        text = file.read().decode("utf-8", errors="replace")
    component = re.findall(r"Starting to train component '(\w+)'", text)
    epoch = re.findall(r"Epochs: +\d+%.*?(\d+/\d+) \[", text[text.rfind("Starting to train") :])
    return " ".join([component[-1] if component else "…", *epoch[-1:]])


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else EPOCHS
    print(prepare(lambda text: print(text, file=sys.stderr, flush=True), epochs=wanted))
