"""Worlds of nodes, branches and accidents, each decided by one number: whatever goes wrong, the
tables say in the end what is true."""

import logging

import pytest

LEAST_WORK = {"paid": 20, "refunded": 5, "reorged": 2}


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Thousands of accidents are told of in the log; what matters is what they led to."""
    caplog.set_level(logging.CRITICAL)


def test_ends_with_the_truth_whatever_goes_wrong(world, seed: int, record_property) -> None:
    with world(seed) as campaign:
        campaign.run()
        verdict = campaign.verdict()

    record_property("happened", dict(campaign.happened))
    work = verdict.work()
    assert verdict.differences == [], f"again: scripts/test simulation --seed {seed}"
    assert {kind: least for kind, least in LEAST_WORK.items() if work[kind] < least} == {}, work


def test_does_the_same_again_when_the_seed_is_the_same(world) -> None:
    courses = []
    for _ in range(2):
        with world(1) as campaign:
            campaign.run()
            courses.append((campaign.tree.head.hash, campaign.happened))

    assert courses[0] == courses[1]
