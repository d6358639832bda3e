"""`aftercare doctor`: looks at the configuration and says what is missing or wrong."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import httpx

from bot import product
from bot.settings import Settings, SettingsError
from bot.shop.calendar.hours import OpeningHours
from channels.contract import Finding
from store.conversations import transcript
from store.core.database import Connection

SIGNS = {"ok": ("✓", "green"), "off": ("–", "white"), "warning": ("!", "yellow"), "error": ("✗", "red")}


@click.command()
def doctor() -> None:
    """Checks settings, shop files, model, database, channels and the other desk; asks each provider whether
    it is set up right. Shows no secret. The exit code is 1 if something is wrong."""
    findings = _own() + asyncio.run(_others())
    for finding in findings:
        sign, colour = SIGNS[finding.level]
        click.echo(f"{click.style(sign, fg=colour)} {finding.text}")
    if any(finding.level == "error" for finding in findings):
        raise SystemExit(1)


def _own() -> list[Finding]:
    from bot.assistant import training
    from bot.shop.knowledge import Knowledge
    from bot.shop.yaml_source import SourceError
    from bot.web.proxy_watch import FORGOTTEN
    from store.core import schema
    from store.core.database import Database, NotADatabase
    from store.core.listener import comes_through

    try:
        settings = Settings.load()
    except SettingsError as error:
        return [Finding("error", f"Settings: {error}")]
    found = [Finding("ok", "Settings: read"), _product(settings.home)]
    try:
        knowledge = Knowledge.load(settings.home)
        found.append(Finding("ok", f"Shop: {knowledge.shop.name}, {', '.join(knowledge.shop.languages)}"))
        found += [Finding("warning", f"Shop: {note}") for note in knowledge.notes]
        if not settings.demo and knowledge.shop.contact.email.endswith(".example"):
            text = f"{knowledge.shop.contact.email} is made up; fill in shop.yml"
            found.append(Finding("warning", f"Shop: {text}"))
        found.append(_holidays(knowledge.shop.opening_hours))
    except SourceError as error:
        return [*found, Finding("error", f"Shop: {error}")]
    found.append(_model(training.place(settings.home)))
    try:
        database = Database(settings.database_url, listen_url=settings.listen_url)
        with database.read() as connection:
            current = schema.is_current(connection)
            more = [*_kept(connection, settings), *_automatic(connection)] if current else []
        if not database.is_sqlite and not comes_through(database):
            text = "a pooler keeps back what other processes say; set DATABASE_LISTEN_URL (docs/deploy.md)"
            found.append(Finding("warning", f"Database: {text}"))
        database.close()
        found += more
        found.append(
            Finding("ok", "Database: up to date")
            if current
            else Finding(
                "warning", "Database: not migrated yet; aftercare run does it, or: aftercare db upgrade"
            )
        )
    except (schema.SchemaError, NotADatabase) as error:
        found.append(Finding("error", f"Database: {error}"))
    except Exception as error:
        # Not its text: it may repeat the address with the password.
        found.append(Finding("error", f"Database: does not answer: {schema.why(error)}; see DATABASE_URL"))
    found.append(_spool(settings))
    if settings.public_url is None:
        found.append(Finding("off", "PUBLIC_BASE_URL: not set; only the web chat and polling channels work"))
    elif not settings.public_url.startswith("https://"):
        found.append(Finding("warning", "PUBLIC_BASE_URL: not https; providers call https addresses only"))
    found.append(_mail(settings))
    if settings.proxies_forgotten:
        found.append(Finding("warning", f"AFTERCARE_PROXIES: {FORGOTTEN}"))
    if settings.demo:
        found.append(Finding("warning", "AFTERCARE_DEMO: on; a real shop sets it to off"))
    return found


def _model(path: Path) -> Finding:
    from bot.assistant import model_archive

    if not path.exists():
        return Finding("error", "Model: none is trained from the present data; run: aftercare train")
    try:
        model_archive.check(path)
    except model_archive.Damaged as error:
        return Finding("error", f"Model: {path} {error}; run: aftercare train")
    return Finding("ok", "Model: trained from the present data")


def _kept(connection: Connection, settings: Settings) -> list[Finding]:
    """What the database tells of: providers that refuse us, and files that are not what was kept."""
    from bot.runtime.files import Files
    from store.conversations import attachments
    from store.core import channel_faults

    found = [
        Finding(
            "error",
            f"{one.channel} {one.account}: refused since {one.since:%Y-%m-%d %H:%M} UTC: {one.reason}",
        )
        for one in channel_faults.standing(connection)
    ]
    files = Files(settings.files, settings.secret)
    kept = attachments.kept(connection)
    damaged = [name for name, size in kept if not files.is_whole(name, size)]
    if damaged:
        text = f"Files: {len(damaged)} of {len(kept)} are gone or damaged in {settings.files}: {damaged[0]}"
        return [*found, Finding("error", f"{text} …; restore them from a backup")]
    return [*found, Finding("ok", f"Files: all {len(kept)} are there")]


def _mail(settings: Settings) -> Finding:
    """Whether mail would be taken; none is sent."""
    from bot.runtime.mail.smtp import SmtpError

    if settings.smtp is None:
        text = f"Mail: goes to nobody, but into files in {settings.mail}; set SMTP_URL"
        return Finding("off" if settings.demo else "warning", text)
    try:
        settings.smtp.check()
    except SmtpError as error:
        return Finding("error", f"Mail: {error.reason}; see SMTP_URL")
    return Finding("ok", f"Mail: {settings.smtp.host} takes us")


def _spool(settings: Settings) -> Finding:
    """What waits on disk since the database was away."""
    from bot.runtime.spool import Spool

    try:
        state = Spool(settings.spool).state()
    except OSError as error:
        return Finding("error", f"Spool: {settings.spool}: {error.strerror}; see AFTERCARE_SPOOL")
    if state.set_aside:
        text = f"{state.set_aside} deliveries could not be stored; look into {settings.spool / 'aside'}"
        return Finding("error", f"Spool: {text} and the log (spool_entry_set_aside)")
    if state.entries:
        return Finding("warning", f"Spool: {state.entries} deliveries wait for the database")
    above = next(one for one in (settings.spool, *settings.spool.parents) if one.exists())
    if not os.access(above, os.W_OK):
        return Finding("error", f"Spool: {above} can't be written; see AFTERCARE_SPOOL")
    return Finding("ok", "Spool: empty")


def _automatic(connection: Connection) -> list[Finding]:
    """Other programs that answer customers in the shop's name."""
    channels = transcript.automatic_replies(connection, datetime.now(UTC) - timedelta(days=7))
    return [
        Finding(
            "warning",
            f"{channel}: another program answered {count} times in a week; switch its automatic replies off",
        )
        for channel, count in channels.items()
    ]


