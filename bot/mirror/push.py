"""What is said here, written at another desk: in order, each thing once."""

import asyncio
import re
from dataclasses import dataclass, replace
from datetime import datetime

from bot.mirror import private_notes
from bot.mirror.external import ExternalDesk, ExternalError, Post, Upload
from bot.runtime import log, metrics
from bot.runtime.file_types import shown_name
from bot.runtime.files import Damaged, Files
from store.conversations import attachments, conversations, transcript
from store.conversations.attachments import Attached
from store.conversations.conversations import Conversation
from store.conversations.transcript import Entry
from store.core.database import Connection, Database
from store.desk import mirrors
from store.desk.mirrors import Mirror
from store.handoffs import handoffs
from store.handoffs.handoffs import Request
from store.vocabulary import AttachmentState, Author, MirrorStatus

MAX_FILES = 5  # of what was said before
MAX_REFUSALS = 6  # of one message

MAX_UPLOAD = 40 * 1024 * 1024  # bytes of one message's files, which are held in memory on their way

_log = log.get("mirroring")
_KEY = re.compile(r"aftercare:(\d{1,18}):(\d{1,9})(?::h(\d{1,18}))?")


@dataclass(frozen=True, slots=True)
class View:
    """A conversation as it stands here, and what is not there yet."""

    conversation: Conversation
    wanted: bool
    request: Request | None
    entries: list[Entry]
    attached: list[Attached]


class FileAwaited(Exception):
    """A customer's file has not been fetched yet: what came after it waits too."""


class Push:
    """`words` are the desk's, in the shop's first language. Raises `ExternalError` and `FileAwaited`."""

    def __init__(
        self, database: Database, desk: ExternalDesk, files: Files, words: private_notes.Words
    ) -> None:
        self._database = database
        self._desk = desk
        self._files = files
        self._words = words

    async def open(self, mirror: Mirror, view: View, at: datetime) -> Mirror:
        """Begins a conversation there."""
        one = view.conversation
        packet = view.request.packet if view.request else None
        name = (packet and packet.customer) or one.phone
        opened = await self._desk.open(
            identifier(one),
            str(name or self._words["visitor"].format(id=one.id)),
            view.request.created_at if view.request else at,
        )
        return await self._database.run(
            mirrors.note,
            mirror,
            external_id=opened.external_id,
            contact_id=opened.contact_id,
            read_id=opened.read_id,
        )

    async def write(self, mirror: Mirror) -> None:
        """Writes there what is missing."""
        assert mirror.external_id
        view = await self._database.fetch(look, mirror)
        if not view.wanted and mirror.status != MirrorStatus.OPEN:
            return
        if view.wanted and mirror.status != MirrorStatus.OPEN:
            await self._desk.set_status(mirror.external_id, MirrorStatus.OPEN)
            mirror = await self._database.run(mirrors.note, mirror, status=MirrorStatus.OPEN)
        request = view.request
        if view.wanted and request and request.open and request.id > mirror.handoff_id:
            mirror = await self._brief(mirror, view, request)
        while entries := [one for one in view.entries if one.seq > mirror.seq]:
            for entry in entries:
                files = [one for one in view.attached if one.seq == entry.seq]
                if any(one.state == AttachmentState.WAITING for one in files):
                    raise FileAwaited
                mirror = await self._pass_on(mirror, entry, files)
            view = await self._database.fetch(look, mirror)
        if not view.wanted and mirror.external_id:
            await self._desk.set_status(mirror.external_id, MirrorStatus.RESOLVED)
            await self._database.run(mirrors.note, mirror, status=MirrorStatus.RESOLVED)

    async def _brief(self, mirror: Mirror, view: View, request: Request) -> Mirror:
        """Writes why a person is asked for and what was said up to the words that asked: these and what
        follows come as the customer's own."""
        assert mirror.external_id
        upto = _asked(view.entries, request) - 1 if view.entries else mirror.seq
        before = [one for one in view.entries if one.seq <= upto]
        shown = before[-private_notes.MAX_LINES :]
        cut = bool(shown) and shown[0].seq > mirror.seq + 1
        files = [one for one in view.attached if one.seq <= upto]
        if any(one.state == AttachmentState.WAITING for one in files):
            raise FileAwaited
        text = private_notes.briefing(self._words, view.conversation, request, shown, files, cut=cut)
        uploads, _ = await asyncio.to_thread(self._uploads, files[-MAX_FILES:])
        key = f"aftercare:{mirror.conversation_id}:{upto}:h{request.id}"
        await self._put(mirror, Post(key, text, private=True, files=uploads))
        return await self._database.run(mirrors.note, mirror, handoff_id=request.id, seq=upto)

    async def _pass_on(self, mirror: Mirror, entry: Entry, files: list[Attached]) -> Mirror:
        # What came from there is there.
        if not (entry.external_id or "").startswith(f"{self._desk.name}:") or entry.author == Author.CUSTOMER:
            post = await asyncio.to_thread(self._post, mirror, entry, files)
            await self._put(mirror, post)
        return await self._database.run(mirrors.note, mirror, seq=entry.seq)

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
            metrics.refusals.labels(self._desk.name, "message").inc()
            if post.files:
                names = "\n".join(f"[{one.name}]" for one in post.files)
                text = f"{post.text}\n{names}".strip()
                await self._put(mirror, Post(post.key, text, post.private))

    def _post(self, mirror: Mirror, entry: Entry, files: list[Attached]) -> Post:
        key = f"aftercare:{mirror.conversation_id}:{entry.seq}"
        if entry.author != Author.CUSTOMER:
            return Post(key, private_notes.said(self._words, entry), private=True)
        uploads, others = self._uploads(files)
        lines = [entry.text] if entry.text.strip() else []
        lines += [private_notes.attached(self._words, one, lost=one.file is not None) for one in others]
        return Post(key, "\n".join(lines), private=False, files=uploads)

    def _uploads(self, files: list[Attached]) -> tuple[list[Upload], list[Attached]]:
        """The files among attachments, as many as one request may hold, and the rest."""
        uploads: list[Upload] = []
        others = []
        for one in files:
            size = sum(len(upload.content) for upload in uploads)
            if size + (one.size or 0) > MAX_UPLOAD:
                others.append(one)
                continue
            try:
                content = self._files.read(one.file, one.size) if one.file else None
            except Damaged as error:
                _log.error("file_damaged", attachment=one.id, reason=str(error))
                content = None
            if content is None:
                others.append(one)
            else:
                uploads.append(Upload(shown_name(one.name, one.media_type), one.media_type, content))
        return uploads, others


