"""Trains the model from the product's files and the shop's, when any of them has changed."""

import hashlib
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

from bot import product
from bot.assistant import model_archive
from bot.assistant.evaluation.examples import check_added
from bot.shop import facts as shops

# Of our own code, what a model is made from.
CODE = ("nlu", "rasa/importer.py", "rasa/policy.py", "../shop/wording/folding.py")
CACHE_SIZE = "RASA_MAX_CACHE_SIZE"  # Rasa's own setting, in megabytes


class TrainingError(Exception):
    """The training data can't be used; the text says where and why."""


def fingerprint(home: Path) -> str:
    """Names the state of everything that a model is made from."""
    digest = hashlib.sha256()
    for path in _files(home):
        digest.update(path.name.encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def place(home: Path) -> Path:
    """Where the model of the folder's present state stands, or will."""
    return home / "models" / f"aftercare-{fingerprint(home)}.tar.gz"


def current_model(home: Path) -> Path | None:
    """The model trained from the folder's present state, if there is one, and it is whole."""
    path = place(home)
    return path if model_archive.is_whole(path) else None


def train(home: Path, tell: Callable[[str], None] = lambda _: None) -> Path:
    """Trains and returns the new model; `tell` hears of each step. Older models stay.

    Raises `TrainingError`, and `bot.shop.yaml_source.SourceError` for examples that the shop adds; the model
    appears under its name only when it is whole.
    """
    check_added(home)
    from bot.assistant.rasa import lean

    _refuse_left_out(product.of(home) / "config.yml")
    lean.prepare()
    return _train(home, tell)


def _train(home: Path, tell: Callable[[str], None]) -> Path:
    from rasa.model_training import train as rasa_train
    from rasa.shared.exceptions import RasaException

    from bot.shop.yaml_source import SourceError

    name = f"aftercare-{fingerprint(home)}"
    parts = home / "models" / f".{name}.{os.getpid()}"
    final = home / "models" / f"{name}.tar.gz"
    ours = product.of(home)
    data = dict.fromkeys([ours / "data", home / "data" / "nlu"])
    tell("reading the training data")
    before = Path.cwd()
    said = StringIO()  # Rasa prints to both streams
    try:
        os.chdir(home)  # Rasa's relative paths
        tell("learning intents and rules")
        with redirect_stdout(said), redirect_stderr(said), _without_cache():
            result = rasa_train(
                domain=str(ours / "domain.yml"),
                config=str(ours / "config.yml"),
                training_files=[str(path) for path in data if path.is_dir()],
                output=str(parts),
                fixed_model_name=name,
                force_training=True,
                # Rasa hands these to the importer.
                core_additional_arguments={"home": str(home)},
            )
    except (RasaException, SourceError, ValueError, OSError) as error:
        raise TrainingError(str(error)) from error
    finally:
        os.chdir(before)
    try:
        if result.code != 0 or not result.model:
            raise TrainingError(f"Rasa could not train a model from this data:\n{said.getvalue()[-4000:]}")
        tell("putting the model in its place")
        model_archive.put(Path(result.model), final)
        return final
    except (OSError, model_archive.Damaged) as error:
        raise TrainingError(f"{final}: the model can't be put there: {error}") from error
    finally:
        shutil.rmtree(parts, ignore_errors=True)


@contextmanager
def _without_cache() -> Iterator[None]:
    """Rasa without its cache, which training by force would only fill; one that is damaged ends it."""
    before = os.environ.get(CACHE_SIZE)
    os.environ[CACHE_SIZE] = "0"
    try:
        yield
    finally:
        if before is None:
            del os.environ[CACHE_SIZE]
        else:
            os.environ[CACHE_SIZE] = before


def _refuse_left_out(path: Path) -> None:
    """Rasa would only say that it doesn't know such a component. Anything else about config.yml it says."""
    from bot.assistant.rasa import lean
    from bot.shop.yaml_source import read

    config = read(path).data
    parts = [config.get(part) or () for part in ("pipeline", "policies")] if isinstance(config, dict) else []
    for component in itertools.chain(*parts):
        name = str(component.get("name")) if isinstance(component, dict) else ""
        if lean.keeps_out(name):
            raise TrainingError(f"config.yml: {name} {lean.REASON}")


def _files(home: Path) -> Iterator[Path]:
    code, ours = Path(__file__).parent, product.of(home)
    languages = shops.load(home / "shop.yml").languages
    roots = [ours / "config.yml", ours / "domain.yml", home / "shop.yml", ours / "data" / "rules.yml"]
    roots += [home / "data" / "faq"]
    for language in languages:
        roots.append(ours / "data" / "follow_ups" / f"{language}.yml")
        for data in (ours / "data", home / "data"):
            roots += [data / "nlu" / language, data / "responses" / f"{language}.yml"]
    roots += [code / name for name in CODE]
    for root in dict.fromkeys(roots):
        if root.is_file():
            yield root
        else:
            yield from sorted(path for path in root.rglob("*") if path.suffix in (".yml", ".py"))
