"""Blocks, canonical and left behind."""

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from souk.core.unit_of_work import Transaction
from souk.modules.chain.domain import BlockHeader, Head, StoredBlock, block_instant
from souk.modules.chain.models import ChainBlockRow, ChainRow


def add_blocks(tx: Transaction, chain_id: int, headers: Sequence[BlockHeader]) -> None:
    """Store canonical blocks; one that was orphaned before counts again."""
    if not headers:
        return
    statement = insert(ChainBlockRow).values(
        [
            {
                "chain_id": chain_id,
                "hash": header.hash,
                "number": header.number,
                "parent_hash": header.parent_hash,
                "timestamp": header.timestamp,
                "canonical": True,
                "observed_at": tx.now,
            }
            for header in headers
        ]
    )
    tx.session.execute(
        statement.on_conflict_do_update(
            index_elements=["chain_id", "hash"], set_={"canonical": True}
        )
    )


def orphan_blocks(tx: Transaction, chain_id: int, *, above: int) -> None:
    """Mark every canonical block higher than `above` as left behind."""
    tx.session.execute(
        update(ChainBlockRow)
        .where(
            ChainBlockRow.chain_id == chain_id,
            ChainBlockRow.canonical,
            ChainBlockRow.number > above,
        )
        .values(canonical=False)
    )


def list_canonical(tx: Transaction, chain_id: int, *, up_to: int, limit: int) -> list[StoredBlock]:
    """Stored canonical blocks from `up_to` downwards."""
    rows = tx.session.execute(
        select(ChainBlockRow.number, ChainBlockRow.hash)
        .where(
            ChainBlockRow.chain_id == chain_id,
            ChainBlockRow.canonical,
            ChainBlockRow.number <= up_to,
        )
        .order_by(ChainBlockRow.number.desc())
        .limit(limit)
    )
    return [StoredBlock(row.number, row.hash) for row in rows]


def find_head(tx: Transaction, chain_id: int, *, up_to: int | None = None) -> Head | None:
    """The highest stored canonical block, or the highest not above `up_to`."""
    query = select(ChainBlockRow).where(ChainBlockRow.chain_id == chain_id, ChainBlockRow.canonical)
    if up_to is not None:
        query = query.where(ChainBlockRow.number <= up_to)
    row = tx.session.scalars(query.order_by(ChainBlockRow.number.desc()).limit(1)).one_or_none()
    return None if row is None else Head(row.number, row.hash, block_instant(row.timestamp))


def is_taken_in(tx: Transaction, chain_id: int, *, number: int, block_hash: str) -> bool:
    """Whether our record of the canonical chain holds this block. A final block without logs of
    ours is not kept, so a height below `final` is answer enough."""
    stored = tx.session.scalar(
        select(ChainBlockRow.hash).filter_by(chain_id=chain_id, number=number, canonical=True)
    )
    if stored is not None:
        return stored == block_hash
    final = tx.session.scalar(select(ChainRow.final_block).filter_by(chain_id=chain_id))
    return final is not None and number <= final
