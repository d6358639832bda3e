"""Downloads what customers sent from their provider: so many bytes, so long, from nowhere else."""

import asyncio
from collections.abc import Callable

import httpx

from bot.runtime.http.bounded_client import Oversized
from channels.contract import FetchError

FETCH_SECONDS = 30.0  # for all of a file
MAX_REDIRECTS = 3
MAX_MEDIA = 64 * 1024 * 1024  # bytes that a client for media reads of one; `download` takes what it is told


async def download(
    client: httpx.AsyncClient,
    url: str,
    limit: int,
    *,
    provider: str,
    is_media: Callable[[str], bool],
    gone: frozenset[int],
    auth: Callable[[str], tuple[str, str] | None] = lambda _url: None,
) -> bytes:
    """The bytes at `url`, at most `limit`. Each address on the way must satisfy `is_media`: a redirection
    leads nowhere else; `auth` says who asks there. `gone` are the answers after which asking again is
    useless. `client` is a bounded one. Raises `FetchError`, which tells neither address nor secret."""
    for _ in range(MAX_REDIRECTS + 1):
        if not is_media(url):
            raise FetchError(f"not at {provider}", permanent=True)
        try:
            async with asyncio.timeout(FETCH_SECONDS), client.stream("GET", url, auth=auth(url)) as answer:
                if answer.has_redirect_location:
                    url = str(answer.url.join(answer.headers["location"]))
                    continue
                if answer.status_code != 200:
                    permanent = answer.status_code in gone
                    raise FetchError(f"{provider} answered {answer.status_code}", permanent=permanent)
                return await content(answer, limit)
        except Oversized as error:
            raise FetchError(str(error), permanent=True) from None
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as error:
            raise FetchError(type(error).__name__) from None
    raise FetchError("too many redirections", permanent=True)


async def content(answer: httpx.Response, limit: int) -> bytes:
    """An answer's body, bounded while it comes; of a bounded client. Raises `FetchError`."""
    found = bytearray()
    async for chunk in answer.aiter_bytes():
        found += chunk
        if len(found) > limit:
            raise FetchError("the file is too large", refused=True)
    return bytes(found)


def host(url: str) -> str | None:
    """The host of an https address; None for any other and for what is none."""
    try:
        parts = httpx.URL(url)
    except (httpx.InvalidURL, ValueError, TypeError):
        return None
    return parts.host if parts.scheme == "https" else None
