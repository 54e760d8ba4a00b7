"""The roots of every error that a person may be told about.

    DomainError                 a rule of the business said no
    +-- NotFoundError           the object does not exist, or not for this caller
    +-- ConflictError           the object is in another state than the request needs
    +-- StaleError              what was edited is no longer as the caller read it
    +-- ForbiddenError          the caller may not do this
    +-- UnauthenticatedError    nobody is signed in
    |   +-- SignInRequired      no token was sent
    +-- RejectedError           the request itself is wrong; the detail says how to correct it
    +-- MalformedError          the message is not what it says it is
    +-- TooLargeError           what was sent is larger than is taken
    +-- UnsupportedError        what was sent is of a kind that is not taken
    +-- LimitedError            too many requests; `retry_after_seconds` says when to come back
    +-- ProviderRejected        the provider said no; asking again changes nothing
    +-- UnavailableError        a part is down; nothing was lost, the same request may be sent again
        +-- DatabaseUnavailable PostgreSQL cannot be reached
        |   +-- DatabaseBusy    it can, but a statement or a lock took too long there
        +-- ProviderUnavailable the provider could not be reached, nothing happened there
        |   +-- ProviderRefusesUs   it was reached, and does not accept our key
        |   +-- RecipientUnavailable it was reached, and does not take a message to this one now
        +-- OutcomeUnknown      the provider was asked and did not answer: look it up, never ask
                                again under a new key

Names state facts; only abstract parents end in `Error`. HTTP statuses belong to the entrypoint.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

Detail = Mapping[str, str | int | bool | Sequence[str] | None]


class ErrorKind(StrEnum):
    """What sort of refusal this is; the HTTP entrypoint maps each to one status."""

    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    STALE = "stale"
    FORBIDDEN = "forbidden"
    UNAUTHENTICATED = "unauthenticated"
    REJECTED = "rejected"
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"
    LIMITED = "limited"
    UNAVAILABLE = "unavailable"


class DomainError(Exception):
    """A refusal with a stable `code` and a sentence that says what to do next.

    `context` holds plain values for the client (current state, allowed transitions, field
    pointer); it never holds a secret. `alternatives` are what the client may do instead, where
    whoever refused knows of any, as JSON values.
    """

    kind: ErrorKind = ErrorKind.REJECTED
    code: str = "rejected"
    retryable: bool = False

    def __init__(self, detail: str, *, context: Detail | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.context: Detail = context or {}
        self.alternatives: Sequence[Mapping[str, object]] = ()


class NotFoundError(DomainError):
    """The object does not exist, or the caller may not know that it does."""

    kind = ErrorKind.NOT_FOUND
    code = "not_found"


class ConflictError(DomainError):
    """The object's present state does not allow this."""

    kind = ErrorKind.CONFLICT
    code = "conflict"


class StaleError(DomainError):
    """The object was changed since the caller read it; `context` holds its present version."""

    kind = ErrorKind.STALE
    code = "stale"


class ForbiddenError(DomainError):
    """The caller is known and may not do this."""

    kind = ErrorKind.FORBIDDEN
    code = "forbidden"


class UnauthenticatedError(DomainError):
    """Nobody is signed in, or the session has ended."""

    kind = ErrorKind.UNAUTHENTICATED
    code = "unauthenticated"


class SignInRequired(UnauthenticatedError):
    """This needs somebody who is signed in."""

    code = "sign_in_required"


class RejectedError(DomainError):
    """The request is wrong in itself."""

    kind = ErrorKind.REJECTED
    code = "rejected"


class MalformedError(DomainError):
    """The message is not what it says it is."""

    kind = ErrorKind.MALFORMED
    code = "malformed"


class TooLargeError(DomainError):
    """What was sent is larger than is taken."""

    kind = ErrorKind.TOO_LARGE
    code = "too_large"


class UnsupportedError(DomainError):
    """What was sent is of a kind that is not taken."""

    kind = ErrorKind.UNSUPPORTED
    code = "unsupported"


class LimitedError(DomainError):
    """The caller asked too often."""

    kind = ErrorKind.LIMITED
    code = "too_many_requests"
    retryable = True

    def __init__(self, detail: str, *, retry_after_seconds: int) -> None:
        super().__init__(detail, context={"retry_after_seconds": retry_after_seconds})
        self.retry_after_seconds = retry_after_seconds


class UnavailableError(DomainError):
    """A part that this needs is down. Nothing was lost."""

    kind = ErrorKind.UNAVAILABLE
    code = "unavailable"
    retryable = True


class DatabaseUnavailable(UnavailableError):
    """PostgreSQL cannot be reached or ended the connection."""

    code = "database_unavailable"


class DatabaseBusy(DatabaseUnavailable):
    """PostgreSQL was reached, but waiting for it or for a lock took too long."""

    code = "database_busy"


class ProviderUnavailable(UnavailableError):
    """An outside service could not be reached; nothing happened there."""

    code = "provider_unavailable"


class ProviderRefusesUs(ProviderUnavailable):
    """An outside service does not accept our key: whatever was asked, it is done once that is right
    again."""

    code = "provider_refuses_us"


class RecipientUnavailable(ProviderUnavailable):
    """A mail server takes no message to this recipient for now; others may be written to."""

    code = "recipient_unavailable"


class ProviderRejected(DomainError):
    """An outside service refused; asking again changes nothing."""

    code = "provider_rejected"


class OutcomeUnknown(UnavailableError):
    """An outside service was asked and gave no answer: look the outcome up."""

    code = "outcome_unknown"
