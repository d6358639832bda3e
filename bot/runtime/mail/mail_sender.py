"""Takes mail from the queue to the mail server or, where none is set up, into files."""

import asyncio
import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path

from bot.runtime import log
from bot.runtime.loop import Loop, seconds_until
from bot.runtime.mail.smtp import Smtp, SmtpError
from store.core import mails
from store.core.database import Connection, Database
from store.core.mails import Mail
from store.vocabulary import MailState

AT_ONCE = 4
POLL_SECONDS = 5.0
LEASE = timedelta(minutes=5)  # for one mail; then another process may try
MAX_ATTEMPTS = 14  # nine hours
FIRST_RETRY = 15.0  # seconds, doubled each time
LAST_RETRY = 3600.0
STOP_SECONDS = 5.0  # for what is on its way: a mail cut off there goes out twice

_log = log.get("mail")

Deliver = Callable[[EmailMessage, Mail], None]


class Postman:
    """Runs from `start` until `stop`; `wake` says that a mail waits. `deliver` may block.

    A mail is sent once; only where the server's last word was lost, or the process with it, it is sent
    again with the same Message-ID, by which mailboxes know it.
    """

    def __init__(self, database: Database, sender: str, deliver: Deliver) -> None:
        self._database = database
        self._sender = sender
        self._deliver = deliver
        self._loop = Loop("postman", self._look, POLL_SECONDS, _log)
        self.start, self.wake = self._loop.start, self._loop.wake

    async def stop(self) -> None:
        """Stops when what is on its way has arrived, or a few seconds later."""
        await self._loop.stop(STOP_SECONDS)

    async def _look(self) -> float:
        while not self._loop.stopping and await self.step():
            pass
        return seconds_until(await self._database.fetch(mails.next_due), POLL_SECONDS)

    async def step(self) -> int:
        """Sends what is due; how many mails that were."""
        due = await self._database.run(_claim)
        await asyncio.gather(*(self._send(mail) for mail in due))
        return len(due)

    async def _send(self, mail: Mail) -> None:
        try:
            message = compose(mail, self._sender)
        except (ValueError, IndexError, MessageError):
            await self._settle(
                mail, MailState.FAILED, "no mail can be made of it: recipient or subject is malformed"
            )
            return
        try:
            await asyncio.to_thread(self._deliver, message, mail)
        except SmtpError as error:
            await self._failed(mail, error)
        except Exception as error:
            _log.exception("mail_broke", mail=mail.id)
            await self._failed(mail, SmtpError(type(error).__name__))
        else:
            await self._settle(mail, MailState.SENT)

    async def _failed(self, mail: Mail, error: SmtpError) -> None:
        if error.permanent or mail.attempts + 1 >= MAX_ATTEMPTS:
            await self._settle(mail, MailState.FAILED, error.reason)
            return
        wait = min(FIRST_RETRY * 2**mail.attempts, LAST_RETRY)
        due = datetime.now(UTC) + timedelta(seconds=wait)
        await self._database.run(mails.retry, mail.id, due, error.reason)
        _log.warning("mail_put_off", mail=mail.id, attempts=mail.attempts + 1)

    async def _settle(self, mail: Mail, state: MailState, reason: str | None = None) -> None:
        await self._database.run(mails.settle, mail.id, state, reason)
        _log.info("mail", mail=mail.id, outcome=state)


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


def _claim(connection: Connection) -> list[Mail]:
    now = datetime.now(UTC)
    return mails.due(connection, now, now + LEASE, AT_ONCE)
