"""The keys of what is sealed."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import delete, insert, select

from souk.core.unit_of_work import Transaction
from souk.modules.media.domain import Cid, KeptDocument, SealedDocument
from souk.modules.media.models import SealedRow


def add(tx: Transaction, owner: str, documents: Sequence[SealedDocument]) -> None:
    """Keep the wrapped keys. Each document is sealed under a key of its own, so that none is known
    already."""
    rows = [
        {
            "cid": document.cid,
            "owner": owner,
            "wrapped_key": document.wrapped_key,
            "created_at": tx.now,
        }
        for document in documents
    ]
    tx.session.execute(insert(SealedRow), rows)


def find(tx: Transaction, cids: Collection[Cid]) -> Mapping[Cid, KeptDocument]:
    """Those of these that are sealed."""
    rows = tx.session.scalars(select(SealedRow).where(SealedRow.cid.in_(cids)))
    return {Cid(row.cid): KeptDocument(Cid(row.cid), row.owner, row.wrapped_key) for row in rows}


def forget(tx: Transaction, cids: Collection[Cid]) -> None:
    """Nobody can read these any more, wherever they lie."""
    tx.session.execute(delete(SealedRow).where(SealedRow.cid.in_(cids)))
