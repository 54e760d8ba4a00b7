"""What the tests of sellers share."""

import pytest

from souk.core.clock import Clock
from souk.core.principal import Role
from souk.modules.sellers.api import router
from souk.modules.sellers.service import Sellers
from tests.support.account_builders import a_wallet, accounts_on, sign_in
from tests.support.emptied import cut
from tests.support.http import Api, assembled
from tests.support.seller_builders import sellers_on

PATH = "/api/marketplace/sellers"
A_STORE = {
    "name": "Fig & Olive",
    "handle": "fig-olive",
    "payout_wallet": a_wallet("sofia").address,
}


@pytest.fixture(scope="package")
def shared_database_url(databases):
    """One database for all of these tests."""
    url = databases.migrated()
    yield url
    databases.drop(url)


@pytest.fixture
def database_url(shared_database_url):
    """Where commits are real; the tables of sellers are empty."""
    return cut(shared_database_url, "idempotency_key", "siwe_nonce", "webhook_inbox", "account")


@pytest.fixture
def accounts(committing_uow):
    return accounts_on(committing_uow)


@pytest.fixture
def api(database_url, committing_uow, accounts, clock):
    services = {Sellers: sellers_on(committing_uow), Clock: clock}
    container = assembled(
        database_url,
        committing_uow,
        router,
        services=services,
        authenticate=accounts.authenticate,
    )
    with Api(container) as api:
        yield api


@pytest.fixture
def token(accounts):
    return sign_in(accounts, a_wallet("sofia")).token


@pytest.fixture
def stranger(accounts):
    return sign_in(accounts, a_wallet("bob")).token


@pytest.fixture
def store(api, token):
    answer = api("POST", PATH, A_STORE, token=token, key="open")
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def clerk(api, accounts, committing_uow):
    """The token of somebody who decides about stores."""
    account_id = accounts.authenticate(sign_in(accounts, a_wallet("stella")).token).account_id
    with committing_uow.begin() as tx:
        accounts.grant_role(tx, account_id, Role.SUPPORT)
        tx.commit()
    return sign_in(accounts, a_wallet("stella")).token
