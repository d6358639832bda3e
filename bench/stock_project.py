"""Turns our English training data into the project a stock Rasa user would keep: one rule an intent."""

import hashlib
import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = Path(__file__).resolve().parent / "stock"
ACTIONS = {"track_order": "action_order_status"}
# Length and form of an ordinary answer; what it says costs neither system anything.
ANSWER = (
    "Thank you for your question about {topic}. You will find all the details on our help page, and you "
    "can write to us here at any hour: we are glad to help."
)


class StockProjectError(Exception):
    """The training data cannot be turned into a stock project; the text says what to do."""


def read_examples(root: Path = ROOT) -> dict[str, list[str]]:
    """Intent -> its English example sentences, from `data/nlu/en` and `data/faq`, each once.

    Raises StockProjectError when a file cannot be read or there are none.
    """
    examples: dict[str, list[str]] = {}
    for path in sorted((root / "data" / "nlu" / "en").glob("*.yml")):
        for intent, text in _each(path, "nlu", lambda block: (block.get("intent"), block["examples"])):
            if intent:
                examples.setdefault(intent, []).extend(_lines(text))
    for path in sorted((root / "data" / "faq").glob("*.yml")):
        for intent, lines in _each(path, "faq", lambda entry: (entry["id"], entry["examples"].get("en", []))):
            examples.setdefault(intent, []).extend(map(str, lines))
    if not examples:
        raise StockProjectError(
            f"No English examples under {root / 'data' / 'nlu' / 'en'}: restore the data."
        )
    return {intent: list(dict.fromkeys(lines)) for intent, lines in sorted(examples.items())}


def write_project(directory: Path, config: str, root: Path = ROOT) -> str:
    """Write the project into `directory` and return the hash of all that its training depends on.

    `config` is the text of its `config.yml`.
    """
    examples = read_examples(root)
    files = {
        "config.yml": config,
        "domain.yml": _dump(domain(examples)),
        "data/nlu.yml": _dump(training_data(examples)),
        "data/rules.yml": _dump(rules(examples)),
        "data/stories.yml": (TEMPLATE / "stories.yml").read_text(encoding="utf-8"),
    }
    digest = hashlib.sha256((TEMPLATE / "requirements.txt").read_bytes())
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        digest.update(f"\0{name}\0{content}".encode())
    for name in ("endpoints.yml", "credentials.yml"):
        shutil.copyfile(TEMPLATE / name, directory / name)
    shutil.copytree(TEMPLATE / "actions", directory / "actions", dirs_exist_ok=True)
    return digest.hexdigest()[:16]


def domain(intents: Iterable[str]) -> dict[str, Any]:
    """The `domain.yml` for these intents: a response for each that has no custom action."""
    names = list(intents)
    answered = [name for name in names if name not in ACTIONS] + ["nlu_fallback"]
    return {
        "version": "3.1",
        "intents": names,
        "responses": {
            f"utter_{name}": [{"text": ANSWER.format(topic=name.removeprefix("faq_").replace("_", " "))}]
            for name in answered
        },
        "actions": sorted(set(ACTIONS.values())),
        "session_config": {"session_expiration_time": 60, "carry_over_slots_to_new_session": True},
    }


def training_data(examples: dict[str, list[str]]) -> dict[str, Any]:
    """The `nlu.yml` of these examples."""
    return {
        "version": "3.1",
        "nlu": [
            {"intent": intent, "examples": "".join(f"- {line}\n" for line in lines)}
            for intent, lines in examples.items()
        ],
    }


def rules(intents: Iterable[str]) -> dict[str, Any]:
    """One rule an intent, and Rasa's recommended one for a message that was not understood."""
    return {
        "version": "3.1",
        "rules": [
            {
                "rule": f"answer {name}",
                "steps": [{"intent": name}, {"action": ACTIONS.get(name, f"utter_{name}")}],
            }
            for name in [*intents, "nlu_fallback"]
        ],
    }


def _lines(examples: str) -> list[str]:
    return [re.sub(r"^- ", "", line.strip()) for line in examples.splitlines() if line.strip()]


def _each(path: Path, key: str, take: Callable[[Any], tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """What `take` finds in each entry under `key` in a YAML file."""
    try:
        return [take(entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8"))[key]]
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise StockProjectError(f"{path} is no training data ({error!r}): mend the file.") from error


def _dump(content: dict[str, Any]) -> str:
    class Dumper(yaml.SafeDumper):
        """Writes texts of several lines as blocks, as Rasa's reader wants its examples."""

    Dumper.add_representer(
        str,
        lambda dumper, text: dumper.represent_scalar(
            "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
        ),
    )
    return yaml.dump(content, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=1000)
