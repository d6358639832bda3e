"""What pyproject.toml declares, what our code imports, and what comes with what by uv.lock."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OURS = ("actions", "bot", "channels", "store")


def declared() -> dict[str, str]:
    """Each distribution named in `dependencies` or an extra, with the extra's name, or ""."""
    project = _toml("pyproject.toml")["project"]
    groups = {"": project["dependencies"], **project["optional-dependencies"]}
    found: dict[str, str] = {}
    for extra, requirements in groups.items():
        for requirement in requirements:
            # Of `rasa` the core has a part and the extra the rest.
            found.setdefault(normal(re.split(r"[^\w.-]", requirement)[0]), extra)
    return found


def imported(root: Path = ROOT) -> dict[str, set[str]]:
    """Each distribution that our code imports, also inside functions, with the files that do."""
    distributions = packages_distributions()
    found: dict[str, set[str]] = {}
    for path in (path for name in OURS for path in (root / name).rglob("*.py")):
        for module in modules(path.read_text("utf-8")):
            if module not in sys.stdlib_module_names and module not in OURS:
                # A module in which several distributions have a share (ruamel) counts for the shortest name.
                owner = min(distributions.get(module, [module]), key=len)
                found.setdefault(normal(owner), set()).add(str(path.relative_to(root)))
    return found


def modules(source: str) -> Iterable[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def core() -> set[str]:
    """The distributions that are installed without any extra or group."""
    packages = {package["name"]: package for package in _toml("uv.lock")["package"]}
    found: set[str] = set()
    waiting: list[tuple[str, tuple[str, ...]]] = [("aftercare", ())]
    seen = set(waiting)
    while waiting:
        name, extras = waiting.pop()
        found.add(name)
        package = packages[name]
        needs = list(package.get("dependencies", ()))
        for extra in extras:
            needs += package.get("optional-dependencies", {}).get(extra, ())
        for need in needs:
            following = need["name"], tuple(need.get("extra", ()))
            if following not in seen:
                seen.add(following)
                waiting.append(following)
    return found


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / name).read_text("utf-8"))
