"""Where watchers stand."""

from sqlalchemy import func, select, text

from souk.core.unit_of_work import Transaction
from souk.modules.chain.domain.standing import OpenGap, OpenIncident
from souk.modules.chain.models import (
    ChainEffectRow,
    ChainGapRow,
    ChainIncidentRow,
    ChainProofRow,
    ChainRow,
)

# The database's own clock judges leases.
_HELD = text("chain.lease_until >= clock_timestamp()")


def find_chain(tx: Transaction, chain_id: int) -> tuple[ChainRow, bool] | None:
    """A chain's row, and whether its lease is held now."""
    row = tx.session.execute(
        select(ChainRow, func.coalesce(_HELD, False)).where(ChainRow.chain_id == chain_id)
    ).one_or_none()
    return None if row is None else (row[0], bool(row[1]))


def count_standing(tx: Transaction, chain_id: int) -> dict[str, int]:
    """How many facts stand at each level."""
    row = ChainEffectRow
    found = tx.session.execute(
        select(row.level, func.count())
        .where(row.chain_id == chain_id, row.level.is_not(None))
        .group_by(row.level)
    )
    return {str(level): count for level, count in found}


def list_open_gaps(tx: Transaction, chain_id: int) -> tuple[OpenGap, ...]:
    """Blocks that cannot be read."""
    rows = tx.session.scalars(
        select(ChainGapRow).filter_by(chain_id=chain_id, closed_at=None).order_by(ChainGapRow.id)
    )
    return tuple(OpenGap(row.first_block, row.last_block, row.opened_at) for row in rows)


def list_open_incidents(tx: Transaction, chain_id: int) -> tuple[OpenIncident, ...]:
    """What is asked of a person."""
    row = ChainIncidentRow
    rows = tx.session.scalars(
        select(row).filter_by(chain_id=chain_id, closed_at=None).order_by(row.id)
    )
    return tuple(OpenIncident(one.reason, one.detail, one.opened_at) for one in rows)


def find_unproved(tx: Transaction, chain_id: int) -> tuple[int, str | None]:
    """How many proofs are wanted, and why the one that waits longest was not made."""
    row = ChainProofRow
    wanted = row.chain_id == chain_id, row.proved_at.is_(None)
    count = tx.session.scalar(select(func.count()).select_from(row).where(*wanted)) or 0
    failure = tx.session.scalar(
        select(row.last_error)
        .where(*wanted, row.last_error.is_not(None))
        .order_by(row.wanted_at)
        .limit(1)
    )
    return count, failure
