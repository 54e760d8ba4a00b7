"""Endpoints, deliveries, and the bounds of both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

MAX_ENDPOINTS = 10
MAX_URL = 2048
MAX_DESCRIPTION = 200
MAX_KEEP_OLD_SECONDS = 7 * 24 * 3600
KEEP_OLD_SECONDS = 24 * 3600
KEEP_LOG = timedelta(days=30)
ANSWER_BYTES = 500
"""How much of an answer is written down."""
SEND_SECONDS = 10.0
"""How long an endpoint may take, from looking its name up to the end of its answer."""


class DisabledReason(StrEnum):
    """Why nothing is sent to an endpoint."""

    OWNER = "owner"
    GONE = "gone"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class EndpointRecord:
    """An endpoint as its owner sees it. `events` of `None` are all of them; of two secrets the
    old one signs as well until `old_secret_until`."""

    id: str
    account_id: str
    url: str
    description: str
    events: tuple[str, ...] | None
    disabled_at: datetime | None
    disabled_reason: DisabledReason | None
    first_failed_at: datetime | None
    old_secret_until: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Revealed:
    """An endpoint with its new secret, which is never shown again."""

    endpoint: EndpointRecord
    secret: str

    def __repr__(self) -> str:
        return f"Revealed({self.endpoint.id})"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointWish:
    """What an endpoint is to be like."""

    url: str
    description: str = ""
    events: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Subscriber:
    """An endpoint that wants to be told of an event."""

    endpoint_id: str
    account_id: str


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """One message to one endpoint. `event_id` is what the receiver knows it by: the same in
    every attempt, and the same at all endpoints."""

    id: str
    endpoint_id: str
    event_id: str
    type: str
    created_at: datetime
    next_attempt_at: datetime
    sent_at: datetime | None
    failed_at: datetime | None

    @property
    def pending(self) -> bool:
        """Whether it will still be tried by itself."""
        return self.sent_at is None and self.failed_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedDelivery:
    """A delivery that is ours to try now. `attempt` counts all attempts and says whose claim
    holds, `tries` those since it was last begun anew; the sealed secrets are those that are
    live."""

    id: str
    endpoint_id: str
    event_id: str
    url: str
    body: bytes
    tries: int
    attempt: int
    secret: bytes
    old_secret: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of a try: a status with the first bytes of the answer, or an error."""

    started_at: datetime
    took_ms: int
    status: int | None = None
    answer: str = ""
    error: str | None = None
    headers: Mapping[str, str]
