"""What `scripts/bench payments` measures is a whole payment, of Souk and of the floor beside it."""

from contextlib import closing

import pytest
from sqlalchemy import text

from tests.support.bench_payments_floor import Floor
from tests.support.bench_payments_shop import stock
from tests.support.bench_payments_souk import Souk, statements_of_a_payment

_WHOLE = {
    "completed": "SELECT count(*) FROM payment WHERE status = 'COMPLETED'",
    "booked": "SELECT count(*) FROM ledger_entry WHERE flow = 'hold'",
    "paid": "SELECT count(*) FROM orders WHERE status = 'paid'",
}


@pytest.fixture
def shop(database_url):
    return stock(database_url)


@pytest.mark.parametrize("measured", [lambda url: Souk(url, connections=1), Floor])
def test_measures_whole_payments(database_url, engine, shop, measured) -> None:
    with closing(measured(database_url)) as rail:
        for buyer in shop.buyers[:2]:
            rail.buy(buyer, shop.listings[0])

    with engine.connect() as connection:
        found = {name: connection.scalar(text(asked)) for name, asked in _WHOLE.items()}
        breaks = connection.scalar(text("SELECT count(*) FROM ledger_breaks()"))
    assert (found, breaks) == (dict.fromkeys(_WHOLE, 2), 0)


def test_counts_the_statements_of_each_transaction(database_url, shop) -> None:
    counted = statements_of_a_payment(database_url, shop.buyers[0], shop.listings[0])

    assert {name for name, statements in counted.items() if statements} == {
        "enter",
        "place_and_pay",
        "_first_look",
        "_hand_out",
        "_observe",
    }
