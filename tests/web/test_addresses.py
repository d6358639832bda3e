"""Whose request it is, as frameworks and proxies spell it."""

import httpx
import pytest
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import text

from bot.runtime.http import addresses
from tests.serving import serving


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:49152", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::9", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]:443", "2001:db8:1:2::/64"),
        ('"[2001:db8:1:2::9]:443"', "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("[fe80::1%25eth0]", "fe80::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("[::ffff:203.0.113.9]:80", "203.0.113.9"),
        ("::1", "::/64"),
        (" 203.0.113.9 ", "203.0.113.9"),
        ("", "unknown"),
        ("unknown", "unknown"),
        ("_hidden", "unknown"),
        ("203.0.113.9, 192.0.2.1", "unknown"),
        ("1" * 5000, "unknown"),
    ],
)
def test_one_subscriber_is_one_key(address: str, key: str) -> None:
    assert addresses.network(address) == key


@pytest.mark.parametrize(
    ("address", "private"),
    [
        ("127.0.0.1", True),
        ("10.0.0.7", True),
        ("172.18.0.2", True),
        ("100.64.0.1", True),
        ("[fd00::1]:1", True),
        ("fe80::1%eth0", True),
        ("8.8.8.8", False),
        ("2a00:1450::1", False),
        ("", False),
    ],
)
def test_an_address_of_an_own_network(address: str, private: bool) -> None:
    assert addresses.is_private(address) is private


def told() -> Blueprint:
    routes = Blueprint("told")

    @routes.get("/")
    async def show(request: Request) -> HTTPResponse:
        return text(addresses.client_network(request))

    return routes


Headers = list[tuple[str, str]]
FOR = "X-Forwarded-For"


@pytest.mark.parametrize(
    ("proxies", "headers", "key"),
    [
        # Without a proxy that is configured, nobody's word counts.
        (0, [(FOR, "203.0.113.9")], "127.0.0.1"),
        (0, [("Forwarded", "for=203.0.113.9")], "127.0.0.1"),
        (0, [("X-Real-IP", "203.0.113.9")], "127.0.0.1"),
        # With one, what it wrote last counts, and nothing before it.
        (1, [(FOR, "203.0.113.9")], "203.0.113.9"),
        (1, [(FOR, "198.51.100.1, 203.0.113.9")], "203.0.113.9"),
        (1, [(FOR, "198.51.100.1"), (FOR, "203.0.113.9")], "203.0.113.9"),
        (1, [(FOR, "203.0.113.9:50123")], "203.0.113.9"),
        (1, [(FOR, "[2001:db8:1:2::9]:50123")], "2001:db8:1:2::/64"),
        (1, [(FOR, "2001:db8:1:2::9")], "2001:db8:1:2::/64"),
        (1, [(FOR, "unknown")], "127.0.0.1"),
        (1, [(FOR, "")], "127.0.0.1"),
        (1, [("X-Real-IP", "203.0.113.9")], "127.0.0.1"),
        (1, [], "127.0.0.1"),
        # With two in a row, the one before the last; with fewer entries the server was reached past them.
        (2, [(FOR, "203.0.113.9, 10.0.0.2")], "203.0.113.9"),
        (2, [(FOR, "198.51.100.1, 203.0.113.9, 10.0.0.2")], "203.0.113.9"),
        (2, [(FOR, "203.0.113.9")], "127.0.0.1"),
        # RFC 7239.
        (1, [("Forwarded", "for=203.0.113.9")], "203.0.113.9"),
        (1, [("Forwarded", "for=198.51.100.1, For=203.0.113.9;proto=https;by=10.0.0.1")], "203.0.113.9"),
        (1, [("Forwarded", 'proto=https;for="[2001:db8:1:2::9]:443"')], "2001:db8:1:2::/64"),
        (1, [("Forwarded", 'for="203.0.113.9:80";host="a,b;for=198.51.100.1"')], "203.0.113.9"),
        (1, [("Forwarded", "for=unknown")], "127.0.0.1"),
        (1, [("Forwarded", "for=_secret")], "127.0.0.1"),
        (1, [("Forwarded", 'for="')], "127.0.0.1"),
        (2, [("Forwarded", "for=203.0.113.9;by=10.0.0.1, for=10.0.0.1")], "203.0.113.9"),
        # A proxy writes one of both; the other may be the client's own.
        (1, [(FOR, "203.0.113.9"), ("Forwarded", "for=203.0.113.9")], "203.0.113.9"),
        (1, [(FOR, "203.0.113.9"), ("Forwarded", "for=198.51.100.1")], "127.0.0.1"),
    ],
)
async def test_whose_request_it_is(proxies: int, headers: Headers, key: str) -> None:
    async with serving(told(), PROXIES_COUNT=proxies or None) as client:
        assert (await client.get("/", headers=headers)).text == key


async def test_any_header_is_read_quickly() -> None:
    odd = ['"' * 6000, "for=" + "a" * 6000, "," * 6000, '"\\' * 3000, "for=1;" * 1000, "=" * 6000]
    async with serving(told(), PROXIES_COUNT=1) as client:
        for value in odd:
            for name in (FOR, "Forwarded"):
                answer = await client.get("/", headers=[(name, value)], timeout=httpx.Timeout(5))
                assert answer.text == "127.0.0.1"
