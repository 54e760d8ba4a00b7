"""A provider at which everything goes wrong now and then: nothing is lost, and nothing done
twice."""

import pytest

from tests.support.card_campaign import a_campaign, order_faults

ROUNDS = 60


def survive(server, uow, engine, clock, *, seed: int, size: int) -> None:
    with a_campaign(server, uow, engine, clock, size=size) as campaign:
        before = campaign.happened()
        kinds = order_faults(server, seed, size=size)

        campaign.run(rounds=ROUNDS)
        server.control("faults/clear")

        happened = campaign.happened() - before
        assert campaign.is_idle(), [c.plan[len(c.done) :] for c in campaign.customers]
        assert [kind for kind in kinds if not happened[kind]] == []
        for wanted, there, booked in campaign.money():
            assert wanted == there == booked
        campaign.customers[0].shop.sees.assert_balanced()


def test_loses_and_doubles_nothing_when_the_provider_fails(
    faulty_server, committing_uow, engine, clock
) -> None:
    survive(faulty_server, committing_uow, engine, clock, seed=1, size=12)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(2, 8))
def test_loses_and_doubles_nothing_among_many_customers(
    faulty_server, committing_uow, engine, clock, seed
) -> None:
    survive(faulty_server, committing_uow, engine, clock, seed=seed, size=60)
