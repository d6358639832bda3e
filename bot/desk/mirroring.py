"""Keeps conversations that a person is asked for the same here and at another desk.

Each round of one conversation reads what is there and takes it in, then writes what is missing there. What we
write carries a key, by which the next round knows it again: after a lost answer nothing is written twice. The
desk's webhooks only say that it is worth looking.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot import log
from bot.desk import private_notes
from bot.desk.conversations import Outcome
from bot.desk.elsewhere import Elsewhere
from bot.desk.external import ExternalDesk, ExternalError, Post, Thread, Upload
from bot.desk.speech import MAX_TEXT
from bot.files import Files, shown_name
from bot.poll import Crew, Poll
from store import attachments, conversations, handoffs, mirrors, transcript
from store.attachments import Attached
from store.conversations import Conversation
from store.database import Connection, Database
from store.handoffs import Request
from store.mirrors import Delivery, Mirror
from store.transcript import Entry

AT_ONCE = 8
POLL_SECONDS = 1.0
LEASE = timedelta(minutes=2)  # for one round; then another process may try
ROUND_SECONDS = 90.0
STOP_SECONDS = 5.0
# How often a conversation is looked at whose webhooks are lost: at least, and when it is quiet.
CATCH_UP = timedelta(minutes=1)
FORGOTTEN = timedelta(days=2)  # a quiet one is no longer looked at
WAIT_FOR_FILES = timedelta(seconds=2)
FIRST_RETRY, LONGEST_RETRY = 5.0, 300.0  # seconds
MAX_FILES = 5  # of what was said before
MAX_REFUSALS = 6  # of one message
# Ids are given before they are seen: one may turn up below one that was read already.
SETTLED = timedelta(minutes=2)

_log = log.get("mirroring")
_KEY = re.compile(r"aftercare:(\d{1,18}):(\d{1,9})(?::h(\d{1,18}))?")


@dataclass(frozen=True, slots=True)
class _View:
    """A conversation as it stands here, and what is not there yet."""

    conversation: Conversation
    wanted: bool
    request: Request | None
    entries: list[Entry]
    attached: list[Attached]


@dataclass(frozen=True, slots=True)
class _Taken:
    mirror: Mirror
    outcomes: tuple[Outcome, ...]
    reports: tuple[tuple[int, str | None], ...]  # of messages there, with why they weren't delivered


class _FileAwaited(Exception):
    """A customer's file has not been fetched yet: what came after it waits too."""


