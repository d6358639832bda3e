"""What is imported is declared, what is declared is imported, and the core works without the extras."""

import json
import os
import subprocess
import sys
from importlib.metadata import distributions, packages_distributions
from pathlib import Path

import pytest

from bot.assistant import training
from bot.assistant.rasa import lean
from bot.assistant.training import TrainingError
from bot.runtime import extras
from tests import dependencies, small_project

# Declared though no module of ours imports it.
NOT_IMPORTED = {
    "sniffio": "httpx rests on it",
    "tzdata": "zoneinfo reads it where the system has no time zones",
}
CORE_LIMIT = 110  # distributions

HIDE = """
import json, os, sys
from importlib.machinery import PathFinder

hidden = set(json.loads(os.environ["HIDDEN"]))

class Hiding(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in hidden else PathFinder.find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Hiding
"""


def test_what_is_imported_is_declared() -> None:
    declared = dependencies.declared()
    found = {name: sorted(files) for name, files in dependencies.imported().items() if name not in declared}
    assert not found


def test_what_is_declared_is_imported() -> None:
    assert dependencies.declared().keys() - dependencies.imported().keys() == NOT_IMPORTED.keys()


def test_only_the_pictures_import_what_an_extra_brings() -> None:
    declared = dependencies.declared()
    found = {name: files for name, files in dependencies.imported().items() if declared.get(name, "") != ""}
    pictures = {"plots.py", "scripted/scripts_plot.py"}
    assert found == {"matplotlib": {f"bot/assistant/evaluation/{name}" for name in pictures}}


def test_imports_are_found_wherever_they_stand(tmp_path: Path) -> None:
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot" / "a.py").write_text(
        "import os\nimport yaml.reader\nfrom . import b\n\ndef f():\n    from nowhere.at import all\n"
    )
    assert dependencies.imported(tmp_path) == {"pyyaml": {"bot/a.py"}, "nowhere": {"bot/a.py"}}


def test_the_core_is_small() -> None:
    core = dependencies.core()
    assert len(core) <= CORE_LIMIT
    assert not core & {"tensorflow-cpu", "keras", "matplotlib", "skops", "sentry-sdk", "pytest"}


# --- without the extras ---


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    small_project.make(folder)
    return folder


def aftercare(project: Path, *arguments: str, text: str = "") -> "subprocess.CompletedProcess[str]":
    """Runs a command where everything that isn't of the core looks as if it were not installed."""
    # pkg_resources, once imported, shows the copies that it brings with it as if they were installed.
    copies = {one.name for one in distributions() if "_vendor" in str(one.locate_file(""))}
    shown = dependencies.core() | {dependencies.normal(name) for name in copies}
    hidden = [
        module
        for module, owners in packages_distributions().items()
        if not {dependencies.normal(owner) for owner in owners} & shown
    ]
    assert "tensorflow" in hidden and "rasa" not in hidden
    (project / "hide").mkdir(exist_ok=True)
    (project / "hide" / "sitecustomize.py").write_text(HIDE, "utf-8")
    environment = {
        **os.environ,
        "AFTERCARE_HOME": str(project),
        "DATABASE_URL": f"sqlite:///{project}/test.db",
        "PYTHONPATH": str(project / "hide"),
        "HIDDEN": json.dumps(hidden),
    }
    command: list[str | Path] = [Path(sys.executable).parent / "aftercare", *arguments]
    return subprocess.run(
        command,
        cwd=project,
        env=environment,
        input=text,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_core_trains_and_answers(project: Path) -> None:
    trained = aftercare(project, "train")
    assert trained.returncode == 0, trained.stdout + trained.stderr
    assert training.current_model(project)
    line = json.dumps({"conversation": "a", "text": "where is my order"})
    said = aftercare(project, "chat", "--json", text=line + "\n")
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout)["replies"]


@pytest.mark.parametrize(
    ("command", "extra"), [(("evaluate", "--folds", "2"), "evaluate"), (("rasa", "train"), "rasa-tools")]
)
def test_a_command_says_in_one_line_which_extra_it_needs(
    project: Path, command: tuple[str, ...], extra: str
) -> None:
    done = aftercare(project, *command)
    assert done.returncode == 1
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.endswith(f"uv sync --inexact --extra {extra}")


def test_nothing_is_missed_that_is_there() -> None:
    extras.need("evaluate", "json", "email.mime")
    with pytest.raises(extras.MissingExtra, match="nowhere not installed"):
        extras.need("evaluate", "json", "nowhere")


# --- what is kept out ---


@pytest.mark.parametrize("name", ["DIETClassifier", "rasa.core.policies.ted_policy.TEDPolicy"])
def test_components_that_are_kept_out_are_refused_by_name(tmp_path: Path, name: str) -> None:
    small_project.make(tmp_path)
    config = tmp_path / "config.yml"
    part = "policies:" if "policies" in name else "pipeline:"
    config.write_text(config.read_text("utf-8").replace(part, f"{part}\n  - name: {name}"), "utf-8")
    with pytest.raises(TrainingError, match=rf"config\.yml: {name} is kept out"):
        training.train(tmp_path)


def test_a_stand_in_says_why_it_can_not_be_used() -> None:
    code = """
from bot.assistant.rasa import lean
lean.prepare()
from rasa.nlu.classifiers.diet_classifier import DIETClassifier
from rasa.core.channels import BUILTIN_CHANNELS
print(sorted(BUILTIN_CHANNELS))
import randomname
for use in (
    lambda: DIETClassifier({}),
    lambda: DIETClassifier.create,
    lambda: randomname.get_name(),
    lambda: randomname.other,
):
    try:
        use()
    except (AttributeError, ImportError, RuntimeError) as error:
        print(error)
try:
    from rasa.nlu.classifiers.diet_classifier import DIET
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    channels, *told = done.stdout.splitlines()
    assert "FacebookInput" in channels
    assert len(told) == 5
    assert all(lean.REASON in line for line in told)
