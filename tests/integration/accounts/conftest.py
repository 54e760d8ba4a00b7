"""What the tests of accounts share."""

import pytest

from souk.modules.accounts.service import Letters
from tests.support.emptied import cut, emptied
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
