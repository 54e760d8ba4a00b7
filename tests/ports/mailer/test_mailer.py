"""What every mailer promises, and what SMTP adds: TLS, and refusals by name."""

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope

from souk.adapters.mail.folder import FolderMailer
from souk.adapters.mail.smtp import SmtpMailer, SmtpServer
from souk.core.errors import (
    DomainError,
    ProviderRefusesUs,
    ProviderRejected,
    ProviderUnavailable,
    RecipientUnavailable,
)
from souk.core.transaction_guard import ProviderCallInTransaction, transaction_open

SENDER = "Souk <no-reply@souk.example>"
TO = "ada@buyers.example"


class Post:
    """A mail server that keeps what it is handed, and can be told what to answer."""

    def __init__(self) -> None:
        self.handed: list[bytes] = []
        self.to_sender = self.to_recipient = self.to_message = "250 OK"
        self.to_hello, self.to_leaving = "250 HELP", "221 Bye"

    async def handle_EHLO(self, _server, session, _envelope, hostname, responses) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], self.to_hello]

    async def handle_HELO(self, _server, session, _envelope, hostname) -> str:
        session.host_name = hostname
        return self.to_hello

    async def handle_MAIL(self, _server, _session, envelope: Envelope, address, options) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.to_sender

    async def handle_RCPT(self, _server, _session, envelope: Envelope, address, _options) -> str:
        envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, _server, _session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.handed.append(envelope.content)
        return self.to_message

    async def handle_QUIT(self, _server, _session, _envelope) -> str:
        return self.to_leaving


class AnyPort(Controller):
    """A server on a port of the system's choice."""

    def _trigger_server(self) -> None:
        """Called once it listens, to see that it answers."""
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def serving(post: Post, **options) -> Iterator[Controller]:
    controller = AnyPort(post, hostname="127.0.0.1", port=0, **options)
    controller.start()
    try:
        yield controller
    finally:
        controller.stop(no_assert=True)


def here(server: Controller, **more) -> SmtpServer:
    return SmtpServer("127.0.0.1", server.port, tls=False, **more)


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture(params=["smtp", "folder"])
def made(request, post, tmp_path):
    """A mailer, and how to look at what it sent."""
    if request.param == "folder":
        folder = tmp_path / "deep" / "mail"
        yield FolderMailer(folder, sender=SENDER), lambda: [f.read_bytes() for f in _files(folder)]
    else:
        with serving(post) as server:
            yield SmtpMailer(here(server), sender=SENDER), lambda: post.handed


def _files(folder):
    return sorted(folder.iterdir())


