"""Terms documents, and their sealed copies."""

from collections.abc import Sequence

from sqlalchemy import select, update

from souk.core.unit_of_work import Transaction
from souk.modules.media.domain import Cid
from souk.modules.payments.domain import StoredTerms
from souk.modules.payments.models import TermsDocumentRow


def list_unsealed(tx: Transaction, limit: int) -> Sequence[StoredTerms]:
    """Those of which there is no sealed copy, the oldest first."""
    rows = tx.session.scalars(
        select(TermsDocumentRow)
        .where(TermsDocumentRow.sealed_cid.is_(None))
        .order_by(TermsDocumentRow.id)
        .limit(limit)
    )
    return list(map(_record, rows))


def note_sealed(tx: Transaction, document_id: str, cid: Cid) -> bool:
    """Where the sealed copy is. `False` when there is another one already."""
    noted = tx.session.execute(
        update(TermsDocumentRow)
        .where(TermsDocumentRow.id == document_id, TermsDocumentRow.sealed_cid.is_(None))
        .values(sealed_cid=cid)
        .returning(TermsDocumentRow.id)
    )
    return noted.first() is not None


def list_of_order(tx: Transaction, order_id: str) -> Sequence[StoredTerms]:
    """The documents of every attempt to pay an order, the first one first."""
    rows = tx.session.scalars(
        select(TermsDocumentRow)
        .where(TermsDocumentRow.order_id == order_id)
        .order_by(TermsDocumentRow.id)
    )
    return list(map(_record, rows))


def _record(row: TermsDocumentRow) -> StoredTerms:
    cid = None if row.sealed_cid is None else Cid(row.sealed_cid)
    return StoredTerms(row.id, row.leg_id, row.ref, row.body, cid)
