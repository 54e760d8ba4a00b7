"""What the watcher writes, always inside the transaction that moves its cursor."""

from collections.abc import Sequence
from typing import TypedDict

from souk.core.unit_of_work import Transaction
from souk.modules.chain.domain import (
    Heights,
    Level,
    Sighting,
    VerifiedBlock,
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
    reached: Heights,
    *,
    settled: int,
) -> None:
    """Store blocks and logs, let their facts appear, and tell to which level these and older facts
    have risen. Blocks up to `settled`, which the node calls final, are not kept when they hold
    nothing of ours, but for the last one, which the next must have as its parent."""
    kept = [
        block.header
        for block in blocks
        if block.logs or block.header.number > settled or block is blocks[-1]
    ]
    block_rows.add_blocks(tx, chain_id, kept)
    appeared = appear(tx, chain_id, _keep(tx, chain_id, blocks, decoder), reached)
    raise_levels(tx, chain_id, reached)
    for shown in appeared:
        _tell_rise(tx, chain_id, shown, Level.INCLUDED, reached)


def undo_above(tx: Transaction, chain_id: int, height: int) -> None:
    """Take back everything that was taken in from blocks higher than `height`."""
    disappear(tx, chain_id, effect_rows.list_sightings_above(tx, chain_id, height))
    block_rows.orphan_blocks(tx, chain_id, above=height)
    unmine_transactions(tx, chain_id, above=height)


def appear(
    tx: Transaction, chain_id: int, sightings: Sequence[Sighting], reached: Heights
) -> list[effect_rows.Shown]:
    """Let facts appear, in the order of the chain, at the levels that were `reached` and are still
    to be told; returns those that did not stand there before."""
    appeared = effect_rows.point_effects(tx, chain_id, sightings, reached)
    for shown in appeared:
        tx.publish(EscrowEventSeen(**said_of(chain_id, shown)))
    return appeared


def disappear(tx: Transaction, chain_id: int, sightings: Sequence[Sighting]) -> None:
    """Let facts disappear that are given in the order of the chain, last first."""
    for shown in reversed(effect_rows.unpoint_effects(tx, chain_id, sightings)):
        tx.publish(EscrowEventOrphaned(**said_of(chain_id, shown)))


def raise_levels(tx: Transaction, chain_id: int, reached: Heights) -> None:
    """Tell how far each standing fact has risen since it was last looked at."""
    effect_rows.raise_effects(
        tx,
        {
            shown.effect_id: _tell_rise(tx, chain_id, shown, old, reached)
            for old, shown in effect_rows.list_rising(tx, chain_id, reached)
        },
    )


def _tell_rise(
    tx: Transaction, chain_id: int, shown: effect_rows.Shown, old: Level, reached: Heights
) -> Level:
    """Tell if a fact is higher than `old` by now; returns its level."""
    new = reached.level_of(shown.sighting.block_number)
    if new is not old:
        said = said_of(chain_id, shown)
        tx.publish(EscrowEventReached(**said, level=str(new), since=str(old)))
    return new


def _keep(
    tx: Transaction, chain_id: int, blocks: Sequence[VerifiedBlock], decoder: EventDecoder
) -> list[Sighting]:
    """Store the logs of these blocks; returns the facts among them in the order of the chain."""
    read = [(block, log, decoder.decode(log)) for block in blocks for log in block.logs]
    ids = effect_rows.add_events(tx, chain_id, [(log, decoded) for _, log, decoded in read])
    return [
        Sighting(
            event_id=ids[log.block_hash, log.log_index],
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
        for block, log, decoded in read
        if decoded is not None
    ]


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


def said_of(chain_id: int, shown: effect_rows.Shown) -> Said:
    """A fact at its place, as it is told."""
    sighting = shown.sighting
    return {
        "chain_id": chain_id,
        "contract": sighting.contract,
        "escrow_id": sighting.escrow_id,
        "effect_id": shown.effect_id,
        "observation_id": shown.observation_id,
        "kind": sighting.kind,
        "args": dict(sighting.args),
        "block_number": sighting.block_number,
        "block_hash": sighting.block_hash,
        "block_timestamp": sighting.block_timestamp,
        "transaction_hash": sighting.transaction_hash,
        "log_index": sighting.log_index,
    }
