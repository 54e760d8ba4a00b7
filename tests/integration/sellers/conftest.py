"""What the tests of sellers share."""

import pytest

from tests.support.emptied import cut


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
