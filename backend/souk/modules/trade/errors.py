"""What can go wrong when order and money move together.

DomainError
+-- NotFoundError
|   +-- OrderHidden          no such order among the caller's
|   +-- TimelineLinkInvalid  the link to an order's timeline is forged or over
|   +-- NoEscrowReceipt      nothing was paid into escrow for the order
+-- ForbiddenError
|   +-- NotYourPart          the other party of the order does this
+-- ConflictError
|   +-- ReceiptNotYet        the proof of a payment is still being made
|   +-- StoreNameLost        a store shows its name no more, for which the buyer may have trusted it
+-- RejectedError
    +-- AmbiguousOrder       a request must name exactly one thing to order
"""

from collections.abc import Sequence

from souk.core.errors import ConflictError, ForbiddenError, NotFoundError, RejectedError
from souk.modules.names.domain import LostName


class OrderHidden(NotFoundError):
    """There is no such order among those that the caller may see."""

    code = "no_such_order"


class TimelineLinkInvalid(NotFoundError):
    """The key in a timeline's address was not made by us for this order, or has ended."""

    code = "timeline_link_invalid"


class NoEscrowReceipt(NotFoundError):
    """No payment into escrow counts for the order, so there is nothing to prove.

    Look at the order's `attempts`: a payment by card has no receipt of this kind, and one into
    escrow has it once it is confirmed.
    """

    code = "no_escrow_receipt"


class ReceiptNotYet(ConflictError):
    """The payment into escrow counts, but the proof of it has not been made yet.

    Ask again after some seconds. Should it stay so, the chain's node keeps no receipts as old as
    the payment; `docs/runbooks/chain.md` tells the operator what to do.
    """

    code = "receipt_not_yet"


class NotYourPart(ForbiddenError):
    """The caller is a party of the order, but this is the other one's to do."""

    code = "not_your_part"


class StoreNameLost(ConflictError):
    """A store that was to be ordered from has lost the name that it showed, in this very moment.
    Nothing was placed; `seller_ids`, `ens_names` and `reasons` say which store has lost what, and
    why.

    Look at the store again. Whoever orders anew orders from the store as it is now.
    """

    code = "store_name_lost"

    def __init__(self, lost: Sequence[LostName]) -> None:
        names = ", ".join(one.name for one in lost)
        super().__init__(
            f"you order from a store that has lost its name in this moment: {names}; look at the"
            " store again, and order anew if you still want to",
            context={
                "seller_ids": [one.seller_id for one in lost],
                "ens_names": [one.name for one in lost],
                "reasons": [one.reason.value for one in lost],
            },
        )


class AmbiguousOrder(RejectedError):
    """The request names none or several of the things that an order can be made of."""

    code = "ambiguous_order"
