"""What the chain module says, as payments hear it."""

from datetime import timedelta

import pytest

from souk.core.documents import CachedDocuments
from souk.core.events import HandlerRegistry
from souk.modules.chain.events import (
    ChainIncidentOpened,
    EscrowEventOrphaned,
    EscrowEventReached,
    EscrowEventSeen,
)
from souk.modules.orders.domain import OrderStatus
from souk.modules.payments.domain import LegStatus
from souk.modules.payments.handlers import subscriptions
from tests.support.clock import START
from tests.support.escrow_events import said
from tests.support.http import NothingKept
from tests.support.payment_builders import a_gateway, a_shop


@pytest.fixture
def shop(uow):
    return a_shop(uow)


@pytest.fixture
def tell(shop):
    registry = HandlerRegistry(
        subscriptions(shop.payments, a_gateway(), CachedDocuments(NothingKept()))
    )

    def tell(*events) -> None:
        for event in events:
            registry.dispatch(event.name, event.version, event.to_payload())

    return tell


@pytest.mark.parametrize("level", ["confirmed", "final"])
def test_pays_the_order_at_the_level_that_counts(shop, tell, level: str) -> None:
    (leg,) = shop.start().attempt.legs

    tell(said(EscrowEventSeen, leg))
    before = shop.sees.status()
    tell(said(EscrowEventReached, leg, level=level))

    assert (before, shop.sees.status()) == (OrderStatus.PENDING_PAYMENT, OrderStatus.PAID)


def test_takes_higher_levels_for_no_news(shop, tell) -> None:
    (leg,) = shop.start().attempt.legs
    tell(said(EscrowEventReached, leg, level="confirmed"))
    entries = shop.sees.read("SELECT count(*) FROM ledger_entry")

    tell(*(said(EscrowEventReached, leg, level=level) for level in ("safe", "final")))

    assert shop.sees.read("SELECT count(*) FROM ledger_entry") == entries


def test_pays_nothing_at_a_level_that_does_not_count(shop, tell) -> None:
    (leg,) = shop.start().attempt.legs

    tell(said(EscrowEventReached, leg, level="included"))

    assert shop.sees.attempts() == ["awaiting_payer"]


def test_follows_an_order_to_its_end(shop, tell) -> None:
    (leg,) = shop.start().attempt.legs
    released = {"kind": "1", "to_buyer": "0", "to_seller": str(leg.amount), "fee": "7"}

    tell(
        said(EscrowEventReached, leg, level="confirmed"),
        said(
            EscrowEventReached, leg, "fulfilled", args={"deadline": "1900000000"}, level="confirmed"
        ),
        said(EscrowEventReached, leg, "settled", args=released, level="confirmed"),
    )

    now = shop.leg(leg.id)
    assert (now.status, now.released, now.fee) == (LegStatus.RELEASED, leg.amount, 7)
    assert shop.sees.status() is OrderStatus.COMPLETED


def test_takes_a_payment_back_when_its_block_left(shop, tell) -> None:
    (leg,) = shop.start().attempt.legs

    tell(
        said(EscrowEventReached, leg, level="confirmed"),
        said(EscrowEventOrphaned, leg),
    )

    assert shop.sees.attempts() == ["orphaned"]
    assert shop.sees.read("SELECT completed_at FROM payment") is None


def an_incident(reason: str = "reorg_below_final", block: int | None = 7) -> ChainIncidentOpened:
    return ChainIncidentOpened(
        chain_id=31337, incident_id="inc_1", reason=reason, block_number=block
    )


@pytest.mark.pitfall("W21")
@pytest.mark.parametrize(("block", "holds"), [(None, 1), (6, 1), (7, 1), (8, 0)])
def test_freezes_what_stands_at_or_above_the_block_when_final_blocks_are_gone(
    shop, tell, block, holds
) -> None:
    (leg,) = shop.start().attempt.legs
    tell(said(EscrowEventReached, leg, level="confirmed"))

    tell(an_incident(block=block), an_incident(block=block))

    assert shop.sees.holds() == ["incident"] * holds


