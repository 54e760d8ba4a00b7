"""Whether a new attempt may be made beside the earlier ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from souk.core.clock import rfc3339
from souk.core.unit_of_work import Transaction
from souk.modules.chain.service import Chains
from souk.modules.orders.domain import OrderRecord, OrderStatus
from souk.modules.payments.domain import (
    OPEN,
    Attempt,
    AttemptStatus,
    CardChoice,
    PayChoice,
    Payment,
)
from souk.modules.payments.errors import (
    AttemptStillPayable,
    CheckoutNotPayable,
    PaymentUnderWay,
    QuoteOver,
)
from souk.modules.payments.service.move import move_attempt, project_payment
from souk.modules.payments.service.payable import (
    ends_by_itself,
    is_arriving,
    is_lapsed,
    is_over,
    is_paid_unheard,
)

_UNPAID = "not paid before its quote ended"


@dataclass(frozen=True, slots=True)
class InTheWay:
    """An earlier attempt that has to be called off before another one may be made."""

    attempt: Attempt


def find_again(
    tx: Transaction,
    chains: Chains,
    payment: Payment,
    attempts: Sequence[Attempt],
    choice: PayChoice,
    orders: frozenset[str],
) -> Attempt | InTheWay | None:
    """The attempt to hand out again, one that is in the way, or `None` when a new one may be made.

    Nobody can be stopped from signing calls that were handed out, so a second attempt could be
    paid beside the first until that one's `payBy` is over for good. The same calls may be signed
    twice, though: the contract takes an order once. Raises `PaymentUnderWay`,
    `AttemptStillPayable`, `QuoteOver`.
    """
    known = list(attempts)
    for index, attempt in enumerate(known):
        # The time is read first: what the chain shows afterwards is at least as new.
        over = is_over(tx, chains, attempt)
        _require_idle(tx, chains, attempt, over=over)
        if not over:
            found = _beside(tx, chains, attempt, choice, orders)
            if found is not None:
                return found
        if over and attempt.status in OPEN:
            to = AttemptStatus.EXPIRED
            known[index] = move_attempt(tx, payment, attempt, to, reason=_UNPAID)
    project_payment(tx, payment, known, reason=_UNPAID)
    return None


def _beside(
    tx: Transaction,
    chains: Chains,
    attempt: Attempt,
    choice: PayChoice,
    orders: frozenset[str],
) -> Attempt | InTheWay | None:
    """The same of an attempt that is not over; `None` when another one may stand beside it."""
    if not ends_by_itself(attempt):
        return attempt if attempt.is_for(choice, orders) else InTheWay(attempt)
    if isinstance(choice, CardChoice) and choice.anyway:
        return None
    require_in_time(tx, chains, attempt)
    if not attempt.is_for(choice, orders):
        raise AttemptStillPayable(attempt.id, attempt.pay_by)
    return attempt


def require_in_time(tx: Transaction, chains: Chains, attempt: Attempt) -> None:
    """Refuse to send anybody to sign what the next block would refuse. Raises `QuoteOver`."""
    if is_lapsed(tx, chains, attempt):
        raise quote_over(attempt)


def quote_over(attempt: Attempt) -> QuoteOver:
    """What is said of an attempt that has lapsed and is not over yet."""
    until = rfc3339(attempt.pay_by)
    return QuoteOver(
        f"the calls could be paid until {until}, and nobody can tell yet whether they were; choose"
        " anew in a moment, when a settled block is later than that, or pay by card with `anyway`:"
        " should both be paid, the card is returned",
        context={"attempt_id": attempt.id, "payable_until": until},
    )


def find_standing(tx: Transaction, chains: Chains, attempts: Sequence[Attempt]) -> Attempt | None:
    """The attempt that stands in the way of others, if there is one, for whoever only looks: it
    can still be paid, or may have been. Raises `PaymentUnderWay`."""
    for attempt in attempts:
        over = is_over(tx, chains, attempt)
        _require_idle(tx, chains, attempt, over=over)
        if not over:
            return attempt
    return None


def _require_idle(tx: Transaction, chains: Chains, attempt: Attempt, *, over: bool) -> None:
    sent = attempt.status is AttemptStatus.SUBMITTED and not ends_by_itself(attempt)
    if sent or is_arriving(attempt, over=over) or is_paid_unheard(tx, chains, attempt):
        raise PaymentUnderWay(
            "a payment has arrived and is not final yet; wait until it is",
            context={"attempt_id": attempt.id, "status": attempt.status},
        )


def require_payable(
    tx: Transaction, chains: Chains, attempt: Attempt, orders: Sequence[OrderRecord]
) -> None:
    """Refuse to hand out what pays for nothing any more; `orders` are those of the checkout,
    locked. Raises `CheckoutNotPayable`, `QuoteOver`."""
    waiting = {order.id for order in orders if order.status is OrderStatus.PENDING_PAYMENT}
    if is_over(tx, chains, attempt) or not {leg.order_id for leg in attempt.legs} <= waiting:
        raise CheckoutNotPayable(
            "what this attempt was to pay is paid or given up, or its time is over",
            context={"attempt_id": attempt.id, "status": attempt.status},
        )
    require_in_time(tx, chains, attempt)
