"""Opening and editing a store."""

import pytest
from sqlalchemy import func, select, text

from souk.core.principal import NotYours, Role
from souk.modules.sellers.domain import SellerStatus
from souk.modules.sellers.errors import (
    HandleTaken,
    InvalidProfileField,
    PayoutWalletNotProved,
    SellerExists,
    SellerNotFound,
    StaleVersion,
)
from souk.modules.sellers.models import SellerRow
from tests.support.account_builders import a_wallet, accounts_on, an_account, sign_in
from tests.support.seller_builders import a_profile, a_seller, sellers_on


@pytest.fixture
def sellers(uow):
    return sellers_on(uow)


def row(session):
    return session.scalars(select(SellerRow).execution_options(populate_existing=True)).one()


def test_create_opens_an_approved_store_at_version_one(uow, session):
    seller = a_seller(uow, "sofia", bio="Preserves.").seller
    stored = row(session)
    assert (stored.id, stored.handle, stored.bio) == (seller.id, "sofia-shop", "Preserves.")
    assert (stored.status, stored.version) == (SellerStatus.APPROVED, 1)


def test_create_normalises_what_was_typed(uow, session):
    wallet = a_wallet("sofia").address.lower()
    a_seller(uow, "sofia", handle=" @Fig-And-Olive ", payout_wallet=wallet, bio="  ")
    stored = row(session)
    assert (stored.handle, stored.bio) == ("fig-and-olive", None)
    assert stored.payout_wallet == a_wallet("sofia").address


def test_create_makes_the_account_a_seller(uow):
    store = a_seller(uow, "sofia")
    accounts = accounts_on(uow)
    again = accounts.authenticate(sign_in(accounts, a_wallet("sofia")).token)
    assert again.account_id == store.principal.account_id
    assert again.roles == {Role.BUYER, Role.SELLER}


def test_create_refuses_when_the_payout_wallet_is_not_proved(uow, sellers, session):
    principal = an_account(uow, "sofia")
    profile = a_profile("sofia", payout_wallet=a_wallet("bob").address)
    with pytest.raises(PayoutWalletNotProved):
        sellers.create(principal, profile)
    assert session.scalar(select(func.count()).select_from(SellerRow)) == 0


def test_create_refuses_when_the_account_has_a_store(uow, sellers):
    store = a_seller(uow, "sofia")
    with pytest.raises(SellerExists) as refused:
        sellers.create(store.principal, a_profile("sofia", handle="another"))
    assert refused.value.context["seller_id"] == store.id


def test_create_refuses_when_the_handle_is_taken(uow, sellers):
    a_seller(uow, "sofia", handle="figs")
    with pytest.raises(HandleTaken):
        sellers.create(an_account(uow, "bob"), a_profile("bob", handle="FIGS"))


def test_create_refuses_when_a_field_breaks_its_rule(uow, sellers):
    with pytest.raises(InvalidProfileField):
        sellers.create(an_account(uow, "sofia"), a_profile("sofia", handle="admin"))


def test_edit_changes_the_named_fields_only(uow, sellers, clock, session):
    store = a_seller(uow, "sofia", bio="Old.", location="Valletta")
    clock.advance(minutes=5)
    edited = sellers.edit(store.principal, store.id, {"bio": "New."}, version=1)
    stored = row(session)
    assert (stored.bio, stored.location, stored.version) == ("New.", "Valletta", 2)
    assert (edited.version, edited.updated_at) == (2, clock.now())
    assert stored.created_at < stored.updated_at


@pytest.mark.parametrize("value", [None, "", "  "])
def test_edit_clears_an_optional_field_when_it_is_empty(uow, sellers, session, value):
    store = a_seller(uow, "sofia", website="https://figs.example")
    sellers.edit(store.principal, store.id, {"website": value}, version=1)
    assert row(session).website is None


@pytest.mark.parametrize("field", ["name", "handle", "payout_wallet"])
def test_edit_refuses_when_a_required_field_is_removed(uow, sellers, field):
    store = a_seller(uow, "sofia")
    with pytest.raises(InvalidProfileField):
        sellers.edit(store.principal, store.id, {field: None}, version=1)


def test_edit_finds_the_store_by_handle_of_any_case(uow, sellers):
    store = a_seller(uow, "sofia", handle="figs")
    assert sellers.edit(store.principal, "FIGS", {"name": "Figs"}, version=1).version == 2


def test_edit_refuses_with_the_present_version_when_it_was_changed_meanwhile(uow, sellers, session):
    store = a_seller(uow, "sofia")
    sellers.edit(store.principal, store.id, {"bio": "First."}, version=1)
    with pytest.raises(StaleVersion) as refused:
        sellers.edit(store.principal, store.id, {"bio": "Second."}, version=1)
    assert refused.value.context == {"version": 2}
    assert row(session).bio == "First."


def test_edit_refuses_when_the_store_is_anothers(uow, sellers):
    store = a_seller(uow, "sofia")
    with pytest.raises(NotYours):
        sellers.edit(an_account(uow, "bob"), store.id, {"bio": "Mine."}, version=1)


@pytest.mark.parametrize("reference", ["sel_01h455vb4pex5vsknk084sn02q", "nobody", "_", "ord_1"])
def test_edit_refuses_when_there_is_no_such_store(uow, sellers, reference):
    with pytest.raises(SellerNotFound):
        sellers.edit(an_account(uow), reference, {}, version=1)


def test_edit_refuses_when_the_new_handle_is_taken(uow, sellers, session):
    a_seller(uow, "bob", handle="taken")
    store = a_seller(uow, "sofia")
    with pytest.raises(HandleTaken):
        sellers.edit(store.principal, store.id, {"handle": "taken", "bio": "x"}, version=1)
    unchanged = select(SellerRow.version).where(SellerRow.id == store.id)
    assert session.scalar(unchanged) == 1


def test_edit_refuses_when_the_new_payout_wallet_is_not_proved(uow, sellers):
    store = a_seller(uow, "sofia")
    changes = {"payout_wallet": a_wallet("bob").address}
    with pytest.raises(PayoutWalletNotProved):
        sellers.edit(store.principal, store.id, changes, version=1)


def test_edit_keeps_a_stored_handle_when_it_became_reserved(uow, sellers, session):
    store = a_seller(uow, "sofia")
    session.execute(text("UPDATE seller SET handle = 'admin'"))
    edited = sellers.edit(store.principal, store.id, {"bio": "Still here."}, version=1)
    assert edited.profile.handle == "admin"


def test_get_answers_with_what_other_modules_need(uow, sellers):
    store = a_seller(uow, "sofia")
    with uow.begin() as tx:
        record = sellers.get(tx, store.id)
        assert record == sellers.find_by_account(tx, store.principal.account_id)
    assert (record.id, record.account_id) == (store.id, store.principal.account_id)
    assert (record.handle, record.payouts.default) == ("sofia-shop", a_wallet("sofia").address)


def test_get_refuses_when_there_is_no_such_seller(uow, sellers):
    with uow.begin() as tx, pytest.raises(SellerNotFound):
        sellers.get(tx, "sel_01h455vb4pex5vsknk084sn02q")


def test_find_by_account_finds_nothing_when_it_has_no_store(uow, sellers):
    with uow.begin() as tx:
        assert sellers.find_by_account(tx, "acc_none") is None
