"""Facts of the escrow contract, as they become, stay or cease to be true.

`effect_id` names the business effect: it stays the same when a transaction is mined again in
another block. `observation_id` names one stay of that effect on the canonical chain: it is new
each time. Per chain and escrow id they arrive in order: Seen, then Reached once for each level,
then possibly Orphaned, after which the same effect may be Seen again.
"""

from dataclasses import dataclass

from souk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class EscrowEvent(Event):
    """What every fact of an escrow carries.

    `args` are the decoded arguments (`DecodedEvent.args`), `block_timestamp` is in unix seconds,
    hashes are lowercase 0x-hex, `contract` is EIP-55.
    """

    chain_id: int
    contract: str
    escrow_id: str
    effect_id: str
    observation_id: str
    kind: str
    args: dict[str, str]
    block_number: int
    block_hash: str
    block_timestamp: int
    transaction_hash: str
    log_index: int

    @property
    def aggregate(self) -> str:
        """Facts of one escrow are delivered in order."""
        return f"{self.chain_id}:{self.escrow_id}"


@dataclass(frozen=True, kw_only=True)
class EscrowEventSeen(EscrowEvent):
    """The fact stands in a canonical block; it is at level `included`."""

    name = "chain.escrow_event_seen"


@dataclass(frozen=True, kw_only=True)
class EscrowEventReached(EscrowEvent):
    """The fact's block rose to `level` (confirmed, safe or final) from the level `since`. Each rise
    is said exactly once for an observation, lower ones first; one that passes several levels is
    said of the highest, and means those below it too."""

    name = "chain.escrow_event_reached"

    level: str
    since: str = "included"


@dataclass(frozen=True, kw_only=True)
class EscrowEventOrphaned(EscrowEvent):
    """The fact's block left the canonical chain: this observation is no longer true."""

    name = "chain.escrow_event_orphaned"


@dataclass(frozen=True, kw_only=True)
class ChainIncidentOpened(Event):
    """The watcher met something that it must not decide by itself. Where blocks that were final
    are gone, `block_number` is the lowest of them that we keep."""

    name = "chain.incident_opened"

    chain_id: int
    incident_id: str
    reason: str
    block_number: int | None = None

    @property
    def aggregate(self) -> str:
        """Incidents of one chain are told in order."""
        return f"{self.chain_id}:incidents"
