"""The `Cache` over Redis."""

import logging
from collections.abc import Sequence

from redis import Redis

from souk.adapters.redis.connections import asking
from souk.core.errors import ProviderUnavailable

_log = logging.getLogger(__name__)


class RedisCache:
    """Bytes under a prefix. While Redis is down, nothing is cached."""

    def __init__(self, redis: Redis, *, prefix: str = "cache:") -> None:
        self._redis = redis
        self._prefix = prefix

    def get(self, key: str) -> bytes | None:
        """The value, or `None`."""
        try:
            with asking("the cache"):
                value = self._redis.get(self._prefix + key)
        except ProviderUnavailable as error:
            _log.warning("%s", error)
            return None
        return value if isinstance(value, bytes) else None

    def put(self, key: str, value: bytes, *, ttl_seconds: int) -> None:
        """Keep a value for at most this long."""
        try:
            with asking("the cache"):
                self._redis.set(self._prefix + key, value, ex=ttl_seconds)
        except ProviderUnavailable as error:
            _log.warning("%s", error)

    def drop(self, keys: Sequence[str]) -> None:
        """Forget values."""
        if not keys:
            return
        try:
            with asking("the cache"):
                self._redis.delete(*(self._prefix + key for key in keys))
        except ProviderUnavailable as error:
            _log.warning("%s", error)
