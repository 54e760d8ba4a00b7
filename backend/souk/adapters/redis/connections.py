"""Connections to Redis, and its failures renamed.

Redis holds nothing that is not in PostgreSQL too: whatever fails here delays, and loses nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from souk.core.errors import ProviderUnavailable
from souk.core.transaction_guard import refuse_open_transaction

Failures = (RedisError, OSError)


def connect(url: str, *, timeout_seconds: float) -> Redis:
    """A client that gives up after `timeout_seconds`; it connects at first use."""
    return Redis.from_url(
        url,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=min(timeout_seconds, 2.0),
        health_check_interval=15,
        retry=Retry(NoBackoff(), 1),
    )


@contextmanager
def asking(what: str) -> Iterator[None]:
    """Around each use. Raises `ProviderUnavailable` without the address, which may hold a
    password."""
    refuse_open_transaction()
    try:
        yield
    except Failures as error:
        raise ProviderUnavailable(f"{what}: Redis fails ({type(error).__name__})") from None
