"""Signing in from many threads at the same moment."""

from collections import Counter

import pytest
from sqlalchemy import text

from souk.core.db import make_engine
from souk.modules.accounts.domain import SignedIn
from souk.modules.accounts.errors import NonceUnusable, WalletOfAnotherAccount
from tests.support.account_builders import a_message, a_wallet, accounts_on, sign_in
from tests.support.threads import at_once


@pytest.fixture
def engine(database_url):
    """Wide enough that the threads meet in PostgreSQL, not in front of the pool."""
    engine = make_engine(database_url, pool_size=50)
    yield engine
    engine.dispose()


@pytest.fixture
def accounts(committing_uow):
    return accounts_on(committing_uow)


def count(engine, table):
    with engine.connect() as connection:
        return connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


@pytest.mark.pitfall("A2")
def test_sign_in_opens_one_session_when_fifty_use_one_nonce(accounts, engine):
    message = a_message(accounts.issue_nonce(), a_wallet()).render()
    signature = a_wallet().sign(message)
    answers = at_once(50, lambda _number: accounts.sign_in(message, signature))
    assert Counter(type(answer) for answer in answers) == {SignedIn: 1, NonceUnusable: 49}
    assert count(engine, "session") == 1


def test_sign_in_opens_one_account_when_a_new_wallet_signs_in_twenty_times(accounts, engine):
    messages = [a_message(accounts.issue_nonce(), a_wallet()).render() for _ in range(20)]
    signatures = [a_wallet().sign(message) for message in messages]
    answers = at_once(20, lambda n: accounts.sign_in(messages[n], signatures[n]))
    assert len({answer.account_id for answer in answers}) == 1
    assert [count(engine, table) for table in ("account", "wallet", "session")] == [1, 1, 20]


def test_add_wallet_gives_it_to_one_account_when_ten_claim_it(accounts, engine):
    wanted = a_wallet("wanted")
    callers = [accounts.authenticate(sign_in(accounts, a_wallet(str(n))).token) for n in range(10)]
    messages = [a_message(accounts.issue_nonce(), wanted).render() for _ in callers]
    signatures = [wanted.sign(message) for message in messages]
    answers = at_once(10, lambda n: accounts.add_wallet(callers[n], messages[n], signatures[n]))
    assert Counter(type(answer) for answer in answers) == {str: 1, WalletOfAnotherAccount: 9}
    assert count(engine, "wallet") == 11
