"""A file that isn't taken, on each channel: the trained assistant, and fake providers over HTTP."""

from pathlib import Path

import pytest

from bot.assistant.protocol import Assistant
from bot.simulator.provider import Provider
from store.core.database import Database
from tests.channels.stage import playing
from tests.channels.test_survey import CHANNELS
from tests.runtime.test_files import png

DOCX = b"PK\x03\x04" + b"\0" * 60
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TAKEN = "JPEG, PNG, HEIC, GIF, WebP"


@pytest.mark.parametrize(("name", "provider", "address"), CHANNELS)
async def test_the_customer_hears_which_files_are_taken_and_no_thanks(
    core: Assistant, demo_shop: Database, tmp_path: Path, name: str, provider: type[Provider], address: str
) -> None:
    async with playing(name, provider(), core, demo_shop, tmp_path) as stage:
        await stage.ask(address, "labas, kur mano siunta?")
        for content, named, kind in (
            (DOCX, "order.docx", WORD),
            (b"BM\x46\0\0\0" + b"\0" * 60, "a.bmp", "image/bmp"),
        ):
            before = len(stage.said(address))
            assert 200 <= await stage.provider.attach(address, named, kind, content) < 300
            await stage.until(lambda before=before: len(stage.said(address)) > before)  # type: ignore[misc]
            await stage.idle()
            (told,) = stage.said(address)[before:]
            assert TAKEN in told.text and "Priimame nuotraukas" in told.text
        assert "Ačiū" in await stage.attach(address, png())
