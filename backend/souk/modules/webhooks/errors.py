"""What webhooks refuse.

NotFoundError
+-- EndpointNotFound    no such endpoint, or not one of the caller's
+-- DeliveryNotFound    no such delivery, or not to one of the caller's endpoints
ConflictError
+-- TooManyEndpoints    the account has as many endpoints as it may have
+-- EndpointExists      another endpoint of the account has this address
+-- EndpointDisabled    nothing is sent to the endpoint until it is enabled
+-- DeliveryPending     the delivery is still being tried by itself
RejectedError
+-- EndpointUnfit       nothing may be sent to this address; says why
LimitedError
+-- TooManyResends      the caller has had too much sent by hand
UnavailableError
+-- SecretLost          a signing secret was sealed under another key than this installation's
"""

from souk.core.errors import (
    ConflictError,
    LimitedError,
    NotFoundError,
    RejectedError,
    UnavailableError,
)


class EndpointNotFound(NotFoundError):
    """No such endpoint among the caller's own."""

    code = "webhook_endpoint_not_found"

    def __init__(self) -> None:
        super().__init__("you have no such endpoint")


class DeliveryNotFound(NotFoundError):
    """No such delivery to any of the caller's endpoints.

    Deliveries are forgotten after 30 days.
    """

    code = "webhook_delivery_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such delivery to an endpoint of yours")


class TooManyEndpoints(ConflictError):
    """The account has as many endpoints as it may have."""

    code = "too_many_webhook_endpoints"


class EndpointExists(ConflictError):
    """Another endpoint of this account has the address already.

    Add event types to that endpoint instead, or give the addresses different queries.
    """

    code = "webhook_endpoint_exists"

    def __init__(self) -> None:
        super().__init__(
            "another endpoint of yours has this address, so that it would be told everything"
            " twice; edit that one",
            context={"pointer": "/url"},
        )


class EndpointDisabled(ConflictError):
    """Nothing is sent to this endpoint until it is enabled.

    Enable it with `PATCH /api/webhooks/endpoints/{id}` and `{"enabled": true}`.
    """

    code = "webhook_endpoint_disabled"

    def __init__(self) -> None:
        super().__init__("this endpoint is disabled; enable it first")


class DeliveryPending(ConflictError):
    """The delivery is still being tried; `context` says when next."""

    code = "webhook_delivery_pending"


class EndpointUnfit(RejectedError):
    """Nothing may be sent to this address; the detail says why."""

    code = "webhook_endpoint_unfit"

    def __init__(self, why: str) -> None:
        super().__init__(why, context={"pointer": "/url"})


class TooManyResends(LimitedError):
    """The caller had too many deliveries sent by hand lately."""

    code = "too_many_webhook_resends"


class SecretLost(UnavailableError):
    """A signing secret was sealed under another `SECRET_KEY`, so that nothing can be signed.

    The owner of the endpoint rotates its secret; whoever runs the installation looks whether all
    its processes have the same `SECRET_KEY`.
    """

    code = "webhook_secret_lost"
