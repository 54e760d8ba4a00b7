"""What the tests of accounts share."""

import pytest

from souk.core.clock import Clock
from souk.modules.accounts.api import router
from souk.modules.accounts.service import (
    Accounts,
    Addresses,
    EmailGate,
    Emails,
    Letters,
    Sessions,
    SignInGate,
)
from tests.support.account_builders import accounts_on
from tests.support.emptied import cut, emptied
from tests.support.http import Api, assembled
from tests.support.letterbox import EMAILS, Letterbox


@pytest.fixture(scope="package")
def shared_database_url(databases):
    """One database for all of these tests."""
    url = databases.migrated()
    yield url
    databases.drop(url)


@pytest.fixture
def database_url(shared_database_url):
    """Where commits are real; the tables of accounts are empty."""
    tables = [
        "idempotency_key",
        "email_challenge",
        "email_address",
        "siwe_nonce",
        "session",
        "api_key",
        "wallet",
        "account",
    ]
    cut(shared_database_url, "role_change")
    return emptied(shared_database_url, *tables)


@pytest.fixture
def letters():
    """Where letters arrive."""
    return Letterbox()


@pytest.fixture
def sender(committing_uow, letters):
    """What a worker sends them by."""
    return Letters(committing_uow, letters, EMAILS)


class Limiter:
    """Lets everything through."""

    def take(self, key, *, limit, per_seconds):
        return 0


@pytest.fixture
def accounts(committing_uow):
    return accounts_on(committing_uow)


@pytest.fixture
def emails(committing_uow):
    return Emails(committing_uow, EMAILS)


@pytest.fixture
def api(database_url, committing_uow, accounts, emails, clock):
    services = {
        Accounts: accounts,
        Addresses: Addresses(committing_uow, EMAILS),
        Clock: clock,
        EmailGate: EmailGate(Limiter(), per_hour=20),
        Emails: emails,
        Sessions: Sessions(committing_uow),
        SignInGate: SignInGate(Limiter(), per_minute=60),
    }
    container = assembled(
        database_url,
        committing_uow,
        router,
        services=services,
        authenticate=accounts.authenticate,
    )
    with Api(container) as api:
        yield api
