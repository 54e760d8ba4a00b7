"""What the chain module speaks of: blocks, logs, decoded facts and how settled they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, StrEnum

from souk.core.addresses import Address


class Level(StrEnum):
    """How settled a block is, from seen in the canonical chain to not undone by software."""

    INCLUDED = "included"
    CONFIRMED = "confirmed"
    SAFE = "safe"
    FINAL = "final"

    @property
    def rank(self) -> int:
        """Position in the order included < confirmed < safe < final."""
        return _RANKS[self]

    def reaches(self, other: "Level") -> bool:
        """Whether a block at this level is at `other` as well."""
        return self.rank >= other.rank


_RANKS = {level: rank for rank, level in enumerate(Level)}


class EscrowFactKind(StrEnum):
    """The events of the escrow contract."""

    PAID = "paid"
    FULFILLED = "fulfilled"
    DISPUTED = "disputed"
    SETTLED = "settled"
    REIMBURSED = "reimbursed"
    CREDITED = "credited"
    WITHDRAWN = "withdrawn"


class TransactionStatus(StrEnum):
    """Where one of our own transactions stands."""

    SIGNED = "signed"
    BROADCAST = "broadcast"
    REPLACED = "replaced"
    MINED = "mined"
    REVERTED = "reverted"
    DROPPED = "dropped"


class IncidentReason(StrEnum):
    """Why a person is asked for: what the watcher or a sender must not decide, or cannot."""

    WRONG_CHAIN = "wrong_chain"
    REORG_BELOW_FINAL = "reorg_below_final"
    HEAD_FELL_BEHIND = "head_fell_behind"
    UNREADABLE_BLOCK = "unreadable_block"
    UNCONFIRMED_BLOCK = "unconfirmed_block"
    TRANSACTION_STUCK = "transaction_stuck"
    ACCOUNT_RUNS_DRY = "account_runs_dry"
    KEEPER_KEY_MISSING = "keeper_key_missing"


class Outcome(IntEnum):
    """How a run of the watcher ended, worst last."""

    CAUGHT_UP = 0
    WORKING = 1
    STANDBY = 2
    BEHIND = 3
    UNAVAILABLE = 4
    HALTED = 5


@dataclass(frozen=True, slots=True)
class ChainConfig:
    """How one chain is followed.

    A block counts as `confirmed` when `confirmations` blocks, itself included, lie on the branch
    from it to the head. `safe_depth` and `final_depth` serve where the node has no such tags.
    `disposable` marks a development chain whose node may forget blocks when it is killed.
    `verify_blooms` is off for chains whose headers carry zero blooms. `max_fee_per_gas`, in wei, is
    the most that a transaction of ours offers for a unit of gas, its tip included. So many
    endpoints as `quorum` says have to give a block with money in it, if there are at least three.
    """

    chain_id: int
    name: str
    escrow_address: Address
    start_block: int
    confirmations: int = 2
    safe_depth: int = 32
    final_depth: int = 65
    disposable: bool = False
    poll_seconds: float = 1.0
    verify_blooms: bool = True
    max_fee_per_gas: int = 100 * 10**9
    quorum: int = 2

    def __post_init__(self) -> None:
        if self.confirmations < 1 or self.start_block < 0 or self.poll_seconds <= 0:
            raise ValueError(f"chain {self.chain_id}: impossible depth, start or poll interval")
        if self.disposable and self.chain_id != DISPOSABLE_CHAIN_ID:
            raise ValueError(f"only chain {DISPOSABLE_CHAIN_ID} may be disposable")


DISPOSABLE_CHAIN_ID = 31337


@dataclass(frozen=True, slots=True)
class BlockHeader:
    """A block as its node describes it. Hashes are lowercase 0x-hex, `timestamp` unix seconds,
    `logs_bloom` 256 bytes."""

    number: int
    hash: str
    parent_hash: str
    timestamp: int
    logs_bloom: bytes
    transaction_hashes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RawLog:
    """One log exactly as the node gave it. `address` is EIP-55, hashes and topics lowercase
    0x-hex."""

    address: Address
    topics: tuple[str, ...]
    data: bytes
    block_number: int
    block_hash: str
    transaction_hash: str
    transaction_index: int
    log_index: int
    removed: bool = False


@dataclass(frozen=True, slots=True)
class DecodedEvent:
    """What a log of the escrow contract means.

    `escrow_id` is the order's id as lowercase 0x-hex; facts about an account instead of an order
    (credited, withdrawn) carry `<token>:<account>` there. `args` has snake_case names, whole
    numbers as decimal strings, EIP-55 addresses and 0x-hex bytes.
    """

    kind: EscrowFactKind
    escrow_id: str
    args: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A fact of an escrow at its place on the chain; `event_id` names the stored log."""

    event_id: str
    contract: str
    escrow_id: str
    kind: str
    args: Mapping[str, str]
    block_number: int
    block_hash: str
    block_timestamp: int
    transaction_hash: str
    log_index: int


