"""Stores submitted, approved, suspended and verified, and what follows from it."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from souk.core.principal import NotYours
from souk.modules.catalog.errors import ListingNotPublished
from souk.modules.catalog.service import Catalog
from souk.modules.sellers.domain import SellerStatus, Verification
from souk.modules.sellers.errors import (
    PayoutsFrozen,
    SellerLimitReached,
    SellerNotFound,
    StandingConflict,
    VerificationRequired,
)
from tests.support.account_builders import an_account
from tests.support.catalog_builders import a_listing
from tests.support.order_builders import place
from tests.support.seller_builders import (
    OpenedStore,
    a_profile,
    a_seller,
    sellers_on,
    staff,
    suspend,
    verify,
)


@pytest.fixture
def sellers(uow):
    return sellers_on(uow)


@pytest.fixture
def draft(uow):
    owner = an_account(uow, "sofia")
    opening = sellers_on(uow, starts_as=SellerStatus.DRAFT)
    return OpenedStore(owner, opening.create(owner, a_profile("sofia")), lambda: owner)


def history(session, aspect):
    """(from, to, mover, reason) of each step."""
    statement = text(
        "SELECT from_state, to_state, mover, reason FROM seller_standing_history"
        " WHERE aspect = :aspect ORDER BY sequence"
    )
    return [tuple(row) for row in session.execute(statement, {"aspect": aspect})]


def test_store_goes_from_draft_to_approved_with_a_history(uow, sellers, session, draft):
    sellers.move_status(draft.principal, draft.id, SellerStatus.PENDING, "ready")
    approved = sellers.move_status(staff(uow), draft.id, SellerStatus.APPROVED, "looks right")
    assert approved.status is SellerStatus.APPROVED
    assert history(session, "status") == [
        (None, "draft", "system", "the store was opened"),
        ("draft", "pending", "seller", "ready"),
        ("pending", "approved", "staff", "looks right"),
    ]


def test_move_does_nothing_when_the_store_stands_there(uow, sellers, session, draft):
    for _ in range(2):
        sellers.move_status(draft.principal, draft.id, SellerStatus.PENDING, "ready")
    assert len(history(session, "status")) == 2


def test_move_leaves_the_version_as_it_is(sellers, draft):
    moved = sellers.move_status(draft.principal, draft.id, SellerStatus.PENDING, "ready")
    assert moved.version == draft.version


def test_move_is_refused_when_the_seller_would_approve_the_own_store(sellers, draft):
    with pytest.raises(StandingConflict) as refused:
        sellers.move_status(draft.principal, draft.id, SellerStatus.APPROVED, "trust me")
    assert refused.value.context == {"standing": "draft", "allowed": ["pending"]}


def test_move_is_refused_when_staff_would_rule_on_their_own_store(uow, sellers):
    clerk = staff(uow)
    store = sellers.create(clerk, a_profile("clerk"))
    with pytest.raises(StandingConflict):
        sellers.move_status(clerk, store.id, SellerStatus.SUSPENDED, "why not")


def test_move_is_refused_when_the_store_is_anothers(uow, sellers, draft):
    with pytest.raises(NotYours):
        sellers.move_status(an_account(uow, "bob"), draft.id, SellerStatus.PENDING, "mine")


def test_move_is_refused_when_there_is_no_such_store(uow, sellers):
    with pytest.raises(SellerNotFound):
        sellers.move_status(staff(uow), "nobody", SellerStatus.APPROVED, "x")


def test_seller_is_verified_by_staff(uow, sellers, session):
    store = a_seller(uow)
    begun = sellers.begin_verification(store.principal, store.id)
    found = sellers.decide_verification(staff(uow), store.id, Verification.VERIFIED, "seen")
    assert (begun.seller.verification, begun.url) == (Verification.PENDING, None)
    assert found.verification is Verification.VERIFIED
    assert [step[1] for step in history(session, "verification")] == [
        "unverified",
        "in_review",
        "verified",
    ]


def test_seller_is_verified_at_a_second_try_under_another_reference(uow, sellers, session):
    store = a_seller(uow)
    for to in (Verification.REJECTED, Verification.VERIFIED):
        sellers.begin_verification(store.principal, store.id)
        sellers.decide_verification(staff(uow), store.id, to, "seen")
    references = session.scalars(
        text("SELECT evidence ->> 'reference' FROM seller_standing_history WHERE evidence <> '{}'")
    ).all()
    assert len(set(references)) == 2


def test_verification_is_refused_when_the_seller_decides(sellers, uow):
    store = a_seller(uow)
    sellers.begin_verification(store.principal, store.id)
    with pytest.raises(StandingConflict):
        sellers.decide_verification(store.principal, store.id, Verification.VERIFIED, "me")


def test_verification_is_refused_when_it_is_under_way(sellers, uow):
    store = a_seller(uow)
    sellers.begin_verification(store.principal, store.id)
    with pytest.raises(StandingConflict):
        sellers.begin_verification(store.principal, store.id)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE seller SET status = 'suspended'",
        "UPDATE seller SET verification = 'verified'",
        "UPDATE seller_standing_history SET reason = 'another'",
        "DELETE FROM seller_standing_history",
        "INSERT INTO seller_standing_history SELECT 'sst_x', seller_id, aspect, 3, 'approved',"
        " 'approved', mover, mover_id, reason, evidence, occurred_at FROM seller_standing_history"
        " WHERE aspect = 'status'",
    ],
)
def test_database_refuses_a_standing_without_its_history(uow, session, statement):
    a_seller(uow)
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    with pytest.raises(IntegrityError):
        session.execute(text(statement))


def test_payout_wallet_stays_when_the_store_is_suspended(uow, sellers):
    store = a_seller(uow)
    suspend(uow, store)
    with pytest.raises(PayoutsFrozen):
        sellers.edit(store.principal, store.id, {"payout_wallet": "0x" + "1" * 40}, version=1)
    assert sellers.edit(store.principal, store.id, {"bio": "Sorry."}, version=1).version == 2


def test_order_is_refused_when_it_is_over_the_limit_of_an_unverified_seller(uow):
    store = a_seller(uow)
    listing = a_listing(uow, store, price=600)
    catalog = Catalog(uow, sellers_on(uow, unverified_limit=1000))
    with uow.begin() as tx:
        assert catalog.snapshot(tx, [(listing.id, 1)])
        with pytest.raises(SellerLimitReached) as refused:
            catalog.snapshot(tx, [(listing.id, 2)])
    assert (refused.value.context["limit"], refused.value.context["wanted"]) == ("1000", "1200")


def test_order_may_be_over_the_limit_when_the_seller_is_verified(uow):
    store = a_seller(uow)
    listing = a_listing(uow, store, price=600)
    verify(uow, store)
    catalog = Catalog(uow, sellers_on(uow, unverified_limit=1000))
    with uow.begin() as tx:
        assert catalog.snapshot(tx, [(listing.id, 2)])


def test_order_is_refused_when_the_store_waits_for_staff(uow, sellers):
    store = a_seller(uow)
    listing = a_listing(uow, store)
    suspend(uow, store)
    with pytest.raises(ListingNotPublished):
        place(uow, an_account(uow, "bruno"), (listing.id, 1))


def test_payouts_wait_for_verification_where_they_need_it(uow):
    store = a_seller(uow)
    strict = sellers_on(uow, payouts_need_verification=True)
    with pytest.raises(VerificationRequired):
        strict.require_payable(store.seller.record)
    sellers_on(uow).require_payable(store.seller.record)
    strict.require_payable(verify(uow, store).record)


def test_payouts_are_refused_when_the_store_is_suspended(uow, sellers):
    store = a_seller(uow)
    suspend(uow, store)
    with uow.begin() as tx, pytest.raises(PayoutsFrozen):
        sellers.require_payable(sellers.get(tx, store.id))
