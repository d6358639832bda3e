"""Customers' files: fetched, sniffed, kept under random names, and shown by signed links only."""

import asyncio
import struct
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from bot.conversation.files.fetcher import MAX_ATTEMPTS, AttachmentFetcher
from bot.runtime.file_types import shown_name, sniff
from bot.runtime.files import LINK_LIFETIME, MAX_BYTES, Damaged, Files, Refused
from bot.web.file_routes import blueprint
from channels.contract import FetchError
from channels.registry import Channels
from store.conversations import attachments, conversations, transcript
from store.conversations.attachments import Attached
from store.core.database import Database
from store.tables import attachments as attachments_table
from store.vocabulary import Author
from tests.fakes.channel import FakeChannel
from tests.serving import serving

SECRET = b"s" * 32


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + b"\0" * 64 + b"\xff\xd9"


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (png(), "image/png"),
        (JPEG, "image/jpeg"),
        (b"GIF89a\x01\x00\x01\x00\x00\x00\x00;", "image/gif"),
        (b"%PDF-1.7\n%...\n%%EOF\n", "application/pdf"),
        (b"OggS\x00\x02" + b"\0" * 20 + b"OpusHead", "audio/ogg"),
        ("labas, čia mano sąskaita".encode(), "text/plain"),
    ],
)
def test_the_bytes_say_what_a_file_is(tmp_path: Path, content: bytes, media_type: str) -> None:
    stored = Files(tmp_path / "files", SECRET).save(content)
    assert stored.media_type == media_type
    assert (tmp_path / "files" / stored.file).read_bytes() == content
    assert len(stored.file) == 32


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MZ\x90\x00" + b"\0" * 100,
        b"\x7fELF\x02\x01\x01" + b"\0" * 100,
        b"PK\x03\x04" + b"\0" * 100,
        b"\xca\xfe\xba\xbe" + b"\0" * 40,
        bytes(range(256)),
    ],
)
def test_what_could_run_or_is_not_known_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(Refused):
        Files(tmp_path, SECRET).save(content)
    assert list(tmp_path.iterdir()) == []


def brand(name: bytes, *others: bytes) -> bytes:
    """The beginning of a file of the family of MP4."""
    box = b"ftyp" + name + b"\0\0\0\0" + b"".join(others)
    return struct.pack(">I", len(box) + 4) + box + b"\0" * 200


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (brand(b"heic", b"mif1", b"heic"), "image/heic"),
        (brand(b"mif1", b"mif1", b"heic"), "image/heic"),
        (brand(b"msf1"), "image/heic"),
        (brand(b"M4A ", b"isom"), "audio/mp4"),
        (brand(b"qt  "), "video/quicktime"),
        (brand(b"3gp4"), "video/3gpp"),
        (b"#!AMR\n" + b"\0" * 40, "audio/amr"),
        (b"ID3\x03\0\0\0\0\0\x0f" + b"\0" * 100, "audio/mpeg"),
    ],
)
def test_what_phones_send_is_known(tmp_path: Path, content: bytes, media_type: str) -> None:
    assert Files(tmp_path, SECRET).save(content).media_type == media_type


def test_an_avif_that_also_calls_itself_heif_is_none() -> None:
    assert sniff(brand(b"mif1", b"avif")) != "image/heic"


def test_a_page_is_only_text_here() -> None:
    assert sniff(b"<html><script>alert(1)</script></html>") == "text/plain"
    assert sniff(b'<?xml version="1.0"?><svg onload="alert(1)"/>') == "text/plain"


def test_a_file_has_a_size_limit(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="25 MB"):
        Files(tmp_path, SECRET).save(JPEG + b"\0" * MAX_BYTES)


@pytest.mark.parametrize("name", ["../../etc/passwd", "a" * 31, "", ".hidden", "A" * 32, "a" * 32 + "/x"])
def test_only_names_of_ours_are_paths(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        Files(tmp_path, SECRET).path(name)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("photo.jpg", "photo.jpg"),
        ("IMG_0042.JPEG", "IMG_0042.JPEG"),
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\temp\\a.pdf", "a.jpg"),
        ('x"\r\nSet-Cookie: a=b.jpg', "x Set-Cookie a=b.jpg"),
        ("\u202egpj.exe", "gpj_exe.jpg"),
        ("2026.12.01 Čia mano nuotrauka.jpg", "2026_12_01 Čia mano nuotrauka.jpg"),
        ("", "file.jpg"),
        ("...", "file.jpg"),
    ],
)
def test_a_name_is_harmless_in_a_header_and_on_a_disk(name: str, shown: str) -> None:
    assert shown_name(name, "image/jpeg") == shown