@dataclass(frozen=True, slots=True)
class VerifiedBlock:
    """A header whose logs were checked against it; `logs` are those of our contract, in order."""

    header: BlockHeader
    logs: tuple[RawLog, ...] = ()


@dataclass(frozen=True, slots=True)
class Tips:
    """Where a node stands: its newest block, and the heights it calls safe and final, `None`
    where it has no such tags."""

    head: BlockHeader
    safe: int | None
    final: int | None


@dataclass(frozen=True, slots=True)
class Heights:
    """The highest block at each level; below every block where none is there yet."""

    confirmed: int
    safe: int
    final: int

    def level_of(self, number: int) -> Level:
        """How settled a canonical block of this height is."""
        if number <= self.final:
            return Level.FINAL
        if number <= self.safe:
            return Level.SAFE
        return Level.CONFIRMED if number <= self.confirmed else Level.INCLUDED


def heights(
    config: ChainConfig, *, head: int, safe: int | None, final: int | None, at_tip: bool = True
) -> Heights:
    """The heights that follow from our own head and the node's tags. A tag above our head says
    nothing yet about blocks we have not seen, so it is cut there; below any block is -1.

    Unless our head is the node's (`at_tip`), nothing says yet that the tags are about the branch
    that we read: behind one address, another node may have named them. Until then a block also has
    to lie as deep as without tags."""
    by_depth, safe_by_depth = head - config.final_depth, head - config.safe_depth
    final_height = min(head if at_tip else by_depth, by_depth if final is None else final)
    safe_height = min(head if at_tip else safe_by_depth, safe_by_depth if safe is None else safe)
    return Heights(
        confirmed=head - config.confirmations + 1,
        safe=max(safe_height, final_height),
        final=max(final_height, -1),
    )


@dataclass(frozen=True, slots=True)
class Head:
    """A canonical block we know; `at` is its own timestamp."""

    number: int
    hash: str
    at: datetime


def block_instant(timestamp: int) -> datetime:
    """A block's unix timestamp as an aware instant."""
    return datetime.fromtimestamp(timestamp, UTC)


@dataclass(frozen=True, slots=True)
class Call:
    """A contract call to send: `data` is calldata, `value` in wei."""

    to: Address
    data: bytes
    value: int = 0


class Purpose(StrEnum):
    """What a key of ours sends for: `keeper` settles what nobody settled in time, `relayer` brings
    payments that their payers have signed. Each has an account and a day's gas of its own."""

    KEEPER = "keeper"
    RELAYER = "relayer"


@dataclass(frozen=True, slots=True)
class Sent:
    """One of our own transactions."""

    transaction_hash: str
    status: TransactionStatus


@dataclass(frozen=True, slots=True)
class Advanced:
    """What a run of the watcher did: how many blocks it took in, and how it ended."""

    blocks: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a chain is taken in. `head_hash` is the hash of block `next_block - 1`, `None`
    before the first; `final` and `safe` are -1 below any block."""

    chain_id: int
    epoch: int
    genesis_hash: str
    next_block: int
    head_hash: str | None
    safe: int
    final: int

    def reached(self, confirmations: int) -> Heights:
        """The heights up to which blocks stand at each level."""
        return Heights(self.next_block - confirmations, self.safe, self.final)


@dataclass(frozen=True, slots=True)
class StoredBlock:
    """A canonical block that we keep."""

    number: int
    hash: str
