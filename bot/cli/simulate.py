"""`aftercare simulate`: try a channel without an account, against a fake provider on this machine."""

import os
import subprocess
import sys
import time
from importlib import import_module
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

import click

from bot import product
from bot.settings import Settings

# Channel: module and class of the fake provider, and the customer whose phone is shown.
FAKES = {
    "telegram": ("bot.simulator.fake_telegram", "TelegramProvider", "5001"),
    "sms": ("bot.simulator.fake_sms", "FakeTwilio", "+37061234567"),
    "facebook": ("bot.simulator.fake_facebook", "FakeFacebook", "24680001"),
    "messenger": ("bot.simulator.fake_messenger", "FakeMessenger", "24680001"),
}
READY_SECONDS = 120


@click.command()
@click.argument("channel", type=click.Choice(sorted(FAKES)))
@click.option("--port", default=8090, show_default=True, type=click.IntRange(1, 65535), help="Of the page.")
@click.option(
    "--server-port", default=8091, show_default=True, type=click.IntRange(1, 65535), help="Of the assistant."
)
def simulate(channel: str, port: int, server_port: int) -> None:
    """Plays CHANNEL's provider: a page with a customer's phone, and the assistant behind it.

    Both speak the provider's real protocol, with signatures, on this machine only."""
    from bot.runtime import log
    from bot.runtime.http import listening
    from bot.simulator import phone_page

    log.configure("WARNING")
    Settings.load()  # what is wrong is told here, not by the assistant behind
    module, name, customer = FAKES[channel]
    provider = getattr(import_module(module), name)()
    own_url, server_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{server_port}"
    environment = {
        **os.environ,
        **provider.environment(own_url, server_url),
        "PUBLIC_BASE_URL": server_url,
        "AFTERCARE_DEMO": "on",
    }
    application = phone_page.create(provider, product.web(), server_url)
    door = listening.bind("127.0.0.1", port)
    listening.bind("127.0.0.1", server_port).close()
    click.echo("starting the assistant…", err=True)
    command = [sys.executable, "-c", "from bot.cli import main; main()", "run", "--port", str(server_port)]
    assistant = subprocess.Popen(command, env=environment)

    @application.after_server_start
    async def tell(*_: object) -> None:
        click.echo(f"Open {own_url}/?customer={quote(customer)} and write. Ctrl-C ends it.", err=True)

    try:
        _wait(assistant, server_url)
        application.run(sock=listening.listen(door), single_process=True, access_log=False)
    finally:
        assistant.terminate()
        assistant.wait(20)


def _wait(assistant: "subprocess.Popen[bytes]", server_url: str) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        if assistant.poll() is not None:
            raise click.ClickException("the assistant did not start; what it said stands above")
        try:
            with urlopen(f"{server_url}/health/ready", timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise click.ClickException(f"the assistant was not ready within {READY_SECONDS} s")
