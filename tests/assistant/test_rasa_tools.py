"""Rasa's own tools work on the project: the files are those of any Rasa project."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.assistant import training
from tests import small_project

AFTERCARE = Path(sys.executable).parent / "aftercare"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    small_project.make(folder)
    return folder


def rasa(project: Path, *arguments: str, text: str = "") -> str:
    environment = {**os.environ, "AFTERCARE_HOME": str(project), "PYTHONPATH": str(project)}
    done = subprocess.run(
        [AFTERCARE, "rasa", *arguments],
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
