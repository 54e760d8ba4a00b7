"""The `Cache` over Redis."""

import logging
import time
from collections.abc import Callable, Sequence

from redis import Redis

from souk.adapters.redis.connections import asking
from souk.core.errors import ProviderUnavailable

_log = logging.getLogger(__name__)


REST_SECONDS = 1.0
"""A Redis that failed is left alone for so long: one that hangs would hold up every request."""


class RedisCache:
    """Bytes under a prefix. While Redis is down, nothing is cached."""

    def __init__(self, redis: Redis, *, prefix: str = "cache:") -> None:
        self._redis = redis
        self._prefix = prefix
        self._rests_until = 0.0

    def get(self, key: str) -> bytes | None:
        """The value, or `None`."""
        value = self._try(lambda: self._redis.get(self._prefix + key))
        return value if isinstance(value, bytes) else None

    def get_all(self, keys: Sequence[str]) -> list[bytes | None]:
        """The values, `None` for each that is not there."""
        values = self._try(lambda: self._redis.mget([self._prefix + key for key in keys]))
        found = values if isinstance(values, list) else [None] * len(keys)
        return [value if isinstance(value, bytes) else None for value in found]

    def put(self, key: str, value: bytes, *, ttl_seconds: int) -> None:
        """Keep a value for at most this long."""
        self._try(lambda: self._redis.set(self._prefix + key, value, ex=ttl_seconds))

    def drop(self, keys: Sequence[str]) -> None:
        """Forget values."""
        if keys:
            self._try(lambda: self._redis.delete(*(self._prefix + key for key in keys)))

    def _try(self, ask: Callable[[], object]) -> object:
        if time.monotonic() < self._rests_until:
            return None
        try:
            with asking("the cache"):
                return ask()
        except ProviderUnavailable as error:
            self._rests_until = time.monotonic() + REST_SECONDS
            _log.warning("%s", error)
            return None
