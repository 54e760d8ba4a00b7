"""What the watcher writes, always inside the transaction that moves its cursor."""

from collections.abc import Sequence
from typing import TypedDict

from souk.core.unit_of_work import Transaction
from souk.modules.chain.domain import (
    Change,
    Heights,
    RawLog,
    Sighting,
    VerifiedBlock,
    appearing,
    invert,
    levels_between,
)
from souk.modules.chain.events import EscrowEventOrphaned, EscrowEventReached, EscrowEventSeen
from souk.modules.chain.ports import EventDecoder
from souk.modules.chain.repository import blocks as block_rows
from souk.modules.chain.repository import effects as effect_rows
from souk.modules.chain.repository.transactions import unmine_transactions


def take_in(
    tx: Transaction,
    chain_id: int,
    blocks: Sequence[VerifiedBlock],
    decoder: EventDecoder,
    *,
    final: int,
) -> None:
    """Store blocks and logs, and let their facts appear. Blocks that are final and hold nothing
    of ours are not kept, but for the last one, which the next must have as its parent."""
    kept = [
        block.header
        for block in blocks
        if block.logs or block.header.number > final or block is blocks[-1]
    ]
    block_rows.add_blocks(tx, chain_id, kept)
    sightings = [
        sighting
        for block in blocks
        for log in block.logs
        if (sighting := _keep(tx, chain_id, block, log, decoder)) is not None
    ]
    apply_changes(tx, chain_id, appearing(sightings))


def undo_above(tx: Transaction, chain_id: int, height: int) -> None:
    """Take back everything that was taken in from blocks higher than `height`."""
    batch = appearing(effect_rows.list_sightings_above(tx, chain_id, height))
    apply_changes(tx, chain_id, invert(batch))
    block_rows.orphan_blocks(tx, chain_id, above=height)
    unmine_transactions(tx, chain_id, above=height)


def apply_changes(tx: Transaction, chain_id: int, changes: Sequence[Change]) -> None:
    """Let facts appear and disappear, and tell so."""
    for change in changes:
        if change.appears:
            _appear(tx, chain_id, change.sighting)
        else:
            _disappear(tx, chain_id, change.sighting)


def raise_levels(tx: Transaction, chain_id: int, reached: Heights) -> None:
    """Tell every level that a standing fact has passed since it was last looked at."""
    for effect_id, observation_id, old, sighting in effect_rows.list_rising(tx, chain_id, reached):
        new = reached.level_of(sighting.block_number)
        for level in levels_between(old, new):
            tx.publish(
                EscrowEventReached(
                    **said_of(chain_id, sighting, effect_id, observation_id), level=str(level)
                )
            )
        effect_rows.raise_effect(tx, effect_id, new)


def _keep(
    tx: Transaction, chain_id: int, block: VerifiedBlock, log: RawLog, decoder: EventDecoder
) -> Sighting | None:
    decoded = decoder.decode(log)
    event_id = effect_rows.add_event(tx, chain_id, log, decoded)
    if decoded is None:
        return None
    return Sighting(
        event_id=event_id,
        contract=log.address,
        escrow_id=decoded.escrow_id,
        kind=str(decoded.kind),
        args=decoded.args,
        block_number=log.block_number,
        block_hash=log.block_hash,
        block_timestamp=block.header.timestamp,
        transaction_hash=log.transaction_hash,
        log_index=log.log_index,
    )


def _appear(tx: Transaction, chain_id: int, sighting: Sighting) -> None:
    observation_id = tx.new_id("obs")
    effect_id = effect_rows.point_effect(tx, chain_id, sighting, observation_id=observation_id)
    # A block that is read a second time shows nothing new.
    if effect_id is not None:
        tx.publish(EscrowEventSeen(**said_of(chain_id, sighting, effect_id, observation_id)))


def _disappear(tx: Transaction, chain_id: int, sighting: Sighting) -> None:
    effect_id, observation_id = effect_rows.unpoint_effect(tx, chain_id, sighting.event_id)
    tx.publish(EscrowEventOrphaned(**said_of(chain_id, sighting, effect_id, observation_id)))


class Said(TypedDict):
    """What every fact of an escrow carries."""

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


def said_of(chain_id: int, sighting: Sighting, effect_id: str, observation_id: str) -> Said:
    """A fact at its place, as it is told."""
    return {
        "chain_id": chain_id,
        "contract": sighting.contract,
        "escrow_id": sighting.escrow_id,
        "effect_id": effect_id,
        "observation_id": observation_id,
        "kind": sighting.kind,
        "args": dict(sighting.args),
        "block_number": sighting.block_number,
        "block_hash": sighting.block_hash,
        "block_timestamp": sighting.block_timestamp,
        "transaction_hash": sighting.transaction_hash,
        "log_index": sighting.log_index,
    }