def read(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_send_hands_over_what_was_written(made) -> None:
    mailer, sent = made
    mailer.send(to=TO, subject="Your code: Ünï", body="Code: 1234 5678\n\nÇa va\n")
    (message,) = map(read, sent())
    assert (message["From"], message["To"]) == (SENDER, TO)
    assert message["Subject"] == "Your code: Ünï"
    assert message.get_content().replace("\r\n", "\n") == "Code: 1234 5678\n\nÇa va\n"


def test_send_hands_over_each_message_by_itself_and_in_order(made) -> None:
    mailer, sent = made
    for number in range(3):
        mailer.send(to=TO, subject=str(number), body="b")
    assert [read(raw)["Subject"] for raw in sent()] == ["0", "1", "2"]


@pytest.mark.parametrize("to", [f"{TO}\nBcc: eve@evil.example", f"{TO}\r\n\r\nHello"])
def test_send_refuses_when_a_header_would_begin_another(made, to) -> None:
    mailer, _sent = made
    with pytest.raises(ValueError, match="linefeed"):
        mailer.send(to=to, subject="s", body="b")


def test_send_refuses_while_a_transaction_is_open(made) -> None:
    mailer, _sent = made
    token = transaction_open.set(True)
    try:
        with pytest.raises(ProviderCallInTransaction):
            mailer.send(to=TO, subject="s", body="b")
    finally:
        transaction_open.reset(token)


def test_folder_lets_nobody_else_read(tmp_path) -> None:
    FolderMailer(tmp_path / "mail", sender=SENDER).send(to=TO, subject="s", body="b")
    (file,) = _files(tmp_path / "mail")
    assert [path.stat().st_mode & 0o077 for path in (file, file.parent)] == [0, 0]


def test_folder_is_unavailable_when_it_cannot_be_written_to(tmp_path) -> None:
    (tmp_path / "mail").write_text("a file")
    with pytest.raises(ProviderUnavailable):
        FolderMailer(tmp_path / "mail", sender=SENDER).send(to=TO, subject="s", body="b")


class Refusal(socketserver.StreamRequestHandler):
    """Greets with a refusal and hangs up."""

    def handle(self) -> None:
        self.wfile.write(b"554 no service here\r\n")


@contextmanager
def refusing_everybody() -> Iterator[SmtpServer]:
    with socketserver.TCPServer(("127.0.0.1", 0), Refusal) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        yield SmtpServer("127.0.0.1", server.server_address[1], tls=False)
        thread.join()


@pytest.mark.parametrize(
    ("what", "answer", "error"),
    [
        ("to_recipient", "550 no such user", ProviderRejected),
        ("to_recipient", "451 grey-listed", RecipientUnavailable),
        ("to_recipient", "421 closing down", ProviderUnavailable),
        ("to_hello", "550 who are you", ProviderRefusesUs),
        ("to_sender", "550 not allowed to send", ProviderRefusesUs),
        ("to_sender", "451 too much for now", ProviderUnavailable),
        ("to_message", "554 not signed", ProviderRefusesUs),
        ("to_message", "451 later", ProviderUnavailable),
    ],
)
def test_smtp_says_whom_a_refusal_is_about(post, what, answer, error) -> None:
    setattr(post, what, answer)
    with serving(post) as server, pytest.raises(DomainError) as refusal:
        SmtpMailer(here(server), sender=SENDER).send(to=TO, subject="s", body="b")
    assert type(refusal.value) is error


def test_smtp_refuses_us_when_the_greeting_is_a_refusal() -> None:
    with refusing_everybody() as server, pytest.raises(ProviderRefusesUs):
        SmtpMailer(server, sender=SENDER).send(to=TO, subject="s", body="b")


def test_smtp_has_sent_the_message_whatever_the_server_says_to_leaving(post) -> None:
    post.to_leaving = "500 what"
    with serving(post) as server:
        SmtpMailer(here(server), sender=SENDER).send(to=TO, subject="s", body="b")
    assert len(post.handed) == 1


def test_smtp_is_unavailable_when_nobody_answers() -> None:
    nobody = SmtpServer("127.0.0.1", 9, tls=False)
    with pytest.raises(ProviderUnavailable):
        SmtpMailer(nobody, sender=SENDER).send(to=TO, subject="s", body="b")


@pytest.mark.parametrize(("password", "known"), [("p@ss", True), ("wrong", False)])
def test_smtp_says_who_we_are(post, password, known) -> None:
    seen = []

    def authenticate(_server, _session, _envelope, _mechanism, given) -> AuthResult:
        seen.append((given.login, given.password))
        return AuthResult(success=known)

    with serving(post, authenticator=authenticate, auth_require_tls=False) as server:
        mailer = SmtpMailer(here(server, user="souk", password=password), sender=SENDER)
        if known:
            mailer.send(to=TO, subject="s", body="b")
        else:
            with pytest.raises(ProviderRefusesUs):
                mailer.send(to=TO, subject="s", body="b")
    assert set(seen) == {(b"souk", password.encode())}
    assert len(post.handed) == known


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def presenting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


class Elsewhere(SmtpServer):
    """A server that counts as another machine's."""

    __slots__ = ()

    @property
    def is_here(self) -> bool:
        return False


def test_smtp_speaks_tls_from_the_first_byte(post, authority) -> None:
    with serving(post, ssl_context=presenting(authority)) as server:
        there = Elsewhere("127.0.0.1", server.port, tls=True)
        SmtpMailer(there, sender=SENDER, context=trusting(authority)).send(
            to=TO, subject="s", body="b"
        )
    assert len(post.handed) == 1


def test_smtp_turns_to_tls_before_anything_is_said(post, authority) -> None:
    options = {"tls_context": presenting(authority), "require_starttls": True}
    with serving(post, **options) as server:
        there = Elsewhere("127.0.0.1", server.port, tls=False)
        SmtpMailer(there, sender=SENDER, context=trusting(authority)).send(
            to=TO, subject="s", body="b"
        )
    assert len(post.handed) == 1


def test_smtp_says_nothing_in_the_clear_to_another_machine(post) -> None:
    with serving(post) as server, pytest.raises(ProviderUnavailable):
        SmtpMailer(Elsewhere("127.0.0.1", server.port, tls=False), sender=SENDER).send(
            to=TO, subject="s", body="b"
        )
    assert post.handed == []


def test_smtp_says_nothing_to_a_server_that_nobody_vouches_for(post, authority) -> None:
    with serving(post, tls_context=presenting(authority)) as server:
        there = Elsewhere("127.0.0.1", server.port, tls=False)
        with pytest.raises(ProviderUnavailable):
            SmtpMailer(there, sender=SENDER).send(to=TO, subject="s", body="b")
    assert post.handed == []


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", SmtpServer("mail.example", 587, tls=False)),
        ("smtps://mail.example", SmtpServer("mail.example", 465, tls=True)),
        (
            "smtp://souk%40x:p%3Aw@mail.example:25/",
            SmtpServer("mail.example", 25, tls=False, user="souk@x", password="p:w"),
        ),
    ],
)
def test_parse_reads_where_the_server_is(url, server) -> None:
    assert SmtpServer.parse(url) == server


@pytest.mark.parametrize("url", ["", "mail.example", "http://mail.example", "smtp://", "smtp:/x"])
def test_parse_refuses_what_names_no_server(url) -> None:
    with pytest.raises(ValueError, match="SMTP_URL"):
        SmtpServer.parse(url)


@pytest.mark.parametrize(
    ("host", "is_here"), [("localhost", True), ("::1", True), ("mail.example", False)]
)
def test_server_is_here_when_its_name_says_so(host, is_here) -> None:
    assert SmtpServer(host, 25, tls=False).is_here is is_here
