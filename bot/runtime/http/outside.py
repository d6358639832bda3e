"""Calls to an address that a setting names, somewhere outside: never to what lies inside, whatever the name
stands for at the moment of the call, and nowhere else than there."""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

import httpx

from bot.runtime.http.bounded_client import bounded

MOST_ANSWER: Final = 16 * 1024  # bytes
CONNECT_SECONDS, READ_SECONDS = 3.0, 10.0
CALL_SECONDS: Final = 15.0  # for one whole call, however slowly it drips
ADDRESSES: Final = 3  # of a name, tried one after the other

_NAT64 = IPv6Network("64:ff9b::/96")


class Blocked(Exception):
    """A name stands for no address that may be called."""


class Outside:
    """POSTs to one address. `internal`: it may be one of an own network; what is no host's address, or this
    host's cloud's, may never be."""

    def __init__(self, url: str, *, internal: bool, seconds: float = CALL_SECONDS) -> None:
        self._url = httpx.URL(url)
        self._internal = internal
        self._seconds = seconds
        self._http: httpx.AsyncClient | None = None

    async def post(self, content: bytes, headers: dict[str, str]) -> httpx.Response:
        """The answer, without its body. Raises `Blocked`, `httpx.HTTPError`, `OSError`, `TimeoutError`."""
        http = self._client()
        async with asyncio.timeout(self._seconds):
            allowed = await self._addresses()
            for address in allowed[:-1]:
                try:
                    return await self._post(http, address, content, headers)
                except (httpx.ConnectError, httpx.ConnectTimeout):
                    continue
            return await self._post(http, allowed[-1], content, headers)

    async def close(self) -> None:
        if self._http:
            await self._http.aclose()
            self._http = None

    async def _addresses(self) -> list[str]:
        port = self._url.port or (443 if self._url.scheme == "https" else 80)
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self._url.host, port, type=socket.SOCK_STREAM)
        allowed = [
            address
            for address in dict.fromkeys(str(one[4][0]) for one in found)
            if may_be_called(address, internal=self._internal)
        ]
        if not allowed:
            raise Blocked
        return allowed[:ADDRESSES]

    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            # Of the environment its authorities, and no proxy or netrc: they would know another way there.
            self._http = bounded(
                MOST_ANSWER,
                timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
                follow_redirects=False,
                trust_env=False,
                verify=httpx.create_ssl_context(),
            )
        return self._http

    async def _post(
        self, http: httpx.AsyncClient, address: str, content: bytes, headers: dict[str, str]
    ) -> httpx.Response:
        # The address that was looked at is the one that is called; the certificate is still the name's.
        request = http.build_request(
            "POST",
            self._url.copy_with(host=address),
            content=content,
            headers={**headers, "Host": self._url.netloc.decode("ascii")},
            extensions={"sni_hostname": self._url.host},
        )
        answer = await http.send(request, stream=True)
        await answer.aclose()
        return answer


def may_be_called(address: str, *, internal: bool) -> bool:
    """Whether an address is the internet's; with `internal` also one of an own network or of this host."""
    found = _meant(ip_address(address.partition("%")[0]))
    if found.is_loopback:
        return internal
    if found.is_multicast or found.is_unspecified or found.is_link_local or found.is_reserved:
        return False
    return internal or found.is_global


def _meant(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one carries, if it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1] or address
