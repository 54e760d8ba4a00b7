"""Refusals: a kind, a stable code, a sentence."""

import pytest

from souk.core.errors import (
    ConflictError,
    DatabaseUnavailable,
    DomainError,
    ErrorKind,
    LimitedError,
    NotFoundError,
    OutcomeUnknown,
    ProviderRejected,
    ProviderUnavailable,
    RejectedError,
)


def test_error_keeps_its_sentence_and_context():
    error = ConflictError("already paid", context={"status": "paid"})
    assert (str(error), error.detail, error.context) == (
        "already paid",
        "already paid",
        {"status": "paid"},
    )
    assert NotFoundError("gone").context == {}


def test_limited_says_when_to_come_back():
    error = LimitedError("too often", retry_after_seconds=7)
    assert (error.retry_after_seconds, error.retryable) == (7, True)
    assert error.context == {"retry_after_seconds": 7}


@pytest.mark.parametrize(
    ("error", "retryable"),
    [
        (DatabaseUnavailable, True),
        (ProviderUnavailable, True),
        (OutcomeUnknown, True),
        (ProviderRejected, False),
        (RejectedError, False),
    ],
)
def test_error_says_whether_asking_again_may_help(error, retryable):
    assert error("no").retryable is retryable


def leaves(family):
    below = family.__subclasses__()
    return [family] if not below else [leaf for child in below for leaf in leaves(child)]


def test_every_kind_of_refusal_has_an_error():
    assert {error.kind for error in leaves(DomainError)} >= set(ErrorKind)
