"""What people at another desk did, taken in here: each thing once."""

from dataclasses import dataclass, replace
from datetime import timedelta

from bot.desk.agent_actions import Outcome
from bot.desk.answers import MAX_TEXT
from bot.mirror.agents_there import AgentsThere
from bot.mirror.external import ExternalDesk, ExternalError, Thread
from bot.mirror.push import recognised
from store.conversations import conversations, transcript
from store.conversations.conversations import Conversation
from store.core.database import Connection, Database
from store.desk import mirrors
from store.desk.mirrors import Delivery, Mirror
from store.vocabulary import MirrorStatus, OutboxState

# Ids are given before they are seen: one may turn up below one that was read already.
SETTLED = timedelta(minutes=2)
_UNDELIVERED = (OutboxState.FAILED, OutboxState.UNKNOWN, OutboxState.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class _Taken:
    mirror: Mirror
    outcomes: tuple[Outcome, ...]
    reports: tuple[tuple[int, str | None], ...]  # of messages there, with why they weren't delivered


class Pull:
    """Reads what `desk` has and does it here."""

    def __init__(self, database: Database, desk: ExternalDesk, elsewhere: AgentsThere) -> None:
        self._database = database
        self._desk = desk
        self._elsewhere = elsewhere

    async def take(self, mirror: Mirror, thread: Thread) -> Mirror:
        """Takes in what is new there, and tells people there which of their messages reached nobody."""
        taken = await self._database.run(self._take, mirror, thread)
        for remark_id, reason in taken.reports:
            await self._report(taken.mirror, remark_id, reason)
        return await self._tell_failures(taken.mirror)

    def _take(self, connection: Connection, mirror: Mirror, thread: Thread) -> _Taken:
        """In one transaction."""
        conversation = conversations.lock(connection, mirror.conversation_id)
        assert conversation
        outcomes: list[Outcome] = []
        reports: list[tuple[int, str | None]] = []
        doubted: dict[str, int] = {}
        for remark in sorted(thread.remarks, key=lambda one: one.id):
            if remark.key is not None:
                mirror = recognised(mirror, remark.key)
            elif remark.agent is not None and remark.text:
                key = f"{self._desk.name}:{remark.id}"
                if transcript.has(connection, conversation.id, key):
                    if remark.failed:
                        doubted[key] = remark.id
                elif len(remark.text) > MAX_TEXT:
                    if not remark.failed:
                        reports.append((remark.id, f"longer than {MAX_TEXT} characters"))
                else:
                    by = f"{self._desk.name}:{remark.agent}"[:80]
                    outcome = self._elsewhere.answer(
                        connection, conversation, by, remark.agent, remark.text, key
                    )
                    conversation = outcome.conversation
                    outcomes.append(outcome)
                    if remark.failed:
                        doubted[key] = remark.id
        newest = max((one.at for one in thread.remarks), default=None)
        settled = [one.id for one in thread.remarks if newest and one.at < newest - SETTLED]
        mirror = replace(mirror, read_id=max([mirror.read_id, *settled]))
        mirror, changed = self._status(connection, mirror, conversation, thread)
        outcomes += changed
        mirrors.note(connection, mirror, **_progress(mirror))
        arrived = mirrors.deliveries(connection, mirror, f"{self._desk.name}:", (OutboxState.SENT,), None)
        # A webhook of theirs was lost and they think the customer got nothing; but now they have.
        reports += [(doubted[one.external_id], None) for one in arrived if one.external_id in doubted]
        return _Taken(mirror, tuple(outcomes), tuple(reports))

    def _status(
        self, connection: Connection, mirror: Mirror, conversation: Conversation, thread: Thread
    ) -> tuple[Mirror, list[Outcome]]:
        """Follows the conversation's status there, if it has changed since it was last dealt with."""
        # Read anew: the answers above have changed it.
        conversation = conversations.get(connection, conversation.id)
        by, status = self._desk.name, thread.status
        if mirror.status in (None, status):
            return replace(mirror, status=status), []
        if status != MirrorStatus.OPEN and mirrors.has_unsent(connection, mirror):
            # Whoever ended it hadn't read this: it goes there first, and opens the conversation again.
            return mirror, []
        if status == MirrorStatus.RESOLVED:
            outcome = self._elsewhere.end(connection, conversation, by)
        elif status == MirrorStatus.PENDING:
            outcome = self._elsewhere.return_to_bot(connection, conversation, by)
        else:
            outcome = self._elsewhere.resume(connection, conversation, by)
        return replace(mirror, status=status), [outcome]

    async def _tell_failures(self, mirror: Mirror) -> Mirror:
        prefix = f"{self._desk.name}:"
        failed: list[Delivery] = await self._database.fetch(
            mirrors.deliveries, mirror, prefix, _UNDELIVERED, mirror.told_at
        )
        for one in failed:
            remark_id = int(one.external_id.removeprefix(prefix))
            await self._report(mirror, remark_id, one.reason or one.state)
            mirror = await self._database.run(mirrors.note, mirror, told_at=one.at)
        return mirror

    async def _report(self, mirror: Mirror, remark_id: int, reason: str | None) -> None:
        assert mirror.external_id
        try:
            await self._desk.report(mirror.external_id, remark_id, reason)
        except ExternalError as error:
            # An older version doesn't know how, or the message was deleted: nothing hangs on it.
            if not error.gone and not error.refused:
                raise


def _progress(mirror: Mirror) -> dict[str, object]:
    return {name: getattr(mirror, name) for name in ("seq", "handoff_id", "read_id", "status", "told_at")}
