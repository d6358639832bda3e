"""The path below which the server is reached, such as /support of https://shop.example/support: a proxy may
take it off or hand it on, routes know nothing of it."""

from typing import Any

from sanic import Request


def request_class(base_path: str) -> type[Request]:
    """The requests of an application below `base_path`, "" or "/support": without it, where it came along."""
    if not base_path:
        return Request
    prefix = base_path.encode("ascii")

    class PrefixedRequest(Request):
        def __init__(self, url_bytes: bytes, *args: Any, **more: Any) -> None:
            rest = url_bytes.removeprefix(prefix)
            if rest[:1] in (b"", b"?"):
                rest = b"/" + rest
            below = url_bytes.startswith(prefix) and rest.startswith(b"/")
            super().__init__(rest if below else url_bytes, *args, **more)

    return PrefixedRequest
