"""The audit of known advisories, asked of a database of our own."""

import json
import shutil
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.audit import ROOT, audit

UV = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
CHANGED = "2024-01-01T00:00:00Z"


class Advisories(BaseHTTPRequestHandler):
    """Answers as osv.dev does: the only package with an advisory is `sniffio`."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        bad = {"vulns": [{"id": "OSV-1", "modified": CHANGED}]}
        found = [bad if query["package"]["name"] == "sniffio" else {} for query in asked["queries"]]
        self._answer({"results": found})

    def do_GET(self) -> None:
        self._answer({"id": "OSV-1", "modified": CHANGED, "summary": "it is bad", "aliases": ["CVE-1"]})

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def advisories() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Advisories) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_a_known_advisory_fails(project: Path, advisories: str) -> None:
    passed, told = audit(UV, project, "--service-url", advisories)
    assert not passed
    assert "sniffio" in told
    assert "it is bad" in told


def test_what_pyproject_ignores_passes(project: Path, advisories: str) -> None:
    file = project / "pyproject.toml"
    text = file.read_text("utf-8")
    assert "[tool.uv.audit]\nignore = [" in text
    file.write_text(
        text.replace("[tool.uv.audit]\nignore = [", '[tool.uv.audit]\nignore = ["CVE-1",'), "utf-8"
    )
    passed, _ = audit(UV, project, "--service-url", advisories)
    assert passed


def test_where_nobody_answers_one_line_says_so(project: Path) -> None:
    passed, told = audit(UV, project, "--service-url", "http://127.0.0.1:9")
    assert passed
    assert told.startswith("known advisories: not checked (")
    assert len(told.splitlines()) == 1


def test_a_uv_that_is_not_there_is_told(project: Path) -> None:
    passed, told = audit("/nowhere/uv", project)
    assert passed
    assert told.startswith("known advisories: not checked (")
