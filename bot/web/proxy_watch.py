"""Notices that proxies stand before the server of which `AFTERCARE_PROXIES` doesn't know: all customers would
share one network's limits. Told once, in the log and as a figure."""

import re
from typing import Any

from sanic import Request, Sanic

from bot.runtime import log, metrics
from bot.runtime.http import addresses

MANY = 30  # new visitors from one address of an own network: no household is that large
MOST = 1000  # such addresses are looked at

_VISITOR = re.compile(r".*/chat/v1/sessions")
_SEE = "see docs/deploy.md, TLS and the proxy"
FORGOTTEN = (
    "PUBLIC_BASE_URL is https, so a proxy stands before this server, and AFTERCARE_PROXIES is 0: "
    f"customers share one limit; {_SEE}"
)
_log = log.get("proxies")


class ProxyWatch:
    """Looks at requests as they come; `proxies` is `AFTERCARE_PROXIES`."""

    def __init__(self, proxies: int) -> None:
        self._proxies = proxies
        self._told = False
        self._visitors: dict[str, int] = {}

    def follow(self, app: Sanic[Any, Any]) -> None:
        """Has each request of an application looked at."""
        metrics.proxies_unconfigured.set(0)

        @app.on_request
        async def look(request: Request) -> None:
            self.see(request)

    def see(self, request: Request) -> None:
        """Notes a request; tells, once, what is wrong."""
        if self._told:
            return
        # From an address of the internet anybody may write the header.
        if not self._proxies and addresses.is_forwarded(request) and addresses.is_private(request.ip):
            self._tell(
                "proxy_not_configured",
                f"a proxy stands before us, and AFTERCARE_PROXIES is 0: customers share one limit; {_SEE}",
            )
        elif request.method == "POST" and _VISITOR.fullmatch(request.path):
            self._count(addresses.client(request))

    def _count(self, address: str) -> None:
        if not addresses.is_private(address) or len(self._visitors) > MOST:
            return
        key = addresses.network(address)
        self._visitors[key] = self._visitors.get(key, 0) + 1
        if self._visitors[key] > MANY:
            self._tell(
                "many_visitors_from_one_address",
                f"more than {MANY} visitors from {key}, which looks like a proxy, with "
                f"AFTERCARE_PROXIES={self._proxies}: they share one limit; {_SEE}",
            )

    def _tell(self, event: str, hint: str) -> None:
        self._told = True
        self._visitors.clear()
        metrics.proxies_unconfigured.set(1)
        _log.warning(event, hint=hint)
