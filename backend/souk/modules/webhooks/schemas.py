"""Requests and responses of webhooks."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StrictBool, StrictInt, model_validator

from souk.core.web import InstantOut, RequestModel, ResponseModel
from souk.modules.webhooks import domain
from souk.modules.webhooks.domain import (
    DeliveryRecord,
    DisabledReason,
    EndpointRecord,
    EndpointWish,
    EventType,
    Revealed,
)
from souk.modules.webhooks.service.endpoints import EndpointChanges

_ID = "whe_01h455vb4pex5vsknk084sn02q"
_DELIVERY_ID = "whd_01h455vb4pex5vsknk084sn02q"
_EVENT_ID = "evt_01h455vb4pex5vsknk084sn02q"
_Url = Annotated[
    str,
    Field(
        min_length=1,
        max_length=domain.MAX_URL,
        description="An https:// address on the public internet, port 443 or 8443. Redirects are"
        " not followed.",
        examples=["https://shop.example/hooks/souk"],
    ),
]
_Description = Annotated[
    str, Field(max_length=domain.MAX_DESCRIPTION, examples=["The stock-keeping program"])
]
_Events = Annotated[
    list[EventType],
    Field(
        min_length=1,
        max_length=len(EventType),
        description="What to be told; everything, also what is added later, when it is `null`.",
        examples=[["payment.completed", "order.status_changed"]],
    ),
]


class EndpointCreate(RequestModel):
    """Where to be told of what."""

    url: _Url
    description: _Description = ""
    events: _Events | None = None

    def wish(self) -> EndpointWish:
        """The endpoint that is asked for."""
        return EndpointWish(
            url=self.url, description=self.description, events=_distinct(self.events)
        )


class EndpointUpdate(RequestModel):
    """New values for some fields; an absent one stays, `null` asks for all events."""

    url: _Url | None = None
    description: _Description | None = None
    events: _Events | None = None
    enabled: Annotated[
        StrictBool | None,
        Field(
            description="`false` stops sending; `true` begins again, whatever had stopped it.",
            examples=[True],
        ),
    ] = None

    @model_validator(mode="after")
    def _nothing_required_is_removed(self) -> Self:
        for name in self.model_fields_set - {"events"}:
            if getattr(self, name) is None:
                raise ValueError(f"{name} cannot be removed, only changed")
        return self

    def changes(self) -> EndpointChanges:
        """The fields that were sent."""
        changes = EndpointChanges()
        if self.url is not None:
            changes["url"] = self.url
        if self.description is not None:
            changes["description"] = self.description
        if "events" in self.model_fields_set:
            changes["events"] = _distinct(self.events)
        return changes


class RotateIn(RequestModel):
    """How long the present secret stays good."""

    keep_old_seconds: Annotated[
        StrictInt,
        Field(
            ge=0,
            le=domain.MAX_KEEP_OLD_SECONDS,
            description="So long every message is signed with both secrets. 0 when somebody else"
            " knows the present one.",
            examples=[domain.KEEP_OLD_SECONDS],
        ),
    ] = domain.KEEP_OLD_SECONDS


class EndpointOut(ResponseModel):
    """An endpoint. Its secret is shown when it is made, and never again."""

    id: Annotated[str, Field(examples=[_ID])]
    url: str
    description: str
    events: Annotated[list[str] | None, Field(description="`null`: everything.")]
    enabled: bool
    disabled_at: InstantOut | None
    disabled_reason: Annotated[
        DisabledReason | None,
        Field(
            description="`owner`: you did it; `gone`: the endpoint answered 410; `failing`: it has"
            " taken nothing for five days, see its deliveries."
        ),
    ]
    failing_since: Annotated[
        InstantOut | None,
        Field(description="When the first of those deliveries failed behind which none arrived."),
    ]
    old_secret_until: Annotated[
        InstantOut | None,
        Field(description="Until then messages are signed with the secret before the last, too."),
    ]
    created_at: InstantOut
    updated_at: InstantOut

    @classmethod
    def of(cls, endpoint: EndpointRecord) -> Self:
        """The same document that reading the endpoint answers with."""
        return cls(**_shown(endpoint))


class EndpointRevealed(EndpointOut):
    """An endpoint with its new secret."""

    secret: Annotated[
        str | None,
        Field(
            description="Keep it: it is shown in this answer alone. A repeat of the request under"
            " the same `Idempotency-Key` has `null`; who missed it rotates.",
            examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="],
        ),
    ]

    @classmethod
    def with_secret(cls, revealed: Revealed) -> Self:
        """The first answer."""
        return cls(**_shown(revealed.endpoint), secret=revealed.secret)

    @classmethod
    def without_secret(cls, endpoint: EndpointRecord) -> Self:
        """What is kept of that answer, and what a repeat is given."""
        return cls(**_shown(endpoint), secret=None)


def _shown(endpoint: EndpointRecord) -> dict[str, object]:
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "description": endpoint.description,
        "events": endpoint.events,
        "enabled": endpoint.disabled_at is None,
        "disabled_at": endpoint.disabled_at,
        "disabled_reason": endpoint.disabled_reason,
        "failing_since": endpoint.first_failed_at,
        "old_secret_until": endpoint.old_secret_until,
        "created_at": endpoint.created_at,
        "updated_at": endpoint.updated_at,
    }


def _distinct(events: list[EventType] | None) -> list[str] | None:
    return None if events is None else list(dict.fromkeys(event.value for event in events))


class EndpointList(ResponseModel):
    """All endpoints of an account, the oldest first."""

    data: list[EndpointOut]


class DeliveryState(StrEnum):
    """Whether a delivery waits, arrived, or was given up."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


class DeliveryBegun(ResponseModel):
    """A delivery that is due now; the log of the endpoint tells what comes of it."""

    id: Annotated[str, Field(examples=[_DELIVERY_ID])]
    endpoint_id: Annotated[str, Field(examples=[_ID])]
    event_id: Annotated[str, Field(description="The message's `webhook-id`.", examples=[_EVENT_ID])]
    type: str
    created_at: InstantOut

    @classmethod
    def of(cls, delivery: DeliveryRecord) -> Self:
        """What the answer says."""
        return cls.model_validate(delivery)


class DeliveryAttempt(ResponseModel):
    """One try: what the endpoint answered, or why it could not."""

    number: int
    started_at: InstantOut
    took_ms: int
    status: int | None
    answer: Annotated[str, Field(description="The first bytes of it.")]
    error: str | None


class BodyOut(ResponseModel):
    """What is sent, the same in every attempt."""

    type: str
    timestamp: InstantOut
    data: dict[str, object]


class DeliveryOut(ResponseModel):
    """One message to one endpoint."""

    id: Annotated[str, Field(examples=[_DELIVERY_ID])]
    event_id: Annotated[
        str,
        Field(
            description="The message's `webhook-id`: the same in every attempt and at all of your"
            " endpoints.",
            examples=[_EVENT_ID],
        ),
    ]
    type: str
    state: DeliveryState
    body: BodyOut
    created_at: InstantOut
    sent_at: InstantOut | None
    failed_at: InstantOut | None
    next_attempt_at: InstantOut | None
    attempts: list[DeliveryAttempt]


class DeliveryPage(ResponseModel):
    """A page of deliveries, the newest first."""

    data: list[DeliveryOut]
    next_cursor: str | None
