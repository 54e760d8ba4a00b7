"""The raw logs of a chain in its order, and what is set right by them."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import Row, select, text, update

from souk.core.addresses import Address
from souk.core.unit_of_work import Transaction
from souk.modules.chain.domain import DecodedEvent, KeptEvent, Level, RawLog, Shown
from souk.modules.chain.models import ChainEventRow

_AT_ONCE = 500

_EVENTS = """
    SELECT event.id, event.contract, event.topics, event.data, event.block_number,
        event.block_hash, event.transaction_hash, event.transaction_index, event.log_index,
        event.kind, event.escrow_id, event.args, block.timestamp, block.canonical,
        effect.id AS effect_id, effect.contract AS shown_contract,
        effect.escrow_id AS shown_escrow, effect.kind AS shown_kind, effect.sequence,
        effect.block_number AS shown_block, effect.level
    FROM chain_event AS event
    JOIN chain_block AS block
      ON block.chain_id = event.chain_id AND block.hash = event.block_hash
    LEFT JOIN chain_effect AS effect ON effect.event_id = event.id
    WHERE event.chain_id = :chain_id {condition}
    ORDER BY event.block_number, event.block_hash, event.log_index
"""
_ALL = text(_EVENTS.format(condition=""))
_OF_ESCROWS = text(
    _EVENTS.format(
        condition="""AND event.id IN (
            SELECT id FROM chain_event WHERE chain_id = :chain_id AND escrow_id = ANY(:escrow_ids)
            UNION SELECT event_id FROM chain_effect
            WHERE chain_id = :chain_id AND escrow_id = ANY(:escrow_ids))"""
    )
)
# Neighbours that are no parent and child, and a head that is not the highest block.
_LOOSE = text(
    """
    WITH linked AS (
        SELECT number, hash, parent_hash, lag(number) OVER w AS below, lag(hash) OVER w AS parent
        FROM chain_block WHERE chain_id = :chain_id AND canonical WINDOW w AS (ORDER BY number))
    SELECT (SELECT count(*) FROM linked WHERE number = below + 1 AND parent_hash <> parent)
        + (SELECT count(*) FROM chain WHERE chain_id = :chain_id AND head_hash IS NOT NULL
           AND head_hash IS DISTINCT FROM (SELECT hash FROM linked ORDER BY number DESC LIMIT 1))
    """
)
_RIGHT_BLOCKS = text(
    """
    UPDATE chain_effect AS effect SET block_number = event.block_number, updated_at = :now
    FROM chain_event AS event
    WHERE effect.chain_id = :chain_id AND event.id = effect.event_id
      AND effect.block_number <> event.block_number
    """
)


def stream_events(tx: Transaction, chain_id: int) -> Iterator[KeptEvent]:
    """Every log that was ever stored, in the order of the chain, without holding all of them."""
    found = tx.session.execute(
        _ALL, {"chain_id": chain_id}, execution_options={"yield_per": _AT_ONCE}
    )
    for row in found:
        yield _kept(row)


def list_events_of(tx: Transaction, chain_id: int, escrow_ids: Collection[str]) -> list[KeptEvent]:
    """Every log that was ever stored about these escrows, in the order of the chain."""
    asked = {"chain_id": chain_id, "escrow_ids": list(escrow_ids)}
    return [_kept(row) for row in tx.session.execute(_OF_ESCROWS, asked)]


def count_loose_blocks(tx: Transaction, chain_id: int) -> int:
    """How many canonical blocks do not hang together, the head among them."""
    return int(tx.session.execute(_LOOSE, {"chain_id": chain_id}).scalar_one())


def set_read(tx: Transaction, event_id: str, decoded: DecodedEvent | None) -> None:
    """Record what a log says."""
    tx.session.execute(
        update(ChainEventRow)
        .where(ChainEventRow.id == event_id)
        .values(
            kind=None if decoded is None else str(decoded.kind),
            escrow_id=None if decoded is None else decoded.escrow_id,
            args=None if decoded is None else dict(decoded.args),
        )
    )


def set_blocks_right(tx: Transaction, chain_id: int) -> None:
    """Record of each standing effect the block in which its log stands."""
    tx.session.execute(_RIGHT_BLOCKS, {"chain_id": chain_id, "now": tx.now})


def list_known(tx: Transaction, chain_id: int, logs: Sequence[RawLog]) -> set[tuple[str, int]]:
    """Those of these logs that are stored, by block hash and index."""
    row = ChainEventRow
    found = tx.session.execute(
        select(row.block_hash, row.log_index).where(
            row.chain_id == chain_id, row.block_hash.in_({log.block_hash for log in logs})
        )
    )
    return {(one.block_hash, one.log_index) for one in found}


def list_standing_places(
    tx: Transaction, chain_id: int, first: int, last: int
) -> set[tuple[str, int]]:
    """Block hash and index of each stored log of canonical blocks in a range."""
    found = tx.session.execute(
        text(
            "SELECT event.block_hash, event.log_index FROM chain_event AS event"
            " JOIN chain_block AS block"
            " ON block.chain_id = event.chain_id AND block.hash = event.block_hash"
            " WHERE event.chain_id = :chain_id AND block.canonical"
            " AND event.block_number BETWEEN :first AND :last"
        ),
        {"chain_id": chain_id, "first": first, "last": last},
    )
    return {(one.block_hash, one.log_index) for one in found}


def _kept(row: Row[tuple[Any, ...]]) -> KeptEvent:
    log = RawLog(
        address=Address(row.contract),
        topics=tuple(row.topics),
        data=bytes(row.data),
        block_number=row.block_number,
        block_hash=row.block_hash,
        transaction_hash=row.transaction_hash,
        transaction_index=row.transaction_index,
        log_index=row.log_index,
    )
    return KeptEvent(
        event_id=row.id,
        log=log,
        block_timestamp=row.timestamp,
        canonical=row.canonical,
        kind=row.kind,
        escrow_id=row.escrow_id,
        args=row.args,
        shown=None if row.effect_id is None else _shown(row),
    )


def _shown(row: Row[tuple[Any, ...]]) -> Shown:
    return Shown(
        row.effect_id,
        row.shown_contract,
        row.shown_escrow,
        row.shown_kind,
        row.sequence,
        row.shown_block,
        Level(row.level),
    )
