"""What a set of observations amounts to."""

from datetime import UTC, datetime

import pytest

from souk.modules.payments.domain import (
    ATTEMPT_TRANSITIONS,
    UNDER_WAY,
    AttemptStatus,
    Fact,
    FactKind,
    FactStage,
    LegHistory,
    LegStatus,
    LegView,
    Observed,
    PaymentState,
    attempt_status,
    covered,
    current,
    is_later,
    leg_figures,
    project,
)

SEEN, REACHED, ORPHANED = FactStage.SEEN, FactStage.REACHED, FactStage.ORPHANED
AT = datetime.fromtimestamp(1_800_000_000, UTC)


def observed(kind: FactKind, stage: FactStage = REACHED, stay: int = 1, **figures) -> Observed:
    return Observed(
        observation_id=f"obs_{stay}",
        stage=stage,
        fact=Fact(kind=kind, **figures),
        occurred_at=AT,
        evidence={},
    )


def figures(hold=None, fulfilment=None, *settlements, was_seen=True, fulfil_by=5_000, **more):
    history = LegHistory(
        hold=hold, was_seen=was_seen, fulfilment=fulfilment, settlements=settlements, **more
    )
    return leg_figures(covered(history), fulfil_by=fulfil_by, window=100)


HOLD = observed(FactKind.HELD, amount=1_000)


@pytest.mark.parametrize(
    ("stages", "chosen"),
    [
        ([], None),
        ([ORPHANED], None),
        ([SEEN], 0),
        ([ORPHANED, SEEN], 1),
        ([REACHED, SEEN], 0),
        ([ORPHANED, ORPHANED, REACHED], 2),
    ],
)
def test_counts_the_furthest_observation_that_was_not_orphaned(stages, chosen) -> None:
    all_of = [observed(FactKind.HELD, stage, stay) for stay, stage in enumerate(stages)]

    assert current(all_of) is (None if chosen is None else all_of[chosen])


def test_moves_an_observation_only_forward() -> None:
    stages = [SEEN, REACHED, ORPHANED]

    for before in stages:
        for after in stages:
            assert is_later(after, before) == (stages.index(after) > stages.index(before))


@pytest.mark.parametrize(
    ("hold", "was_seen", "status"),
    [
        (None, False, LegStatus.AWAITING),
        (None, True, LegStatus.ORPHANED),
        (observed(FactKind.HELD, SEEN, amount=1_000), True, LegStatus.SEEN),
        (HOLD, True, LegStatus.HELD),
    ],
)
def test_stands_with_its_hold(hold, was_seen, status) -> None:
    assert figures(hold, was_seen=was_seen).status is status


def test_counts_no_settlement_while_the_hold_is_not_final() -> None:
    release = observed(FactKind.SETTLED, to_seller=1_000)

    assert figures(observed(FactKind.HELD, SEEN, amount=1_000), None, release).released == 0


@pytest.mark.parametrize(
    ("to_seller", "to_buyer", "status"),
    [
        (1_000, 0, LegStatus.RELEASED),
        (0, 1_000, LegStatus.REFUNDED),
        (400, 600, LegStatus.SPLIT),
        (400, 0, LegStatus.HELD),
    ],
)
def test_ends_as_its_settlements_say(to_seller, to_buyer, status) -> None:
    parts = [
        observed(FactKind.SETTLED, to_seller=to_seller, fee=10),
        observed(FactKind.SETTLED, to_buyer=to_buyer),
        observed(FactKind.SETTLED, SEEN, to_buyer=7),
    ]

    found = figures(HOLD, None, *parts)

    assert (found.status, found.released, found.refunded, found.fee) == (
        status,
        to_seller,
        to_buyer,
        10,
    )


@pytest.mark.parametrize(
    ("fulfilment", "fulfil_by", "status", "deadline"),
    [
        (None, 5_000, LegStatus.HELD, 5_000),
        (observed(FactKind.FULFILLED, SEEN, deadline=9_000), 5_000, LegStatus.HELD, 5_000),
        (observed(FactKind.FULFILLED, deadline=9_000), 5_000, LegStatus.FULFILLED, 9_000),
        (None, 0, LegStatus.FULFILLED, 1_800_000_100),
    ],
    ids=["waits for the seller", "not final", "waits for the buyer", "digital"],
)
def test_knows_whose_time_runs_until_when(fulfilment, fulfil_by, status, deadline) -> None:
    found = figures(HOLD, fulfilment, fulfil_by=fulfil_by)

    assert (found.status, found.deadline) == (status, deadline)


@pytest.mark.parametrize("fulfil_by", [0, 5_000])
def test_waits_for_the_arbiter_once_a_dispute_is_final(fulfil_by) -> None:
    dispute = observed(FactKind.DISPUTED, deadline=9_999)

    found = figures(HOLD, fulfil_by=fulfil_by, dispute=dispute)

    assert (found.status, found.deadline) == (LegStatus.DISPUTED, 9_999)


def test_waits_for_no_arbiter_before_a_dispute_is_final() -> None:
    dispute = observed(FactKind.DISPUTED, SEEN, deadline=9_999)

    assert figures(HOLD, dispute=dispute).status is LegStatus.HELD


@pytest.mark.parametrize(
    ("released", "stage", "reimbursed"), [(1_000, REACHED, 300), (1_000, SEEN, 0), (0, REACHED, 0)]
)
def test_counts_what_came_back_out_of_a_release(released, stage, reimbursed) -> None:
    ended = observed(FactKind.SETTLED, to_seller=released, to_buyer=1_000 - released)
    back = observed(FactKind.REIMBURSED, stage, amount=300)

    assert figures(HOLD, None, ended, reimbursements=(back,)).reimbursed == reimbursed


