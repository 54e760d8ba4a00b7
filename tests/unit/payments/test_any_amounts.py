"""Amounts from nothing to the largest that the contract knows, in assets of any exponent: whatever
happens to them, nothing is lost, made, or rounded twice."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from souk.core.money import Asset, Money
from souk.modules.ledger.domain import (
    PostingDraft,
    Stage,
    charge_back_postings,
    hold_postings,
    recover_postings,
    refund_postings,
    release_postings,
)
from souk.modules.payments.domain import (
    Fact,
    FactKind,
    FactStage,
    LegFigures,
    LegHistory,
    Observed,
    covered,
    fee_of,
    leg_figures,
)

MOST = 2**256 - 1
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
AMOUNTS = st.integers(0, MOST) | st.integers(0, 3_000)
FINAL = st.sampled_from([FactStage.REACHED, FactStage.REACHED, FactStage.SEEN])

pytestmark = pytest.mark.pitfall("P19")


@st.composite
def observed(draw: st.DrawFn, kind: FactKind) -> Observed:
    """One thing that a rail says of a leg."""
    amount, fee = draw(AMOUNTS), 0
    figures = {"amount": amount}
    if kind is FactKind.SETTLED:
        to_seller, to_buyer = draw(AMOUNTS), draw(AMOUNTS)
        fee = draw(st.integers(0, to_seller))
        figures = {"to_seller": to_seller, "to_buyer": to_buyer, "fee": fee}
    return Observed(
        observation_id=str(draw(st.integers(0, 10**6))),
        stage=draw(FINAL),
        fact=Fact(kind=kind, **figures),
        occurred_at=START + timedelta(seconds=draw(st.integers(0, 5))),
        evidence={},
    )


def several(kind: FactKind) -> st.SearchStrategy[tuple[Observed, ...]]:
    return st.lists(observed(kind), max_size=4).map(tuple)


histories = st.builds(
    LegHistory,
    hold=st.none() | observed(FactKind.HELD),
    was_seen=st.booleans(),
    settlements=several(FactKind.SETTLED),
    reimbursements=several(FactKind.REIMBURSED),
    chargebacks=several(FactKind.CHARGED_BACK),
    recoveries=several(FactKind.RECOVERED),
)


def weighed(history: LegHistory) -> LegFigures:
    return leg_figures(covered(history), fulfil_by=1, window=1)


@given(histories)
def test_moves_no_more_than_was_held_whatever_is_said(history) -> None:
    figures = weighed(history)

    back = figures.refunded + figures.reimbursed + figures.charged_back
    assert figures.released + figures.refunded <= figures.held <= MOST
    assert figures.reimbursed <= figures.released
    assert back <= figures.held
    assert figures.fee <= figures.released
    assert figures.recovered <= figures.released


@given(st.lists(AMOUNTS, max_size=6), st.integers(0, 10_000))
def test_charges_the_same_for_the_parts_as_for_the_whole(parts, fee_bps) -> None:
    fees = [
        fee_of(part, released_before=sum(parts[:place]), fee_bps=fee_bps)
        for place, part in enumerate(parts)
    ]

    assert sum(fees) == sum(parts) * fee_bps // 10_000
    assert all(0 <= fee <= part for fee, part in zip(fees, parts, strict=True))


def sums(postings: tuple[PostingDraft, ...]) -> int:
    return sum(posting.amount for posting in postings)


@given(AMOUNTS, st.data())
def test_books_every_movement_in_full(amount, data) -> None:
    part, stage = data.draw(st.integers(0, amount)), Stage.POSTED
    between = {"buyer": "acc", "holder": "leg", "asset": "USD", "amount": amount, "stage": stage}
    entries = [
        hold_postings(**between),
        refund_postings(**between),
        release_postings(
            holder="leg", seller="sel", asset="USD", amount=amount, fee=part, stage=stage
        ),
        recover_postings("sel", "USD", amount, stage),
        charge_back_postings(**between, seller="sel", from_held=part),
    ]

    assert [sums(postings) for postings in entries] == [0] * len(entries)
    moved = [sum(max(0, posting.amount) for posting in postings) for postings in entries]
    assert moved == [amount] * len(entries)


@given(AMOUNTS, st.sampled_from([("JPY", 0), ("USD", 2), ("KWD", 3), ("eip155:1/slip44:60", 18)]))
def test_tells_an_amount_exactly_whatever_the_exponent(amount, unit) -> None:
    code, exponent = unit

    told = Money(amount, Asset(code, exponent, code)).to_json()

    assert (int(str(told["amount"])), told["exponent"]) == (amount, exponent)
    assert isinstance(told["amount"], str)
