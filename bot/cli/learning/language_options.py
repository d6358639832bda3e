"""Options that name languages."""

from collections.abc import Sequence

import click


def chosen(given: str | None, spoken: Sequence[str]) -> tuple[str, ...]:
    """The languages of an option such as "en,lt", or all of `spoken`. Raises `click.UsageError`."""
    wanted = tuple(dict.fromkeys(code.strip() for code in (given or "").split(",") if code.strip()))
    for code in wanted:
        if code not in spoken:
            text = f'"{code}" is not a language of shop.yml; it has: {", ".join(spoken)}'
            raise click.UsageError(text)
    return wanted or tuple(spoken)
