"""Proxies as docs/deploy.md sets them up, started on free ports with certificates of a local authority."""

import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.paths import ROOT
from tests.server import free_port

PAGE = ROOT / "docs" / "deploy.md"
PROXIES = ("nginx", "caddy", "haproxy")
OWN, SHOP = "support.my-shop.example", "my-shop.example"
# How the path of a server below one reaches it: as it is, or taken off by the proxy.
KEPT, TAKEN_OFF = "kept", "taken off"
START_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Site:
    """A server behind a proxy: `host` and `path` are its public address, `port` where the proxy listens."""

    proxy: str
    host: str
    path: str
    port: int

    @property
    def address(self) -> str:
        return f"https://{self.host}{self.path}"


class Authority:
    """A certificate authority in a folder, and one certificate for both names."""

    def __init__(self, folder: Path) -> None:
        self.root, self.chain, self.key = folder / "ca.pem", folder / "fullchain.pem", folder / "key.pem"
        self.both = folder / "both.pem"
        request, names = folder / "request.pem", folder / "names"
        names.write_text(f"subjectAltName=DNS:{OWN},DNS:{SHOP}\n", "utf-8")
        new = ["-newkey", "rsa:2048", "-nodes"]
        usage = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"]
        _openssl(
            "req", "-x509", *new, "-keyout", f"{folder}/ca.key", "-out", self.root, "-subj", "/CN=A", *usage
        )
        _openssl("req", *new, "-keyout", self.key, "-out", request, "-subj", f"/CN={OWN}")
        signed = ["-CA", self.root, "-CAkey", f"{folder}/ca.key", "-CAcreateserial", "-extfile", names]
        _openssl("x509", "-req", "-in", request, "-out", self.chain, "-days", "2", *signed)
        self.both.write_bytes(self.chain.read_bytes() + self.key.read_bytes())


def _openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def installed(proxy: str) -> str | None:
    """Where the program is; Debian's servers are not in everybody's path."""
    return shutil.which(proxy, path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")


def documented(proxy: str) -> list[str]:
    """The page's configurations of a proxy: for a name of its own, and below a path."""
    return re.findall(rf"^```{proxy}\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)


@contextmanager
def serving(
    proxy: str, way: str | None, server_port: int, authority: Authority, folder: Path
) -> Iterator[Site]:
    """The proxy before the server on `server_port`, until the block ends. `way`: None for a name of its own,
    else how it hands the path on."""
    port = free_port()
    own, below = documented(proxy)
    text = _CONFIGURATIONS[proxy](own, below, way)
    places = {
        "127.0.0.1:8000": f"127.0.0.1:{server_port}",
        "/etc/ssl/my-shop/fullchain.pem": str(authority.chain),
        "/etc/ssl/my-shop/key.pem": str(authority.key),
        "/etc/ssl/my-shop/both.pem": str(authority.both),
        "PORT": str(port),
        "FOLDER": str(folder),
        "CERTIFICATE": f"tls {authority.chain} {authority.key}",
    }
    for before, after in places.items():
        text = text.replace(before, after)
    file = folder / "configuration"
    file.write_text(text, "utf-8")
    command = [installed(proxy) or proxy, *(part.replace("FILE", str(file)) for part in _COMMANDS[proxy])]
    with (folder / "log").open("wb") as log:
        environment = {"HOME": str(folder), "PATH": "/usr/sbin:/usr/bin:/bin"}
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
        try:
            _wait(port, process, folder / "log")
            yield Site(proxy, OWN if way is None else SHOP, "" if way is None else "/support", port)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _nginx(own: str, below: str, way: str | None) -> str:
    site = own.replace("listen 443", "listen 127.0.0.1:PORT")
    if way:
        head = site[: site.index("    location")].replace(OWN, SHOP)
        shop = 'location / { return 200 "the shop"; }'
        site = f"{head}{below}{shop}\n}}\n"
    if way == TAKEN_OFF:
        site = _changed(site, "proxy_pass http://127.0.0.1:8000;", "proxy_pass http://127.0.0.1:8000/;")
    kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    temporary = "".join(f"{kind}_temp_path FOLDER/{kind};" for kind in kinds)
    around = (
        f"pid FOLDER/pid; error_log stderr; daemon off; events {{}}\nhttp {{ access_log off; {temporary}\n"
    )
    # As root, workers would run as a user who can't write into the test's folder.
    return f"user root; {around}{site}}}\n"


def _caddy(own: str, below: str, way: str | None) -> str:
    site = own.replace(f"{OWN} {{", f"https://{OWN}:PORT {{\n\tCERTIFICATE")
    if way:
        site = (
            f'https://{SHOP}:PORT {{\n\tCERTIFICATE\n{below}\thandle {{\n\t\trespond "the shop"\n\t}}\n}}\n'
        )
    if way == TAKEN_OFF:
        site = _changed(site, "handle /support/* {", "handle_path /support/* {")
        site = _changed(site, "/support/metrics /support/health/*", "/metrics /health/*")
    return "{\n\tadmin off\n\tauto_https off\n\tdefault_bind 127.0.0.1\n}\n" + site


def _haproxy(own: str, below: str, way: str | None) -> str:
    site = own.replace("bind :443", "bind 127.0.0.1:PORT")
    if way:
        start, end = site.index("    http-request deny"), site.index("\nbackend")
        answer = "http-request return status 200 content-type text/plain string shop"
        shop = f"    {answer} if !{{ path_beg /support/ }}\n"
        site = site[:start] + below + shop + site[end:]
    if way == TAKEN_OFF:
        off = "    http-request replace-path /support(/.*) \\1\n    server one"
        site = _changed(site, "    server one", off)
    return site


def _changed(text: str, before: str, after: str) -> str:
    assert text.count(before) == 1, f"the page has no such line, or several: {before}"
    return text.replace(before, after)


_CONFIGURATIONS = {"nginx": _nginx, "caddy": _caddy, "haproxy": _haproxy}
_COMMANDS = {
    "nginx": ["-c", "FILE"],
    "caddy": ["run", "--adapter", "caddyfile", "--config", "FILE"],
    "haproxy": ["-f", "FILE", "-db"],
}


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the proxy did not start:\n{log.read_text('utf-8')[-3000:]}")
