"""Who acts for a store, and how far."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from souk.core.principal import KeyLacksScope, NotYours, Scope
from souk.modules.accounts.errors import StepUpRequired
from souk.modules.accounts.repository import bind_wallet
from souk.modules.catalog.errors import ListingNotFound, SellerProfileRequired
from souk.modules.orders.domain import Actor, OrderStatus
from souk.modules.sellers.domain import SellerStatus
from souk.modules.sellers.domain.team import INVITATION_DAYS, PERMISSIONS, Permission, TeamRole
from souk.modules.sellers.errors import (
    InvitationNotFound,
    MemberExists,
    MemberNotFound,
    RoleTooSmall,
    StandingConflict,
)
from souk.modules.trade.errors import OrderHidden
from souk.modules.trade.service import Cancellations, Deliveries
from tests.support.account_builders import a_wallet, an_account
from tests.support.catalog_builders import a_draft, a_listing, catalog_on, some_terms
from tests.support.order_builders import move, orders_on, place
from tests.support.payment_builders import payments_on
from tests.support.seller_builders import a_member, a_seller, sellers_on, staff

_P = Permission
FREE = [role for role in TeamRole if role is not TeamRole.OWNER]


@pytest.fixture
def sellers(uow):
    return sellers_on(uow)


@pytest.fixture
def store(uow):
    return a_seller(uow)


def invite(sellers, store, name="mara", role=TeamRole.FULFILMENT):
    return sellers.invite(store.proved(), store.id, a_wallet(name).address, role)


def role_of(uow, sellers, store, principal):
    with uow.begin() as tx:
        return sellers.find_role(tx, store.id, principal.account_id)


def test_invited_account_joins_by_its_own_word(uow, sellers, store):
    mara, invited = an_account(uow, "mara"), invite(sellers, store)
    assert role_of(uow, sellers, store, mara) is None
    joined = sellers.accept(mara, invited.id)
    assert sellers.accept(mara, invited.id) == joined
    assert role_of(uow, sellers, store, mara) is TeamRole.FULFILMENT


def test_accept_is_refused_when_the_invitation_is_for_another(uow, sellers, store):
    invited = invite(sellers, store)
    with pytest.raises(InvitationNotFound):
        sellers.accept(an_account(uow, "bob"), invited.id)


def test_accept_is_refused_when_the_invitation_is_too_old(uow, sellers, store, clock):
    mara, invited = an_account(uow, "mara"), invite(sellers, store)
    clock.advance(days=INVITATION_DAYS, seconds=1)
    with pytest.raises(InvitationNotFound):
        sellers.accept(mara, invited.id)


def test_accept_is_refused_when_the_invitation_was_taken_back(uow, sellers, store):
    mara, invited = an_account(uow, "mara"), invite(sellers, store)
    sellers.remove(store.principal, store.id, invited.id)
    with pytest.raises(InvitationNotFound):
        sellers.accept(mara, invited.id)


def test_invite_is_refused_when_the_wallet_is_the_owners(sellers, store):
    with pytest.raises(MemberExists):
        invite(sellers, store, "sofia")


def test_invite_is_refused_when_the_wallet_is_invited(sellers, store):
    invite(sellers, store)
    with pytest.raises(MemberExists):
        invite(sellers, store, role=TeamRole.MANAGER)


def test_invite_is_possible_again_when_somebody_has_left(uow, sellers, store):
    mara, invited = an_account(uow, "mara"), invite(sellers, store)
    sellers.accept(mara, invited.id)
    sellers.decline(mara, invited.id)
    assert role_of(uow, sellers, store, mara) is None
    assert invite(sellers, store).account_id is None


def test_accept_is_refused_when_the_account_is_in_by_another_wallet(uow, sellers, store, session):
    mara = a_member(uow, store, "mara", TeamRole.FULFILMENT)
    with uow.begin() as tx:
        bind_wallet(tx, mara.account_id, a_wallet("mara two").address)
        tx.commit()
    again = invite(sellers, store, "mara two", TeamRole.MANAGER)
    with pytest.raises(MemberExists):
        sellers.accept(mara, again.id)


def test_team_is_changed_by_nobody_who_has_only_a_token(uow, sellers, store):
    invited = invite(sellers, store)
    owner = store.proved()
    sellers.invite(owner, store.id, a_wallet("x").address, TeamRole.READ_ONLY)
    with pytest.raises(StepUpRequired):
        sellers.change_role(owner, store.id, invited.id, TeamRole.MANAGER)
    with pytest.raises(StepUpRequired):
        sellers.invite(owner, store.id, a_wallet("y").address, TeamRole.MANAGER)


def test_accept_is_refused_when_the_store_is_ones_own(uow, sellers, store):
    invited = invite(sellers, store, "sofia two")
    with uow.begin() as tx:
        bind_wallet(tx, store.principal.account_id, a_wallet("sofia two").address)
        tx.commit()
    with pytest.raises(MemberExists):
        sellers.accept(store.principal, invited.id)


def test_team_is_changed_by_no_program(uow, sellers, store):
    program = replace(store.principal, scopes=frozenset(Scope))
    with pytest.raises(KeyLacksScope):
        sellers.invite(program, store.id, a_wallet("mara").address, TeamRole.MANAGER)
    guest, invited = an_account(uow, "mara"), invite(sellers, store)
    with pytest.raises(KeyLacksScope):
        sellers.change_role(program, store.id, invited.id, TeamRole.MANAGER)
    with pytest.raises(KeyLacksScope):
        sellers.accept(replace(guest, scopes=frozenset(Scope)), invited.id)


def test_change_of_role_counts_from_the_next_request_on(uow, sellers, store):
    mara, invited = an_account(uow, "mara"), invite(sellers, store)
    sellers.accept(mara, invited.id)
    sellers.change_role(store.proved(), store.id, invited.id, TeamRole.MANAGER)
    assert role_of(uow, sellers, store, mara) is TeamRole.MANAGER


def test_removed_member_may_do_nothing(uow, sellers, store):
    mara, invited = an_account(uow, "mara"), invite(sellers, store, role=TeamRole.MANAGER)
    sellers.accept(mara, invited.id)
    sellers.remove(store.principal, store.id, invited.id)
    with pytest.raises(NotYours):
        sellers.edit(mara, store.id, {"bio": "Still here."}, version=1)


def test_member_of_another_store_is_not_found(uow, sellers, store):
    other = a_seller(uow, "stefan")
    invited = invite(sellers, store)
    with pytest.raises(MemberNotFound):
        sellers.remove(other.principal, other.id, invited.id)


@pytest.mark.parametrize("role", FREE)
def test_team_is_for_the_owner_alone(uow, sellers, store, role):
    mara = a_member(uow, store, "mara", role)
    with pytest.raises(RoleTooSmall):
        sellers.invite(mara, store.id, a_wallet("bob").address, TeamRole.READ_ONLY)


@pytest.mark.parametrize("role", FREE)
def test_payout_wallet_is_for_the_owner_alone(uow, sellers, store, role):
    mara = a_member(uow, store, "mara", role)
    changes = {"payout_wallet": a_wallet("mara").address}
    with pytest.raises(RoleTooSmall):
        sellers.edit(mara, store.id, changes, version=1)


@pytest.mark.parametrize("role", FREE)
def test_standing_is_for_the_owner_alone(uow, sellers, store, role):
    mara = a_member(uow, store, "mara", role)
    with pytest.raises(RoleTooSmall):
        sellers.begin_verification(mara, store.id)


def test_staff_do_not_rule_on_a_store_that_they_act_for(uow, sellers, store):
    clerk = a_member(uow, store, "clerk", TeamRole.MANAGER)
    assert clerk.account_id == staff(uow).account_id
    with pytest.raises((RoleTooSmall, StandingConflict)):
        sellers.move_status(staff(uow), store.id, SellerStatus.SUSPENDED, "a quarrel")


def deeds(uow, store):
    """What can be done for a store, by the permission that it needs."""
    catalog, sellers = catalog_on(uow), sellers_on(uow)
    draft, listing = a_draft(uow, store), a_listing(uow, store)
    (order,) = place(uow, an_account(uow, "bruno"), (listing.id, 1)).orders
    parts = uow, orders_on(uow), payments_on(uow), sellers
    terms, edit, bio = some_terms(), {"title": "Better jam"}, {"bio": "New."}

    def accept(who):
        move(uow, order.id, "mark_paid", Actor.CHAIN)
        return Deliveries(*parts).accept(who, order.id)

    return {
        "create": (_P.LISTINGS, lambda who: catalog.create(who, terms, seller_id=store.id)),
        "edit": (_P.LISTINGS, lambda who: catalog.edit(who, draft.id, edit, version=1)),
        "publish": (_P.LISTINGS, lambda who: catalog.publish(who, draft.id)),
        "unpublish": (_P.LISTINGS, lambda who: catalog.unpublish(who, listing.id)),
        "count": (_P.STOCK, lambda who: catalog.set_stock(who, listing.id, on_hand=3)),
        "profile": (_P.PROFILE, lambda who: sellers.edit(who, store.id, bio, version=1)),
        "cancel": (_P.REFUND, lambda who: Cancellations(*parts).cancel(who, order.id, "none")),
        "accept": (_P.FULFIL, accept),
    }


DEEDS = ["create", "edit", "publish", "unpublish", "count", "profile", "cancel", "accept"]


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("role", FREE)
def test_member_does_what_the_role_may_and_no_more(uow, store, role, deed):
    needs, act = deeds(uow, store)[deed]
    mara = a_member(uow, store, "mara", role)
    if needs in PERMISSIONS[role]:
        assert act(mara) is not None
    else:
        with pytest.raises(RoleTooSmall) as refused:
            act(mara)
        assert refused.value.context["needs"] == needs


@pytest.mark.pitfall("H3")
@pytest.mark.parametrize("deed", DEEDS)
def test_invited_account_does_nothing_before_it_has_joined(uow, sellers, store, deed):
    _, act = deeds(uow, store)[deed]
    invite(sellers, store, role=TeamRole.MANAGER)
    with pytest.raises((NotYours, ListingNotFound, OrderHidden)):
        act(an_account(uow, "mara"))


def test_history_says_which_member_moved_the_order(uow, store, session):
    listing = a_listing(uow, store)
    (order,) = place(uow, an_account(uow, "bruno"), (listing.id, 1)).orders
    move(uow, order.id, "mark_paid", Actor.CHAIN)
    mara = a_member(uow, store, "mara", TeamRole.FULFILMENT)
    parts = uow, orders_on(uow), payments_on(uow), sellers_on(uow)
    assert Deliveries(*parts).accept(mara, order.id).status is OrderStatus.PROCESSING
    by = text("SELECT actor_id FROM order_status_history ORDER BY sequence DESC LIMIT 1")
    assert session.scalar(by) == mara.account_id


def test_member_without_a_store_names_the_one_to_list_in(uow, store):
    mara = a_member(uow, store, "mara", TeamRole.MANAGER)
    with pytest.raises(SellerProfileRequired):
        catalog_on(uow).create(mara, some_terms())
