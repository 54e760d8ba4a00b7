"""What orders and carts refuse.

NotFoundError
+-- OrderNotFound       no such order, or not for this caller
+-- CheckoutNotFound    no such checkout, or not for this caller
+-- CartNotFound        no such cart, or not for this caller
ConflictError
+-- IllegalTransition   the order's status does not allow this; says which are allowed
+-- OrderOnHold         a dispute or the like is open: nothing irreversible happens
+-- TooManyUnpaidCheckouts  the buyer has as many checkouts waiting for payment as they may
RejectedError
+-- EmptyCart           nothing to buy
+-- TooManyLines        more than fit into one checkout or cart
+-- BadQuantity         a quantity is out of its bounds
+-- OwnListing          nobody buys from their own store
+-- BadTracking         a tracking field is out of its bounds
"""

from collections.abc import Sequence

from souk.core.errors import ConflictError, NotFoundError, RejectedError


class OrderNotFound(NotFoundError):
    """No such order, or one of somebody else."""

    code = "order_not_found"

    def __init__(self, order_id: str) -> None:
        super().__init__("there is no such order", context={"order_id": order_id})


class CheckoutNotFound(NotFoundError):
    """No such checkout, or one of somebody else."""

    code = "checkout_not_found"

    def __init__(self, checkout_id: str) -> None:
        super().__init__("there is no such checkout", context={"checkout_id": checkout_id})


class CartNotFound(NotFoundError):
    """No such cart, or one of somebody else."""

    code = "cart_not_found"

    def __init__(self, cart_id: str) -> None:
        super().__init__("there is no such cart", context={"cart_id": cart_id})


class IllegalTransition(ConflictError):
    """The order's status does not lead to the one asked for, or not by this actor."""

    code = "illegal_transition"

    def __init__(self, *, status: str, to: str, actor: str, allowed: Sequence[str]) -> None:
        choices = ", ".join(allowed) or "nothing"
        super().__init__(
            f"an order that is {status} cannot become {to} by the {actor}; allowed: {choices}",
            context={"status": status, "requested": to, "allowed": list(allowed)},
        )


class OrderOnHold(ConflictError):
    """A hold is open, so that nothing irreversible may happen to the order."""

    code = "order_on_hold"

    def __init__(self, order_id: str, kinds: Sequence[str]) -> None:
        super().__init__(
            f"the order is on hold ({', '.join(kinds)}); this is possible once that is closed",
            context={"order_id": order_id, "holds": list(kinds)},
        )


class TooManyUnpaidCheckouts(ConflictError):
    """The buyer holds stock with as many unpaid checkouts as one buyer may."""

    code = "too_many_unpaid_checkouts"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"{limit} of your checkouts wait for payment already; pay or cancel one of them, or"
            " come back when one has expired",
            context={"limit": limit},
        )


class EmptyCart(RejectedError):
    """A checkout needs something to buy."""

    code = "empty_cart"

    def __init__(self) -> None:
        super().__init__("there is nothing to buy; put something into the cart first")


class TooManyLines(RejectedError):
    """More lines than fit."""

    code = "too_many_lines"

    def __init__(self, limit: int) -> None:
        super().__init__(f"at most {limit} different listings at once", context={"limit": limit})


class BadQuantity(RejectedError):
    """A quantity is out of its bounds."""

    code = "bad_quantity"

    def __init__(self, listing_id: str, limit: int) -> None:
        super().__init__(
            f"a quantity is 1 to {limit}", context={"listing_id": listing_id, "limit": limit}
        )


class OwnListing(RejectedError):
    """The buyer owns the store."""

    code = "own_listing"

    def __init__(self, listing_id: str) -> None:
        super().__init__(
            "this is your own listing; nobody buys from their own store",
            context={"listing_id": listing_id},
        )


class BadTracking(RejectedError):
    """A field of a tracking event is out of its bounds; the pointer names it."""

    code = "bad_tracking"

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}", context={"pointer": f"/{field}"})
