"""E-mail over SMTP (RFC 5321), by the standard library.

A password and what is written to people go over TLS alone: from the first byte with `smtps`, and by
STARTTLS (RFC 3207) with `smtp`, without which nothing is sent. Only a server on this machine is
spoken to in the clear.
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from souk.core.errors import (
    ProviderRefusesUs,
    ProviderRejected,
    ProviderUnavailable,
    RecipientUnavailable,
)
from souk.core.transaction_guard import refuse_open_transaction

_PORTS = {"smtp": 587, "smtps": 465}
_SECONDS = 10.0
# RFC 5321 section 4.2.1: what begins with 5 is so for ever, what begins with 4 is so for now.
_FOR_EVER = 500
# Section 3.8: to any command, when the server is about to hang up.
_CLOSING = 421


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed over, and as whom."""

    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = ""

    @classmethod
    def parse(cls, url: str) -> "SmtpServer":
        """Read `smtp://user:password@host:port`, or `smtps`. Raises `ValueError`, which does not
        repeat the address: it may hold a password."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/"):
            raise ValueError("SMTP_URL must be smtp://user:password@host:port, or smtps")
        return cls(
            host=parts.hostname,
            port=parts.port or _PORTS[parts.scheme],
            tls=parts.scheme == "smtps",
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


class SmtpMailer:
    """The `Mailer` over a server. Each message has a connection of its own."""

    def __init__(
        self, server: SmtpServer, *, sender: str, context: ssl.SSLContext | None = None
    ) -> None:
        self._server = server
        self._sender = sender
        self._context = context or ssl.create_default_context()

    def send(self, *, to: str, subject: str, body: str) -> None:
        """Hand one message over. Raises `ProviderRejected` when the server never takes any to this
        recipient, `RecipientUnavailable` when it does not now, `ProviderRefusesUs` when it says no
        to us or to how we write, `ProviderUnavailable` otherwise; then the message may or may not
        have been sent."""
        refuse_open_transaction()
        message = written(self._sender, to, subject, body)
        try:
            with self._connection() as connection:
                connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            ((code, _reason),) = error.recipients.values()
            raise _refused_recipient(code) from error
        except smtplib.SMTPResponseException as error:
            raise _refused_us(error.smtp_code) from error
        except (smtplib.SMTPException, OSError) as error:
            raise ProviderUnavailable("the mail server cannot be reached") from error

    @contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        with closing(self._connected()) as connection:
            yield connection
            # The message is with the server: whatever it says to our leaving, it has it.
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        connection = (
            smtplib.SMTP_SSL(server.host, server.port, timeout=_SECONDS, context=self._context)
            if server.tls
            else smtplib.SMTP(server.host, server.port, timeout=_SECONDS)
        )
        try:
            if not server.tls and not server.is_here:
                connection.starttls(context=self._context)
            if server.user:
                self._log_in(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _log_in(self, connection: smtplib.SMTP) -> None:
        try:
            connection.login(self._server.user, self._server.password)
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPServerDisconnected) as error:
            # Every way to say the password is tried; some servers hang up before the last.
            raise ProviderRefusesUs("the mail server does not accept our password") from error


def written(sender: str, to: str, subject: str, body: str) -> EmailMessage:
    """The message. Raises `ValueError` when a header would hold a line's end, which would begin
    another header."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    # RFC 3834: no program need answer that somebody is on holiday.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body)
    return message


def _refused_recipient(code: int) -> ProviderRejected | ProviderUnavailable:
    if code >= _FOR_EVER:
        return ProviderRejected(f"the mail server takes nothing to this address ({code})")
    if code == _CLOSING:
        return _refused_us(code)
    return RecipientUnavailable(f"the mail server takes nothing to this address now ({code})")


def _refused_us(code: int) -> ProviderUnavailable:
    if code >= _FOR_EVER:
        return ProviderRefusesUs(f"the mail server does not take what we send ({code})")
    return ProviderUnavailable(f"the mail server does not take the message now ({code})")
