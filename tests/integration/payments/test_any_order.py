"""Facts come in any order and any number of times; where it ends is the same."""

from datetime import timedelta
from itertools import permutations
from random import Random

import pytest
from sqlalchemy import text

from souk.modules.payments.domain import FactKind
from tests.support.clock import START
from tests.support.payment_builders import a_shop, orphaned, reached, seen

FULFILLED, SETTLED = FactKind.FULFILLED, FactKind.SETTLED
DISPUTED, REIMBURSED = FactKind.DISPUTED, FactKind.REIMBURSED
_LATER = START + timedelta(minutes=2)

STORIES = {
    "paid": lambda leg: [seen(leg), reached(leg)],
    "paid, mined again, paid": lambda leg: [
        seen(leg),
        reached(leg),
        orphaned(leg),
        seen(leg, stay=2),
        reached(leg, stay=2),
    ],
    "fulfilled": lambda leg: [
        seen(leg),
        reached(leg),
        seen(leg, FULFILLED),
        reached(leg, FULFILLED),
    ],
    "released": lambda leg: [
        reached(leg),
        reached(leg, FULFILLED),
        seen(leg, SETTLED),
        reached(leg, SETTLED),
    ],
    "refunded": lambda leg: [
        seen(leg),
        reached(leg),
        seen(leg, SETTLED, to_buyer=leg.amount),
        reached(leg, SETTLED, to_buyer=leg.amount),
    ],
    "disputed": lambda leg: [
        reached(leg),
        reached(leg, FULFILLED),
        seen(leg, DISPUTED),
        reached(leg, DISPUTED),
    ],
    "ruled": lambda leg: [
        reached(leg),
        reached(leg, DISPUTED),
        reached(leg, SETTLED, to_seller=5, to_buyer=leg.amount - 5),
    ],
    "reimbursed": lambda leg: [
        reached(leg),
        reached(leg, SETTLED),
        seen(leg, REIMBURSED),
        reached(leg, REIMBURSED),
    ],
    "released, after a share of it left the chain": lambda leg: [
        reached(leg),
        reached(leg, FULFILLED),
        reached(leg, SETTLED, to_seller=5),
        reached(leg, SETTLED, effect=2, to_seller=leg.amount, occurred_at=_LATER),
        orphaned(leg, SETTLED, to_seller=5),
    ],
    "never again": lambda leg: [seen(leg), orphaned(leg), seen(leg, stay=2), orphaned(leg, stay=2)],
}


def _state(shop, leg) -> tuple:
    """Everything that must not depend on the order: statuses, figures, balances, holds."""
    now = shop.leg(leg.id)
    figures = (
        *(now.status, now.held, now.released, now.refunded, now.reimbursed, now.fee),
        now.deadline,
    )
    with shop.uow.begin() as tx:
        balances = tx.session.execute(
            text(
                "SELECT a.kind, p.stage, sum(p.amount) FROM ledger_posting p"
                " JOIN ledger_account a ON a.id = p.account_id GROUP BY 1, 2 ORDER BY 1, 2"
            )
        )
        books = tuple(tuple(row) for row in balances if row[2])
    return (
        figures,
        books,
        shop.sees.status(),
        shop.sees.state(),
        tuple(shop.sees.attempts()),
        tuple(shop.sees.holds()),
        shop.sees.money(),
    )


def _ends(shop, connection, leg, orders) -> set[tuple]:
    """Where the facts end in each of these orders, the books balanced after every fact."""
    ends = set()
    for order in orders:
        with connection.begin_nested() as branch:
            for fact in order:
                shop.observe(fact)
                shop.sees.assert_balanced()
            ends.add(_state(shop, leg))
            branch.rollback()
    return ends


@pytest.mark.pitfall("P6")
@pytest.mark.parametrize("story", STORIES)
def test_ends_the_same_when_facts_come_in_another_order(uow, connection, story) -> None:
    shop = a_shop(uow)
    (leg,) = shop.start().attempt.legs
    facts = STORIES[story](leg)
    others = Random(story).sample(list(permutations(facts))[1:], 1 if len(facts) < 3 else 2)

    assert len(_ends(shop, connection, leg, [facts, *others])) == 1


@pytest.mark.deep
@pytest.mark.parametrize("story", STORIES)
def test_ends_the_same_in_every_order_there_is(uow, connection, story) -> None:
    shop = a_shop(uow)
    (leg,) = shop.start().attempt.legs

    assert len(_ends(shop, connection, leg, permutations(STORIES[story](leg)))) == 1


@pytest.mark.pitfall("P1")
def test_changes_nothing_when_a_fact_comes_again(uow) -> None:
    shop = a_shop(uow)
    (leg,) = shop.start().attempt.legs
    facts = [seen(leg), reached(leg), reached(leg, SETTLED)]
    shop.observe(*facts)
    before, entries = _state(shop, leg), shop.sees.read("SELECT count(*) FROM ledger_entry")

    assert shop.observe(*facts * 3) == [False] * 9
    assert _state(shop, leg) == before
    assert shop.sees.read("SELECT count(*) FROM ledger_entry") == entries
