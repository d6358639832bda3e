"""`aftercare init`: makes a shop's folder."""

import shlex
from pathlib import Path

import click

from bot import product

# The demonstration shop's, and what an owner finds in their place.
FILLED_IN = (
    ("#\n# Linden & Co is a made-up shop for home, clothes and small electronics.\n", ""),
    ("https://linden.example        # the shop's", "https://my-shop.example       # the shop's"),
    ("[en, lt, lv, id, kk]   # what", "[en]                  # of en, lt, lv, id, kk: what"),
    ("logo: Linden & Co                #", "logo: My Shop                    #"),
    ("Linden & Co", "My Shop"),
    ("linden.example", "my-shop.example"),
)
FIRST_LINE = "# Fill this in: the values below are made up. Begin with your shop's name.\n#\n"
FOLDERS = (
    *(f"data/{kind}" for kind in ("faq", "nlu", "responses", "texts", "escalation", "guides")),
    "models",
    "var",
)
IGNORED = "# Made anew from the other files, or secret.\n/models/*.tar.gz\n/var/\n/.rasa/\n"
README = """\
# My shop

This folder holds what is yours. Everything else comes with the program; an upgrade brings its newest form.

| file | what you may write there |
|---|---|
| `shop.yml` | your shop's facts: name, contact, hours, prices, terms, languages. Fill it in first |
| `data/faq/*.yml` | the questions customers ask, and your answers. They are all yours: change, delete, add |
| `data/responses/<language>.yml` | what else the assistant says, where you want it said otherwise |
| `data/texts/<language>.yml` | words of the chat window, the desk and the mails, where you want others |
| `data/escalation/<language>.yml` | words that tell of danger, threats and anger, where you want others |
| `data/guides/<language>/*.md` | help with your products, step by step |
| `data/nlu/<language>/*.yml` | more example messages by which wishes are recognised |
| `models/`, `var/` | made by the program: trained models; the database, files and secrets. Back `var/` up |

In `responses`, `texts` and `escalation` write only what you change, under the same names as in the program's
own file, which you find in

    {data}

For example, `data/texts/en.yml` with another greeting:

    widget:
      greeting: Hi! This is My Shop. How can I help?

If a file has a mistake, the program tells its line and what to write. After an upgrade, `aftercare doctor`
names lines of yours that the program has no use for any more.

    aftercare train      # after changes to shop.yml, data/faq, data/nlu, data/responses
    aftercare run        # serves
    aftercare doctor     # what is missing or wrong
"""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Makes FOLDER, a shop's folder to fill in.

    It holds what is the shop's own, and no upgrade touches it."""
    try:
        _create(folder)
    except OSError as error:
        raise click.ClickException(f"{folder}: can't be made: {error.strerror}") from None
    where = shlex.quote(str(folder))
    click.echo(
        f"made {folder}; next:\n"
        f"  cd {where}\n"
        "  edit shop.yml, then data/faq\n"
        "  aftercare train\n"
        "  AFTERCARE_DEMO=off aftercare run"
    )


def _create(folder: Path) -> None:
    """Raises `OSError`, and `click.ClickException` if there is something already."""
    if folder.exists() and not folder.is_dir():
        raise click.ClickException(f"{folder}: is a file; name a new folder")
    if folder.is_dir() and any(folder.iterdir()):
        raise click.ClickException(f"{folder}: is not empty, and nothing is overwritten; name a new folder")
    ours = product.root()
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    _write(folder / "shop.yml", _shop(ours))
    for path in sorted((ours / "data" / "faq").glob("*.yml")):
        _write(folder / "data" / "faq" / path.name, path.read_text("utf-8"))
    _write(folder / "README.md", README.replace("{data}", str(ours / "data")))
    _write(folder / ".gitignore", IGNORED)


def _shop(ours: Path) -> str:
    text = (ours / "shop.yml").read_text("utf-8")
    for old, new in FILLED_IN:
        text = text.replace(old, new)
    return FIRST_LINE + text


def _write(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
