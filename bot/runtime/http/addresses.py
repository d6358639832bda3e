"""Whose request it is: the client's address as the proxies tell it, and the network that it stands for."""

import ipaddress
import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network

from sanic import Request

Address = IPv4Address | IPv6Address

# An element of RFC 7239's header: pairs of a name and a token or a quoted text.
_PAIR = re.compile(r"\s*(\w+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s;,\"]+))\s*(?:;|$)")
_ELEMENT = re.compile(r"(?:[^,\"]|\"(?:[^\"\\]|\\.)*\")+")
# The longest header that is looked at, in characters: proxies in a row are a handful.
_MOST = 4096


def parse(text: str) -> Address | None:
    """An address as frameworks and proxies spell it: `2001:db8::1`, `[2001:db8::1]:443`, `fe80::1%eth0`,
    `192.0.2.1:5060`, `::ffff:192.0.2.1`. None for what is none, such as `unknown`."""
    bare = text.strip().strip('"')
    if bare.startswith("["):
        bare, _, _ = bare[1:].partition("]")
    elif bare.count(":") == 1:
        bare, _, _ = bare.partition(":")
    bare, _, _ = bare.partition("%")
    try:
        found = ipaddress.ip_address(bare)
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        return found.ipv4_mapped
    return found


def network(address: str) -> str:
    """The key that stands for one customer's connection: an IPv4 address, or an IPv6 /64, since one
    subscriber holds all the addresses of that. What is no address is one key."""
    found = parse(address)
    if isinstance(found, IPv6Address):
        return str(IPv6Network((int(found), 64), strict=False))
    return str(found) if found else "unknown"


def forwarded(request: Request, proxies: int) -> str | None:
    """The client's address out of X-Forwarded-For or Forwarded, `proxies` entries from the end: what stands
    before those a client may have written. None if there is none.

    A proxy sets one of both and may hand the other on as the client wrote it: where both tell an address and
    not the same, neither counts.
    """
    if not proxies:
        return None
    told = {
        str(found)
        for entries in (_x_forwarded_for(request), _forwarded(request))
        if len(entries) >= proxies and (found := parse(entries[-proxies]))
    }
    return told.pop() if len(told) == 1 else None


def client(request: Request) -> str:
    """The client's address: as the proxies tell it, if `AFTERCARE_PROXIES` says that there are any, else of
    who is connected."""
    return forwarded(request, request.app.config.PROXIES_COUNT or 0) or request.ip


def client_network(request: Request) -> str:
    """The key of limits that are kept by network."""
    return network(client(request))


def is_forwarded(request: Request) -> bool:
    """Whether a proxy's headers are there, whoever wrote them."""
    return "x-forwarded-for" in request.headers or "forwarded" in request.headers


def is_private(address: str) -> bool:
    """Whether it is an address of an own network, as proxies have, and no customer behind the internet."""
    found = parse(address)
    return found is not None and not found.is_global


def _x_forwarded_for(request: Request) -> list[str]:
    lines = ",".join(request.headers.getall("x-forwarded-for", []))[-_MOST:]
    return [entry for one in lines.split(",") if (entry := one.strip())]


def _forwarded(request: Request) -> list[str]:
    lines = ",".join(request.headers.getall("forwarded", []))[-_MOST:]
    found = []
    for element in _ELEMENT.findall(lines):
        pairs = {name.lower(): quoted or token for name, quoted, token in _PAIR.findall(element)}
        found.append(pairs.get("for", ""))
    return found
