"""A merchant's server, and people to whom it belongs."""

from collections.abc import Iterator

import pytest

from souk.core.principal import Principal
from tests.support.account_builders import an_account
from tests.support.merchant import Merchant, merchant


@pytest.fixture
def server() -> Iterator[Merchant]:
    with merchant() as running:
        yield running


@pytest.fixture
def sofia(uow) -> Principal:
    return an_account(uow, "sofia")
