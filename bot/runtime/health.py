"""Whether the database takes something now: asked within a second, and not of the connections that hang."""

import asyncio

from bot.runtime import metrics
from store.core import channel_faults, schema
from store.core.channel_faults import ChannelFault
from store.core.database import Connection, Database

CHECK_SECONDS = 0.8


class NotCurrent(Exception):
    """The database lacks migrations."""


class Health:
    """One look at a time, however many ask."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._looking: asyncio.Future[tuple[int, list[ChannelFault]]] | None = None
        self.refused: list[ChannelFault] = []  # what providers refuse, as of the last check

    async def check(self) -> int:
        """How much was given up that nobody has seen to. Raises `NotCurrent`, `SchemaError`, or what says
        that the database is away, full, or too slow."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(self._database.probe(_look))
            # Its exception is fetched even if nobody waits for it any more.
            self._looking.add_done_callback(lambda look: look.cancelled() or look.exception())
        async with asyncio.timeout(CHECK_SECONDS):
            parked, self.refused = await asyncio.shield(self._looking)
        return parked


def _look(connection: Connection) -> tuple[int, list[ChannelFault]]:
    if not schema.is_current(connection):
        raise NotCurrent
    return metrics.unseen_failures(connection), channel_faults.standing(connection)
