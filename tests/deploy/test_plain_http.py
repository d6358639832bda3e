"""The desk opened past its proxy, over plain http: it works, or says why not, and is never silent."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.deploy.conftest import ANNA, PASSWORD
from tests.deploy.proxies import OWN, SHOP

SLOW = 20_000  # ms
OVER_HTTP = "The desk is reached over https only"
COOKIE_LOST = "the browser sent the session back to nobody"


@contextmanager
def page(host: str) -> Iterator[Page]:
    """A browser that finds `host` on this machine."""
    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is not installed: apt-get install chromium")
    arguments = [*ARGUMENTS, f"--host-resolver-rules=MAP {host} 127.0.0.1"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        context = browser.new_context(locale="en-GB")
        context.set_default_timeout(SLOW)
        yield context.new_page()
        browser.close()


def sign_in(desk: Page, address: str) -> None:
    desk.goto(address)
    desk.get_by_label("E-mail").fill(ANNA)
    desk.get_by_label("Password").fill(PASSWORD)
    desk.keyboard.press("Enter")


@pytest.mark.parametrize(
    ("of", "host", "path", "said"),
    [
        (OWN, OWN, "/desk", OVER_HTTP),
        (OWN, "localhost", "/desk", None),
        (SHOP, "localhost", "/support/desk", None),
        # Past the path under which the browser would send the cookie back.
        (SHOP, "localhost", "/desk", COOKIE_LOST),
    ],
)
def test_signing_in(servers: Callable[[str], int], of: str, host: str, path: str, said: str | None) -> None:
    with page(host) as desk:
        sign_in(desk, f"http://{host}:{servers(of)}{path}")
        if said:
            expect(desk.get_by_role("alert")).to_contain_text(said, timeout=SLOW)
        else:
            expect(desk.locator("#desk.desk main")).to_be_visible(timeout=SLOW)
