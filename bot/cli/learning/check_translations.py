"""`aftercare check-translations`."""

import sys

import click

from bot.settings import Settings
from bot.shop import translations


@click.command("check-translations")
@click.option("--accept", is_flag=True, help="All translations are right as they stand: record that.")
def check_translations(accept: bool) -> None:
    """Lists texts that a language lacks, and translations whose source text has changed since."""
    from bot.shop.knowledge import Knowledge

    home = Settings.load().home
    languages = Knowledge.load(home).shop.languages  # refuses what can't be used at all
    if accept:
        translations.accept(home, languages)
        click.echo(f"wrote {translations.LOCK}", err=True)
    report = translations.check(home, languages)
    for line in (*report.missing, *report.stale):
        click.echo(line)
    if report.unrecorded:
        click.echo(
            f"{report.unrecorded} new or changed translations are not recorded; if they are right, run: "
            "aftercare check-translations --accept",
            err=True,
        )
    if report.missing or report.stale:
        sys.exit(1)