def _product(home: Path) -> Finding:
    """Where what the shop's folder doesn't have comes from."""
    ours = product.of(home)
    if ours == home and home != product.root():
        text = f"{home} is a copy of our files, which no upgrade changes; see docs/shop-folder.md"
        return Finding("warning", f"Product: {text}")
    return Finding("ok", f"Product: {ours}; shop: {home}")


def _holidays(hours: OpeningHours) -> Finding:
    today = datetime.now(hours.timezone).date()
    days = (today + timedelta(days=n) for n in range(366))
    coming = [day.isoformat() for day in days if day in hours.holidays][:3]
    if not coming:
        return Finding("off", "Public holidays: none; they are days like any other")
    return Finding("ok", f"Public holidays: the next are {', '.join(coming)}")


async def _reached(public_url: str) -> list[Finding]:
    """Whether the public address leads to a server of ours, below whatever path."""
    from bot.runtime.http.bounded_client import bounded

    try:
        async with bounded(timeout=5) as client:
            answer = await client.get(f"{public_url}/chat/v1/config")
        ours = answer.status_code == 200 and "default_language" in answer.json()
    except httpx.HTTPError as error:
        text = f"PUBLIC_BASE_URL: can't be reached from here ({type(error).__name__})"
        return [Finding("warning", f"{text}; is the server running, and does the proxy lead to it?")]
    except ValueError:
        ours = False
    if ours:
        return [Finding("ok", f"PUBLIC_BASE_URL: {public_url} leads to a server of ours")]
    text = f"PUBLIC_BASE_URL: {public_url} leads to something else ({answer.status_code})"
    return [Finding("error", f"{text}; its path must be the one that the proxy hands on; see docs/deploy.md")]


async def _others() -> list[Finding]:
    from bot.mirror.chatwoot.diagnosis import check
    from channels import registry

    try:
        settings = Settings.load()
    except SettingsError:
        return []
    found = await _reached(settings.public_url) if settings.public_url else []
    for name in registry.PUSHING:
        try:
            found += await registry.setup(name).check(os.environ, settings.public_url)
        except Exception as error:
            found.append(Finding("error", f"{name}: the check itself failed ({type(error).__name__})"))
    try:
        found += await check(settings.chatwoot, settings.public_url)
    except Exception as error:
        found.append(Finding("error", f"Chatwoot: the check itself failed ({type(error).__name__})"))
    return found
