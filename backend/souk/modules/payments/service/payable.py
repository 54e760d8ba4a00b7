"""Whether calls that were handed out can still move money.

Nobody can take back a call that a wallet may sign. It is over when a block that counts is later
than its `payBy`: from then on the contract refuses it, so that another attempt cannot be paid
beside it.
"""

from souk.core.unit_of_work import Transaction
from souk.modules.chain.domain import EscrowFactKind
from souk.modules.chain.service import Chains
from souk.modules.payments.domain import PAID, Attempt, AttemptStatus, LegStatus


def is_over(tx: Transaction, chains: Chains, attempt: Attempt) -> bool:
    """Whether the time to pay this attempt is over for good."""
    head = chains.policy_head(tx, attempt.chain_id)
    return head is not None and head.at > attempt.pay_by


def is_paid_unheard(tx: Transaction, chains: Chains, attempt: Attempt) -> bool:
    """Whether the chain shows a payment of this attempt that `observe` has not heard of: its
    event is still on the way."""
    waiting = [leg.escrow_id for leg in attempt.legs if leg.status not in PAID]
    return bool(waiting) and chains.stands(
        tx,
        attempt.chain_id,
        contract=attempt.contract,
        escrow_ids=waiting,
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
    that merely awaits its payer is not: should it be paid all the same, that is late money."""
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
            return False
