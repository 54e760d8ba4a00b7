"""Orders that wait for their payment in escrow, placed once by the product and copied for each
seed."""

from itertools import count

import psycopg
from psycopg.rows import dict_row
from sqlalchemy.orm import sessionmaker

from souk.core.db import make_engine
from souk.core.unit_of_work import UnitOfWork
from tests.support.account_builders import an_account
from tests.support.catalog_builders import a_listing
from tests.support.clock import START, MovableClock
from tests.support.order_builders import place
from tests.support.payment_builders import a_choice, payments_on, write_blocks
from tests.support.seller_builders import a_seller
from tests.support.simchain.escrow import Order
from tests.support.stack import Databases

ORDERS = 24
PEOPLE = 3
# The blocks by whose time the offers were made are of no chain that is followed later.
_FORGET = "DELETE FROM chain_block; DELETE FROM chain; UPDATE outbox SET delivered_at = created_at"
_ORDERS = """
    SELECT leg.order_id, leg.id AS leg_id, payment.buyer_id, leg.seller_id, leg.asset,
        lower(leg.contract) AS contract, leg.escrow_id, leg.buyer_wallet AS buyer,
        leg.seller_wallet AS seller, leg.token, leg.amount, leg.fee_bps,
        leg.window_seconds AS window, leg.ref, leg.silent_bps, leg.fulfil_by
    FROM payment_attempt_leg leg JOIN payment ON payment.id = leg.payment_id ORDER BY leg.id
"""


class CountedIds:
    """Ids that come out the same in every run."""

    def __init__(self, first: int = 1) -> None:
        self._numbers = count(first)

    def new(self, prefix: str) -> str:
        """The next one, in the form of a TypeID."""
        return f"{prefix}_0{next(self._numbers):025d}"


def furnish(databases: Databases) -> str:
    """The URL of a database in which buyers are about to pay."""
    url = databases.migrated()
    engine = make_engine(url)
    uow = UnitOfWork(sessionmaker(engine), MovableClock(), CountedIds())
    try:
        pieces = [a_listing(uow, a_seller(uow, f"seller{n}"), on_hand=99) for n in range(PEOPLE)]
        buyers = [an_account(uow, f"buyer{n}") for n in range(PEOPLE)]
        write_blocks(uow, START)
        payments = payments_on(uow)
        for number in range(ORDERS):
            who = number % PEOPLE
            placed = place(uow, buyers[who], (pieces[(number // 2) % PEOPLE].id, 1))
            payment_id = payments.open(buyers[who], placed.checkout_id)
            payments.start_attempt(buyers[who], payment_id, a_choice(f"buyer{who}"))
    finally:
        engine.dispose()
    with psycopg.connect(url) as connection:
        connection.execute(_FORGET)
    return url


def orders_in(url: str) -> list[Order]:
    """What the parties agreed on, read past the product's own code."""
    with psycopg.connect(url, row_factory=dict_row) as connection:
        rows = connection.execute(_ORDERS).fetchall()
    return [Order(**{**row, "amount": int(row["amount"])}) for row in rows]