def look(connection: Connection, mirror: Mirror) -> View:
    """The conversation of a mirror."""
    conversation = conversations.get(connection, mirror.conversation_id)
    # A long talk with the bot before a person is asked for is told by its end.
    first = mirror.seq
    request = handoffs.latest(connection, conversation.id)
    if request and request.id > mirror.handoff_id:
        first = max(first, conversation.last_seq - transcript.REPLAY_LIMIT)
    return View(
        conversation,
        mirrors.is_wanted(connection, conversation.id),
        request,
        transcript.after(connection, conversation.id, first),
        attachments.of_conversation(connection, conversation.id, first),
    )


def _asked(entries: list[Entry], request: Request) -> int:
    """The number of the message by which a person was asked for; of the first one if none was."""
    for one in entries:
        if one.author == Author.BOT and one.reply_to and one.at >= request.created_at:
            return max(one.reply_to, entries[0].seq)
    heard = [one.seq for one in entries if one.author == Author.CUSTOMER and one.at <= request.created_at]
    return max(heard, default=entries[0].seq)


def identifier(conversation: Conversation) -> str:
    """The customer, as the other desk knows them."""
    return f"{conversation.channel}:{conversation.account}:{conversation.address}"


def recognised(mirror: Mirror, key: str) -> Mirror:
    """How far things are there, by the key of a message that we wrote."""
    found = _KEY.fullmatch(key)
    if found is None or int(found[1]) != mirror.conversation_id:
        return mirror
    return replace(
        mirror,
        seq=max(mirror.seq, int(found[2])),
        handoff_id=max(mirror.handoff_id, int(found[3] or 0)),
    )
