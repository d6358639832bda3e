"""`aftercare run` and `aftercare actions`."""

import gc
import os

import click

from bot.settings import Settings


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="To listen on.")
def run(host: str, port: int) -> None:
    """Serves the assistant: web chat, API, health and metrics."""
    from bot import compose
    from bot.runtime import log
    from bot.runtime.http import listening
    from bot.shop.knowledge import Knowledge
    from bot.web import app as web
    from bot.web.patience import PatientProtocol
    from bot.web.proxy_watch import FORGOTTEN
    from channels import registry
    from store.core import serving_lock

    log.configure()
    settings = Settings.load()
    # Before what takes long: who can't serve hears so at once.
    with serving_lock.held(settings.database_url), listening.bind(host, port) as door:
        knowledge = Knowledge.load(settings.home)
        for note in knowledge.notes:
            click.echo(str(note), err=True)
        core = compose.assistant(settings.home, knowledge, lambda text: click.echo(text, err=True))
        channels = registry.Channels(registry.load(os.environ, settings.public_url))
        database = compose.open_database(settings, settings.database_wait)
        program = compose.program(
            settings, knowledge, core, database, channels, address=f"http://{host}:{port}"
        )
        application = web.create(program)
        # The model is a million objects that live as long as the process: the collector need not look at
        # them again and again (a sixth of a turn).
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 50)
        # For people, beside the log and not in it.
        click.echo(f"Aftercare serves {knowledge.shop.name} at http://{host}:{port}")
        log.get("server").info("serving", host=host, port=port)
        if settings.proxies_forgotten:
            log.get("proxies").warning("proxy_not_configured", hint=FORGOTTEN)
        door = listening.listen(door)
        application.run(sock=door, protocol=PatientProtocol, single_process=True, access_log=False)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=5055, show_default=True, type=click.IntRange(1, 65535), help="To listen on.")
def actions(host: str, port: int) -> None:
    """Serves the custom actions to Rasa's own tools (`rasa shell`); the assistant doesn't need it."""
    from bot import compose
    from bot.runtime import log
    from bot.runtime.http import listening
    from bot.shop.knowledge import Knowledge
    from bot.web import action_server

    log.configure()
    settings = Settings.load()
    knowledge = Knowledge.load(settings.home)
    with listening.bind(host, port) as door:
        application = action_server.create(
            compose.open_database(settings),
            compose.service_of(knowledge),
            compose.case_words(knowledge),
            compose.guide_finder(knowledge),
        )
        click.echo(f"actions at http://{host}:{port}/webhook")
        application.run(sock=listening.listen(door), single_process=True, access_log=False)
