"""Fetches customers' attachments from the providers, who keep them for a short time only."""

import asyncio
from datetime import UTC, datetime, timedelta

from bot.runtime import log
from bot.runtime.files import MAX_BYTES, Files, Refused
from bot.runtime.loop import Loop, seconds_until
from channels.contract import Attachment, AttachmentKind, FetchError
from channels.registry import Channels
from store.conversations import attachments
from store.conversations.attachments import Attached
from store.core.database import Connection, Database
from store.vocabulary import AttachmentState

AT_ONCE = 4
POLL_SECONDS = 5.0
LEASE = timedelta(minutes=3)  # for one fetch; then another process may try
MAX_ATTEMPTS = 6
FIRST_RETRY = 2.0  # seconds, doubled each time

_log = log.get("fetcher")


class Fetcher:
    """Runs from `start` until `stop`; `wake` says that something came."""

    def __init__(self, database: Database, channels: Channels, files: Files) -> None:
        self._database = database
        self._channels = channels
        self._files = files
        self._loop = Loop("fetcher", self._look, POLL_SECONDS, _log)
        self.start, self.wake = self._loop.start, self._loop.wake

    async def stop(self) -> None:
        """Stops; a fetch under way is begun anew after its lease."""
        await self._loop.stop()

    async def _look(self) -> float:
        while await self.step():
            pass
        return seconds_until(await self._database.fetch(attachments.next_due), POLL_SECONDS)

    async def step(self) -> int:
        """Fetches what is due; how many attachments that were."""
        due = await self._database.run(_claim)
        await asyncio.gather(*(self._fetch(one, channel) for one, channel in due))
        return len(due)

    async def _fetch(self, one: Attached, channel: str) -> None:
        try:
            provider = self._channels.pushing(channel)
            if provider is None:
                raise FetchError(f"the channel {channel} is not set up", permanent=True)
            wanted = Attachment(AttachmentKind(one.kind), one.reference, one.name, one.media_type, one.size)
            content = await provider.fetch(wanted, MAX_BYTES)
            stored = await asyncio.to_thread(self._files.save, content)
        except Refused as error:
            await self._settle(one, AttachmentState.REFUSED, reason=str(error))
        except FetchError as error:
            await self._failed(one, error)
        except Exception as error:
            _log.exception("fetch_broke", attachment=one.id)
            await self._failed(one, FetchError(type(error).__name__))
        else:
            await self._settle(
                one,
                AttachmentState.STORED,
                file=stored.file,
                media_type=stored.media_type,
                size=stored.size,
                reason=None,
            )

    async def _failed(self, one: Attached, error: FetchError) -> None:
        if error.permanent or one.attempts + 1 >= MAX_ATTEMPTS:
            await self._settle(one, AttachmentState.FAILED, reason=error.reason[:200])
            return
        due = datetime.now(UTC) + timedelta(seconds=FIRST_RETRY * 2**one.attempts)
        await self._database.run(attachments.retry, one.id, due, error.reason[:200])

    async def _settle(self, one: Attached, state: AttachmentState, **values: object) -> None:
        def settle(connection: Connection) -> None:
            attachments.settle(connection, one.id, state, **values)

        await self._database.run(settle)
        _log.info("attachment", conversation=one.conversation_id, seq=one.seq, outcome=state)


def _claim(connection: Connection) -> list[tuple[Attached, str]]:
    now = datetime.now(UTC)
    return attachments.due(connection, now, now + LEASE, AT_ONCE)
