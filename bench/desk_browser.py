"""The desk's page in Chromium: from a click to what it shows."""

import shutil
from typing import Any

from bench.desk_shop import Desk
from bot.desk.accounts.sessions import COOKIE

OPENED = 40  # conversations
SWITCHED = 20  # lists

# Resolves with the milliseconds from the click to the frame in which the page shows what was asked for.
_CLICK = """([click, shown]) => new Promise((resolve, reject) => {
  const begun = performance.now();
  const end = begun + 30000;
  document.querySelector(click).click();
  const look = () => {
    if (document.querySelector(shown)) requestAnimationFrame(() => resolve(performance.now() - begun));
    else if (performance.now() > end) reject(new Error(`${shown} is not shown`));
    else requestAnimationFrame(look);
  };
  look();
})"""


def clicks(port: int, desk: Desk) -> dict[str, list[float]]:
    """Seconds from clicks to what they show, by what was opened; empty without a Chromium."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        return {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.add_cookies(
            [
                {
                    "name": COOKIE,
                    "value": desk.cookie,
                    "domain": "127.0.0.1",
                    "path": "/desk",
                    "sameSite": "Strict",
                }
            ]
        )
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"http://127.0.0.1:{port}/desk")
        page.locator(".views .tab").nth(1).click()
        page.locator(".row").nth(40).wait_for()
        found = {"list": _lists(page), "conversation": _threads(page)}
        browser.close()
    return found


def _lists(page: Any) -> list[float]:
    times = []
    for _ in range(SWITCHED):
        page.locator(".views .tab").nth(0).click()
        page.wait_for_function("() => document.querySelectorAll('.row:has(.mark.owner, .mark)').length > 0")
        page.wait_for_timeout(400)
        mine = page.evaluate(
            "async () => (await (await fetch('/desk/v1/conversations?view=mine')).json()).conversations[0].id"
        )
        times.append(page.evaluate(_CLICK, [".views .tab:nth-child(2)", f'.row[href="#/c/{mine}"]']) / 1000)
    return times


def _threads(page: Any) -> list[float]:
    times = []
    links = page.locator(".row").evaluate_all("rows => rows.map(row => row.getAttribute('href'))")
    for link in links[:OPENED]:
        number = link.rpartition("/")[2]
        # The transcript's link stands in the header of the conversation that is shown.
        shown = f'.open:not([hidden]) a[href*="/conversations/{number}/"]'
        times.append(page.evaluate(_CLICK, [f'.row[href="{link}"]', shown]) / 1000)
        page.wait_for_timeout(250)
    return times
