"""What a bank that takes money back does to a leg, whatever else happened to it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from souk.modules.payments.domain import (
    Fact,
    FactKind,
    FactStage,
    LegFigures,
    LegHistory,
    LegStatus,
    Observed,
    covered,
    leg_figures,
)

SEEN, REACHED = FactStage.SEEN, FactStage.REACHED
AT = datetime.fromtimestamp(1_800_000_000, UTC)


def observed(kind: FactKind, stage: FactStage = REACHED, number: int = 1, **figures) -> Observed:
    return Observed(
        observation_id=f"obs_{kind}_{number}",
        stage=stage,
        fact=Fact(kind=kind, **figures),
        occurred_at=AT,
        evidence={},
    )


def a_settlement(stage: FactStage = REACHED, **figures) -> Observed:
    return observed(FactKind.SETTLED, stage, **figures)


def a_chargeback(amount: int, stage: FactStage = REACHED, number: int = 1) -> Observed:
    return observed(FactKind.CHARGED_BACK, stage, number, amount=amount)


def a_reimbursement(amount: int) -> Observed:
    return observed(FactKind.REIMBURSED, amount=amount)


def history(**parts) -> LegHistory:
    return covered(LegHistory(hold=observed(FactKind.HELD, amount=1_000), was_seen=True, **parts))


def figures(**parts) -> LegFigures:
    return leg_figures(history(**parts), fulfil_by=5_000, window=100)


def from_held(**parts) -> list[int]:
    return [one.fact.to_buyer for one in history(**parts).chargebacks]


def test_takes_held_money_first() -> None:
    found = figures(chargebacks=(a_chargeback(1_000),))

    assert (found.status, found.charged_back) == (LegStatus.CHARGED_BACK, 1_000)
    assert from_held(chargebacks=(a_chargeback(1_000),)) == [1_000]


def test_takes_of_held_money_what_one_before_has_left() -> None:
    released = a_settlement(to_seller=700)
    both = (a_chargeback(200), a_chargeback(500, number=2))

    assert from_held(settlements=(released,), chargebacks=both) == [200, 100]


def test_leaves_the_rest_held_when_a_part_is_taken() -> None:
    assert figures(chargebacks=(a_chargeback(400),)).status is LegStatus.HELD


def test_moves_nothing_while_the_bank_only_asks() -> None:
    found = figures(chargebacks=(a_chargeback(1_000, SEEN),))

    assert (found.status, found.charged_back) == (LegStatus.HELD, 0)


def test_leaves_to_the_seller_what_was_released_before() -> None:
    released = {"settlements": (a_settlement(to_seller=1_000),)}

    found = figures(**released, chargebacks=(a_chargeback(1_000),))

    assert (found.status, found.charged_back) == (LegStatus.RELEASED, 1_000)
    assert from_held(**released, chargebacks=(a_chargeback(1_000),)) == [0]


def test_takes_what_is_held_and_leaves_the_rest_to_the_seller() -> None:
    parted = {"settlements": (a_settlement(to_seller=700),)}

    assert from_held(**parted, chargebacks=(a_chargeback(1_000),)) == [300]


def test_takes_held_money_once_when_a_bank_takes_twice() -> None:
    twice = (a_chargeback(600, number=1), a_chargeback(400, number=2))

    assert from_held(chargebacks=twice) == [600, 400]


def test_never_gives_the_buyer_more_than_was_paid() -> None:
    found = figures(settlements=(a_settlement(to_buyer=600),), chargebacks=(a_chargeback(500),))

    assert (found.refunded, found.charged_back) == (600, 400)


def lost(**parts) -> dict[str, int]:
    return dict(history(**parts).lost)


def by_hand(kind: FactKind, **figures) -> Observed:
    return replace(observed(kind, **figures), evidence={"refund": "re_1"})


def test_loses_what_a_bank_takes_beyond_what_there_is() -> None:
    refunded = {"settlements": (a_settlement(to_buyer=600),)}

    assert lost(**refunded, chargebacks=(a_chargeback(500),)) == {"obs_charged_back_1": 100}
    assert lost(**refunded, chargebacks=(a_chargeback(400),)) == {}
    assert lost(**refunded, chargebacks=(a_chargeback(500, SEEN),)) == {}


def test_loses_what_a_bank_takes_of_what_the_seller_gave_back() -> None:
    parts = {
        "settlements": (a_settlement(to_seller=1_000),),
        "reimbursements": (a_reimbursement(300),),
        "chargebacks": (a_chargeback(1_000),),
    }

    found = figures(**parts)

    assert (found.reimbursed, found.charged_back) == (300, 700)
    assert lost(**parts) == {"obs_charged_back_1": 300}


def test_loses_what_was_given_back_by_hand_and_was_not_there() -> None:
    ours = a_settlement(to_seller=700, to_buyer=100)
    more = replace(by_hand(FactKind.SETTLED, to_buyer=500), observation_id="more")

    assert figures(settlements=(ours, more)).refunded == 300
    assert lost(settlements=(ours, more)) == {"more": 300}


def test_loses_what_was_given_back_by_hand_and_the_seller_never_had() -> None:
    more = by_hand(FactKind.REIMBURSED, amount=800)
    parts = {"settlements": (a_settlement(to_seller=600, to_buyer=400),), "reimbursements": (more,)}

    assert (figures(**parts).reimbursed, lost(**parts)) == (600, {"obs_reimbursed_1": 200})


def test_has_lost_nothing_by_hand_before_it_knows_what_the_seller_has() -> None:
    assert lost(reimbursements=(by_hand(FactKind.REIMBURSED, amount=800),)) == {}


def test_has_lost_nothing_where_a_chain_cannot_have_said_it() -> None:
    assert lost(settlements=(a_settlement(to_buyer=1_001),)) == {}


def test_lets_no_settlement_under_way_have_what_a_bank_has_taken() -> None:
    pending = (a_settlement(SEEN, to_seller=1_000),)

    assert history(settlements=pending, chargebacks=(a_chargeback(1),)).settlements == ()


@pytest.mark.parametrize(("recovered", "counts"), [(700, 700), (701, 0)])
def test_recovers_no_more_than_the_seller_got(recovered, counts) -> None:
    """Also what the buyer does not have, because the bank that asks for it was faster."""
    found = figures(
        settlements=(a_settlement(to_seller=700),),
        reimbursements=(),
        recoveries=(observed(FactKind.RECOVERED, amount=recovered),),
    )

    assert found.recovered == counts


amounts = st.integers(1, 1_200)
stages = st.sampled_from([SEEN, REACHED])


def _many(kind: FactKind, *names: str) -> st.SearchStrategy[tuple[Observed, ...]]:
    figures = st.fixed_dictionaries({name: st.integers(0, 1_200) for name in names})
    one = st.tuples(stages, st.integers(1, 9), figures)
    built = one.map(lambda drawn: observed(kind, drawn[0], drawn[1], **drawn[2]))
    return st.lists(built, max_size=3, unique_by=lambda o: o.observation_id).map(tuple)


@given(
    _many(FactKind.SETTLED, "to_seller", "to_buyer"),
    _many(FactKind.REIMBURSED, "amount"),
    _many(FactKind.CHARGED_BACK, "amount"),
    _many(FactKind.RECOVERED, "amount"),
)
def test_accounts_for_all_money_whatever_is_said(settled, reimbursed, taken, recovered) -> None:
    found = figures(
        settlements=settled, reimbursements=reimbursed, chargebacks=taken, recoveries=recovered
    )

    assert found.released + found.refunded <= found.held
    assert found.refunded + found.reimbursed + found.charged_back <= found.held
    assert found.recovered <= found.released
    gone = sum(lost(settlements=settled, reimbursements=reimbursed, chargebacks=taken).values())
    told = sum(one.fact.amount for one in taken if one.stage is REACHED)
    assert found.charged_back + gone == told
