"""Everything that evidence reads and writes."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from souk.core.unit_of_work import Transaction
from souk.modules.evidence.domain import Evidence, Reader, Reading
from souk.modules.evidence.models import EvidenceReadingRow, EvidenceRow
from souk.modules.media.domain import Cid


def add(tx: Transaction, evidence: Evidence) -> None:
    """A new piece. The caller has locked the order."""
    tx.session.add(
        EvidenceRow(
            id=evidence.id,
            order_id=evidence.order_id,
            party=evidence.party,
            account_id=evidence.account_id,
            ipfs_hash=evidence.ipfs_hash,
            says=evidence.says,
            size=evidence.size,
            attached_at=evidence.attached_at,
        )
    )
    tx.session.flush()


def list_of_order(tx: Transaction, order_id: str) -> Sequence[Evidence]:
    """All of both parties, the oldest first: there is little of it."""
    rows = tx.session.scalars(
        select(EvidenceRow).where(EvidenceRow.order_id == order_id).order_by(EvidenceRow.id)
    )
    return list(map(_record, rows))


def find(tx: Transaction, order_id: str, evidence_id: str) -> Evidence | None:
    """A piece about this very order."""
    row = tx.session.get(EvidenceRow, evidence_id)
    return None if row is None or row.order_id != order_id else _record(row)


def note_reading(tx: Transaction, evidence_id: str, account_id: str, reader: Reader) -> None:
    """That it is read now, once more or for the first time."""
    statement = insert(EvidenceReadingRow).values(
        evidence_id=evidence_id,
        account_id=account_id,
        reader=reader,
        first_at=tx.now,
        last_at=tx.now,
        times=1,
    )
    again = {"last_at": tx.now, "times": EvidenceReadingRow.times + 1}
    tx.session.execute(
        statement.on_conflict_do_update(
            index_elements=["evidence_id", "account_id", "reader"], set_=again
        )
    )


def list_readings(tx: Transaction, evidence_id: str) -> Sequence[Reading]:
    """Who has read it, the first one first."""
    rows = tx.session.scalars(
        select(EvidenceReadingRow)
        .where(EvidenceReadingRow.evidence_id == evidence_id)
        .order_by(EvidenceReadingRow.first_at, EvidenceReadingRow.account_id)
        .execution_options(populate_existing=True)
    )
    return [
        Reading(row.account_id, Reader(row.reader), row.first_at, row.last_at, row.times)
        for row in rows
    ]


def _record(row: EvidenceRow) -> Evidence:
    return Evidence(
        id=row.id,
        order_id=row.order_id,
        party=Reader(row.party),
        account_id=row.account_id,
        ipfs_hash=Cid(row.ipfs_hash),
        says=row.says,
        size=row.size,
        attached_at=row.attached_at,
    )
