"""What the tests of accounts share."""

import pytest

from tests.support.emptied import emptied


@pytest.fixture(scope="package")
def shared_database_url(databases):
    """One database for all of these tests."""
    url = databases.migrated()
    yield url
    databases.drop(url)


@pytest.fixture
def database_url(shared_database_url):
    """Where commits are real; the tables of accounts are empty."""
    tables = ["idempotency_key", "siwe_nonce", "session", "api_key", "wallet", "account"]
    return emptied(shared_database_url, *tables)
