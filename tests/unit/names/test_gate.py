"""Who counts as one client when names are looked up."""

import pytest

from souk.modules.names.errors import TooManyLookups
from souk.modules.names.service import LookupGate


class Limiter:
    def __init__(self, wait=0) -> None:
        self.wait, self.keys = wait, []

    def take(self, key, *, limit, per_seconds):
        self.keys.append(key)
        return self.wait


def test_admit_counts_by_the_network_that_one_customer_holds() -> None:
    limiter = Limiter()

    LookupGate(limiter, per_minute=5).admit("2001:db8:1:2:aaaa::1")

    assert limiter.keys == ["ens:2001:db8:1:2::/64"]


def test_admit_refuses_with_the_time_to_wait_when_the_limit_is_reached() -> None:
    with pytest.raises(TooManyLookups) as refused:
        LookupGate(Limiter(wait=9), per_minute=5).admit("203.0.113.7")

    assert refused.value.retry_after_seconds == 9
