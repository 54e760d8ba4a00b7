"""Where a store's money goes, and wallets that are taken from an account."""

import pytest
from sqlalchemy import select

from souk.modules.accounts.errors import (
    LastWayIn,
    SessionEnded,
    StepUpRequired,
    WalletNotFound,
)
from souk.modules.accounts.models import WalletRow
from souk.modules.sellers.errors import PayoutWalletInUse
from tests.support.account_builders import a_message, a_wallet, accounts_on, sign_in
from tests.support.seller_builders import a_seller, sellers_on

SECOND = a_wallet("sofia's second")


@pytest.fixture
def sellers(uow):
    return sellers_on(uow)


@pytest.fixture
def accounts(uow):
    return accounts_on(uow)


def caller(accounts, name="sofia"):
    """Somebody who has just signed in."""
    return accounts.authenticate(sign_in(accounts, a_wallet(name)).token)


def add(accounts, principal, wallet=SECOND):
    text = a_message(accounts.issue_nonce(), wallet).render()
    accounts.add_wallet(principal, text, wallet.sign(text))


@pytest.fixture
def store(uow, accounts):
    """A store whose owner has two wallets."""
    store = a_seller(uow, "sofia")
    add(accounts, store.principal)
    return store


def pay_to_second(sellers, store, principal):
    changes = {"payout_wallet": SECOND.address}
    return sellers.edit(principal, store.id, changes, version=store.version)


def test_edit_sends_money_elsewhere_when_the_seller_has_just_signed_in(sellers, store, accounts):
    edited = pay_to_second(sellers, store, caller(accounts))
    assert edited.profile.payout_wallet == SECOND.address


def test_edit_refuses_to_send_money_elsewhere_when_a_token_is_all(sellers, store, accounts, clock):
    principal = caller(accounts)
    clock.advance(minutes=5)
    with pytest.raises(StepUpRequired):
        pay_to_second(sellers, store, principal)
    sellers.edit(principal, store.id, {"bio": "Olives."}, version=store.version)


def test_remove_takes_the_wallet_and_ends_what_it_opened(sellers, store, accounts, session):
    token = sign_in(accounts, SECOND).token
    sellers.remove_wallet(caller(accounts), SECOND.address)
    assert session.scalars(select(WalletRow.address)).all() == [a_wallet("sofia").address]
    with pytest.raises(SessionEnded):
        accounts.authenticate(token)


def test_remove_lets_the_wallet_open_an_account_of_its_own(sellers, store, accounts):
    sellers.remove_wallet(caller(accounts), SECOND.address)
    assert sign_in(accounts, SECOND).account_id != store.principal.account_id


def test_remove_refuses_when_the_store_is_paid_there(sellers, store, accounts, session):
    with pytest.raises(PayoutWalletInUse):
        sellers.remove_wallet(caller(accounts), a_wallet("sofia").address)
    assert len(session.scalars(select(WalletRow.address)).all()) == 2


def test_remove_refuses_when_a_token_is_all(sellers, store, accounts, clock):
    principal = caller(accounts)
    clock.advance(minutes=5)
    with pytest.raises(StepUpRequired):
        sellers.remove_wallet(principal, SECOND.address)


def test_remove_refuses_the_wallet_of_somebody_else(sellers, store, accounts):
    caller(accounts, "bob")
    with pytest.raises(WalletNotFound):
        sellers.remove_wallet(caller(accounts), a_wallet("bob").address)


def test_remove_refuses_when_nobody_could_sign_in_any_more(sellers, accounts):
    with pytest.raises(LastWayIn):
        sellers.remove_wallet(caller(accounts, "bob"), a_wallet("bob").address)
