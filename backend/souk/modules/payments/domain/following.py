"""What became of a transaction that a payer's wallet is said to have sent.

Its hash is handed in by the payer, and could be anybody's. So it proves nothing: money counts by
the escrow's own events alone, and a transaction's end tells of an attempt only when its data
carries the `ref` of one of the attempt's orders. Those 32 bytes hash a document with a secret salt,
which nobody but the parties can know, and no call pays an order without them, however many wallets
and relays it is wrapped in.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from souk.core.addresses import Address
from souk.modules.payments.domain.statuses import AttemptStatus

FORGOTTEN_AFTER = timedelta(minutes=5)
"""By the chain's time. Relays that keep a transaction from the public try for no longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inclusion:
    """Where a transaction stands, and what came of it there."""

    block_number: int
    block_hash: str
    succeeded: bool
    gas_used: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SentTransaction:
    """A transaction as it was sent; `to` is `None` where it creates a contract. Without `inclusion`
    it waits for a block."""

    sender: Address
    nonce: int
    to: Address | None
    data: bytes
    value: int
    gas: int
    inclusion: Inclusion | None

    def carries(self, refs: Iterable[str]) -> bool:
        """Whether it is about one of the orders with these `ref`s (0x-hex)."""
        return any(bytes.fromhex(ref[2:]) in self.data for ref in refs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """What is remembered of a transaction: who sent it, once that was seen, and when by the chain's
    time it was last known to anybody, or first asked for."""

    sender: Address | None
    nonce: int | None
    known_at: datetime


class Fate(StrEnum):
    """What became of it. `open`: it may pay yet. `reverted` and `idle` stand in a block that counts
    and are about our orders: the one failed, the other went through and paid nothing. `foreign`
    stands there too, and is about something else. `replaced`: another transaction took its place.
    `forgotten`: nobody has known it for a while."""

    OPEN = "open"
    REVERTED = "reverted"
    IDLE = "idle"
    FOREIGN = "foreign"
    REPLACED = "replaced"
    FORGOTTEN = "forgotten"


def fate_of(
    sent: SentTransaction | None,
    trail: Trail,
    *,
    refs: Iterable[str],
    counts: bool,
    used: int,
    now: datetime,
) -> Fate:
    """The fate of a transaction that may be unknown now. `counts` says that its block is at the
    level at which facts count, `used` how many transactions of its sender stand in such blocks,
    `now` is the time of the chain's newest block. Whether money arrived all the same, the escrow's
    events say."""
    if sent is None:
        if trail.nonce is not None and trail.nonce < used:
            return Fate.REPLACED
        return Fate.FORGOTTEN if now - trail.known_at >= FORGOTTEN_AFTER else Fate.OPEN
    if sent.inclusion is None or not counts:
        return Fate.OPEN
    if not sent.carries(refs):
        return Fate.FOREIGN
    return Fate.IDLE if sent.inclusion.succeeded else Fate.REVERTED


# A payment that failed on the chain has failed (T5). Everything else leaves the calls as good as
# they were before: whoever cancels in the wallet has refused to sign, only later, and a hash that
# tells nothing of the payment has changed nothing. None is `replaced`, which is for good: the same
# calls stay the only ones that may be paid until their time is over.
_NEXT = {
    Fate.REVERTED: AttemptStatus.FAILED,
    Fate.IDLE: AttemptStatus.FAILED,
    Fate.FOREIGN: AttemptStatus.AWAITING_PAYER,
    Fate.REPLACED: AttemptStatus.AWAITING_PAYER,
    Fate.FORGOTTEN: AttemptStatus.AWAITING_PAYER,
}

_AGAIN = "the payment can be signed again"
_SENTENCES = {
    Fate.REVERTED: f"the payment was reverted on the chain; {_AGAIN}",
    Fate.IDLE: f"the wallet's transaction went through and paid nothing; {_AGAIN}",
    Fate.FOREIGN: f"the transaction that was named has nothing to do with this payment; {_AGAIN}",
    Fate.REPLACED: f"the wallet sent another transaction instead, which did not pay; {_AGAIN}",
    Fate.FORGOTTEN: f"the network has not known the transaction for a while; {_AGAIN}",
}


def next_status(fate: Fate) -> AttemptStatus:
    """Where an attempt goes whose transaction ended so."""
    return _NEXT[fate]


def sentence(fate: Fate) -> str:
    """What its payer is told."""
    return _SENTENCES[fate]
