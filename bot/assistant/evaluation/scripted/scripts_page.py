"""A tally as a Markdown page. Nothing that was said is on it: scripts may be kept unseen."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

from bot.assistant.evaluation.scripted.tally import Share, Tally
from bot.assistant.evaluation.study import language_name
from bot.assistant.evaluation.table import Row, markdown, percent

MAX_MISSED = 15

COLUMNS = {  # of a table with a row a language: short and in words
    "": "language",
    "talks": "conversations",
    "turns": "turns",
    "right": "turns as expected",
    "talks right": "conversations without a wrong turn",
    "lang. kept": "answered in the same language",
    "known": "said in texts that are known",
}
ALL = "all"

Named = Callable[[str], str]  # a language's code to what stands for it in a table


def compose(
    tally: Tally, pictures: Mapping[str, Path], folder: Path, *, command: str, today: date, state: str
) -> str:
    """The page for `folder`. `pictures` are the files by what they show; `state` names the training
    data's."""
    links = {name: path.relative_to(folder).as_posix() for name, path in pictures.items()}
    parts = [
        _head(tally, command, today, state),
        "## All languages",
        markdown(tuple(COLUMNS.values()), rows(tally)),
        f"![Turns and conversations as expected by language]({links['languages']})",
        "**Turns as expected by kind of conversation**, in % (turns):",
        markdown(*kinds(tally)),
        f"![Turns as expected by kind of conversation]({links['kinds']})",
        "**What was expected most often in vain**, in turns:",
        markdown(*missed(tally)),
        "**What was wrong**, in turns:",
        markdown(*faults(tally)),
    ]
    return "\n\n".join(parts) + "\n"


def rows(tally: Tally, named: Named = language_name) -> list[Row]:
    """The cells below `COLUMNS`: a row a language, and all of them."""
    found = [_row(named(language), tally.of(language)) for language in tally.languages]
    return [*found, _row(ALL, tally)]


def kinds(tally: Tally, named: Named = language_name) -> tuple[Row, list[Row]]:
    """The head and rows of the table of kinds."""
    body = [
        (kind, *(_counted(tally.of(language, kind).as_expected()) for language in (*tally.languages, None)))
        for kind in tally.kinds
    ]
    return _head_of("kind", tally, named), body


def missed(tally: Tally, named: Named = language_name) -> tuple[Row, list[Row]]:
    """The head and rows of the table of what was expected and didn't happen."""
    by_language = [dict(tally.of(language).wanted()) for language in tally.languages]
    body = [
        (name.replace("|", " or "), *(_missing(one.get(name)) for one in (*by_language, {name: share})))
        for name, share in tally.wanted()[:MAX_MISSED]
        if share.right < share.all
    ]
    return _head_of("expected", tally, named), body


def faults(tally: Tally, named: Named = language_name) -> tuple[Row, list[Row]]:
    """The head and rows of the table of what was wrong."""
    by_language: Sequence[Mapping[str, int]] = [
        dict(tally.of(language).faults()) for language in tally.languages
    ]
    body = [
        (fault, *(str(one.get(fault, 0)) for one in by_language), str(count))
        for fault, count in tally.faults()
    ]
    return _head_of("fault", tally, named), body


def _head_of(first: str, tally: Tally, named: Named) -> Row:
    return (first, *map(named, tally.languages), ALL)


def _row(name: str, tally: Tally) -> Row:
    whole = tally.conversations()
    return (
        name,
        f"{whole.all:,}",
        f"{len(tally.turns):,}",
        percent(tally.as_expected().share),
        percent(whole.share),
        percent(tally.in_language().share),
        percent(tally.known().share),
    )


def _counted(share: Share) -> str:
    return f"{percent(share.share).removesuffix(' %')} ({share.all})" if share.all else "–"


def _missing(share: Share | None) -> str:
    return f"{share.all - share.right} of {share.all}" if share else "–"


def _head(tally: Tally, command: str, today: date, state: str) -> str:
    settings = [
        ("made on", today.isoformat()),
        ("made by", f"`{command}`"),
        ("state of the training data", f"`{state}`, as in the model's file name"),
    ]
    return f"""# How conversations go

<!-- Written by a command; changes made here by hand are lost. -->

{markdown(("setting", "value"), settings)}

## How to read it

Scripted conversations, played to their end against the trained assistant, each in a fresh demonstration shop.
A turn is **as expected** if everything happened that its script expects and nothing else that a customer
would mind: no asking back, no "outside what I know", no change and no person where none was expected. It is
judged by what the customer is told: each reply is traced to the shop's texts that it is made of, and those to
what they tell (`bot.assistant.evaluation.outcomes`). Orders are looked up in the store. After a wrong turn
the conversation goes on as it is written, so one mistake may make the next turns wrong.

**Texts that are known**: answered turns in which everything that is said is a text of the shop's. What isn't
counts as nothing."""
