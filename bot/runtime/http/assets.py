"""Static files held in memory: read once when the application is put together, compressed once."""

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sanic import Request
from sanic.response import HTTPResponse

CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# Scripts go out without the comments that fill whole lines: their types weigh a fifth of the chat, which
# customers need not fetch. The lines stay, so that the browser's numbers are the source's.
_COMMENTS = re.compile(rb"^[ \t]*(?://[^\n]*|/\*\*(?:[^*]|\*(?!/))*\*/)$", re.MULTILINE)
SHORT_CACHE = "public, max-age=60"  # seconds; then the ETag is asked for


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent."""

    body: bytes
    packed: bytes
    etag: str
    content_type: str

    @classmethod
    def of(cls, body: bytes, suffix: str) -> "Asset":
        if suffix == ".js":
            body = _COMMENTS.sub(lambda comment: b"\n" * comment[0].count(b"\n"), body)
        # Weak, since the packed and the plain form share it.
        etag = f'W/"{hashlib.sha256(body).hexdigest()[:20]}"'
        return cls(body, gzip.compress(body, mtime=0), etag, CONTENT_TYPES[suffix])

    def response(self, request: Request, headers: Mapping[str, str] | None = None) -> HTTPResponse:
        """200 with the body, or 304 if the browser has it; `headers` are added."""
        sent = {
            "Cache-Control": SHORT_CACHE,
            "ETag": self.etag,
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
            **(headers or {}),
        }
        known = request.headers.get("if-none-match", "")
        if self.etag.removeprefix("W/") in [tag.strip().removeprefix("W/") for tag in known.split(",")]:
            return HTTPResponse(status=304, headers=sent)
        body = self.body
        if "gzip" in request.headers.get("accept-encoding", "") and len(self.packed) < len(body):
            sent["Content-Encoding"] = "gzip"
            body = self.packed
        return HTTPResponse(body, headers=sent, content_type=self.content_type)


def load(folder: Path) -> dict[str, Asset]:
    """The servable files in `folder` and in the folders below it, by their path from there: `row.js`,
    `inbox/row.js`. Whoever serves these keys alone sends no other file. Raises `NotADirectoryError`."""
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is no folder with files to serve.")
    return {
        path.relative_to(folder).as_posix(): Asset.of(path.read_bytes(), path.suffix)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in CONTENT_TYPES
    }
