"""What may follow what in a store's standing."""

from itertools import chain

import pytest

from souk.modules.sellers.domain import SellerStatus, Verification
from souk.modules.sellers.domain.standing import (
    STEPS,
    Mover,
    allowed,
    aspect_of,
    require_step,
)
from souk.modules.sellers.errors import StandingConflict


def test_no_step_leads_from_one_aspect_to_the_other():
    assert all(aspect_of(source) is aspect_of(to) for source, to in STEPS)


def test_no_two_states_are_spelled_alike():
    states = [state.value for state in chain(SellerStatus, Verification)]
    assert len(states) == len(set(states))


@pytest.mark.parametrize("to", [SellerStatus.APPROVED, SellerStatus.SUSPENDED])
@pytest.mark.parametrize("source", SellerStatus)
def test_no_seller_approves_or_reopens_a_store(source, to):
    assert to not in allowed(source, Mover.SELLER)


@pytest.mark.parametrize("source", Verification)
def test_no_seller_is_verified_by_the_own_word(source):
    assert set(allowed(source, Mover.SELLER)) <= {Verification.PENDING}


@pytest.mark.parametrize("state", [*SellerStatus, *Verification])
def test_every_state_can_be_left(state):
    assert any(source is state for source, _to in STEPS)


def test_refusal_names_what_is_allowed_instead():
    with pytest.raises(StandingConflict) as refused:
        require_step(SellerStatus.PENDING, SellerStatus.DRAFT, Mover.SYSTEM)
    assert refused.value.context == {"standing": "pending", "allowed": []}
