"""Checks that a channel's modules import nothing of ours but the contract, and no other provider's library:
`python -m tests.channel_imports`.

A channel's modules are `channels/<name>.py` and `channels/<name>_*.py`.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

CHANNELS = Path(__file__).parents[1] / "channels"
SHARED = frozenset({"contract", "parts", "limits", "media"})
COMMON = frozenset({"sanic", "httpx", "phonenumbers"})
# The libraries that a channel alone may know.
OWN = {"web": {"jwt"}, "telegram": {"telegram"}, "sms": {"twilio", "aiohttp"}}


def imported(source: str) -> Iterator[str]:
    """The dotted names that a module imports, also inside functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from (f"{module}.{alias.name}" for alias in node.names)


def wrong(stem: str, names: Iterator[str]) -> list[str]:
    """Which of the imports a channel's module may not have."""
    channel = stem.partition("_")[0]
    found = []
    for name in names:
        top, _, rest = name.partition(".")
        ours = rest.partition(".")[0]
        if top == "channels":
            fits = ours in SHARED or (stem not in SHARED and ours.partition("_")[0] == channel)
        else:
            allowed = COMMON | (OWN.get(channel, set()) if stem not in SHARED else set())
            fits = top in sys.stdlib_module_names or top in allowed
        if not fits:
            found.append(name)
    return found


def main() -> int:
    modules = [path for path in sorted(CHANNELS.glob("*.py")) if path.stem != "__init__"]
    problems = [
        f"{path.relative_to(CHANNELS.parent)}: may not import {name}"
        for path in modules
        for name in wrong(path.stem, imported(path.read_text("utf-8")))
    ]
    print("\n".join(problems) or f"{len(modules)} modules of channels import only what they may")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
