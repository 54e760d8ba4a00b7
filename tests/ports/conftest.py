"""Certificates for the servers of strangers."""

import ssl

import pytest
import trustme


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Signs certificates for the names of these tests."""
    return trustme.CA()


@pytest.fixture(scope="session")
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    """What a client uses that trusts it."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context
