"""What a clock shows: the wall's, or that of a chain, by which its contract judges."""

from datetime import datetime

from souk.core.timers import chain_of
from souk.core.unit_of_work import Transaction
from souk.modules.chain.service import Chains
from souk.modules.payments.errors import ChainTimeUnknown


def now_by(tx: Transaction, chains: Chains, clock: str) -> datetime:
    """The present: of a chain by its newest block. Raises `ChainTimeUnknown`."""
    chain_id = chain_of(clock)
    if chain_id is None:
        return tx.now
    head = chains.head(tx, chain_id)
    if head is None:
        raise ChainTimeUnknown("this chain is not followed yet; try again in a moment")
    return head.at


def reached_by(tx: Transaction, chains: Chains, clock: str) -> datetime | None:
    """What is past for good: of a chain by its newest block at the level that counts, and `None`
    before there is one."""
    chain_id = chain_of(clock)
    if chain_id is None:
        return tx.now
    head = chains.policy_head(tx, chain_id)
    return None if head is None else head.at
