"""Blocks, canonical and left behind."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select, text, update

from souk.core.unit_of_work import Transaction
from souk.modules.chain.domain import BlockHeader, Head, StoredBlock, block_instant
from souk.modules.chain.models import ChainBlockRow, ChainRow

_ADD = text(
    """
    INSERT INTO chain_block (chain_id, hash, number, parent_hash, timestamp, canonical, observed_at)
    SELECT :chain_id, hash, number, parent_hash, timestamp, true, :now
    FROM unnest(CAST(:hashes AS text[]), CAST(:numbers AS bigint[]), CAST(:parents AS text[]),
        CAST(:timestamps AS bigint[])) AS given (hash, number, parent_hash, timestamp)
    ON CONFLICT (chain_id, hash) DO UPDATE SET canonical = true
    """
)


def add_blocks(tx: Transaction, chain_id: int, headers: Sequence[BlockHeader]) -> None:
    """Store canonical blocks; one that was orphaned before counts again."""
    if not headers:
        return
    tx.session.execute(
        _ADD,
        {
            "chain_id": chain_id,
            "hashes": [header.hash for header in headers],
            "numbers": [header.number for header in headers],
            "parents": [header.parent_hash for header in headers],
            "timestamps": [header.timestamp for header in headers],
            "now": tx.now,
        },
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
    return bool(_taken_in(tx, chain_id, {block_hash: number}))


def list_taken_in(tx: Transaction, chain_id: int, headers: Sequence[BlockHeader]) -> set[str]:
    """The hashes of those of these blocks that it holds."""
    return _taken_in(tx, chain_id, {header.hash: header.number for header in headers})


def _taken_in(tx: Transaction, chain_id: int, numbers: Mapping[str, int]) -> set[str]:
    rows = tx.session.execute(
        select(ChainBlockRow.number, ChainBlockRow.hash).where(
            ChainBlockRow.chain_id == chain_id,
            ChainBlockRow.canonical,
            ChainBlockRow.number.between(min(numbers.values()), max(numbers.values())),
        )
    )
    stored = {row.number: row.hash for row in rows}
    final = tx.session.scalar(select(ChainRow.final_block).filter_by(chain_id=chain_id))
    settled = -1 if final is None else final
    return {
        block_hash
        for block_hash, number in numbers.items()
        if (stored[number] == block_hash if number in stored else number <= settled)
    }
