"""Fetches customers' attachments from the providers, who keep them for a short time only."""

import asyncio
from datetime import datetime, timedelta
from typing import cast

from bot.runtime import log
from bot.runtime.files import MAX_BYTES, Files, Refused
from bot.runtime.work.jobs import Backoff, JobError, Jobs
from channels.contract import Attachment, AttachmentKind, FetchError
from channels.registry import Channels
from store.conversations import attachments
from store.conversations.attachments import ToFetch
from store.core.database import Connection, Database
from store.vocabulary import AttachmentState

MAX_ATTEMPTS = 6

_log = log.get("fetcher")


class AttachmentFetcher(Jobs[ToFetch]):
    """Runs from `start` until `stop`; `wake` says that something came."""

    kind = "fetcher"
    queue = attachments.QUEUE
    lease = timedelta(minutes=3)
    max_attempts = MAX_ATTEMPTS
    backoff = Backoff(2.0, 300.0)

    def __init__(self, database: Database, channels: Channels, files: Files) -> None:
        super().__init__(database)
        self._channels = channels
        self._files = files

    def claim(self, connection: Connection, at: datetime, until: datetime, room: int) -> list[ToFetch]:
        return attachments.due(connection, at, until, room)

    async def run(self, job: ToFetch, until: datetime) -> None:
        one = job.attached
        provider = self._channels.pushing(job.channel)
        if provider is None:
            raise JobError(f"the channel {job.channel} is not set up", permanent=True)
        wanted = Attachment(cast(AttachmentKind, one.kind), one.reference, one.name, one.media_type, one.size)
        try:
            content = await provider.fetch(wanted, MAX_BYTES)
            stored = await asyncio.to_thread(self._files.save, content)
        except Refused as error:
            await self._settle(job, until, AttachmentState.REFUSED, reason=str(error)[:200])
        except FetchError as error:
            raise JobError(error.reason, permanent=error.permanent) from error
        else:
            kept = {"file": stored.file, "media_type": stored.media_type, "size": stored.size}
            await self._settle(job, until, AttachmentState.STORED, reason=None, **kept)

    async def _settle(self, job: ToFetch, until: datetime, state: AttachmentState, **values: object) -> None:
        await self.keep(job, self.queue.end, job.id, until, state, **values)
        _log.info(
            "attachment", conversation=job.attached.conversation_id, seq=job.attached.seq, outcome=state
        )
