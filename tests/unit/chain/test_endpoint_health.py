"""What an endpoint's faults cost it, and how it comes back."""

from itertools import accumulate

import pytest

from souk.adapters.evm.rpc import shown_address
from souk.modules.chain.domain.endpoints import (
    MAX_QUARANTINE_SECONDS,
    EndpointKind,
    EndpointState,
    Fault,
    Health,
    Standing,
)


def scores(*faults: Fault | None) -> list[int]:
    """The score after each look."""
    course = accumulate(faults, lambda health, fault: health.after(fault, 0), initial=Health())
    return [health.score for health in course][1:]


def test_quarantines_an_endpoint_when_it_fails_three_times() -> None:
    assert scores(Fault.FAILS, Fault.FAILS, Fault.FAILS) == [66, 32, 0]


@pytest.mark.parametrize("fault", [Fault.OTHER_CHAIN, Fault.CONTRADICTED])
def test_quarantines_an_endpoint_at_once_when_it_does_what_no_honest_one_does(fault: Fault) -> None:
    assert scores(fault) == [0]


def test_ends_probation_when_anything_happens_before_trust_is_back() -> None:
    assert scores(Fault.OTHER_CHAIN, None, Fault.FAILS) == [0, 20, 0]


def test_trusts_wholly_again_when_looks_stay_good() -> None:
    assert scores(Fault.OTHER_CHAIN, *[None] * 6) == [0, 20, 40, 60, 80, 100, 100]


def test_waits_longer_when_quarantines_follow_each_other() -> None:
    health, waits = Health(), []
    for _ in range(8):
        health = health.after(None, 0).after(Fault.CONTRADICTED, 0)
        waits.append(health.until)

    assert waits[:4] == [5, 10, 20, 40]
    assert waits[-1] == MAX_QUARANTINE_SECONDS


def test_forgets_quarantines_when_trust_is_back() -> None:
    health = Health().after(Fault.CONTRADICTED, 0)
    for _ in range(5):
        health = health.after(None, 0)

    assert health == Health()


@pytest.mark.parametrize(
    ("score", "standing"),
    [(0, Standing.QUARANTINED), (20, Standing.PROBATION), (100, Standing.WELL)],
)
def test_shows_what_follows_from_a_score(score: int, standing: Standing) -> None:
    assert EndpointState(EndpointKind.HTTP, 1, score, None, None).standing is standing


@pytest.mark.pitfall("K3")
@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://eth-mainnet.g.alchemy.com/v2/k3y", "*.alchemy.com"),
        ("https://k3y.eth.rpc.rivet.cloud/", "*.rivet.cloud"),
        ("https://user:k3y@example.org/?key=k3y", "example.org"),
        ("http://127.0.0.1:8545/k3y", "127.0.0.1:8545"),
        ("http://anvil:8545", "anvil:8545"),
        ("https://[k3y", "no address"),
    ],
)
def test_shows_an_address_without_its_key(url: str, shown: str) -> None:
    assert shown_address(url) == shown