# --- links -----------------------------------------------------------------------------------------


@dataclass
class Shelf:
    database: Database
    files: Files
    client: httpx.AsyncClient

    def keep(self, content: bytes, name: str = "photo.png") -> Attached:
        stored = self.files.save(content)
        one = self.note(name)
        with self.database.write() as connection:
            values = {"file": stored.file, "media_type": stored.media_type, "size": stored.size}
            which = attachments_table.c.id == one.id
            connection.execute(attachments_table.update().where(which).values(state="stored", **values))
        return one

    def note(self, name: str = "photo.png", channel: str = "push") -> Attached:
        now = datetime.now(UTC)
        with self.database.write() as connection:
            one = conversations.open_for(connection, channel, "shop", "anna")
            entry = transcript.append(connection, one.id, Author.CUSTOMER, "", now)
            row = {"kind": "image", "reference": "ref", "name": name, "media_type": "", "size": None}
            attachments.add(connection, one.id, entry.seq, [{**row, "state": "waiting"}], now)
            return attachments.of_conversation(connection, one.id, entry.seq - 1)[0]

    def get(self, attachment_id: int) -> Attached:
        with self.database.read() as connection:
            found = attachments.get(connection, attachment_id)
        assert found
        return found


@pytest.fixture
async def shelf(database: Database, tmp_path: Path) -> AsyncIterator[Shelf]:
    files = Files(tmp_path / "files", SECRET)
    async with serving(blueprint(database, files)) as client:
        yield Shelf(database, files, client)


async def test_a_link_shows_a_picture_and_nothing_else(shelf: Shelf) -> None:
    one = shelf.keep(png())
    answer = await shelf.client.get(shelf.files.link(one.id))
    assert (answer.status_code, answer.content) == (200, png())
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"].startswith("inline")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_what_is_no_picture_is_only_downloaded(shelf: Shelf) -> None:
    one = shelf.keep(b"<script>alert(1)</script>", 'sąskaita"\n.txt')
    answer = await shelf.client.get(shelf.files.link(one.id))
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    named = """attachment; filename="saskaita.txt"; filename*=UTF-8''s%C4%85skaita.txt"""
    assert answer.headers["content-disposition"] == named


async def test_what_was_kept_under_a_dangerous_name_goes_out_under_another(shelf: Shelf) -> None:
    one = shelf.keep(b"<script>alert(1)</script>", "invoice.hta")
    answer = await shelf.client.get(shelf.files.link(one.id))
    assert 'filename="invoice_hta.txt"' in answer.headers["content-disposition"]


@pytest.mark.parametrize("rest", [b"", png()[:-1]])
async def test_a_file_that_is_cut_short_on_the_disk_is_not_shown_as_if_it_were_whole(
    shelf: Shelf, rest: bytes
) -> None:
    one = shelf.keep(png())
    kept = shelf.get(one.id)
    assert kept.file and shelf.files.is_whole(kept.file, kept.size)
    shelf.files.path(kept.file).write_bytes(rest)
    answer = await shelf.client.get(shelf.files.link(one.id))
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "file_damaged")
    assert not shelf.files.is_whole(kept.file, kept.size)
    shelf.files.path(kept.file).unlink()
    answer = await shelf.client.get(shelf.files.link(one.id))
    assert answer.json()["error"]["code"] == "file_damaged"
    assert not shelf.files.is_whole(kept.file, kept.size)
    with pytest.raises(Damaged):
        shelf.files.read(kept.file, kept.size)


async def test_a_photo_of_an_iphone_is_given_as_a_download(shelf: Shelf) -> None:
    one = shelf.keep(brand(b"heic", b"mif1", b"heic"), "IMG_0042.HEIC")
    answer = await shelf.client.get(shelf.files.link(one.id))
    assert answer.headers["content-type"] == "image/heic"
    assert answer.headers["content-disposition"].startswith('attachment; filename="IMG_0042.HEIC"')


