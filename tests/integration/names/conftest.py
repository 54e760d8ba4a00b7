"""What the tests of names share: a store of Sofia's, and a chain whose names the tests write."""

import pytest

from souk.adapters.avatars.reader import EnsAvatarReader
from souk.adapters.ens.normaliser import EnsipNormaliser
from souk.adapters.redis.cache import RedisCache
from souk.adapters.redis.connections import connect
from souk.modules.names.service import Avatars, Lookups, Rechecks, Verifications
from tests.support.account_builders import accounts_on
from tests.support.fake_names import FakeNameService, Pages
from tests.support.name_builders import rechecks_on
from tests.support.seller_builders import sellers_on

NORMALISER = EnsipNormaliser()


@pytest.fixture
def chain(clock) -> FakeNameService:
    return FakeNameService(clock.now())


@pytest.fixture
def lookups(uow, chain) -> Lookups:
    return Lookups(uow, sellers_on(uow), NORMALISER, chain)


@pytest.fixture
def verifications(uow, lookups, chain) -> Verifications:
    return Verifications(uow, accounts_on(uow), sellers_on(uow), lookups, chain)


@pytest.fixture
def rechecks(uow, chain) -> Rechecks:
    return rechecks_on(uow, chain)


@pytest.fixture
def pages() -> Pages:
    return Pages()


@pytest.fixture
def cache(redis_url):
    redis = connect(redis_url, timeout_seconds=5)
    yield RedisCache(redis)
    redis.close()


@pytest.fixture
def avatars(lookups, chain, pages, cache) -> Avatars:
    return Avatars(lookups, chain, EnsAvatarReader(pages, NoTokens()), cache)


class NoTokens:
    """What reads tokens where there are none."""

    def described_at(self, text: str, holder: object) -> str:
        raise AssertionError(f"nobody has the token {text}")
