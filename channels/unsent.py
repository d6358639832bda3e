"""Errors of the HTTP client after which a request has surely not left: trying again can't double anything.

A channel bounds the time for a connection more tightly than that of the whole request: what runs out later
had left, or may have.
"""

import httpx

CONNECT_SECONDS = 4.0  # for each of: a free connection of the pool, the way to the server, TLS

# No name found, nobody answers, no TLS, a proxy that lets nobody through.
UNSENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)