class Mirroring:
    """Runs from `start` until `stop`. `show` tells customers what people elsewhere did; `words` are those of
    the desk, in the shop's first language."""

    def __init__(
        self,
        database: Database,
        desk: ExternalDesk,
        elsewhere: Elsewhere,
        files: Files,
        words: private_notes.Words,
        show: Callable[[Outcome], None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._desk = desk
        self._elsewhere = elsewhere
        self._files = files
        self._words = words
        self._show = show
        self._clock = clock
        self._poll = Poll("mirroring", self._look, POLL_SECONDS, _log)
        self.wake = self._poll.wake
        self._rounds = Crew(AT_ONCE, self.wake, _log, "round_failed")

    async def start(self) -> None:
        await self._desk.start()
        self._poll.start()

    async def stop(self) -> None:
        """Stops; a round under way has a moment to end, else it is begun anew after its lease."""
        await self._poll.stop(patience=None)
        await self._rounds.stop(STOP_SECONDS)
        await self._desk.stop()

    async def woken(self, external_id: str) -> bool:
        """Something has happened in a conversation there; whether it is one of ours."""
        known = await self._database.run(mirrors.wake, self._desk.name, external_id, self._clock())
        self.wake()
        return known

    async def _look(self) -> float:
        while not self._poll.stopping and await self.step():
            pass
        return POLL_SECONDS

    async def step(self) -> int:
        """Begins the rounds that are due, as far as there is room; how many."""
        room = self._rounds.room
        if room <= 0:
            return 0
        at = self._clock()
        until = at + LEASE
        new = await self._database.fetch(mirrors.missing, self._desk.name, room)
        if new:
            await self._database.run(mirrors.begin, self._desk.name, new, at)
        due = await self._database.fetch(mirrors.due, self._desk.name, at, room)
        if not due:
            return 0
        claimed = await self._database.run(mirrors.claim, due, at, until)
        for mirror in claimed:
            self._rounds.begin(self._round(mirror, until))
        return len(claimed)

    async def _round(self, mirror: Mirror, until: datetime) -> None:
        """One round, and when the next one is due."""
        try:
            async with asyncio.timeout(ROUND_SECONDS):
                due_at = await self._sync(mirror)
        except ExternalError as error:
            await self._put_off(mirror, until, error)
        except _FileAwaited:
            due_at, reason = self._clock() + WAIT_FOR_FILES, "waits for a file"
            await self._database.run(mirrors.release, mirror.id, until, due_at, reason=reason)
        except TimeoutError:
            await self._put_off(mirror, until, ExternalError("the round took too long"))
        except Exception as error:
            _log.exception("round_broke", conversation=mirror.conversation_id)
            await self._put_off(mirror, until, ExternalError(type(error).__name__))
        else:
            await self._database.run(mirrors.release, mirror.id, until, due_at)

    async def _put_off(self, mirror: Mirror, until: datetime, error: ExternalError) -> None:
        if error.gone:
            # It was deleted there. What people must know is written into a new one.
            lost = {"external_id": None, "contact_id": None, "read_id": 0, "handoff_id": 0, "status": None}
            await self._database.run(_note, mirror, lost)
        seconds = error.retry_after
        if seconds is None:
            seconds = min(LONGEST_RETRY, FIRST_RETRY * 2**mirror.attempts)
        due_at = self._clock() + timedelta(seconds=seconds)
        attempts = min(mirror.attempts + 1, 30)
        await self._database.run(
            mirrors.release, mirror.id, until, due_at, attempts=attempts, reason=error.reason
        )
        _log.warning("mirror_put_off", conversation=mirror.conversation_id, reason=error.reason)

    async def _sync(self, mirror: Mirror) -> datetime | None:
        """Makes both sides the same; when to look again."""
        view = await self._database.fetch(_view, mirror)
        identifier = _identifier(view.conversation)
        if mirror.external_id is None:
            if not view.wanted:
                return None
            mirror = await self._open(mirror, view)
        assert mirror.external_id
        thread = await self._desk.read(mirror.external_id, identifier, mirror.read_id)
        taken = await self._database.run(self._take, mirror, thread)
        for outcome in taken.outcomes:
            self._show(outcome)
        mirror = taken.mirror
        for remark_id, reason in taken.reports:
            await self._report(mirror, remark_id, reason)
        mirror = await self._tell_failures(mirror)
        return await self._write(mirror)

    async def _open(self, mirror: Mirror, view: _View) -> Mirror:
        one = view.conversation
        packet = view.request.packet if view.request else {}
        name = packet.get("customer") or (one.address if one.channel == "sms" else "")
        opened = await self._desk.open(
            _identifier(one),
            str(name or self._words["visitor"].format(id=one.id)),
            view.request.created_at if view.request else self._clock(),
        )
        found = {
            "external_id": opened.external_id,
            "contact_id": opened.contact_id,
            "read_id": opened.read_id,
        }
        return await self._database.run(_note, mirror, found)

    # --- what is there ---

    def _take(self, connection: Connection, mirror: Mirror, thread: Thread) -> _Taken:
        """Takes in what people there did, each thing once, in one transaction."""
        conversation = conversations.lock(connection, mirror.conversation_id)
        assert conversation
        outcomes: list[Outcome] = []
        reports: list[tuple[int, str | None]] = []
        doubted: dict[str, int] = {}
        for remark in sorted(thread.remarks, key=lambda one: one.id):
            if remark.key is not None:
                mirror = _recognised(mirror, remark.key)
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
        mirrors.note(connection, mirror.id, **_progress(mirror))
        arrived = mirrors.deliveries(connection, mirror, f"{self._desk.name}:", ("sent",), None)
        # A webhook of theirs was lost and they think the customer got nothing; but now he has.
        reports += [(doubted[one.external_id], None) for one in arrived if one.external_id in doubted]
        return _Taken(mirror, tuple(outcomes), tuple(reports))

    def _status(
        self, connection: Connection, mirror: Mirror, conversation: Conversation, thread: Thread
    ) -> tuple[Mirror, list[Outcome]]:
        """Follows the conversation's status there, if it has changed since it was last dealt with."""
        # Locked anew: the answers above have changed it.
        conversation = conversations.get(connection, conversation.id)
        by, status = self._desk.name, thread.status
        if mirror.status in (None, status):
            return replace(mirror, status=status), []
        if status != "open" and mirrors.has_unsent(connection, mirror):
            # Whoever ended it hadn't read this: it goes there first, and opens the conversation again.
            return mirror, []
        if status == "resolved":
            outcome = self._elsewhere.end(connection, conversation, by)
        elif status == "pending":
            outcome = self._elsewhere.return_to_bot(connection, conversation, by)
        else:
            outcome = self._elsewhere.resume(connection, conversation, by)
        return replace(mirror, status=status), [outcome]

    async def _tell_failures(self, mirror: Mirror) -> Mirror:
        """Tells people there which of their messages didn't reach the customer."""
        prefix = f"{self._desk.name}:"
        failed: list[Delivery] = await self._database.fetch(
            mirrors.deliveries, mirror, prefix, ("failed", "unknown", "withdrawn"), mirror.told_at
        )
        for one in failed:
            remark_id = int(one.external_id.removeprefix(prefix))
            await self._report(mirror, remark_id, one.reason or one.state)
            mirror = await self._database.run(_note, mirror, {"told_at": one.at})
        return mirror

    async def _report(self, mirror: Mirror, remark_id: int, reason: str | None) -> None:
        assert mirror.external_id
        try:
            await self._desk.report(mirror.external_id, remark_id, reason)
        except ExternalError as error:
            # An older version doesn't know how, or the message was deleted: nothing hangs on it.
            if not error.gone and not error.refused:
                raise

    # --- what is here ---

    async def _write(self, mirror: Mirror) -> datetime | None:
        """Writes there what is missing, in order; when to look again."""
        assert mirror.external_id
        view = await self._database.fetch(_view, mirror)
        if not view.wanted and mirror.status != "open":
            return await self._database.fetch(self._next_look, mirror)
        if view.wanted and mirror.status != "open":
            await self._desk.set_status(mirror.external_id, "open")
            mirror = await self._database.run(_note, mirror, {"status": "open"})
        request = view.request
        if view.wanted and request and request.open and request.id > mirror.handoff_id:
            mirror = await self._brief(mirror, view, request)
        while entries := [one for one in view.entries if one.seq > mirror.seq]:
            for entry in entries:
                files = [one for one in view.attached if one.seq == entry.seq]
                if any(one.state == "waiting" for one in files):
                    raise _FileAwaited
                mirror = await self._pass_on(mirror, entry, files)
            view = await self._database.fetch(_view, mirror)
        if not view.wanted and mirror.external_id:
            await self._desk.set_status(mirror.external_id, "resolved")
            mirror = await self._database.run(_note, mirror, {"status": "resolved"})
        return await self._database.fetch(self._next_look, mirror)

    async def _brief(self, mirror: Mirror, view: _View, request: Request) -> Mirror:
        """Writes why a person is asked for and what was said up to the words that asked: these and what
        follows come as the customer's own."""
        assert mirror.external_id
        upto = _asked(view.entries, request) - 1 if view.entries else mirror.seq
        before = [one for one in view.entries if one.seq <= upto]
        shown = before[-private_notes.MAX_LINES :]
        cut = bool(shown) and shown[0].seq > mirror.seq + 1
        files = [one for one in view.attached if one.seq <= upto]
        if any(one.state == "waiting" for one in files):
            raise _FileAwaited
        text = private_notes.briefing(self._words, view.conversation, request, shown, files, cut=cut)
        uploads, _ = await asyncio.to_thread(self._uploads, files[-MAX_FILES:])
        key = f"aftercare:{mirror.conversation_id}:{upto}:h{request.id}"
        await self._put(mirror, Post(key, text, private=True, files=uploads))
        return await self._database.run(_note, mirror, {"handoff_id": request.id, "seq": upto})

    async def _pass_on(self, mirror: Mirror, entry: Entry, files: list[Attached]) -> Mirror:
        # What came from there is there.
        if not (entry.external_id or "").startswith(f"{self._desk.name}:") or entry.author == "customer":
            post = await asyncio.to_thread(self._post, mirror, entry, files)
            await self._put(mirror, post)
        return await self._database.run(_note, mirror, {"seq": entry.seq})

    async def _put(self, mirror: Mirror, post: Post) -> None:
        """Writes it. What is refused again and again goes without its files, or is left out: what came after
        it shall not wait for ever."""
        assert mirror.external_id
        try:
            await self._desk.post(mirror.external_id, post)
        except ExternalError as error:
            if not error.refused or mirror.attempts < MAX_REFUSALS:
                raise
            _log.error("message_refused", conversation=mirror.conversation_id, key=post.key)
            if post.files:
                names = "\n".join(f"[{one.name}]" for one in post.files)
                text = f"{post.text}\n{names}".strip()
                await self._put(mirror, Post(post.key, text, post.private))

    def _post(self, mirror: Mirror, entry: Entry, files: list[Attached]) -> Post:
        key = f"aftercare:{mirror.conversation_id}:{entry.seq}"
        if entry.author != "customer":
            return Post(key, private_notes.said(self._words, entry), private=True)
        uploads, others = self._uploads(files)
        lines = [entry.text] if entry.text.strip() else []
        lines += [private_notes.attached(self._words, one) for one in others]
        return Post(key, "\n".join(lines), private=False, files=uploads)

    def _uploads(self, files: list[Attached]) -> tuple[list[Upload], list[Attached]]:
        """The files among attachments, and the rest."""
        uploads, others = [], []
        for one in files:
            try:
                content = self._files.path(one.file).read_bytes() if one.file else None
            except OSError:
                content = None
            if content is None:
                others.append(one)
            else:
                uploads.append(Upload(shown_name(one.name, one.media_type), one.media_type, content))
        return uploads, others

    def _next_look(self, connection: Connection, mirror: Mirror) -> datetime | None:
        """The longer a conversation is quiet, the more seldom; soon while people have it."""
        at = self._clock()
        if mirrors.is_wanted(connection, mirror.conversation_id):
            return at + CATCH_UP
        quiet = at - mirrors.quiet_since(connection, mirror.conversation_id)
        return None if quiet > FORGOTTEN else at + max(CATCH_UP, quiet / 4)


def _view(connection: Connection, mirror: Mirror) -> _View:
    conversation = conversations.get(connection, mirror.conversation_id)
    # A long talk with the bot before a person is asked for is told by its end.
    first = mirror.seq
    request = handoffs.latest(connection, conversation.id)
    if request and request.id > mirror.handoff_id:
        first = max(first, conversation.last_seq - transcript.REPLAY_LIMIT)
    return _View(
        conversation,
        mirrors.is_wanted(connection, conversation.id),
        request,
        transcript.after(connection, conversation.id, first),
        attachments.of_conversation(connection, conversation.id, first),
    )


def _identifier(conversation: Conversation) -> str:
    """The customer, as the other desk knows him."""
    return f"{conversation.channel}:{conversation.account}:{conversation.address}"


def _asked(entries: list[Entry], request: Request) -> int:
    """The number of the message by which a person was asked for; of the first one if none was."""
    for one in entries:
        if one.author == "bot" and one.reply_to and one.at >= request.created_at:
            return max(one.reply_to, entries[0].seq)
    heard = [one.seq for one in entries if one.author == "customer" and one.at <= request.created_at]
    return max(heard, default=entries[0].seq)


def _recognised(mirror: Mirror, key: str) -> Mirror:
    """How far things are there, by the key of a message that we wrote."""
    found = _KEY.fullmatch(key)
    if found is None or int(found[1]) != mirror.conversation_id:
        return mirror
    return replace(
        mirror,
        seq=max(mirror.seq, int(found[2])),
        handoff_id=max(mirror.handoff_id, int(found[3] or 0)),
    )


def _progress(mirror: Mirror) -> dict[str, object]:
    return {name: getattr(mirror, name) for name in ("seq", "handoff_id", "read_id", "status", "told_at")}


def _note(connection: Connection, mirror: Mirror, values: Mapping[str, object]) -> Mirror:
    mirrors.note(connection, mirror.id, **values)
    return replace(mirror, **values)  # type: ignore[arg-type]
