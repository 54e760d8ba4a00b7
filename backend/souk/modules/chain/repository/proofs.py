"""Proofs of transactions, wanted and made."""

from sqlalchemy import ColumnElement, and_, text, update
from sqlalchemy.dialects.postgresql import insert

from souk.core.unit_of_work import Transaction
from souk.modules.chain.domain import TransactionProof, WantedProof
from souk.modules.chain.models import ChainProofRow


def want(tx: Transaction, chain_id: int, wanted: WantedProof) -> None:
    """Ask for a proof; harmless when it was asked for before."""
    tx.session.execute(
        insert(ChainProofRow)
        .values(
            chain_id=chain_id,
            block_hash=wanted.block_hash,
            transaction_hash=wanted.transaction_hash,
            wanted_at=tx.now,
            next_attempt_at=tx.now,
            attempts=0,
        )
        .on_conflict_do_nothing()
    )


# Of a block that was left behind nobody needs a proof; should it come back, it is due again.
_CLAIM = text(
    """
    WITH due AS MATERIALIZED (
        SELECT proof.chain_id, proof.block_hash, proof.transaction_hash
        FROM chain_proof AS proof
        WHERE proof.chain_id = :chain_id AND proof.proved_at IS NULL
          AND proof.next_attempt_at <= :now AND EXISTS (
              SELECT 1 FROM chain_block AS block
              WHERE block.chain_id = proof.chain_id AND block.hash = proof.block_hash
                AND block.canonical)
        ORDER BY proof.next_attempt_at LIMIT 1
        FOR UPDATE SKIP LOCKED)
    UPDATE chain_proof AS proof
    SET attempts = attempts + 1,
        next_attempt_at = :now + make_interval(secs => least(power(2, attempts + 1), :longest))
    FROM due
    WHERE proof.chain_id = due.chain_id AND proof.block_hash = due.block_hash
      AND proof.transaction_hash = due.transaction_hash
    RETURNING proof.block_hash, proof.transaction_hash
    """
)


def claim_due(tx: Transaction, chain_id: int, *, longest_wait: float) -> WantedProof | None:
    """One proof that is due, which is due again after a while that doubles each time, until
    `longest_wait` seconds."""
    asked = {"chain_id": chain_id, "now": tx.now, "longest": longest_wait}
    row = tx.session.execute(_CLAIM, asked).one_or_none()
    return None if row is None else WantedProof(row.block_hash, row.transaction_hash)


def keep(tx: Transaction, chain_id: int, wanted: WantedProof, proof: TransactionProof) -> None:
    """Store a proof for ever."""
    tx.session.execute(
        update(ChainProofRow)
        .where(_is(chain_id, wanted))
        .values(
            header=proof.header,
            transaction_index=proof.transaction_index,
            first_log=proof.first_log,
            nodes=list(proof.nodes),
            proved_at=tx.now,
            last_error=None,
        )
    )


def note_failure(tx: Transaction, chain_id: int, wanted: WantedProof, error: str) -> None:
    """Remember why there is no proof yet."""
    tx.session.execute(
        update(ChainProofRow)
        .where(_is(chain_id, wanted), ChainProofRow.proved_at.is_(None))
        .values(last_error=error)
    )


def _is(chain_id: int, wanted: WantedProof) -> ColumnElement[bool]:
    return and_(
        ChainProofRow.chain_id == chain_id,
        ChainProofRow.block_hash == wanted.block_hash,
        ChainProofRow.transaction_hash == wanted.transaction_hash,
    )
