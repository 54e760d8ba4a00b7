"""Wallets and proofs, from many threads at the same moment."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from sqlalchemy import text

from souk.modules.accounts.errors import LastWayIn, StepUpRequired
from souk.modules.sellers.errors import PayoutWalletInUse, PayoutWalletNotProved
from souk.modules.sellers.repository import stores as rows
from tests.support.account_builders import a_message, a_wallet, accounts_on, sign_in
from tests.support.seller_builders import a_profile, sellers_on
from tests.support.threads import at_once
from tests.support.waiting import eventually


@pytest.fixture
def accounts(committing_uow):
    return accounts_on(committing_uow)


@pytest.fixture
def sellers(committing_uow):
    return sellers_on(committing_uow)


ROUNDS = 25


def caller(accounts, name="alice"):
    return accounts.authenticate(sign_in(accounts, a_wallet(name)).token)


def add(accounts, wallet, name="alice"):
    message = a_message(accounts.issue_nonce(), wallet).render()
    accounts.add_wallet(caller(accounts, name), message, wallet.sign(message))


def test_require_step_up_takes_one_proof_once_when_ten_use_it(accounts, committing_uow):
    principal = caller(accounts)

    def use(_number):
        with committing_uow.begin() as tx:
            accounts.require_step_up(tx, principal)
            tx.commit()

    answers = at_once(10, use)
    assert Counter(type(answer) for answer in answers) == {type(None): 1, StepUpRequired: 9}


def test_remove_leaves_a_way_in_when_the_last_two_wallets_go_at_once(accounts, sellers):
    wallets = [a_wallet(), a_wallet("second")]
    add(accounts, wallets[1])
    callers = [caller(accounts), caller(accounts, "second")]
    answers = at_once(2, lambda n: sellers.remove_wallet(callers[n], wallets[n].address))
    kinds = [type(answer) for answer in answers]
    assert kinds.count(type(None)) == 1
    assert set(kinds) <= {type(None), LastWayIn, StepUpRequired}


def test_remove_never_takes_the_wallet_that_a_store_begins_to_be_paid_to(accounts, sellers):
    add(accounts, a_wallet("second"))
    profile = a_profile("alice", payout_wallet=a_wallet("second").address)
    callers = [caller(accounts), caller(accounts)]
    acts = [
        lambda: sellers.create(callers[0], profile),
        lambda: sellers.remove_wallet(callers[1], a_wallet("second").address),
    ]
    created, removed = at_once(2, lambda n: acts[n]())
    if isinstance(created, PayoutWalletNotProved):
        assert removed is None
    else:
        assert isinstance(removed, PayoutWalletInUse)


def test_remove_never_takes_the_wallet_that_a_store_is_moved_to(accounts, sellers, engine):
    """Of an edit of where the money goes and a removal of that wallet one comes to pass, whichever
    is first."""
    for number in range(ROUNDS):
        name, second = f"seller-{number}", a_wallet(f"second of {number}")
        add(accounts, second, name)
        store = sellers.create(caller(accounts, name), a_profile(name))
        callers = [caller(accounts, name), caller(accounts, name)]
        acts = [
            partial(sellers.edit, callers[0], store.id, paid_to(second), version=store.version),
            partial(sellers.remove_wallet, callers[1], second.address),
        ]
        first = number % 2

        answers = at_once(2, lambda n, acts=acts, first=first: acts[n ^ first]())

        edited, removed = answers[first], answers[1 - first]
        if removed is None:
            # It also forgets what was proved in the account's sessions.
            assert isinstance(edited, PayoutWalletNotProved | StepUpRequired), edited
        else:
            assert isinstance(removed, PayoutWalletInUse), removed
            assert edited.profile.payout_wallet == second.address
    assert stores_paid_elsewhere(engine) == []


def paid_to(wallet):
    return {"payout_wallet": wallet.address}


def stores_paid_elsewhere(engine):
    """Those that are paid to no wallet of their account."""
    with engine.connect() as connection:
        query = """
            SELECT handle FROM seller WHERE NOT EXISTS (
                SELECT 1 FROM wallet WHERE wallet.account_id = seller.account_id
                AND wallet.address = seller.payout_wallet)
        """
        return list(connection.scalars(text(query)))


def test_remove_never_takes_the_wallet_that_a_chain_begins_to_be_paid_to(accounts, sellers):
    second = a_wallet("second")
    store = sellers.create(caller(accounts), a_profile("alice"))
    add(accounts, second)
    callers = [caller(accounts), caller(accounts)]
    wallets = {31337: second.address}
    acts = [
        lambda: sellers.edit(callers[0], store.id, {}, version=1, payout_wallets=wallets),
        lambda: sellers.remove_wallet(callers[1], second.address),
    ]
    edited, removed = at_once(2, lambda n: acts[n]())
    if isinstance(edited, PayoutWalletNotProved | StepUpRequired):
        assert removed is None
    else:
        assert (edited.payouts.by_chain, type(removed)) == (wallets, PayoutWalletInUse)


def test_lock_shows_the_wallets_of_whoever_held_it_before(accounts, sellers, committing_uow):
    store = sellers.create(caller(accounts), a_profile("alice"))
    wallets = {1: a_wallet("alice").address}
    with committing_uow.begin() as tx:
        rows.lock(tx, store.id)
        rows.save_wallets(tx, store.id, wallets)
        with ThreadPoolExecutor(1) as pool:
            seen = pool.submit(locked, committing_uow, store.id)
            eventually(lambda: is_waiting(tx))
            tx.commit()
            assert seen.result().wallets == wallets


def locked(uow, seller_id):
    with uow.begin() as tx:
        return rows.lock(tx, seller_id)


def is_waiting(tx) -> bool:
    """Whether another session waits for what this one holds."""
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    return bool(tx.session.scalar(text(waiting)))
