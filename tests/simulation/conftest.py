"""What campaigns are run against, besides the database."""

from datetime import UTC, datetime

import pytest

from tests.support.card_fixtures import card_server, faulty_server
from tests.support.card_shop import CardShop, a_card_shop
from tests.support.clock import MovableClock

__all__ = ["card_server", "clock", "faulty_server", "shop"]


@pytest.fixture
def clock() -> MovableClock:
    """The provider's time is the real one, so that ours begins there too."""
    return MovableClock(datetime.now(UTC))


@pytest.fixture
def shop(uow, card_server, clock) -> CardShop:
    """With an order of one seller."""
    return a_card_shop(uow, card_server, clock)
