"""Who counts as one client when signing in, and what an installation must know."""

from dataclasses import replace

import pytest

from souk.modules.accounts.errors import TooManySignIns
from souk.modules.accounts.service import SignInGate
from tests.support.account_builders import SIGN_IN


class Limiter:
    def __init__(self, wait=0) -> None:
        self.wait, self.keys = wait, []

    def take(self, key, *, limit, per_seconds):
        self.keys.append(key)
        return self.wait


@pytest.mark.parametrize(
    ("client", "key"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("unknown", "unknown"),
    ],
)
def test_admit_counts_by_the_network_that_one_customer_holds(client, key):
    limiter = Limiter()
    SignInGate(limiter, per_minute=5).admit(client)
    assert limiter.keys == [f"sign-in:{key}"]


def test_admit_refuses_with_the_time_to_wait_when_the_limit_is_reached():
    with pytest.raises(TooManySignIns) as refused:
        SignInGate(Limiter(wait=9), per_minute=5).admit("203.0.113.7")
    assert refused.value.retry_after_seconds == 9


@pytest.mark.parametrize("changes", [{"chain_ids": ()}, {"domain": ""}, {"uri": "souk.example"}])
def test_config_refuses_when_it_cannot_tell_where_it_is(changes):
    with pytest.raises(ValueError, match="domain"):
        replace(SIGN_IN, **changes)
