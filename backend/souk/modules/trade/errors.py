"""What can go wrong when order and money move together.

DomainError
+-- NotFoundError
|   +-- OrderHidden          no such order among the caller's
|   +-- TimelineLinkInvalid  the link to an order's timeline is forged or over
+-- ForbiddenError
|   +-- NotYourPart          the other party of the order does this
+-- RejectedError
    +-- AmbiguousOrder       a request must name exactly one thing to order
"""

from souk.core.errors import ForbiddenError, NotFoundError, RejectedError


class OrderHidden(NotFoundError):
    """There is no such order among those that the caller may see."""

    code = "no_such_order"


class TimelineLinkInvalid(NotFoundError):
    """The key in a timeline's address was not made by us for this order, or has ended."""

    code = "timeline_link_invalid"


class NotYourPart(ForbiddenError):
    """The caller is a party of the order, but this is the other one's to do."""

    code = "not_your_part"


class AmbiguousOrder(RejectedError):
    """The request names none or several of the things that an order can be made of."""

    code = "ambiguous_order"
