"""Proofs for people who believe nothing but the chain.

A node may forget receipts, and nobody's request waits for a node. So a proof is wanted with the
fact that it is about, made by a worker soon after, and kept for ever.
"""

import logging
from collections.abc import Callable, Mapping

from souk.core.errors import UnavailableError
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.chain.domain import WantedProof
from souk.modules.chain.ports import ProofSource
from souk.modules.chain.repository import proofs as proof_rows
from souk.modules.chain.service.followed import get_followed, ids_of

_log = logging.getLogger(__name__)

LONGEST_WAIT_SECONDS = 3600.0
A_ROUND = 50


class Proofs:
    """What is proved of each chain."""

    def __init__(self, uow: UnitOfWork, sources: Mapping[int, ProofSource]) -> None:
        self._uow = uow
        self._sources = sources

    @property
    def ids(self) -> tuple[int, ...]:
        """The chains of which anything can be proved, in rising order."""
        return ids_of(self._sources)

    def want(
        self, tx: Transaction, chain_id: int, *, block_hash: str, transaction_hash: str
    ) -> None:
        """See to it that it will be proved that a transaction of this block left its receipt;
        harmless when called again."""
        proof_rows.want(tx, chain_id, WantedProof(block_hash, transaction_hash))

    def prove_due(self, chain_id: int, *, keep_on: Callable[[], bool] = lambda: True) -> int:
        """Make proofs that are wanted, at most `A_ROUND` of them; returns how many were made. What
        the node cannot give is asked for again, later and later. May be killed at any point, and
        run twice at once. Raises `ChainNotFollowed`."""
        source = get_followed(self._sources, chain_id)
        made = 0
        for _ in range(A_ROUND):
            wanted = self._claim(chain_id) if keep_on() else None
            if wanted is None:
                break
            made += self._prove(chain_id, source, wanted)
        return made

    def _claim(self, chain_id: int) -> WantedProof | None:
        with self._uow.begin() as tx:
            wanted = proof_rows.claim_due(tx, chain_id, longest_wait=LONGEST_WAIT_SECONDS)
            tx.commit()
        return wanted

    def _prove(self, chain_id: int, source: ProofSource, wanted: WantedProof) -> bool:
        try:
            proof = source.prove(wanted.block_hash, wanted.transaction_hash)
        except UnavailableError as error:
            _log.warning("chain %s: not proved yet: %s", chain_id, error)
            with self._uow.begin() as tx:
                proof_rows.note_failure(tx, chain_id, wanted, str(error)[:500])
                tx.commit()
            return False
        with self._uow.begin() as tx:
            proof_rows.keep(tx, chain_id, wanted, proof)
            tx.commit()
        return True