async def test_a_link_that_was_changed_or_is_old_shows_nothing(shelf: Shelf) -> None:
    one, other = shelf.keep(png()), shelf.keep(JPEG)
    link = shelf.files.link(one.id)
    old = shelf.files.link(one.id, datetime.now(UTC) - LINK_LIFETIME - timedelta(seconds=1))
    wrong = [
        link.replace(f"/{one.id}?", f"/{other.id}?"),
        link[:-1] + ("0" if link[-1] != "0" else "1"),
        link.replace("expires=", "expires=9"),
        link.replace("expires=", "expires=x"),
        f"/files/{one.id}",
        f"/files/{one.id}?expires=9999999999&signature=é",
        old,
        "/files/99999999999999999999?expires=1&signature=a",
    ]
    for path in wrong:  # each gets the same answer
        answer = await shelf.client.get(path)
        assert answer.status_code == 404, path
    answer = await shelf.client.get(shelf.files.link(shelf.note().id))
    assert answer.status_code == 404, "not fetched yet"


# --- fetching --------------------------------------------------------------------------------------


def fetcher(shelf: Shelf, provider: FakeChannel) -> AttachmentFetcher:
    return AttachmentFetcher(shelf.database, Channels([provider]), shelf.files)


async def test_a_photo_is_fetched_once_and_kept(shelf: Shelf) -> None:
    one = shelf.note()
    provider = FakeChannel(png())
    worker = fetcher(shelf, provider)
    assert await worker.step() == 1
    assert await worker.step() == 0
    kept = shelf.get(one.id)
    assert (kept.state, kept.media_type, kept.size) == ("stored", "image/png", len(png()))
    assert kept.file and shelf.files.path(kept.file).read_bytes() == png()


async def test_it_is_fetched_as_soon_as_somebody_tells(shelf: Shelf) -> None:
    worker = fetcher(shelf, FakeChannel(png()))
    await worker.start()
    one = shelf.note()
    worker.wake()
    async with asyncio.timeout(20):
        while shelf.get(one.id).state != "stored":
            await asyncio.sleep(0.01)
    await worker.stop()


async def test_a_passing_error_is_tried_again_and_a_permanent_one_is_not(shelf: Shelf) -> None:
    passing, gone = shelf.note(), shelf.note()
    worker = fetcher(shelf, FakeChannel(FetchError("busy"), FetchError("gone", permanent=True)))
    assert await worker.step() == 2
    assert (shelf.get(passing.id).state, shelf.get(passing.id).reason) == ("waiting", "busy")
    assert (shelf.get(gone.id).state, shelf.get(gone.id).reason) == ("failed", "gone")


async def test_it_is_not_tried_for_ever(shelf: Shelf) -> None:
    one = shelf.note()
    worker = fetcher(shelf, FakeChannel(*(ValueError("a fault") for _ in range(MAX_ATTEMPTS))))
    for _ in range(MAX_ATTEMPTS):
        assert await worker.step() == 1
        with shelf.database.write() as connection:
            due_now = attachments_table.update().values(due_at=datetime.now(UTC) - timedelta(seconds=1))
            connection.execute(due_now.where(attachments_table.c.id == one.id))
    assert await worker.step() == 0
    assert shelf.get(one.id).state == "failed"


async def test_a_program_is_refused_whatever_its_name(shelf: Shelf) -> None:
    one = shelf.note("holiday.jpg")
    await fetcher(shelf, FakeChannel(b"MZ\x90\x00" + b"\0" * 100)).step()
    assert shelf.get(one.id).state == "refused"


async def test_a_file_that_is_too_large_is_refused_and_not_lost(shelf: Shelf) -> None:
    one = shelf.note()
    await fetcher(shelf, FakeChannel(JPEG + b"\0" * MAX_BYTES)).step()
    assert shelf.get(one.id).state == "refused"


async def test_the_name_that_is_kept_is_one_of_what_the_bytes_are(shelf: Shelf) -> None:
    one, nameless = shelf.note("C:\\me\\holiday.png.exe"), shelf.note("")
    await fetcher(shelf, FakeChannel(JPEG, JPEG)).step()
    assert shelf.get(one.id).name == "holiday_png_exe.jpg"
    assert shelf.get(nameless.id).name == "", "the desk has a word for it"


async def test_a_channel_that_is_gone_is_a_permanent_error(shelf: Shelf) -> None:
    one = shelf.note(channel="fax")
    await fetcher(shelf, FakeChannel()).step()
    assert shelf.get(one.id).state == "failed"
