"""Entries sum to zero whatever the amounts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from souk.modules.ledger.domain import (
    AccountKey,
    AccountKind,
    PostingDraft,
    Stage,
    release_postings,
)
from souk.modules.ledger.errors import UnbalancedEntry
from tests.support.ledger_builders import ETH, TUSD, a_hold

AMOUNTS = st.integers(1, 2**256 - 1)


@given(AMOUNTS, st.data())
def test_moves_exactly_what_was_held_when_a_fee_is_taken(amount, data) -> None:
    fee = data.draw(st.integers(0, amount))

    postings = release_postings(
        holder="leg", seller="sel", asset=ETH, amount=amount, fee=fee, stage=Stage.POSTED
    )

    assert sum(posting.amount for posting in postings) == 0
    assert all(posting.amount for posting in postings)


@pytest.mark.pitfall("P19")
@given(st.integers(0, 2**256 - 1))
def test_refuses_an_entry_when_it_moves_nothing(amount) -> None:
    if amount:
        assert sum(p.amount for p in a_hold(amount).postings) == 0
    else:
        with pytest.raises(UnbalancedEntry):
            a_hold(amount)


def _unbalanced(*changes: tuple[AccountKey, Stage, int]) -> dict:
    draft = a_hold()
    fields = {name: getattr(draft, name) for name in draft.__dataclass_fields__}
    return {**fields, "postings": tuple(PostingDraft(*change) for change in changes)}


BUYER = AccountKey(AccountKind.BUYER, "acc", ETH)
ESCROW = AccountKey(AccountKind.ESCROW, "leg", ETH)


@pytest.mark.parametrize(
    "changes",
    [
        [(BUYER, Stage.POSTED, -5), (ESCROW, Stage.POSTED, 4)],
        [(BUYER, Stage.POSTED, -5), (ESCROW, Stage.PENDING, 5)],
        [(BUYER, Stage.POSTED, -5), (AccountKey(AccountKind.ESCROW, "leg", TUSD), Stage.POSTED, 5)],
        [],
    ],
    ids=["amounts", "stages", "assets", "nothing"],
)
def test_refuses_an_entry_when_it_does_not_balance(changes) -> None:
    draft = type(a_hold())

    with pytest.raises(UnbalancedEntry):
        draft(**_unbalanced(*changes))
