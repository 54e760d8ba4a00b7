"""The cursor of a chain, its lease, and its fence."""

from datetime import datetime

from sqlalchemy import Row, select, text, update
from sqlalchemy.dialects.postgresql import insert

from souk.core.unit_of_work import Transaction
from souk.modules.chain.domain import Cursor
from souk.modules.chain.models import ChainRow

_CURSOR = (
    ChainRow.chain_id,
    ChainRow.lease_epoch,
    ChainRow.genesis_hash,
    ChainRow.next_block,
    ChainRow.head_hash,
    ChainRow.safe_block,
    ChainRow.final_block,
)


def _cursor(row: Row[tuple[int, int, str, int, str | None, int, int]]) -> Cursor:
    return Cursor(*row)


def find_cursor(tx: Transaction, chain_id: int) -> Cursor | None:
    """The cursor as it stands; `None` for a chain that was never followed."""
    row = tx.session.execute(select(*_CURSOR).where(ChainRow.chain_id == chain_id)).one_or_none()
    return None if row is None else _cursor(row)


def seize(tx: Transaction, chain_id: int) -> Cursor | None:
    """The cursor, under a new epoch and without a lease: whoever moves it at this moment fails,
    writes nothing, and begins again after this transaction. `None` for a chain that was never
    followed."""
    row = tx.session.execute(
        update(ChainRow)
        .where(ChainRow.chain_id == chain_id)
        .values(lease_epoch=ChainRow.lease_epoch + 1, lease_owner=None, lease_until=None)
        .returning(*_CURSOR)
    ).one_or_none()
    return None if row is None else _cursor(row)


def add_chain(tx: Transaction, chain_id: int, *, genesis_hash: str, next_block: int) -> None:
    """Begin to follow a chain; harmless when it is followed already."""
    tx.session.execute(
        insert(ChainRow)
        .values(
            chain_id=chain_id,
            genesis_hash=genesis_hash,
            next_block=next_block,
            safe_block=-1,
            final_block=-1,
            lease_epoch=0,
        )
        .on_conflict_do_nothing()
    )


# The database's own clock judges leases: the clocks of two machines may disagree.
_LEASE_END = text("clock_timestamp() + make_interval(secs => :seconds)")


def take_lease(tx: Transaction, chain_id: int, *, owner: str, seconds: float) -> Cursor | None:
    """Become the one who moves the cursor, under a new epoch; `None` while somebody else is."""
    row = tx.session.execute(
        update(ChainRow)
        .where(
            ChainRow.chain_id == chain_id,
            text("(lease_until IS NULL OR lease_until < clock_timestamp())"),
        )
        .values(lease_epoch=ChainRow.lease_epoch + 1, lease_owner=owner, lease_until=_LEASE_END)
        .returning(*_CURSOR),
        {"seconds": seconds},
    ).one_or_none()
    return None if row is None else _cursor(row)


def renew_lease(tx: Transaction, chain_id: int, *, epoch: int, seconds: float) -> Cursor | None:
    """Hold the lease for longer and read the cursor; `None` when the epoch is over."""
    row = tx.session.execute(
        update(ChainRow)
        .where(ChainRow.chain_id == chain_id, ChainRow.lease_epoch == epoch)
        .values(lease_until=_LEASE_END)
        .returning(*_CURSOR),
        {"seconds": seconds},
    ).one_or_none()
    return None if row is None else _cursor(row)


def release_lease(tx: Transaction, chain_id: int, *, epoch: int) -> None:
    """Let somebody else begin at once."""
    tx.session.execute(
        update(ChainRow)
        .where(ChainRow.chain_id == chain_id, ChainRow.lease_epoch == epoch)
        .values(lease_owner=None, lease_until=None)
    )


def move_cursor(tx: Transaction, old: Cursor, new: Cursor, *, seconds: float) -> bool:
    """Set the cursor from `old` to `new` and renew the lease; `False`, and nothing done, unless
    both the epoch and the cursor are still as in `old`."""
    moved = tx.session.execute(
        update(ChainRow)
        .where(
            ChainRow.chain_id == old.chain_id,
            ChainRow.lease_epoch == old.epoch,
            ChainRow.next_block == old.next_block,
            ChainRow.head_hash.is_not_distinct_from(old.head_hash),
        )
        .values(
            genesis_hash=new.genesis_hash,
            next_block=new.next_block,
            head_hash=new.head_hash,
            safe_block=new.safe,
            final_block=new.final,
            lease_until=_LEASE_END,
            advanced_at=tx.now,
        )
        .returning(ChainRow.chain_id),
        {"seconds": seconds},
    ).one_or_none()
    return moved is not None


def find_next_block(tx: Transaction, chain_id: int) -> int | None:
    """The first block not yet taken in; `None` while the chain was never followed."""
    return tx.session.scalar(select(ChainRow.next_block).where(ChainRow.chain_id == chain_id))


def find_advanced_at(tx: Transaction, chain_id: int) -> datetime | None:
    """When the cursor last moved."""
    return tx.session.scalar(select(ChainRow.advanced_at).where(ChainRow.chain_id == chain_id))
