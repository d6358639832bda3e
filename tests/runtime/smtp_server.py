"""A mail server for tests: takes mail as RFC 5321 says, or answers what it is told to."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256


@dataclass
class MailServer:
    """`answers`: what it says to a command instead of yes; "" hangs up. `said`: all commands that came."""

    answers: dict[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    port: int = 0
    taken: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        recipients: list[str] = []
        secure = False

        async def say(text: str) -> None:
            writer.write(text.encode() + b"\r\n")
            await writer.drain()

        try:
            await say(self.answers.get("CONNECT", "220 test"))
            while line := (await reader.readline()).decode().rstrip("\r\n"):
                self.said.append(line)
                verb = line.split()[0].upper()
                if (answer := self.answers.get(verb)) is not None:
                    if not answer:
                        return
                    await say(answer)
                elif verb == "EHLO":
                    offers = ["AUTH PLAIN"] + (["STARTTLS"] if self.tls and not secure else [])
                    await say("\r\n".join(["250-test", *(f"250-{one}" for one in offers), "250 8BITMIME"]))
                elif verb == "STARTTLS":
                    await say("220 go ahead")
                    assert self.tls
                    await writer.start_tls(self.tls)
                    secure = True
                elif verb == "AUTH":
                    right = base64.b64decode(line.split()[2]) == b"\0desk\0s/e@cret"
                    await say("235 yes" if right else "535 wrong password")
                elif verb == "MAIL":
                    recipients = []
                    await say("250 yes")
                elif verb == "RCPT":
                    recipients.append(line.partition("<")[2].partition(">")[0])
                    await say("250 yes")
                elif verb == "DATA":
                    await say("354 go on")
                    body = (await reader.readuntil(b"\r\n.\r\n"))[:-3].replace(b"\r\n..", b"\r\n.")
                    parsed = message_from_bytes(body, policy=policy.default)
                    self.taken.append((recipients, parsed))
                    if (answer := self.answers.get("END")) is not None:
                        if not answer:
                            return
                        await say(answer)
                    else:
                        await say("250 taken")
                elif verb == "QUIT":
                    await say("221 bye")
                    return
                else:
                    await say("250 yes")
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def mail_server(
    answers: Mapping[str, str] | None = None, *, tls: ssl.SSLContext | None = None, from_start: bool = False
) -> AsyncIterator[MailServer]:
    """A server on a free port; with `tls` it offers STARTTLS, or is encrypted `from_start`."""
    server = MailServer(dict(answers or {}), None if from_start else tls)
    listening = await asyncio.start_server(server.talk, "127.0.0.1", 0, ssl=tls if from_start else None)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The contexts of a server on 127.0.0.1 or shop.test with its own certificate, and of who trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("shop.test")]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    pem = folder / "test.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cafile=str(pem))