def test_counts_no_more_back_than_was_released_however_many_parts_there_are() -> None:
    ended = observed(FactKind.SETTLED, to_seller=500, to_buyer=500)
    parts = [observed(FactKind.REIMBURSED, stay=n, amount=n * 100) for n in (4, 3, 1)]

    assert figures(HOLD, None, ended, reimbursements=tuple(parts)).reimbursed == 400


def test_counts_no_more_out_than_was_held() -> None:
    ended = [observed(FactKind.SETTLED, stay=n, to_seller=600) for n in (1, 2)]

    assert figures(HOLD, None, *ended).released == 600


def test_gives_way_to_what_counts_when_there_is_not_money_for_both() -> None:
    ended = [observed(FactKind.SETTLED, SEEN, 1, to_seller=600)]
    ended += [observed(FactKind.SETTLED, REACHED, 2, to_buyer=700)]

    assert figures(HOLD, None, *ended).refunded == 700


def test_counts_nothing_back_while_a_part_is_still_held() -> None:
    part = observed(FactKind.SETTLED, to_seller=400)
    back = observed(FactKind.REIMBURSED, amount=300)

    assert figures(HOLD, None, part, reimbursements=(back,)).reimbursed == 0


@pytest.mark.parametrize(
    ("legs", "status"),
    [
        ([LegStatus.AWAITING, LegStatus.AWAITING], AttemptStatus.SUBMITTED),
        ([LegStatus.AWAITING, LegStatus.SEEN], AttemptStatus.CONFIRMING),
        ([LegStatus.HELD, LegStatus.AWAITING], AttemptStatus.CONFIRMING),
        ([LegStatus.HELD, LegStatus.REFUNDED], AttemptStatus.SUCCEEDED),
        ([LegStatus.HELD, LegStatus.ORPHANED], AttemptStatus.ORPHANED),
    ],
)
def test_is_an_attempt_where_its_legs_are(legs, status) -> None:
    assert attempt_status(AttemptStatus.SUBMITTED, legs) is status


def test_lets_a_fact_of_the_rail_reach_every_attempt() -> None:
    facts = {AttemptStatus.CONFIRMING, AttemptStatus.SUCCEEDED, AttemptStatus.ORPHANED}

    for status, following in ATTEMPT_TRANSITIONS.items():
        assert facts - {status} <= following


def test_gives_up_nothing_that_stands_in_a_block() -> None:
    given_up = {AttemptStatus.CANCELLED, AttemptStatus.EXPIRED, AttemptStatus.FAILED}

    assert not ATTEMPT_TRANSITIONS[AttemptStatus.SUCCEEDED] & given_up
    # Its unpaid part may expire.
    confirming = ATTEMPT_TRANSITIONS[AttemptStatus.CONFIRMING]
    assert confirming & given_up == {AttemptStatus.EXPIRED}


def view(status: LegStatus, order: str = "one", attempt: str = "a", **more) -> LegView:
    figures = {"released": 0, "refunded": 0, "owed_back": False} | more
    return LegView(attempt, order, status, **figures)


AWAITING = view(LegStatus.AWAITING)


@pytest.mark.parametrize(
    ("attempts", "legs", "closed", "state"),
    [
        ([], [], False, PaymentState.PENDING),
        ([AttemptStatus.AWAITING_PAYER], [AWAITING], False, PaymentState.PENDING),
        ([AttemptStatus.EXPIRED], [AWAITING], False, PaymentState.PENDING),
        ([AttemptStatus.FAILED], [AWAITING], False, PaymentState.FAILED),
        ([AttemptStatus.CANCELLED], [AWAITING], True, PaymentState.CANCELLED),
        *(([status], [AWAITING], True, PaymentState.PROCESSING) for status in UNDER_WAY),
        ([AttemptStatus.SUCCEEDED], [view(LegStatus.HELD)], True, PaymentState.COMPLETED),
        (
            [AttemptStatus.CONFIRMING],
            [view(LegStatus.HELD), view(LegStatus.SEEN, "two")],
            False,
            PaymentState.PROCESSING,
        ),
        (
            [AttemptStatus.SUCCEEDED],
            [view(LegStatus.HELD), view(LegStatus.REFUNDED, "two", refunded=5)],
            False,
            PaymentState.PARTIALLY_REFUNDED,
        ),
        ([AttemptStatus.SUCCEEDED], [view(LegStatus.REFUNDED)], False, PaymentState.REFUNDED),
        (
            [AttemptStatus.SUCCEEDED],
            [view(LegStatus.DISPUTED, reimbursed=0)],
            False,
            PaymentState.COMPLETED,
        ),
        (
            [AttemptStatus.SUCCEEDED],
            [view(LegStatus.RELEASED, released=9, reimbursed=4)],
            False,
            PaymentState.PARTIALLY_REFUNDED,
        ),
        (
            [AttemptStatus.SUCCEEDED],
            [view(LegStatus.RELEASED, released=9, reimbursed=9)],
            False,
            PaymentState.REFUNDED,
        ),
        (
            [AttemptStatus.SUCCEEDED, AttemptStatus.SUCCEEDED],
            [view(LegStatus.HELD), view(LegStatus.REFUNDED, attempt="b", owed_back=True)],
            False,
            PaymentState.COMPLETED,
        ),
        (
            [AttemptStatus.SUCCEEDED],
            [view(LegStatus.HELD, owed_back=True)],
            True,
            PaymentState.CANCELLED,
        ),
    ],
)
def test_projects_attempts_and_legs_for_the_client(attempts, legs, closed, state) -> None:
    assert project(attempts, legs, closed=closed) is state
