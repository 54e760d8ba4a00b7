"""Rules between orders, legs, books and the chain's record."""

import pytest
from sqlalchemy import text

from souk.modules.books.service import Books
from tests.support.shop import Shop

# A history that came to its end twice, past the index and with every step in its place.
_TWICE = """
    DROP INDEX uq_order_status_history_completed;
    INSERT INTO order_status_history (id, order_id, sequence, from_status, to_status, actor, reason,
        evidence, occurred_at, observed_at)
    SELECT 'osh_' || n, last.order_id, last.sequence + n,
        (ARRAY[last.to_status, 'completed', 'cancelled'])[n],
        (ARRAY['completed', 'cancelled', 'completed'])[n], 'system', 'a test', '{}', now(), now()
    FROM generate_series(1, 3) AS n,
        (SELECT * FROM order_status_history ORDER BY sequence DESC LIMIT 1) AS last;
    UPDATE orders SET status = 'completed'
"""
_ELSEWHERE = """
    ALTER TABLE orders DISABLE TRIGGER orders_have_history;
    UPDATE orders SET status = 'shipped'
"""
_SECOND_EFFECT = """
    INSERT INTO payment_effect (id, leg_id, kind, bookings, told, frozen)
    SELECT 'eff_again', leg_id, kind, 0, false, false FROM payment_effect;
    INSERT INTO payment_observation (id, effect_id, stage, amount, to_buyer, to_seller, fee,
        deadline, occurred_at, evidence, observed_at)
    SELECT 'obs_again', 'eff_again', stage, amount, to_buyer, to_seller, fee, deadline,
        occurred_at, evidence, observed_at FROM payment_observation
"""
_UNPOINTED = """
    UPDATE chain_effect SET event_id = NULL, observation_id = NULL, block_number = NULL,
        level = NULL
"""
_BOOKED_ALONE = """
    INSERT INTO ledger_entry (id, external_reference, effect_reference, flow, order_id, holder,
        posting_count, occurred_at, created_at)
    SELECT 'len_more', 'more', 'more', flow, order_id, holder, 2, now(), now() FROM ledger_entry
    WHERE flow = 'hold' LIMIT 1;
    INSERT INTO ledger_posting SELECT 'len_more', position, account_id, 'posted', amount
    FROM ledger_posting WHERE entry_id <> 'len_more' AND stage = 'posted'
"""


def broken(shop: Shop) -> set[str]:
    return {found.rule for found in shop.container.get(Books).check()}


def a_purchase(shop: Shop) -> dict:
    buyer, listing = shop.person("buyer"), shop.listing(shop.seller())
    return shop.paid(buyer, (listing, 1))


def test_breaks_no_rule_when_orders_are_paid_released_and_refunded(shop: Shop) -> None:
    seller, buyer = shop.seller(), shop.person("buyer")
    kept, returned, held = (shop.paid(buyer, (shop.listing(seller), 1)) for _ in range(3))
    shop.sign(seller, shop.move(seller, returned["orders"][0]["id"], "cancelled").json()["action"])
    shop.sign(buyer, shop.move(buyer, kept["orders"][0]["id"], "completed").json()["action"])
    shop.follow(blocks=3)
    shop.clock.advance(minutes=5)

    assert broken(shop) == set()
    statuses = [shop.order(buyer, one["orders"][0]["id"])["status"] for one in (kept, returned)]
    assert statuses == ["completed", "cancelled"]
    assert shop.order(buyer, held["orders"][0]["id"])["status"] == "paid"


@pytest.mark.parametrize(
    ("harm", "rule"),
    [
        (_TWICE, "orders_complete_once"),
        (_ELSEWHERE, "orders_stand_where_their_history_ends"),
        ("UPDATE payment_attempt_leg SET fee = 1", "legs_equal_their_facts"),
        ("UPDATE payment_observation SET amount = amount - 1", "legs_equal_their_facts"),
        (_BOOKED_ALONE, "legs_equal_the_books"),
        (_SECOND_EFFECT, "logs_count_once"),
        (_UNPOINTED, "counted_facts_stand_on_the_chain"),
        (_UNPOINTED, "logs_are_facts"),
        ("UPDATE chain_effect SET level = 'included'", "counted_facts_stand_on_the_chain"),
        ("UPDATE payment_observation SET stage = 'seen'", "facts_of_the_chain_are_counted"),
        ("UPDATE chain_block SET canonical = false", "facts_stand_in_canonical_blocks"),
    ],
)
def test_finds_the_break_when_two_records_say_different_things(
    shop: Shop, harm: str, rule: str
) -> None:
    a_purchase(shop)
    shop.clock.advance(minutes=5)
    assert broken(shop) == set()

    with shop.container.engine.begin() as connection:
        for statement in harm.split(";"):
            connection.execute(text(statement))

    assert rule in broken(shop)


def test_waits_for_what_is_on_its_way_into_the_books(shop: Shop) -> None:
    a_purchase(shop)
    with shop.container.engine.begin() as connection:
        connection.execute(text("UPDATE payment_observation SET stage = 'seen'"))

    assert "facts_of_the_chain_are_counted" not in broken(shop)
