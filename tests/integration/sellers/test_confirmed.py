"""What a check has found becomes the word of staff when they say it too."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from souk.modules.sellers.domain import Verification
from tests.support.card_fixtures import card_server
from tests.support.clock import MovableClock
from tests.support.identities import EXPIRED, GENUINE, Person, a_stripe_check
from tests.support.seller_builders import a_seller, sellers_on, staff

__all__ = ["card_server"]

STEPS = (
    "SELECT to_state, mover, reason FROM seller_standing_history"
    " WHERE aspect = 'verification' ORDER BY sequence"
)


@pytest.fixture
def clock() -> MovableClock:
    """The provider's time is the real one."""
    return MovableClock(datetime.now(UTC))


def test_rejection_stands_when_staff_confirmed_what_the_check_found(
    uow, session, card_server
) -> None:
    sellers = sellers_on(uow, identity=a_stripe_check(card_server))
    store, person = a_seller(uow), Person(card_server)
    url = sellers.begin_verification(store.principal, store.id).url
    person.is_looked_at(url, EXPIRED)
    sellers.look_at_checks()
    for _ in range(2):
        sellers.decide_verification(staff(uow), store.id, Verification.REJECTED, "it was forged")
    person.is_looked_at(url, GENUINE)

    for event in card_server.client().v1.events.list({"limit": 100}).data:
        sellers.handle_message(event.id, json.dumps(event.to_dict()).encode())

    steps = session.execute(text(STEPS)).all()
    assert [step.to_state for step in steps] == ["unverified", "in_review", "rejected", "rejected"]
    assert (steps[-1].mover, steps[-1].reason) == ("staff", "it was forged")
