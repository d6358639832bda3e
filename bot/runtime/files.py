"""Customers' files: kept under random names, known by their content, and shown through signed links only."""

import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import puremagic

MAX_BYTES = 25 * 1024 * 1024
LINK_LIFETIME = timedelta(hours=1)
# What is kept, by what its bytes say, not its name or sender. Nothing here runs when it is opened; what a
# browser may show in place is marked.
SHOWN = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
ACCEPTED = SHOWN | {
    "image/heic",
    "application/pdf",
    "audio/mpeg",
    "audio/mp4",
    "audio/aac",
    "audio/amr",
    "audio/ogg",
    "audio/wav",
    "video/mp4",
    "video/quicktime",
    "video/webm",
    "video/3gpp",
    "text/plain",
}
# Other names of the same things.
_ALIASES = {
    "application/ogg": "audio/ogg",
    "audio/opus": "audio/ogg",
    "audio/wave": "audio/wav",
    "audio/x-wav": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/m4a": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "audio/mp3": "audio/mpeg",
    "video/x-m4v": "video/mp4",
    "image/heif": "image/heic",
    "image/jpg": "image/jpeg",
}
NAME = re.compile(r"[0-9a-f]{32}")


class Refused(Exception):
    """A file is not kept; the text says why."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that is kept: its random name, the type its bytes show, its size in bytes."""

    file: str
    media_type: str
    size: int


class Files:
    """A folder of files. `secret` signs the links to them."""

    def __init__(self, folder: Path, secret: bytes) -> None:
        self._folder = folder
        self._secret = secret

    def save(self, content: bytes) -> Stored:
        """Keeps a file. Raises `Refused`."""
        if not content:
            raise Refused("it is empty")
        if len(content) > MAX_BYTES:
            raise Refused(f"it has more than {MAX_BYTES // 1024 // 1024} MB")
        media_type = sniff(content)
        if media_type not in ACCEPTED:
            raise Refused("files of its kind are not accepted")
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = secrets.token_hex(16)
        draft = self._folder / f".{name}"
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        draft.rename(self._folder / name)
        return Stored(name, media_type, len(content))

    def path(self, file: str) -> Path:
        """Where a file is. Raises ValueError for what is no name of ours."""
        if not NAME.fullmatch(file):
            raise ValueError("not a file's name")
        return self._folder / file

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


def sniff(content: bytes) -> str:
    """The media type that the bytes show; `application/octet-stream` if they show none."""
    try:
        found = puremagic.from_string(content[:65536] + content[-1024:], mime=True)
    except (puremagic.PureError, ValueError):
        found = ""
    found = _ALIASES.get(found, found)
    if found in ACCEPTED and found != "text/plain":
        return found
    return "text/plain" if _is_text(content) else found or "application/octet-stream"


def shown_name(name: str, media_type: str) -> str:
    """A file's name as it may stand in a header and on a disk: no path, no control characters."""
    plain = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    plain = "".join(c for c in plain if unicodedata.category(c)[0] != "C" and c not in '"<>:|?*').strip(" .")
    return plain[:120] or "file" + {"image/jpeg": ".jpg", "application/pdf": ".pdf"}.get(media_type, "")


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not any(unicodedata.category(c) == "Cc" and c not in "\t\r\n\f" for c in text[:4096])
