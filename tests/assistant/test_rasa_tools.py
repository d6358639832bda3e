"""Rasa's own tools work on the project: the files are those of any Rasa project."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.assistant import training
from tests.paths import ROOT

RASA = ROOT / ".venv" / "bin" / "rasa"
FILES = ("actions", "bot", "store", "config.yml", "domain.yml", "endpoints.yml", "shop.yml")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy in English with a tenth of the examples, so that training takes seconds."""
    folder = tmp_path_factory.mktemp("project")
    for name in FILES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    shop = folder / "shop.yml"
    shop.write_text(re.sub(r"(?m)^languages: .*$", "languages: [en]", shop.read_text("utf-8")), "utf-8")
    for name in ("faq", "responses", "rules.yml"):
        source = ROOT / "data" / name
        target = folder / "data" / name
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    for source in sorted((ROOT / "data" / "nlu").glob("*/*.yml")):
        target = folder / "data" / "nlu" / source.parent.name / source.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_thinned(source.read_text("utf-8")), "utf-8")
    return folder


def _thinned(text: str) -> str:
    kept, count = [], 0
    for line in text.splitlines():
        if line.startswith("      - "):
            count += 1
            if count % 10:
                continue
        kept.append(line)
    return "\n".join(kept) + "\n"


def rasa(project: Path, *arguments: str, text: str = "") -> str:
    environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "PYTHONPATH": str(project)}
    done = subprocess.run(
        [RASA, *arguments],
        cwd=project,
        env=environment,
        input=text,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def test_rasa_validates_trains_tests_and_parses(project: Path) -> None:
    rasa(project, "data", "validate")
    rasa(project, "train", "--fixed-model-name", "tools")
    assert (project / "models" / "tools.tar.gz").is_file()
    rasa(project, "test", "nlu", "--nlu", "data/nlu/en/orders.yml", "--no-plot", "--out", "results")
    assert (project / "results" / "intent_report.json").is_file()
    answer = rasa(project, "shell", "nlu", text="where is my order 10234\n/stop\n")
    assert '"track_order"' in answer
    assert '"order_number"' in answer


def test_training_again_does_nothing_and_a_change_is_noticed(project: Path) -> None:
    before = training.fingerprint(project)
    assert training.fingerprint(project) == before
    rules = project / "data" / "rules.yml"
    rules.write_text(rules.read_text("utf-8") + "\n# changed\n", "utf-8")
    assert training.fingerprint(project) != before
    assert training.current_model(project) is None
