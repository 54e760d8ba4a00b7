"""Incidents and gaps: what a person has to know."""

from collections.abc import Collection

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from souk.core.unit_of_work import Transaction
from souk.modules.chain.domain import IncidentReason
from souk.modules.chain.models import ChainGapRow, ChainIncidentRow


def open_incident(
    tx: Transaction, chain_id: int, reason: IncidentReason, *, detail: str, block: int | None
) -> str | None:
    """Open an incident; `None` when one with this reason is open already."""
    statement = (
        insert(ChainIncidentRow)
        .values(
            id=tx.new_id("inc"),
            chain_id=chain_id,
            reason=str(reason),
            detail=detail,
            block_number=block,
            opened_at=tx.now,
        )
        .on_conflict_do_nothing()
        .returning(ChainIncidentRow.id)
    )
    return tx.session.execute(statement).scalar_one_or_none()


def list_open_reasons(tx: Transaction, chain_id: int) -> set[IncidentReason]:
    """Why the chain has open incidents."""
    reasons = tx.session.scalars(
        select(ChainIncidentRow.reason).where(
            ChainIncidentRow.chain_id == chain_id, ChainIncidentRow.closed_at.is_(None)
        )
    )
    return {IncidentReason(reason) for reason in reasons}


def close_incidents(
    tx: Transaction, chain_id: int, reasons: Collection[IncidentReason], *, resolution: str
) -> None:
    """Close the open incidents with these reasons."""
    tx.session.execute(
        update(ChainIncidentRow)
        .where(
            ChainIncidentRow.chain_id == chain_id,
            ChainIncidentRow.closed_at.is_(None),
            ChainIncidentRow.reason.in_([str(reason) for reason in reasons]),
        )
        .values(closed_at=tx.now, resolution=resolution)
    )


def open_gap(tx: Transaction, chain_id: int, *, first: int, last: int) -> None:
    """Record blocks that exist and cannot be read."""
    tx.session.execute(
        insert(ChainGapRow)
        .values(
            id=tx.new_id("gap"),
            chain_id=chain_id,
            first_block=first,
            last_block=last,
            opened_at=tx.now,
        )
        .on_conflict_do_nothing()
    )


def find_open_gap(tx: Transaction, chain_id: int) -> int | None:
    """Where the lowest open gap begins."""
    return tx.session.scalar(
        select(func.min(ChainGapRow.first_block)).where(
            ChainGapRow.chain_id == chain_id, ChainGapRow.closed_at.is_(None)
        )
    )


def close_gaps(tx: Transaction, chain_id: int, *, below: int) -> None:
    """Close the gaps that lie below the next block to be read."""
    tx.session.execute(
        update(ChainGapRow)
        .where(
            ChainGapRow.chain_id == chain_id,
            ChainGapRow.closed_at.is_(None),
            ChainGapRow.first_block < below,
        )
        .values(closed_at=tx.now)
    )
