"""`aftercare agents`: the support desk's accounts, for the first admin and for lock-outs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import click

from bot.desk.accounts.administration import Administration, CommandLine
from bot.desk.api.account_requests import NewAgent
from bot.runtime.http.refusals import Refusal
from bot.runtime.http.request_models import read
from bot.settings import Settings
from store.accounts import agents as store
from store.accounts.agents import Agent
from store.core import schema
from store.core.database import Connection, Database
from store.core.identifiers import normalise_email
from store.vocabulary import Role


@dataclass(frozen=True, slots=True)
class _Desk:
    """The accounts, in one transaction."""

    connection: Connection
    administration: Administration
    languages: tuple[str, ...]
    now: datetime

    def find(self, email: str) -> Agent:
        agent = store.find(self.connection, normalise_email(email))
        if agent is None:
            raise click.ClickException(f"nobody has the e-mail {email}; see: aftercare agents list")
        return agent


@contextmanager
def _desk() -> Iterator[_Desk]:
    from bot import compose
    from bot.shop import facts
    from bot.shop.desk_texts import DeskTexts

    settings = Settings.load()
    described = facts.load(settings.home / "shop.yml")
    texts = DeskTexts.load(settings.home, described.name, described.languages)
    administration = compose.administration(settings, described, texts)
    database = Database(settings.database_url)
    try:
        schema.upgrade(database)
        with database.write() as connection:
            yield _Desk(connection, administration, texts.languages, datetime.now(UTC))
    except Refusal as error:
        raise click.ClickException(error.message) from None
    finally:
        database.close()


@click.group()
def agents() -> None:
    """The people who answer at the support desk."""


@agents.command()
@click.argument("email")
@click.option("--name", required=True, help="As customers see it.")
@click.option("--admin", is_flag=True, help="May manage the other agents too.")
@click.option("--language", metavar="en", help="Of the desk's own words; else the shop's first one.")
def add(email: str, name: str, admin: bool, language: str | None) -> None:
    """Adds an agent and prints the link by which the agent chooses a password."""
    with _desk() as desk:
        asked = {
            "email": email,
            "name": name,
            "role": Role.ADMIN if admin else Role.AGENT,
            "language": language or desk.languages[0],
        }
        new = read(NewAgent, asked, {"languages": desk.languages})
        _, link = desk.administration.add(
            desk.connection,
            CommandLine(),
            desk.now,
            new.email,
            new.name,
            new.role,
            {"language": new.language},
        )
    click.echo(link)
    click.echo("The link works once, for seven days. It is mailed too when the server runs.", err=True)


@agents.command("list")
def list_agents() -> None:
    """Prints everybody's e-mail, name, role and state, with tabs between them."""
    with _desk() as desk:
        everybody = store.listed(desk.connection)
    for agent in everybody:
        state = "disabled" if agent.disabled else "invited" if agent.invited else agent.state
        factor = "second factor" if agent.totp else ""
        click.echo("\t".join([agent.email, agent.name, agent.role, state, factor]).rstrip("\t"))
    if not everybody:
        click.echo("There is nobody yet: aftercare agents add EMAIL --name NAME --admin", err=True)


@agents.command()
@click.argument("email")
def disable(email: str) -> None:
    """Signs an agent out for good; conversations go back into the queue."""
    with _desk() as desk:
        agent = desk.find(email)
        desk.administration.change(desk.connection, CommandLine(), desk.now, agent.id, {"disabled": True})
    click.echo(f"{agent.email} is disabled", err=True)


@agents.command()
@click.argument("email")
def enable(email: str) -> None:
    """Lets a disabled agent sign in again."""
    with _desk() as desk:
        agent = desk.find(email)
        desk.administration.change(desk.connection, CommandLine(), desk.now, agent.id, {"disabled": False})
    click.echo(f"{agent.email} is enabled", err=True)


@agents.command()
@click.argument("email")
@click.option("--second-factor", is_flag=True, help="Remove the second factor too: the phone is lost.")
def reset(email: str, second_factor: bool) -> None:
    """Prints a link by which an agent chooses a new password; it opens a locked account too."""
    with _desk() as desk:
        agent = desk.find(email)
        if second_factor:
            desk.administration.change(desk.connection, CommandLine(), desk.now, agent.id, {"totp": False})
        link = desk.administration.invite(desk.connection, CommandLine(), desk.now, agent.id)
    click.echo(link)
    hours = "seven days" if agent.invited else "one hour"
    click.echo(f"The link works once, for {hours}. It is mailed too when the server runs.", err=True)
