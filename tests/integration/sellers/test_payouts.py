"""Wallets of single chains: who may name them, which may be named, and what holds them."""

from contextlib import nullcontext
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from souk.adapters.staff.identity import StaffIdentityCheck
from souk.core.principal import Principal
from souk.core.unit_of_work import UnitOfWork
from souk.modules.accounts.domain import Proof
from souk.modules.accounts.errors import StepUpRequired
from souk.modules.accounts.service import Accounts
from souk.modules.sellers.domain import SellersConfig
from souk.modules.sellers.domain.team import TeamRole
from souk.modules.sellers.errors import (
    HandleTaken,
    InvalidProfileField,
    PayoutsFrozen,
    PayoutWalletInUse,
    PayoutWalletNotProved,
    PayoutWalletOnOneChain,
    RoleTooSmall,
    StaleVersion,
)
from souk.modules.sellers.service import Sellers
from tests.support.account_builders import SIGN_IN, a_message, a_wallet
from tests.support.seller_builders import OpenedStore, a_member, a_profile, a_seller, suspend

LOCAL, MAIN = SIGN_IN.chain_ids
DEFAULT, KEY, SAFE = (a_wallet(name).address for name in ("sofia", "sofia's key", "sofia's safe"))
UNPROVED = a_wallet("mallory").address


class Verifier:
    """Believes everything; who is named in `contracts` was proved by a contract."""

    def __init__(self) -> None:
        self.contracts = {SAFE}

    def verify(self, *, message, signature, address, chain_id) -> Proof:
        return Proof.CONTRACT if address in self.contracts else Proof.KEY


@pytest.fixture
def accounts(uow: UnitOfWork) -> Accounts:
    return Accounts(uow, Verifier(), SIGN_IN)


@pytest.fixture
def sellers(uow, accounts) -> Sellers:
    return Sellers(uow, accounts, StaffIdentityCheck(), SellersConfig())


@pytest.fixture
def store(uow, accounts) -> OpenedStore:
    """A store whose owner has a second key, and a contract on the main chain."""
    store = a_seller(uow, "sofia")
    for name in ("sofia's key", "sofia's safe"):
        message = a_message(accounts.issue_nonce(), a_wallet(name), chain_id=MAIN)
        accounts.add_wallet(caller(accounts), message.render(), "0x")
    return store


def caller(accounts, name="sofia") -> Principal:
    """Somebody who has just signed in."""
    message = a_message(accounts.issue_nonce(), a_wallet(name))
    return accounts.authenticate(accounts.sign_in(message.render(), "0x").token)


def name_wallets(sellers, principal, store, wallets, *, version=None, **changes):
    version = store.version if version is None else version
    return sellers.edit(principal, store.id, changes, version=version, payout_wallets=wallets)


def found(uow, sellers, store):
    """What other modules see, by either way."""
    with uow.begin() as tx:
        record = sellers.get(tx, store.id)
        assert sellers.find_by_account(tx, store.principal.account_id) == record
    return record.payouts


def test_edit_has_a_store_paid_to_a_contract_on_its_own_chain(uow, sellers, accounts, store):
    edited = name_wallets(sellers, caller(accounts), store, {MAIN: SAFE})
    assert (edited.version, edited.payouts) == (2, found(uow, sellers, store))
    assert [edited.payouts.on(chain_id) for chain_id in (MAIN, LOCAL)] == [SAFE, DEFAULT]


def test_edit_has_those_that_are_named_and_no_others(uow, sellers, accounts, store):
    name_wallets(sellers, caller(accounts), store, {MAIN: SAFE})
    name_wallets(sellers, caller(accounts), store, {LOCAL: KEY}, version=2)
    assert found(uow, sellers, store).by_chain == {LOCAL: KEY}
    name_wallets(sellers, caller(accounts), store, {}, version=3)
    assert found(uow, sellers, store).by_chain == {}


def test_edit_leaves_them_when_it_is_about_something_else(uow, sellers, accounts, store):
    name_wallets(sellers, caller(accounts), store, {MAIN: SAFE})
    name_wallets(sellers, store.principal, store, None, version=2, bio="Figs.")
    changed = name_wallets(
        sellers, caller(accounts), store, None, version=3, payout_wallet=KEY
    ).payouts
    assert (changed.default, changed.by_chain) == (KEY, {MAIN: SAFE})
    assert found(uow, sellers, store) == changed


def test_store_that_is_moved_or_looked_up_keeps_them(uow, sellers, accounts, store):
    named = name_wallets(sellers, caller(accounts), store, {MAIN: SAFE}).payouts
    begun = sellers.begin_verification(store.principal, store.id).seller
    with uow.begin() as tx:
        (alike,) = sellers.list_look_alikes(tx, ["sofia-shop"], 5)
    assert begun.payouts == alike.payouts == named


@pytest.mark.pitfall("A6")
@pytest.mark.parametrize(
    ("wallets", "refusal", "field"),
    [
        ({MAIN: UNPROVED}, PayoutWalletNotProved, MAIN),
        ({MAIN: SAFE, LOCAL: SAFE}, PayoutWalletOnOneChain, LOCAL),
        ({LOCAL: SAFE}, PayoutWalletOnOneChain, LOCAL),
        ({10: KEY}, InvalidProfileField, 10),
    ],
)
def test_edit_refuses_a_wallet_that_may_be_somebody_elses(
    uow, sellers, accounts, store, wallets, refusal, field
):
    with pytest.raises(refusal) as refused:
        name_wallets(sellers, caller(accounts), store, wallets)
    assert refused.value.context["pointer"] == f"/payout_wallets/{field}"
    assert found(uow, sellers, store).by_chain == {}


