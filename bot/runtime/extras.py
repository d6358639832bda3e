"""What is installed only where it is wanted: the extras of pyproject.toml."""

from importlib.util import find_spec


class MissingExtra(Exception):
    """A command needs what isn't installed; the text says how to install it."""


def need(extra: str, *modules: str) -> None:
    """Raises `MissingExtra` unless all modules can be imported; imports none of them."""
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise MissingExtra(
            f"{', '.join(missing)} not installed: this needs an extra; run: uv sync --inexact --extra {extra}"
        )
