"""The cache and the rate limiter: helpful while Redis is there, silent while it is not."""

import socket
from contextlib import suppress

import pytest
from redis import Redis

from souk.adapters.redis.cache import RedisCache
from souk.adapters.redis.connections import connect
from souk.adapters.redis.rate_limiter import RedisRateLimiter
from souk.core.ports import Cache, RateLimiter
from tests.support.threads import at_once
from tests.support.waiting import eventually


@pytest.fixture
def redis(redis_url: str):
    with connect(redis_url, timeout_seconds=5) as client:
        yield client


@pytest.fixture
def cache(redis: Redis) -> Cache:
    return RedisCache(redis)


@pytest.fixture
def limiter(redis: Redis) -> RateLimiter:
    return RedisRateLimiter(redis)


@pytest.fixture
def away():
    with connect("redis://127.0.0.1:1/0", timeout_seconds=1) as client:
        yield client


def test_gives_back_what_was_put(cache: Cache) -> None:
    cache.put("a", b"\x00\xff", ttl_seconds=60)

    assert cache.get("a") == b"\x00\xff"
    assert cache.get("b") is None


def test_gives_back_several_at_once(cache: Cache) -> None:
    cache.put("a", b"1", ttl_seconds=60)
    cache.put("c", b"3", ttl_seconds=60)

    assert cache.get_all(["a", "b", "c"]) == [b"1", None, b"3"]


def test_forgets_what_is_dropped(cache: Cache) -> None:
    cache.put("a", b"1", ttl_seconds=60)
    cache.put("b", b"2", ttl_seconds=60)

    cache.drop(["a"])
    cache.drop([])

    assert (cache.get("a"), cache.get("b")) == (None, b"2")


def test_keeps_nothing_for_ever(cache: Cache, redis: Redis) -> None:
    cache.put("a", b"1", ttl_seconds=60)

    assert 0 < redis.ttl("cache:a") <= 60


def test_holds_nothing_when_redis_is_away(away: Redis) -> None:
    cache = RedisCache(away)
    cache.put("a", b"1", ttl_seconds=60)
    cache.drop(["a"])

    assert (cache.get("a"), cache.get_all(["a", "b"])) == (None, [None, None])


def test_leaves_a_redis_that_hangs_alone_for_a_while() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.setblocking(False)
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        with connect(url, timeout_seconds=0.1) as client:
            cache = RedisCache(client)
            cache.get("a")
            with suppress(BlockingIOError):
                while True:
                    silent.accept()[0].close()

            assert cache.get("a") is None
            with pytest.raises(BlockingIOError):
                silent.accept()


def test_allows_as_many_as_the_limit_and_says_how_long_to_wait(limiter: RateLimiter) -> None:
    waits = [limiter.take("a", limit=3, per_seconds=50) for _ in range(4)]

    assert waits[:3] == [0, 0, 0]
    assert 49 <= waits[3] <= 50
    assert limiter.take("b", limit=3, per_seconds=50) == 0


def test_allows_exactly_the_limit_when_all_come_at_once(limiter: RateLimiter) -> None:
    waits = at_once(20, lambda _n: limiter.take("a", limit=5, per_seconds=50))

    assert waits.count(0) == 5


def test_allows_again_when_the_window_is_over(limiter: RateLimiter) -> None:
    assert limiter.take("a", limit=1, per_seconds=1) == 0

    assert limiter.take("a", limit=1, per_seconds=1) == 1
    assert eventually(lambda: limiter.take("a", limit=1, per_seconds=1) == 0)


def test_allows_everybody_when_redis_is_away(away: Redis) -> None:
    assert RedisRateLimiter(away).take("a", limit=0, per_seconds=1) == 0
