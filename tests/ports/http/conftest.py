"""The sender of what strangers name, and servers that it may meet."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from souk.adapters.http.client import PublicHttp
from souk.adapters.http.targets import Policy


@contextmanager
def soon(*, seconds: float = 3) -> Iterator[None]:
    """What happens inside must not take longer, whatever a server does."""
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < seconds


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
