"""`aftercare check-data`: what is doubtful about the training data."""

import json
import sys
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from bot.cli.learning.language_options import chosen
from bot.runtime import log
from bot.settings import Settings
from bot.shop import facts as shops

if TYPE_CHECKING:
    from bot.assistant.evaluation.data_check import Share

MAX_THIN = 8  # intents named of a register


@click.command("check-data")
@click.option("--languages", metavar="xx,yy", help="Check these only.")
@click.option(
    "--at-least",
    type=click.IntRange(min=1),
    default=60,
    show_default=True,
    help="Examples of an intent in a language; five times as many out of scope.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
def check(languages: str | None, at_least: int, as_json: bool) -> None:
    """Lists doubtful training examples, by file and line.

    Fails if examples contradict each other or an intent has too few; duplicates, near-duplicates and
    thin registers are only told.
    """
    from bot.assistant.evaluation import data_check as checks
    from bot.assistant.evaluation.examples import TrainingData

    log.configure("WARNING")
    home = Settings.load().home
    shop = shops.load(home / "shop.yml")
    wanted = chosen(languages, shop.languages)
    lines = TrainingData.load(home, shop).lines
    findings = checks.check(lines, wanted, at_least)
    shares = checks.registers(lines, wanted)
    failed = any(finding.kind in checks.ERRORS for finding in findings)
    counts = Counter(finding.kind for finding in findings)
    if as_json:
        found = {"findings": [asdict(one) for one in findings], "registers": [asdict(one) for one in shares]}
        click.echo(json.dumps({"examples": len(lines), "counts": counts, **found}, ensure_ascii=False))
        sys.exit(failed)
    for share in shares:
        click.echo(_told(share))
    for finding in findings:
        click.echo(str(finding))
    told = ", ".join(f"{count} {kind}" for kind, count in counts.items()) or "nothing found"
    click.echo(f"{len(lines):,} examples: {told}")
    sys.exit(failed)


def _told(share: "Share") -> str:
    thin = sorted(share.thin.items(), key=lambda item: item[1])
    told = f"data/nlu/{share.language}: {share.register}: {100 * share.share:.1f} %"
    if thin:
        named = ", ".join(f"{intent} {100 * value:.0f} %" for intent, value in thin[:MAX_THIN])
        more = f" and {len(thin) - MAX_THIN} more" if len(thin) > MAX_THIN else ""
        told += (
            f"; below {100 * share.wanted:.0f} % in {len(thin)} intent{'s' * (len(thin) > 1)}: {named}{more}"
        )
    return told