def test_edit_says_on_which_chain_a_contract_is(sellers, accounts, store):
    with pytest.raises(PayoutWalletOnOneChain) as refused:
        name_wallets(sellers, caller(accounts), store, {LOCAL: SAFE})
    assert refused.value.context["chain_id"] == MAIN


@pytest.mark.pitfall("A6")
def test_edit_refuses_a_contract_as_the_wallet_of_every_chain(sellers, accounts, store):
    with pytest.raises(PayoutWalletOnOneChain) as refused:
        name_wallets(sellers, caller(accounts), store, {MAIN: SAFE}, payout_wallet=SAFE)
    assert refused.value.context["pointer"] == "/payout_wallet"


def test_edit_does_not_look_again_at_what_was_named_before(uow, sellers, accounts, store):
    """A chain may be served no more: what was named for it is in nobody's way."""
    name_wallets(sellers, caller(accounts), store, {MAIN: SAFE})
    fewer = Accounts(uow, Verifier(), replace(SIGN_IN, chain_ids=(LOCAL,)))
    later = Sellers(uow, fewer, StaffIdentityCheck(), SellersConfig())
    edited = name_wallets(later, caller(accounts), store, {MAIN: SAFE, LOCAL: KEY}, version=2)
    assert edited.payouts.by_chain == {MAIN: SAFE, LOCAL: KEY}


@pytest.mark.parametrize("wallets", [{MAIN: SAFE}, {}])
def test_edit_refuses_to_send_money_elsewhere_when_a_token_is_all(
    sellers, accounts, store, clock, wallets
):
    if not wallets:
        name_wallets(sellers, caller(accounts), store, {MAIN: KEY})
    principal, version = caller(accounts), 1 if wallets else 2
    clock.advance(minutes=5)
    with pytest.raises(StepUpRequired):
        name_wallets(sellers, principal, store, wallets, version=version)


def test_edit_takes_one_proof_for_everything_that_it_changes(sellers, accounts, store):
    once = caller(accounts)
    name_wallets(sellers, once, store, {MAIN: SAFE}, payout_wallet=KEY)
    with pytest.raises(StepUpRequired):
        name_wallets(sellers, once, store, {}, version=2)


def test_edit_takes_no_proof_when_nothing_goes_elsewhere(sellers, accounts, store, clock):
    named = name_wallets(sellers, caller(accounts), store, {MAIN: SAFE})
    principal = caller(accounts)
    clock.advance(minutes=5)
    again = name_wallets(sellers, principal, store, {MAIN: SAFE}, version=2, bio="Figs.")
    assert (again.payouts, again.version) == (named.payouts, 3)


def test_edit_refuses_while_the_store_is_suspended(uow, sellers, accounts, store):
    suspend(uow, store)
    with pytest.raises(PayoutsFrozen) as refused:
        name_wallets(sellers, caller(accounts), store, {MAIN: SAFE})
    assert refused.value.context["pointer"] == "/payout_wallets"


def test_edit_refuses_whoever_is_not_the_owner(uow, sellers, accounts, store):
    manager = a_member(uow, store, "marta", TeamRole.MANAGER)
    with pytest.raises(RoleTooSmall):
        name_wallets(sellers, manager, store, {MAIN: KEY})


def test_edit_refuses_when_the_profile_was_changed_meanwhile(sellers, accounts, store):
    name_wallets(sellers, store.principal, store, None, bio="Figs.")
    with pytest.raises(StaleVersion):
        name_wallets(sellers, caller(accounts), store, {MAIN: SAFE})


def test_edit_names_nothing_when_the_handle_is_taken(uow, sellers, accounts, store):
    a_seller(uow, "otto")
    with pytest.raises(HandleTaken):
        name_wallets(sellers, caller(accounts), store, {MAIN: SAFE}, handle="otto-shop")
    assert found(uow, sellers, store).by_chain == {}


@pytest.mark.parametrize(("wallet", "held"), [(SAFE, True), (DEFAULT, True), (KEY, False)])
def test_remove_refuses_a_wallet_to_which_anything_is_paid(sellers, accounts, store, wallet, held):
    name_wallets(sellers, caller(accounts), store, {MAIN: SAFE})
    with pytest.raises(PayoutWalletInUse) if held else nullcontext():
        sellers.remove_wallet(caller(accounts), wallet)


def test_remove_takes_a_wallet_when_nothing_is_paid_there_any_more(sellers, accounts, store):
    name_wallets(sellers, caller(accounts), store, {MAIN: SAFE})
    name_wallets(sellers, caller(accounts), store, {}, version=2)
    sellers.remove_wallet(caller(accounts), SAFE)
    assert SAFE not in caller(accounts).wallets


def test_store_is_opened_with_none(sellers, accounts):
    opened = sellers.create(caller(accounts, "bob"), a_profile("bob"))
    assert opened.payouts.by_chain == {}


@pytest.mark.parametrize(
    "values", ["'{store}', 0, '0x{ones}'", "'{store}', 1, 'vitalik.eth'", "'sel_x', 1, '0x{ones}'"]
)
def test_database_refuses_what_nobody_can_be_paid_to(store, session, values):
    filled = values.format(store=store.id, ones="1" * 40)
    with pytest.raises(IntegrityError):
        session.execute(text(f"INSERT INTO seller_payout_wallet VALUES ({filled}, now())"))
