"""Following the transactions that payers say they have sent.

The money itself is seen by the watcher, whoever sent it and whatever was handed in. Here it is
found out that none will come: the transaction was reverted, the wallet sent another one in its
place, or nobody knows it. Then the payer may sign the same calls again, while they can be paid.
"""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.chain.domain import Head
from souk.modules.chain.service import Chains
from souk.modules.payments.domain import AttemptStatus, Evidence
from souk.modules.payments.domain.following import (
    Fate,
    Inclusion,
    SentTransaction,
    Trail,
    fate_of,
    next_status,
    sentence,
)
from souk.modules.payments.ports import TransactionReader
from souk.modules.payments.repository import attempts as attempt_rows
from souk.modules.payments.repository import payments as payment_rows
from souk.modules.payments.repository import trails as trail_rows
from souk.modules.payments.repository.trails import Submitted
from souk.modules.payments.service.move import move_attempt, project_payment
from souk.modules.payments.service.payable import is_paid_unheard

_log = logging.getLogger(__name__)

_Looked = Mapping[str, SentTransaction | None]

BATCH = 50
"""Transactions looked at in one round; the others have their turn in the next ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moment:
    """A chain as we know it when a round begins: its newest block's time, and the newest block that
    counts. Whatever stands up to there the watcher has taken in."""

    chain_id: int
    now: datetime
    settled: Head


class Following:
    """Looks at what was handed in, and believes nothing of it about money."""

    def __init__(
        self, uow: UnitOfWork, chains: Chains, reader: TransactionReader, *, batch: int = BATCH
    ) -> None:
        self._uow = uow
        self._chains = chains
        self._reader = reader
        self._batch = batch

    def follow_sent(self, chain_id: int) -> int:
        """Look at the transactions of a chain that attempts wait for, a batch of them, and move the
        attempts whose transaction came to nothing; returns how many were moved. Harmless when
        called again, from several processes at once, and killed at any point. Raises
        `ProviderUnavailable`."""
        with self._uow.begin() as tx:
            moment = self._moment(tx, chain_id)
            waiting = trail_rows.list_submitted(tx, chain_id, limit=self._batch)
        if moment is None or not waiting:
            return 0
        looked = self._reader.look(chain_id, sorted({one.transaction_hash for one in waiting}))
        trails = {one: _trail(one, looked, moment.now) for one in waiting}
        counting = self._note(chain_id, trails, looked)
        return sum(
            self._judge(moment, one, trail, looked[one.transaction_hash], counting)
            for one, trail in trails.items()
            if one.transaction_hash in looked
        )

    def _moment(self, tx: Transaction, chain_id: int) -> _Moment | None:
        head = self._chains.head(tx, chain_id)
        settled = self._chains.policy_head(tx, chain_id)
        if head is None or settled is None:
            return None
        return _Moment(chain_id=chain_id, now=head.at, settled=settled)

    def _note(self, chain_id: int, trails: Mapping[Submitted, Trail], looked: _Looked) -> set[str]:
        """Remember what was seen; the hashes of those that stand in blocks that count."""
        with self._uow.begin() as tx:
            trail_rows.remember(tx, trails)
            trail_rows.forget_ended(tx)
            counting = {
                transaction_hash
                for transaction_hash, sent in looked.items()
                if sent is not None and self._counts(tx, chain_id, sent.inclusion)
            }
            tx.commit()
        return counting

    def _counts(self, tx: Transaction, chain_id: int, at: Inclusion | None) -> bool:
        return at is not None and self._chains.counts(
            tx, chain_id, number=at.block_number, block_hash=at.block_hash
        )

    def _judge(
        self,
        moment: _Moment,
        one: Submitted,
        trail: Trail,
        sent: SentTransaction | None,
        counting: Collection[str],
    ) -> bool:
        """Move the attempt if its transaction came to nothing; whether it was moved."""
        used = 0
        if sent is None and trail.sender is not None:
            # Its own transaction is not among them: up to that block it would have been seen.
            used = self._reader.count_used(
                moment.chain_id, trail.sender, up_to_block=moment.settled.number
            )
        fate = fate_of(
            sent,
            trail,
            refs=one.refs,
            counts=one.transaction_hash in counting,
            used=used,
            now=moment.now,
        )
        if fate is Fate.OPEN:
            return False
        return self._move(one, fate, *self._explain(moment.chain_id, one, fate, sent))

    def _move(self, one: Submitted, fate: Fate, reason: str, evidence: Evidence) -> bool:
        with self._uow.begin() as tx:
            payment = payment_rows.lock(tx, one.payment_id)
            attempts = attempt_rows.list_of_payment(tx, payment.id)
            index = next(i for i, known in enumerate(attempts) if known.id == one.attempt_id)
            attempt = attempts[index]
            as_it_was = attempt.status is AttemptStatus.SUBMITTED
            as_it_was &= attempt.transaction_hash == one.transaction_hash
            # What was sent in its place may have paid: then its event says so.
            if not as_it_was or is_paid_unheard(tx, self._chains, attempt):
                return False
            to = next_status(fate)
            attempts[index] = move_attempt(
                tx, payment, attempt, to, reason=reason, evidence=evidence
            )
            trail_rows.forget(tx, attempt.id)
            project_payment(tx, payment, attempts, reason=reason)
            tx.commit()
        _log.info("attempt %s is %s: %s", one.attempt_id, to, reason)
        return True

    def _explain(
        self, chain_id: int, one: Submitted, fate: Fate, sent: SentTransaction | None
    ) -> tuple[str, Evidence]:
        """What the payer is told, and what it is based on."""
        evidence: dict[str, str | int] = {
            "transaction_hash": one.transaction_hash,
            "fate": str(fate),
        }
        if sent is None or sent.inclusion is None:
            return sentence(fate), evidence
        evidence["block_number"] = sent.inclusion.block_number
        evidence["block_hash"] = sent.inclusion.block_hash
        if fate is not Fate.REVERTED:
            return sentence(fate), evidence
        refusal = self._reader.why_reverted(chain_id, sent, one.asset)
        return refusal.detail, {**evidence, "refusal": refusal.code}


def _trail(one: Submitted, looked: _Looked, now: datetime) -> Trail:
    """What is remembered of a transaction from now on."""
    sent = looked.get(one.transaction_hash)
    if sent is not None:
        return Trail(sender=sent.sender, nonce=sent.nonce, known_at=now)
    return one.trail or Trail(sender=None, nonce=None, known_at=now)
