"""The `RateLimiter` over Redis."""

import logging

from redis import Redis

from souk.adapters.redis.connections import asking
from souk.core.errors import ProviderUnavailable

_log = logging.getLogger(__name__)

# A counter that lives as long as its window, which begins with the first use. One script, so
# that no crash can leave a counter that never ends.
_TAKE = """
local used = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
    left = tonumber(ARGV[2]) * 1000
    redis.call('PEXPIRE', KEYS[1], left)
end
if used <= tonumber(ARGV[1]) then return 0 end
return left
"""


class RedisRateLimiter:
    """Counts uses in fixed windows."""

    def __init__(self, redis: Redis, *, prefix: str = "rate:") -> None:
        self._take = redis.register_script(_TAKE)
        self._prefix = prefix

    def take(self, key: str, *, limit: int, per_seconds: int) -> int:
        """Count one use; 0, or the seconds until the window is over."""
        try:
            with asking("the rate limiter"):
                left = self._take(keys=[self._prefix + key], args=[limit, per_seconds])
        except ProviderUnavailable as error:
            _log.warning("%s", error)
            return 0
        return -(-int(left) // 1000)
