"""A mail server: its address in one setting, and the handing over of one message."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from ipaddress import ip_address
from typing import Literal
from urllib.parse import unquote, urlsplit

from store.vocabulary import Fault

TIMEOUT = 20.0  # seconds for each step of the talk with the server

Security = Literal["tls", "starttls", "none"]
_PORTS: dict[Security, int] = {"tls": 465, "starttls": 587, "none": 25}


class SmtpError(Exception):
    """A message was not taken. `permanent`: nor will it be. `fault`: what the shop's owner must mend."""

    def __init__(self, reason: str, *, permanent: bool = False, fault: Fault | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Smtp:
    """`security`: encrypted from the start, by STARTTLS, which the server must then offer, or not at all."""

    host: str
    port: int
    user: str | None
    password: str | None = field(repr=False)
    security: Security

    @classmethod
    def parse(cls, url: str) -> "Smtp":
        """From smtp[s]://user:password@host:port. smtp means STARTTLS, unless the server is on this host
        or the address ends in ?starttls=no. Raises `ValueError`."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/"):
            raise ValueError("not smtp://user:password@host:port")
        if parts.query not in ("", "starttls=no") or parts.fragment or any(c.isspace() for c in url):
            raise ValueError(
                "something stands behind the port; write a user's / ? # and @ as %2F %3F %23 %40"
            )
        if (parts.username is None) is not (parts.password is None):
            raise ValueError("a user needs a password, and a password a user")
        try:
            port = parts.port
        except ValueError:
            # Without the text: part of a password may stand there.
            raise ValueError("what stands behind the last : is not a port's number") from None
        security: Security = "tls" if parts.scheme == "smtps" else "starttls"
        if security == "starttls" and (parts.query or _is_here(parts.hostname)):
            security = "none"
        user, password = (part and unquote(part) for part in (parts.username, parts.password))
        return cls(parts.hostname, port or _PORTS[security], user, password, security)

    def send(self, message: EmailMessage, context: ssl.SSLContext | None = None) -> None:
        """Hands a message over; blocks. Raises `SmtpError`."""
        with self._signed_in(context) as server:
            try:
                server.send_message(message)
            except smtplib.SMTPSenderRefused as error:
                fault = Fault.SENDER if error.smtp_code >= 500 else None
                raise SmtpError(_said(error.smtp_code, error.smtp_error), fault=fault) from error
            except smtplib.SMTPRecipientsRefused as error:
                code, said = next(iter(error.recipients.values()))
                raise SmtpError(_said(code, said), permanent=code >= 500) from error
            except smtplib.SMTPResponseException as error:
                raise _refused(error) from error
            except (OSError, smtplib.SMTPException) as error:
                raise SmtpError(f"{self.host}: {_short(error)}") from error

    def check(self, context: ssl.SSLContext | None = None) -> None:
        """Signs in, and sends nothing; blocks. Raises `SmtpError`."""
        with self._signed_in(context):
            pass

    @contextmanager
    def _signed_in(self, context: ssl.SSLContext | None) -> Iterator[smtplib.SMTP]:
        context = context or ssl.create_default_context()
        try:
            server: smtplib.SMTP
            if self.security == "tls":
                server = smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT, context=context)
            else:
                server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT)
        except (OSError, smtplib.SMTPException) as error:
            raise SmtpError(f"{self.host} can't be reached: {_short(error)}") from error
        try:
            try:
                if self.security == "starttls":
                    server.starttls(context=context)
                if self.user is not None and self.password is not None:
                    server.login(self.user, self.password)
                else:
                    server.ehlo_or_helo_if_needed()
            # Our own settings are wrong, not the message: it waits until they are right.
            except (smtplib.SMTPAuthenticationError, smtplib.SMTPHeloError) as error:
                raise SmtpError(f"{self.host} refuses us: {_short(error)}", fault=_fault(error)) from error
            except smtplib.SMTPResponseException as error:
                raise _refused(error) from error
            except (OSError, smtplib.SMTPException) as error:
                raise SmtpError(f"{self.host}: {_short(error)}") from error
            yield server
        finally:
            # Once the message is taken, nothing that happens here makes it untaken.
            with suppress(OSError, smtplib.SMTPException):
                server.quit()


def _refused(error: smtplib.SMTPResponseException) -> SmtpError:
    return SmtpError(_said(error.smtp_code, error.smtp_error), permanent=error.smtp_code >= 500)


def _fault(error: smtplib.SMTPResponseException) -> Fault | None:
    """A greeting or a login that isn't taken today may be tomorrow, if the server says so."""
    return Fault.CREDENTIALS if error.smtp_code >= 500 else None


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _said(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())}"[:200]


def _short(error: Exception) -> str:
    return f"{type(error).__name__} {error}"[:160]
