"""What the tests of names share: a store of Sofia's, and a chain whose names the tests write."""

import pytest

from souk.adapters.ens.normaliser import EnsipNormaliser
from souk.modules.names.service import Lookups
from tests.support.fake_names import FakeNameService
from tests.support.seller_builders import sellers_on

NORMALISER = EnsipNormaliser()


@pytest.fixture
def chain(clock) -> FakeNameService:
    return FakeNameService(clock.now())


@pytest.fixture
def lookups(uow, chain) -> Lookups:
    return Lookups(uow, sellers_on(uow), NORMALISER, chain)
