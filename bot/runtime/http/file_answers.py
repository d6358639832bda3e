"""Files sent piece by piece, as fast as the client takes them: however slowly it reads, no more than a piece
is held in memory."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sanic import Request

PIECE = 64 * 1024  # bytes
GRACE = 60.0  # seconds that every file may take
SLOWEST = 20_000  # bytes a second; who reads on for longer at less is cut off


async def send(request: Request, path: Path, content_type: str, headers: Mapping[str, str]) -> None:
    """Answers with a file. Raises `OSError` if it can't be opened; then nothing is sent yet."""
    # Opened and closed at once: a thread's work that a client's leaving cancels would leave the file open.
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        told = {**headers, "Content-Length": str(size)}
        response = await request.respond(headers=told, content_type=content_type)
        try:
            async with asyncio.timeout(GRACE + size / SLOWEST):
                left = size
                while left > 0:
                    # Of a file that shrinks meanwhile the rest is missing, and the client sees it.
                    piece = await asyncio.to_thread(file.read, min(PIECE, left))
                    if not piece:
                        raise TimeoutError
                    left -= len(piece)
                    await response.send(piece)
        except TimeoutError:
            # The answer has begun: there is no other way to say that it isn't whole.
            transport: Any = request.transport
            transport.abort()
