"""Tells customers which of their files could not be taken, and which are: whoever has the conversation, and
once for what was sent together.

A file is fetched after its message was stored, so that it is refused is known only afterwards.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.conversation.outgoing import Outgoing
from store.conversations import attachments, conversations
from store.conversations.attachments import Attached
from store.core import timers
from store.core.database import Connection
from store.core.timers import Job
from store.vocabulary import AttachmentState, Author

KIND = "files_not_taken"
TOGETHER = timedelta(minutes=1)  # between the messages of an album
GATHER = timedelta(seconds=1)  # for the rest of it to be fetched
LONGEST = timedelta(seconds=20)  # that is waited for it


def schedule(connection: Connection, one: Attached, at: datetime) -> None:
    """Has the customer told that an attachment was not taken."""
    payload = {"seq": one.seq, "until": (at + LONGEST).isoformat()}
    timers.schedule(connection, KIND, str(one.conversation_id), at + GATHER, payload)


class FilesNotTaken:
    """The job's key is the conversation's id."""

    kind = KIND

    def __init__(self, outgoing: Outgoing, clock: Callable[[], datetime]) -> None:
        self._outgoing = outgoing
        self._clock = clock

    def run(self, connection: Connection, job: Job) -> datetime | None:
        """Tells the customer; when to look again, while more is being fetched."""
        at = self._clock()
        conversation = conversations.lock(connection, int(job.key))
        if conversation is None:
            return None
        seq = int(job.payload["seq"])
        sent = attachments.with_message(connection, conversation.id, seq, TOGETHER)
        states = {one.state for one in sent}
        until = datetime.fromisoformat(job.payload["until"])
        if AttachmentState.WAITING in states and at < until <= at + LONGEST:
            return at + GATHER
        missed = {one.state for one in sent if one.seq >= seq}
        if AttachmentState.REFUSED in missed:
            some = AttachmentState.STORED in states
            response = "utter_some_files_refused" if some else "utter_files_refused"
            # Not the bot's: a person who has the conversation doesn't withdraw it.
            self._outgoing.tell(connection, conversation, Author.SYSTEM, response)
        if AttachmentState.FAILED in missed:
            self._outgoing.tell(connection, conversation, Author.SYSTEM, "utter_files_lost")
        return None
