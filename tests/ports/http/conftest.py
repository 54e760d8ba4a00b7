"""The sender of what strangers name, and servers that it may meet."""

import ssl
from collections.abc import Sequence

import pytest
import trustme

from souk.adapters.http.client import PublicHttp
from souk.adapters.http.targets import Policy

NAME = "merchant.example"


class Names:
    """A `Resolve` that answers as the test has written, and counts who asks. Of several answers
    each is given once, the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Signs certificates for the names of these tests."""
    return trustme.CA()


@pytest.fixture(scope="session")
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    """What a client uses that trusts it."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def serving(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    """What a server uses that is called so."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


@pytest.fixture
def http() -> PublicHttp:
    """For development: it speaks to this machine, too."""
    return PublicHttp(Policy(to_loopback=True))


def post(http: PublicHttp, url: str, *, seconds: float = 5, max_bytes: int = 500, body=b"{}"):
    return http.post(
        url,
        body=body,
        headers={"Content-Type": "application/json"},
        max_bytes=max_bytes,
        timeout_seconds=seconds,
    )
