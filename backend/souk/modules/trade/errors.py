"""What can go wrong when order and money move together.

    DomainError
    +-- NotFoundError
    |   +-- OrderNotFound        no such order, or not one of the caller's
    |   +-- TimelineLinkInvalid  the link to an order's timeline is forged or over
    +-- ConflictError
    |   +-- NothingHeld          the order holds no money that could move
    |   +-- PaymentUnderWay      the order cannot be cancelled while money may be on its way
    +-- RejectedError
        +-- StatusNotAskable     the status is a fact of the rail and cannot be asked for
"""

from souk.core.errors import ConflictError, NotFoundError, RejectedError


class OrderNotFound(NotFoundError):
    """There is no such order among those that the caller may see."""

    code = "order_not_found"


class TimelineLinkInvalid(NotFoundError):
    """The key in a timeline's address was not made by us for this order, or has ended."""

    code = "timeline_link_invalid"


class NothingHeld(ConflictError):
    """No money is held for this order."""

    code = "nothing_held"


class PaymentUnderWay(ConflictError):
    """A payment was sent and its outcome is not known yet."""

    code = "payment_under_way"
    retryable = True


class StatusNotAskable(RejectedError):
    """Nobody can set this status; it follows from what happens to the money."""

    code = "status_not_askable"
