"""Whether a new attempt may be made beside the earlier ones."""

from collections.abc import Sequence
from dataclasses import dataclass

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
)
from souk.modules.payments.service.move import move_attempt, project_payment
from souk.modules.payments.service.payable import (
    ends_by_itself,
    is_arriving,
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
    `AttemptStillPayable`.
    """
    known = list(attempts)
    for index, attempt in enumerate(known):
        # The time is read first: what the chain shows afterwards is at least as new.
        over = is_over(tx, chains, attempt)
        _require_idle(tx, chains, attempt, over=over)
        if not over and attempt.is_for(choice, orders):
            return attempt
        if not over and not ends_by_itself(attempt):
            return InTheWay(attempt)
        if not over and not (isinstance(choice, CardChoice) and choice.anyway):
            raise AttemptStillPayable(attempt.id, attempt.pay_by)
        if over and attempt.status in OPEN:
            to = AttemptStatus.EXPIRED
            known[index] = move_attempt(tx, payment, attempt, to, reason=_UNPAID)
    project_payment(tx, payment, known, reason=_UNPAID)
    return None


def find_standing(tx: Transaction, chains: Chains, attempts: Sequence[Attempt]) -> Attempt | None:
    """The attempt that can still be paid, if there is one, for whoever only looks. Raises
    `PaymentUnderWay`."""
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
    locked. Raises `CheckoutNotPayable`."""
    waiting = {order.id for order in orders if order.status is OrderStatus.PENDING_PAYMENT}
    if is_over(tx, chains, attempt) or not {leg.order_id for leg in attempt.legs} <= waiting:
        raise CheckoutNotPayable(
            "what this attempt was to pay is paid or given up, or its time is over",
            context={"attempt_id": attempt.id, "status": attempt.status},
        )
