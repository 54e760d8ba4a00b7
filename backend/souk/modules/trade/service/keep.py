"""The keeper: what nobody settled by its deadline, we do, and pay the gas.

The contract decides where the money goes; the keeper only knocks. It settles ids of ours whose
orders carry no hold, one token and one action a batch.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable

from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.chain.domain import Call, TransactionStatus
from souk.modules.chain.errors import CallReverted
from souk.modules.chain.service import Chains
from souk.modules.payments.domain import Leg, LegAction, NeedsSignature
from souk.modules.payments.errors import EscrowRefused
from souk.modules.payments.service import Payments
from souk.modules.trade import repository
from souk.modules.trade.repository import KeeperRequest

_log = logging.getLogger(__name__)

MAX_BATCH = 20
_FAILED = frozenset({TransactionStatus.REVERTED, TransactionStatus.DROPPED})


class Keeper:
    """Settles what is overdue on one chain."""

    def __init__(self, uow: UnitOfWork, chains: Chains, payments: Payments) -> None:
        self._uow = uow
        self._chains = chains
        self._payments = payments

    def settle_due(self, chain_id: int) -> int:
        """Send a transaction for every batch of overdue legs that none is under way for; returns
        how many were sent. Time is that of the newest block at the level that counts, so that no
        transaction is sent that the contract would still find too early.

        Raises what `Chains.send` raises; the batch is found again at the next call.
        """
        with self._uow.begin() as tx:
            batches = self._batches(tx, chain_id)
            tx.commit()
        for (action, intent), legs in batches.items():
            self._send(chain_id, action, intent, legs)
        return len(batches)

    def _batches(self, tx: Transaction, chain_id: int) -> dict[tuple[LegAction, str], list[Leg]]:
        """The legs to settle now, by action and intent."""
        head = self._chains.policy_head(tx, chain_id)
        if head is None:
            return {}
        due = self._payments.legs_due(tx, chain_id, head.at, MAX_BATCH)
        asked = repository.lock_requests(tx, sorted(each.leg.id for each in due))
        batches: dict[tuple[LegAction, str], list[Leg]] = defaultdict(list)
        fresh: dict[tuple[LegAction, str], list[Leg]] = defaultdict(list)
        for each in due:
            leg, action = each.leg, each.action
            request = asked.get(leg.id)
            if request is None or request.action != action or self._failed(tx, chain_id, request):
                fresh[action, leg.asset.code].append(leg)
            elif self._chains.find_sent(tx, chain_id, request.intent) is None:
                batches[action, request.intent].append(leg)
        for (action, _), legs in fresh.items():
            # A leg that failed before goes alone, so that it spoils no other's batch again.
            alone = [leg for leg in legs if leg.id in asked]
            together = [leg for leg in legs if leg.id not in asked]
            for batch in ([leg] for leg in alone):
                batches[action, self._assign(tx, action, batch, asked)] = batch
            if together:
                batches[action, self._assign(tx, action, together, asked)] = together
        return batches

    def _failed(self, tx: Transaction, chain_id: int, request: KeeperRequest) -> bool:
        sent = self._chains.find_sent(tx, chain_id, request.intent)
        return sent is not None and sent.status in _FAILED

    @staticmethod
    def _assign(
        tx: Transaction,
        action: LegAction,
        legs: Iterable[Leg],
        asked: dict[str, KeeperRequest],
    ) -> str:
        intent = tx.new_id("kpr")
        for leg in legs:
            before = asked.get(leg.id)
            attempt = 1 if before is None else before.attempt + 1
            repository.put_request(tx, KeeperRequest(leg.id, action, intent, attempt))
        return intent

    def _send(self, chain_id: int, action: LegAction, intent: str, legs: list[Leg]) -> None:
        try:
            sent = self._chains.send(chain_id, self._call(action, legs), intent=intent)
        except (CallReverted, EscrowRefused) as refusal:
            _log.warning("keeper: %s of %d legs would revert: %s", action, len(legs), refusal)
            self._part(action, legs)
            return
        _log.info("keeper: %s of %d legs in transaction %s", action, len(legs), sent)

    def _part(self, action: LegAction, legs: list[Leg]) -> None:
        """Give every leg of a batch that would revert an intent of its own: the good ones go
        through, and only the culprit stays behind."""
        if len(legs) == 1:
            return
        with self._uow.begin() as tx:
            asked = repository.lock_requests(tx, sorted(leg.id for leg in legs))
            for leg in legs:
                self._assign(tx, action, [leg], asked)
            tx.commit()

    def _call(self, action: LegAction, legs: list[Leg]) -> Call:
        ask = self._payments.release if action is LegAction.RELEASE else self._payments.refund
        outcome = ask(*legs)
        if not isinstance(outcome, NeedsSignature) or len(outcome.calls) != 1:
            raise TypeError("a keeper settles by exactly one call")
        call = outcome.calls[0]
        return Call(to=call.to, data=bytes.fromhex(call.data[2:]), value=call.value)