def test_keeps_the_keeper_away_when_an_incident_holds_the_order_up(shop, tell, uow) -> None:
    (leg,) = shop.start().attempt.legs
    tell(said(EscrowEventReached, leg, level="confirmed"), an_incident())

    with uow.begin() as tx:
        assert shop.payments.legs_due(tx, "chain:31337", START + timedelta(days=99), 20) == []


@pytest.mark.parametrize(("then", "holds"), [("refund", []), ("release", ["orphan"])])
def test_holds_an_ended_order_up_when_a_reorg_puts_another_end_in_place(
    shop, tell, then: str, holds: list[str]
) -> None:
    (leg,) = shop.start().attempt.legs
    everything, nothing = str(leg.amount), "0"
    back = {"kind": "1", "to_buyer": everything, "to_seller": nothing, "fee": nothing}
    out = {"kind": "0", "to_buyer": nothing, "to_seller": everything, "fee": nothing}
    again = {"observation_id": "obs_again", "args": back if then == "refund" else out}

    tell(
        said(EscrowEventReached, leg, level="confirmed"),
        said(EscrowEventReached, leg, "settled", args=back, level="confirmed"),
        said(EscrowEventOrphaned, leg, "settled", args=back),
        said(EscrowEventReached, leg, "settled", level="confirmed", **again),
    )

    assert shop.sees.holds() == holds
    assert shop.sees.status() is OrderStatus.CANCELLED
    shop.sees.assert_balanced()


def test_freezes_nothing_when_the_order_is_settled(shop, tell) -> None:
    (leg,) = shop.start().attempt.legs
    back = {"kind": "1", "to_buyer": str(leg.amount), "to_seller": "0", "fee": "0"}
    tell(
        said(EscrowEventReached, leg, level="confirmed"),
        said(EscrowEventReached, leg, "settled", args=back, level="confirmed"),
    )

    tell(an_incident())

    assert shop.sees.holds() == []


@pytest.mark.parametrize("reason", ["wrong_chain", "head_fell_behind", "unreadable_block"])
def test_freezes_nothing_when_the_chain_can_only_not_be_read(shop, tell, reason) -> None:
    (leg,) = shop.start().attempt.legs
    tell(said(EscrowEventReached, leg, level="confirmed"))

    tell(an_incident(reason))

    assert shop.sees.holds() == []


def test_keeps_where_a_fact_stood_as_evidence(shop, tell) -> None:
    (leg,) = shop.start().attempt.legs

    tell(said(EscrowEventReached, leg, level="confirmed"))

    evidence = shop.sees.read("SELECT evidence FROM order_status_history WHERE to_status = 'paid'")
    assert (evidence["block_number"], evidence["log_index"]) == (7, 3)
    assert evidence["transaction_hash"] == "0x" + "11" * 32


@pytest.mark.parametrize("kind", ["disputed", "reimbursed", "credited", "withdrawn"])
def test_passes_over_what_moves_no_leg(shop, tell, kind) -> None:
    (leg,) = shop.start().attempt.legs

    tell(said(EscrowEventSeen, leg, kind))

    assert shop.leg(leg.id).status is LegStatus.AWAITING


@pytest.mark.pitfall("W22")
@pytest.mark.parametrize(
    "stranger",
    [{"contract": "0x" + "11" * 20}, {"escrow_id": "0x" + "22" * 32}, {"chain_id": 1}],
    ids=["contract", "escrow id", "chain"],
)
def test_credits_nothing_that_is_not_exactly_ours(shop, tell, stranger) -> None:
    (leg,) = shop.start().attempt.legs

    tell(said(EscrowEventReached, leg, level="confirmed", **stranger))

    assert shop.leg(leg.id).status is LegStatus.AWAITING
    assert shop.sees.read("SELECT count(*) FROM ledger_entry") == 0


def test_pays_nothing_when_less_came_than_was_due(shop, tell) -> None:
    (leg,) = shop.start().attempt.legs

    short = {"amount": str(leg.amount - 1)}
    tell(said(EscrowEventReached, leg, args=short, level="confirmed"))

    assert shop.sees.status() is OrderStatus.PENDING_PAYMENT
    shop.sees.assert_balanced()
