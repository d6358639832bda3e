"""Customers' files: kept under random names, known by their content, and shown through signed links only."""

import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.runtime.file_types import ACCEPTED, promises_text, shown_name, sniff

MAX_BYTES = 25 * 1024 * 1024
LINK_LIFETIME = timedelta(hours=1)
NAME = re.compile(r"[0-9a-f]{32}")


class Refused(Exception):
    """A file is not kept; the text says why."""


class Damaged(Exception):
    """A file that was kept is not on the disk any more, or not as a whole."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that is kept: its random name, the type its bytes show, its size in bytes, and the name under
    which it may be given on."""

    file: str
    media_type: str
    size: int
    name: str


class Files:
    """A folder of files. `secret` signs the links to them."""

    def __init__(self, folder: Path, secret: bytes) -> None:
        self._folder = folder
        self._secret = secret

    def save(self, content: bytes, called: str = "") -> Stored:
        """Keeps a file that somebody has `called` so. Raises `Refused`."""
        if not content:
            raise Refused("it is empty")
        if len(content) > MAX_BYTES:
            raise Refused(f"it has more than {MAX_BYTES // 1024 // 1024} MB")
        media_type = sniff(content)
        if media_type not in ACCEPTED:
            raise Refused("files of its kind are not accepted")
        if media_type == "text/plain" and not promises_text(called):
            raise Refused("text under such a name could run on somebody's computer")
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = secrets.token_hex(16)
        draft = self._folder / f".{name}"
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # else a power cut may leave the name with nothing behind it
        draft.rename(self._folder / name)
        return Stored(name, media_type, len(content), shown_name(called, media_type))

    def path(self, file: str) -> Path:
        """Where a file is. Raises ValueError for what is no name of ours."""
        if not NAME.fullmatch(file):
            raise ValueError("not a file's name")
        return self._folder / file

    def read(self, file: str, size: int | None) -> bytes:
        """A kept file of `size` bytes. Raises `Damaged`."""
        try:
            content = self.path(file).read_bytes()
        except OSError as error:
            raise Damaged(f"{file} can't be read: {error.strerror}") from None
        if size is not None and len(content) != size:
            raise Damaged(f"{file} has {len(content)} bytes, not {size}")
        return content

    def is_whole(self, file: str, size: int | None) -> bool:
        """Whether a kept file is there with all its bytes, without reading it."""
        try:
            found = self.path(file).stat().st_size
        except OSError:
            return False
        return size is None or found == size

    def link(
        self, attachment_id: int, at: datetime | None = None, lifetime: timedelta = LINK_LIFETIME
    ) -> str:
        """A path under which an attachment can be fetched for a while by whoever knows it."""
        expires = int(((at or datetime.now(UTC)) + lifetime).timestamp())
        return f"/files/{attachment_id}?expires={expires}&signature={self._sign(attachment_id, expires)}"

    def is_valid(self, attachment_id: int, expires: str, signature: str, at: datetime | None = None) -> bool:
        """Whether a link was made here and is still good."""
        if not re.fullmatch(r"\d{1,12}", expires, re.ASCII):
            return False
        expected = self._sign(attachment_id, int(expires))
        fresh = (at or datetime.now(UTC)).timestamp() < int(expires)
        return hmac.compare_digest(expected.encode(), signature.encode()) and fresh

    def _sign(self, attachment_id: int, expires: int) -> str:
        text = f"file:{attachment_id}:{expires}".encode()
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()


def kept(folder: Path) -> list[str]:
    """The names of all files in a folder of them; none if there is no such folder."""
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        return sorted(
            one.name for one in entries if NAME.fullmatch(one.name) and one.is_file(follow_symlinks=False)
        )
