"""Fetches customers' attachments from the providers, who keep them for a short time only."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast

from bot.conversation.files import not_taken
from bot.runtime import log, metrics
from bot.runtime.files import MAX_BYTES, Files, Refused
from bot.runtime.work.jobs import Backoff, JobError, Jobs, utc_now
from channels.contract import Attachment, AttachmentKind, FetchError
from channels.registry import Channels
from store.conversations import attachments
from store.conversations.attachments import Attached, ToFetch
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

    def __init__(
        self,
        database: Database,
        channels: Channels,
        files: Files,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(database, clock)
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
            stored = await asyncio.to_thread(self._files.save, content, one.name)
        except Refused as error:
            await self._settle(job, until, AttachmentState.REFUSED, reason=str(error)[:200])
        except FetchError as error:
            if not error.refused:
                raise JobError(error.reason, permanent=error.permanent) from error
            await self._settle(job, until, AttachmentState.REFUSED, reason=error.reason[:200])
        else:
            kept = {"file": stored.file, "media_type": stored.media_type, "size": stored.size}
            name = stored.name if one.name else ""
            await self._settle(job, until, AttachmentState.STORED, reason=None, name=name, **kept)

    async def _settle(self, job: ToFetch, until: datetime, state: AttachmentState, **values: object) -> None:
        def settle(connection: Connection) -> None:
            if self.queue.end(connection, job.id, until, state, **values):
                self._ended(connection, job.attached, state)

        await self.keep(job, settle)
        metrics.attachments_in.labels(job.channel, state).inc()
        _log.info(
            "attachment", conversation=job.attached.conversation_id, seq=job.attached.seq, outcome=state
        )

    def failed(self, connection: Connection, job: ToFetch, until: datetime, error: JobError) -> str:
        outcome = super().failed(connection, job, until, error)
        if outcome == "parked":
            self._ended(connection, job.attached, AttachmentState.FAILED)
            metrics.attachments_in.labels(job.channel, AttachmentState.FAILED).inc()
        return outcome

    def abandoned(self, connection: Connection, at: datetime) -> int:
        given_up = attachments.abandoned(connection, at, self.max_attempts)
        count = super().abandoned(connection, at)
        for one in given_up:
            self._ended(connection, one, AttachmentState.FAILED)
        return count

    def _ended(self, connection: Connection, one: Attached, state: AttachmentState) -> None:
        """Tells who waits for a file what became of it; the customer too, if we haven't got it."""
        attachments.settled(connection, one)
        if state != AttachmentState.STORED:
            not_taken.schedule(connection, one, self._clock())
