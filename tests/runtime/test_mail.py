"""Mail: from the queue to a mail server that does as real ones do, or into files."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.runtime.mail import smtp
from bot.runtime.mail.mail_sender import MAX_ATTEMPTS, Deliver, MailSender, by_smtp, compose, to_files
from bot.runtime.mail.smtp import Smtp, SmtpError
from bot.settings import Settings, SettingsError
from store.core import mails
from store.core.database import Database
from store.core.mails import Mail
from tests.runtime.smtp_server import certificate, mail_server

SENDER = "Linden & Co <help@linden.example>"
MAIL = Mail(
    7, "reset:1", "anna@linden.example", "Labas", "Sveiki, Ąžuole!\n", None, None, 0, datetime.now(UTC)
)


def queue(database: Database, key: str = "k", recipient: str = "anna@linden.example", **more: Any) -> bool:
    with database.write() as connection:
        return mails.add(connection, key, recipient, "Labas", "Sveiki, Ąžuole!\n.\n..x\n", **more)


def rows(database: Database) -> list[Any]:
    with database.read() as connection:
        return list(connection.execute(text("SELECT state, attempts, reason, body FROM mails ORDER BY id")))


def content(part: Any) -> str:
    return str(part.get_content()).replace("\r\n", "\n")


def make_due(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE mails SET due_at = created_at, leased_until = NULL"))


def local(port: int) -> Smtp:
    return Smtp.parse(f"smtp://127.0.0.1:{port}")


async def deliver(server: Smtp, message: EmailMessage, context: ssl.SSLContext | None = None) -> None:
    await asyncio.to_thread(server.send, message, context)


# The queue


def test_a_mail_is_queued_once(database: Database) -> None:
    assert queue(database, "a") and not queue(database, "a", "other@linden.example") and queue(database, "b")
    now = datetime.now(UTC)
    until = now + timedelta(minutes=1)
    with database.write() as connection:
        first = mails.due(connection, now, until, 1)
        second = mails.due(connection, now, until, 9)
        assert [one.key for one in first + second] == ["a", "b"]
        assert mails.due(connection, now, now, 9) == []
        assert mails.QUEUE.end(connection, first[0].id, until, "sent")
        assert mails.QUEUE.retry(connection, second[0].id, until, now + timedelta(hours=1), "later")
        assert mails.QUEUE.next_due(connection) == now + timedelta(hours=1)
        assert mails.due(connection, now + timedelta(minutes=59), now, 9) == []
        assert mails.due(connection, now + timedelta(hours=1), now, 9)[0].attempts == 1
    assert [row.body for row in rows(database)] == ["", "Sveiki, Ąžuole!\n.\n..x\n"]


def test_a_subject_is_one_line_of_bounded_length(database: Database) -> None:
    with database.write() as connection:
        mails.add(connection, "k", "a@b.example", "a\r\nBcc: c@d.example\n" + "x" * 300, "body")
        [mail] = mails.due(connection, datetime.now(UTC), datetime.now(UTC), 1)
    assert mail.subject.startswith("a Bcc: c@d.example xxx") and len(mail.subject) == 200


async def test_many_postmen_send_each_mail_once(database: Database) -> None:
    for number in range(12):
        queue(database, str(number), f"a{number}@linden.example")
    sent: list[str] = []
    postmen = [
        MailSender(database, SENDER, lambda _message, mail: sent.append(mail.recipient)) for _ in range(3)
    ]
    await asyncio.gather(*(postman.step() for postman in postmen for _ in range(3)))
    assert sorted(sent) == sorted(f"a{number}@linden.example" for number in range(12))
    assert {row.state for row in rows(database)} == {"sent"}


# One message


def test_a_message(tmp_path: Path) -> None:
    mail = replace(MAIL, attachment="Anna: labas\n", attachment_name="transkripcija ąž.txt")
    to_files(tmp_path)(compose(mail, SENDER), mail)
    [file] = tmp_path.iterdir()
    assert file.name.endswith("-7.eml") and file.stat().st_mode & 0o777 == 0o600
    read = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(read, EmailMessage)
    assert (read["From"], read["To"], read["Subject"]) == (SENDER, "anna@linden.example", "Labas")
    assert read["Auto-Submitted"] == "auto-generated" and read["Date"].datetime == mail.created_at.replace(
        microsecond=0
    )
    assert mail.body.encode().rstrip() in file.read_bytes()
    body, attached = read.get_body(), list(read.iter_attachments())
    assert body and content(body) == mail.body and body.get_content_type() == "text/plain"
    assert [content(one) for one in attached] == ["Anna: labas\n"]
    assert attached[0].get_filename() == "transkripcija ąž.txt"
    assert read["Message-ID"] == compose(mail, SENDER)["Message-ID"]
    assert read["Message-ID"] != compose(replace(mail, key="reset:2"), SENDER)["Message-ID"]
    # The same mail again takes its own place.
    to_files(tmp_path)(compose(mail, SENDER), mail)
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    "bad",
    [
        {"recipient": "a@b.example\r\nBcc: c@d.example"},
        {"recipient": "a@b.example, c@d.example"},
        {"recipient": "a@b.example> <c@d.example"},
        {"recipient": "ąžuolas@b.example"},
        {"recipient": "no address"},
        {"recipient": "@"},
        {"recipient": ""},
        {"subject": "Labas\nBcc: c@d.example"},
        {"subject": "Labas\rX-Evil: 1"},
    ],
)
async def test_headers_can_not_be_smuggled_in(database: Database, bad: dict[str, str]) -> None:
    sent: list[EmailMessage] = []
    queue(database)
    postman = MailSender(database, SENDER, lambda message, _mail: sent.append(message))
    column, value = next(iter(bad.items()))
    with database.write() as connection:
        connection.execute(text(f"UPDATE mails SET {column} = :value"), {"value": value})
    assert await postman.step() == 1 and not sent
    [row] = rows(database)
    assert row.state == "failed" and "malformed" in row.reason


def test_an_attachments_name_stays_in_its_header() -> None:
    mail = replace(MAIL, attachment="x", attachment_name='a"; x=y\r\nX-Evil: 1')
    try:
        made = compose(mail, SENDER).as_bytes()
    except ValueError:
        return
    assert b"\nX-Evil" not in made


# A mail server


async def test_a_mail_server_gets_it(database: Database) -> None:
    queue(database)
    async with mail_server() as server:
        postman = MailSender(database, SENDER, by_smtp(local(server.port)))
        assert [await postman.step(), await postman.step()] == [1, 0]
    [(recipients, message)] = server.taken
    assert recipients == ["anna@linden.example"]
    assert content(message.get_body()) == "Sveiki, Ąžuole!\n.\n..x\n"
    [row] = rows(database)
    assert (row.state, row.body) == ("sent", "")


@pytest.mark.parametrize(
    ("answers", "state", "reason"),
    [
        ({"RCPT": "550 no such mailbox"}, "failed", "550 no such mailbox"),
        ({"RCPT": "450 mailbox busy"}, "queued", "450 mailbox busy"),
        # Our own setting is wrong, not the mail: it waits.
        ({"MAIL": "553 sender refused"}, "queued", "553"),
        ({"END": "554 looks like spam"}, "failed", "554 looks like spam"),
        ({"END": "451 try later"}, "queued", "451 try later"),
        ({"END": ""}, "queued", "127.0.0.1: SMTPServerDisconnected"),
        ({"CONNECT": "421 too busy"}, "queued", "can't be reached: SMTPConnectError"),
        ({"CONNECT": "554 you are on a list"}, "queued", "can't be reached: SMTPConnectError"),
        ({"CONNECT": "nonsense"}, "queued", "can't be reached"),
        ({"EHLO": "502 what", "HELO": "502 what"}, "queued", "refuses us"),
        ({"MAIL": ""}, "queued", "SMTPServerDisconnected"),
        # The message is taken before the talk breaks off.
        ({"QUIT": ""}, "sent", None),
    ],
)
async def test_what_a_mail_server_says(
    database: Database, answers: dict[str, str], state: str, reason: str | None
) -> None:
    queue(database)
    async with mail_server(answers) as server:
        await MailSender(database, SENDER, by_smtp(local(server.port))).step()
    [row] = rows(database)
    assert row.state == state and (reason or "") in (row.reason or "")
    if state == "queued":
        assert row.body
        with database.read() as connection:
            due = mails.QUEUE.next_due(connection)
        assert due and 5 < (due - datetime.now(UTC)).total_seconds() < 20


async def test_a_mail_that_comes_twice_is_known_by_its_id(database: Database) -> None:
    queue(database)
    async with mail_server({"END": ""}) as server:
        postman = MailSender(database, SENDER, by_smtp(local(server.port)))
        await postman.step()
        server.answers.clear()
        make_due(database)
        await postman.step()
    assert len({message["Message-ID"] for _, message in server.taken}) == 1 and len(server.taken) == 2
    assert rows(database)[0].state == "sent"


async def test_it_gives_up_in_the_end(database: Database) -> None:
    queue(database)
    waits: list[int] = []

    def fail(_message: EmailMessage, _mail: Mail) -> None:
        raise SmtpError("no route") if waits else OSError("no route")

    postman = MailSender(database, SENDER, fail)
    for _ in range(MAX_ATTEMPTS):
        make_due(database)
        assert await postman.step() == 1
        with database.read() as connection:
            due = mails.QUEUE.next_due(connection)
        if due:
            waits.append(round((due - datetime.now(UTC)).total_seconds()))
    whole = [min(15 * 2**number, 3600) for number in range(MAX_ATTEMPTS - 1)]
    assert all(all_of / 2 - 1 <= wait <= all_of for wait, all_of in zip(waits, whole, strict=True)), waits
    assert waits != whole, "by chance"
    assert sum(waits) > 5 * 3600
    [row] = rows(database)
    assert (row.state, row.attempts, row.reason, row.body) == ("failed", MAX_ATTEMPTS, "no route", "")


async def test_a_server_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT", 0.2)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    listening = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with listening:
        server = local(listening.sockets[0].getsockname()[1])
        with pytest.raises(SmtpError) as error:
            await deliver(server, compose(MAIL, SENDER))
    assert not error.value.permanent and "timed out" in error.value.reason
    with pytest.raises(SmtpError):
        await deliver(server, compose(MAIL, SENDER))


async def test_encryption_and_sign_in(tmp_path: Path) -> None:
    ours, theirs = certificate(tmp_path)
    message = compose(MAIL, SENDER)
    async with mail_server(tls=ours) as server:
        settings = Smtp("127.0.0.1", server.port, "desk", "s/e@cret", "starttls")
        await deliver(settings, message, theirs)
        assert len(server.taken) == 1
        # The password goes out only once the line is encrypted.
        verbs = [line.split()[0].upper() for line in server.said]
        assert verbs.index("STARTTLS") < verbs.index("AUTH") < verbs.index("MAIL")
        with pytest.raises(SmtpError, match="refuses us: SMTPAuthenticationError") as error:
            await deliver(replace(settings, password="wrong"), message, theirs)
        assert not error.value.permanent and "wrong" in error.value.reason
        assert error.value.fault == "credentials"
        with pytest.raises(SmtpError, match="refuses us"):
            await asyncio.to_thread(replace(settings, password="wrong").check, theirs)
        server.said.clear()
        await asyncio.to_thread(settings.check, theirs)
        assert "AUTH" in " ".join(server.said) and not any(line.startswith("MAIL") for line in server.said)
        server.said.clear()
        with pytest.raises(SmtpError, match="certificate"):
            await deliver(settings, message)  # a certificate that nobody vouches for
        assert "AUTH" not in " ".join(server.said)
    async with mail_server() as server:
        with pytest.raises(SmtpError, match="STARTTLS"):
            await deliver(replace(settings, port=server.port), message, theirs)
        assert not any(line.startswith(("AUTH", "MAIL")) for line in server.said)
    async with mail_server(tls=ours, from_start=True) as server:
        await deliver(replace(settings, port=server.port, security="tls"), message, theirs)
        assert len(server.taken) == 1


# The task


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.01)


async def test_it_runs_until_it_is_stopped(database: Database, tmp_path: Path) -> None:
    broken = True
    to_folder = to_files(tmp_path / "mail")

    def deliver(message: EmailMessage, mail: Mail) -> None:
        if broken:
            raise SmtpError("not now")
        to_folder(message, mail)

    postman = MailSender(database, SENDER, deliver)
    await postman.start()
    queue(database)
    postman.wake()
    await until(lambda: rows(database)[0].reason == "not now")
    broken = False
    make_due(database)
    postman.wake()
    await until(lambda: rows(database)[0].state == "sent")
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 1
    await postman.stop()
    queue(database, "another")
    postman.wake()
    await asyncio.sleep(0.05)
    assert rows(database)[1].state == "queued"


async def test_stopping_waits_for_what_is_on_its_way(database: Database) -> None:
    under_way = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(_message: EmailMessage, _mail: Mail) -> None:
        import time

        loop.call_soon_threadsafe(under_way.set)
        time.sleep(0.2)

    postman = MailSender(database, SENDER, slow)
    queue(database)
    await postman.start()
    await under_way.wait()
    await postman.stop()
    assert rows(database)[0].state == "sent"


async def test_a_stopped_process_leaves_its_mail_to_another(database: Database) -> None:
    queue(database)
    with database.write() as connection:
        now = datetime.now(UTC)
        mails.due(connection, now, now + timedelta(minutes=5), 4)  # and then it was killed
    sent: list[int] = []
    take: Deliver = lambda _message, mail: sent.append(mail.attempts)  # noqa: E731
    assert await MailSender(database, SENDER, take).step() == 0
    make_due(database)
    assert await MailSender(database, SENDER, take).step() == 1 and sent == [1]


# Settings


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "smtp://desk:s%2Fe%40cret@mail.example:2587",
            ("mail.example", 2587, "desk", "s/e@cret", "starttls"),
        ),
        ("smtp://mail.example", ("mail.example", 587, None, None, "starttls")),
        ("smtps://mail.example/", ("mail.example", 465, None, None, "tls")),
        ("smtp://relay?starttls=no", ("relay", 25, None, None, "none")),
        ("smtp://localhost:1025", ("localhost", 1025, None, None, "none")),
        ("smtp://[::1]", ("::1", 25, None, None, "none")),
    ],
)
def test_addresses_of_mail_servers(url: str, expected: tuple[Any, ...]) -> None:
    parsed = Smtp.parse(url)
    assert (parsed.host, parsed.port, parsed.user, parsed.password, parsed.security) == expected
    assert not parsed.password or parsed.password not in repr(parsed)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_URL", "mail.example:587"),
        ("SMTP_URL", "http://mail.example"),
        ("SMTP_URL", "smtp://"),
        ("SMTP_URL", "smtp://secretuser@mail.example"),
        ("SMTP_URL", "smtp://mail.example:99999"),
        ("SMTP_URL", "smtp://mail.example:secret"),
        ("SMTP_URL", "smtp://user:sec/ret@mail.example"),
        ("SMTP_URL", "smtp://user:sec#ret@mail.example"),
        ("SMTP_URL", "smtp://mail.example?starttls=maybe"),
        ("SMTP_URL", "smtp://mail.example/path"),
        ("MAIL_FROM", "Linden"),
        ("MAIL_FROM", "a@b.example, c@d.example"),
        ("MAIL_FROM", "Linden & Co help@linden.example"),
        ("MAIL_FROM", "a@b.example\nBcc: c@d.example"),
        ("MAIL_FROM", "<>"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, name: str, value: str) -> None:
    (tmp_path / "shop.yml").touch()
    home = {"AFTERCARE_HOME": str(tmp_path), "AFTERCARE_SECRET": "s" * 32}
    with pytest.raises(SettingsError, match=f"^{name}: .*write ") as error:
        Settings.load({**home, name: value})
    assert "sec" not in str(error.value)
    assert Settings.load({**home, "MAIL_FROM": SENDER}).mail_from == SENDER
    assert Settings.load(home).mail == tmp_path / "var" / "mail"
