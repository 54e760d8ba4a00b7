"""Having what the chain says of our escrows proved, so that an order keeps its receipt for ever."""

from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.domain import Level
from souk.modules.chain.events import EscrowEventReached
from souk.modules.chain.service import Proofs
from souk.modules.payments.repository import proofs as proof_rows


class Proving:
    """Strangers use the same contract; what they do there is theirs to prove."""

    def __init__(self, uow: UnitOfWork, proofs: Proofs) -> None:
        self._uow = uow
        self._proofs = proofs

    def want(self, reached: EscrowEventReached) -> bool:
        """See to it that a fact about an escrow of ours is proved, once it counts; whether it will
        be. Harmless when called again."""
        old, new = Level(reached.since), Level(reached.level)
        if old.reaches(Level.CONFIRMED) or not new.reaches(Level.CONFIRMED):
            return False
        with self._uow.autocommit() as tx:
            ours = proof_rows.is_ours(
                tx,
                chain_id=reached.chain_id,
                contract=reached.contract,
                escrow_id=reached.escrow_id,
            )
            if ours:
                self._proofs.want(
                    tx,
                    reached.chain_id,
                    block_hash=reached.block_hash,
                    transaction_hash=reached.transaction_hash,
                )
        return ours
