"""Takes mail from the queue to the mail server or, where none is set up, into files."""

import asyncio
import hashlib
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path

from bot.runtime import log, metrics
from bot.runtime.mail.smtp import Smtp, SmtpError
from bot.runtime.work.jobs import Backoff, JobError, Jobs
from store.core import channel_faults, mails
from store.core.database import Connection, Database
from store.core.mails import Mail
from store.vocabulary import MailState

MAX_ATTEMPTS = 20  # six to twelve hours
CHANNEL = "mail"  # as faults of it are called

_log = log.get("mail")

Deliver = Callable[[EmailMessage, Mail], None]


class MailSender(Jobs[Mail]):
    """Runs from `start` until `stop`; `wake` says that a mail waits. `deliver` may block.

    A mail is sent once; only where the server's last word was lost, or the process with it, it is sent
    again with the same Message-ID, by which mailboxes know it.
    """

    kind = "mail"
    queue = mails.QUEUE
    lease = timedelta(minutes=5)
    max_attempts = MAX_ATTEMPTS
    backoff = Backoff(15.0, 3600.0)

    def __init__(self, database: Database, sender: str, deliver: Deliver) -> None:
        super().__init__(database)
        self._sender = sender
        self._deliver = deliver

    def claim(self, connection: Connection, at: datetime, until: datetime, room: int) -> list[Mail]:
        return mails.due(connection, at, until, room)

    async def run(self, mail: Mail, until: datetime) -> None:
        try:
            message = compose(mail, self._sender)
        except (ValueError, IndexError, MessageError) as error:
            reason = "no mail can be made of it: recipient or subject is malformed"
            raise JobError(reason, permanent=True) from error
        try:
            await asyncio.to_thread(self._deliver, message, mail)
        except SmtpError as error:
            raise JobError(error.reason, permanent=error.permanent) from error
        await self.keep(mail, self._sent, mail, until)
        _log.info("mail", mail=mail.id, outcome=MailState.SENT)

    def _sent(self, connection: Connection, mail: Mail, until: datetime) -> None:
        self.queue.end(connection, mail.id, until, MailState.SENT, reason=None)
        channel_faults.clear(connection, CHANNEL)

    def failed(self, connection: Connection, mail: Mail, until: datetime, error: JobError) -> str:
        cause = error.__cause__
        if isinstance(cause, SmtpError) and cause.fault:
            metrics.refusals.labels(CHANNEL, cause.fault).inc()
            channel_faults.note(connection, CHANNEL, "", cause.fault, cause.reason, self._clock())
        return super().failed(connection, mail, until, error)


def by_smtp(server: Smtp) -> Deliver:
    """Delivers to a mail server."""
    return lambda message, _mail: server.send(message)


def to_files(folder: Path) -> Deliver:
    """Writes each mail to a file of its own, that only this user can read; the same mail to the same one."""

    def write(message: EmailMessage, mail: Mail) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = f"{mail.created_at:%Y%m%dT%H%M%S}-{mail.id}.eml"
        draft = folder / f".{name}"
        body = message.get_body()
        assert isinstance(body, EmailMessage)
        # As it is, so that a link can be copied out of the file.
        body.set_content(mail.body, cte="8bit")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(message.as_bytes())
        draft.rename(folder / name)

    return write


def compose(mail: Mail, sender: str) -> EmailMessage:
    """The message: plain text in UTF-8, with a text file if there is one. Raises `ValueError`,
    `IndexError` or `MessageError` where the recipient is not exactly one address or a header holds a line
    break."""
    if not mail.recipient.isascii():
        raise ValueError("few servers take addresses in other letters than ASCII's")
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = sender
    message["To"] = Address(addr_spec=mail.recipient)
    message["Subject"] = mail.subject
    message["Date"] = mail.created_at
    host = message["From"].addresses[0].domain
    # Made of the mail, so that a second copy has the first one's.
    message["Message-ID"] = f"<{mail.id}.{hashlib.sha256(mail.key.encode()).hexdigest()[:24]}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body, cte="quoted-printable")
    if mail.attachment is not None:
        message.add_attachment(mail.attachment, filename=mail.attachment_name or "text.txt", cte="base64")
    return message
