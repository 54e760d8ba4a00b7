"""Whether an attempt can still be paid.

Nobody can take back a call that a wallet may sign. It is over when a block that counts is later
than its `payBy`: from then on the contract refuses it, so that another attempt cannot be paid
beside it. It has lapsed as soon as the newest block is: from then on nobody is sent to sign what
would be refused, though a payment may still be on its way. What a card provider was asked for is
payable until it is called off there.
"""

from souk.core.timers import chain_of
from souk.core.unit_of_work import Transaction
from souk.modules.chain.domain import EscrowFactKind
from souk.modules.chain.service import Chains
from souk.modules.payments.domain import (
    OPEN,
    PAID,
    Attempt,
    AttemptStatus,
    EscrowLeg,
    LegStatus,
)
from souk.modules.payments.service.times import reached_by

_COME_TO_NOTHING = OPEN | {AttemptStatus.FAILED}


def ends_by_itself(attempt: Attempt) -> bool:
    """Whether time alone ends it: a contract judges it, and nobody has to call it off."""
    return chain_of(attempt.clock) is not None


def is_over(tx: Transaction, chains: Chains, attempt: Attempt) -> bool:
    """Whether this attempt can be paid no more, for good."""
    if not ends_by_itself(attempt):
        return attempt.closed_at is not None
    reached = reached_by(tx, chains, attempt.clock)
    return reached is not None and reached > attempt.pay_by


def is_lapsed(tx: Transaction, chains: Chains, attempt: Attempt) -> bool:
    """Whether calls that are signed from now on would be refused: the newest block is later than
    their `payBy`. An older block may hold their payment all the same until the attempt `is_over`;
    without a block nobody can tell."""
    chain_id = chain_of(attempt.clock)
    head = None if chain_id is None else chains.head(tx, chain_id)
    return head is not None and head.at > attempt.pay_by


def is_paid_unheard(tx: Transaction, chains: Chains, attempt: Attempt) -> bool:
    """Whether a chain shows a payment of this attempt that `observe` has not heard of: its event is
    still on the way."""
    waiting = [leg for leg in attempt.legs if isinstance(leg, EscrowLeg) and leg.status not in PAID]
    return bool(waiting) and chains.stands(
        tx,
        waiting[0].chain_id,
        contract=waiting[0].contract,
        escrow_ids=[leg.escrow_id for leg in waiting],
        kind=EscrowFactKind.PAID,
    )


def is_arriving(attempt: Attempt, *, over: bool) -> bool:
    """Whether money of this attempt has been seen and the rest may follow; `over` says that its
    time is. What its payer left out by then never comes, and waits for nothing."""
    if attempt.status is not AttemptStatus.CONFIRMING:
        return False
    return not over or any(leg.status is LegStatus.SEEN for leg in attempt.legs)


def is_live(tx: Transaction, chains: Chains, attempt: Attempt) -> bool:
    """Whether money of this attempt may be on its way, so that nothing may be given up. An attempt
    that merely awaits its payer is not, where it ends by itself: should it be paid all the same,
    that is late money. Elsewhere it has to be called off first."""
    # The time is read first: what the chain shows afterwards is at least as new.
    over = is_over(tx, chains, attempt)
    if is_paid_unheard(tx, chains, attempt):
        return True
    match attempt.status:
        case AttemptStatus.CONFIRMING:
            return is_arriving(attempt, over=over)
        case AttemptStatus.SUBMITTED | AttemptStatus.UNKNOWN | AttemptStatus.ORPHANED:
            return not over
        case _:
            return is_to_call_off(attempt)


def is_to_call_off(attempt: Attempt) -> bool:
    """Whether somebody could pay it for as long as nobody calls it off."""
    if ends_by_itself(attempt) or attempt.closed_at is not None:
        return False
    return attempt.status in _COME_TO_NOTHING or attempt.status is AttemptStatus.CANCELLED
