"""The keeper: what nobody settled by its deadline, we do, and pay the gas.

The contract decides where the money goes; the keeper only knocks. It settles ids of ours whose
orders carry no hold; a batch has one action, one contract and one token.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import timedelta
from enum import Enum, auto
from functools import partial

from souk.core.addresses import Address
from souk.core.errors import DomainError
from souk.core.timers import WALL, chain_clock
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.chain.domain import Call, TransactionStatus
from souk.modules.chain.errors import CallReverted, CallTooExpensive
from souk.modules.chain.service import Chains
from souk.modules.payments.domain import DueLeg, EscrowLeg, Leg, LegAction, NeedsSignature, Outcome
from souk.modules.payments.errors import EscrowRefused
from souk.modules.payments.service import Payments
from souk.modules.trade import repository
from souk.modules.trade.repository import KeeperRequest

_log = logging.getLogger(__name__)

MAX_BATCH = 20

_PROMPT_ATTEMPTS = 2
_FIRST_WAIT = timedelta(seconds=10)
_LONGEST_WAIT = timedelta(hours=1)

# Long after its block was taken in, a transaction that did not move a leg never will: the leg was
# left out when the others of its batch went.
_TOLD_BY_NOW = timedelta(minutes=10)

_Batch = tuple[LegAction, str]
_Kind = tuple[LegAction, Address | None, str]


class _Step(Enum):
    """What is to be done about a leg that is due."""

    TOGETHER = auto()  # Nothing was sent for it: it goes with others of its kind.
    ALONE = auto()  # It was sent for in vain, and must not spoil another batch.
    AGAIN = auto()  # It has an intent under which no transaction is on its way.
    WAIT = auto()  # Its transaction is on its way, or it was refused a moment ago.


class Keeper:
    """Settles what is overdue on one chain."""

    def __init__(
        self,
        uow: UnitOfWork,
        chains: Chains,
        payments: Payments,
        *,
        max_batch: int = MAX_BATCH,
    ) -> None:
        self._uow = uow
        self._chains = chains
        self._payments = payments
        self._max_batch = max_batch

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

    def count_overdue(self, chain_id: int) -> int:
        """How many legs are to be settled on a chain, counted up to the size of a batch."""
        with self._uow.begin() as tx:
            head = self._chains.policy_head(tx, chain_id)
            if head is None:
                return 0
            clock = chain_clock(chain_id)
            return len(self._payments.legs_due(tx, clock, head.at, self._max_batch))

    def settle_due_at_our_word(self) -> int:
        """Have the rails that do what we say settle what is overdue by the wall's clock; how many
        legs there were. What one of them refuses is stored there with its reason, and not asked
        for again for a while."""
        with self._uow.begin() as tx:
            due = self._payments.legs_due(tx, WALL, tx.now, self._max_batch)
        for each in due:
            try:
                self._ask(each.action)(each.leg)
            except DomainError as refusal:
                _log.warning("keeper: %s of %s refused: %s", each.action, each.leg.id, refusal)
        return len(due)

    def _ask(self, action: LegAction) -> Callable[..., Outcome]:
        return self._payments.release if action is LegAction.RELEASE else self._payments.refund

    def _batches(self, tx: Transaction, chain_id: int) -> dict[_Batch, list[Leg]]:
        """The legs to settle now, by action and intent."""
        head = self._chains.policy_head(tx, chain_id)
        if head is None:
            return {}
        choose = partial(self._choose, tx, chain_id)
        due = self._payments.legs_due(tx, chain_clock(chain_id), head.at, self._max_batch, choose)
        asked = repository.lock_requests(tx, sorted(each.leg.id for each in due))
        batches: dict[_Batch, list[Leg]] = defaultdict(list)
        fresh: dict[_Kind, list[Leg]] = defaultdict(list)
        for each in due:
            leg, request = each.leg, asked.get(each.leg.id)
            match self._step(tx, chain_id, each, request):
                case _Step.TOGETHER:
                    fresh[each.action, _contract(leg), leg.asset.code].append(leg)
                case _Step.ALONE:
                    batches[each.action, self._assign(tx, each.action, [leg], asked)].append(leg)
                case _Step.AGAIN if request is not None:
                    batches[each.action, request.intent].append(leg)
        for (action, *_), legs in fresh.items():
            batches[action, self._assign(tx, action, legs, asked)] = legs
        return batches

    def _choose(self, tx: Transaction, chain_id: int, page: list[DueLeg]) -> list[DueLeg]:
        """Those for which something is to be sent now: legs that wait take no other's place."""
        asked = repository.find_requests(tx, [each.leg.id for each in page])
        return [
            each
            for each in page
            if self._step(tx, chain_id, each, asked.get(each.leg.id)) is not _Step.WAIT
        ]

    def _step(
        self, tx: Transaction, chain_id: int, due: DueLeg, request: KeeperRequest | None
    ) -> _Step:
        if request is None:
            return _Step.TOGETHER
        if request.action != due.action:
            return _Step.ALONE
        since = tx.age(request.requested_at)
        if since < _patience(request.attempt):
            return _Step.WAIT
        sent = self._chains.find_sent(tx, chain_id, request.intent)
        if sent is None:
            return _Step.AGAIN
        in_vain = sent.status is TransactionStatus.REVERTED or (
            sent.status is TransactionStatus.MINED and since > _TOLD_BY_NOW
        )
        return _Step.ALONE if in_vain else _Step.WAIT

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
            tried = 0 if before is None or before.action != action else before.attempt
            repository.put_request(tx, leg.id, action=action, intent=intent, attempt=tried + 1)
        return intent

    def _send(self, chain_id: int, action: LegAction, intent: str, legs: list[Leg]) -> None:
        try:
            sent = self._chains.send(chain_id, self._call(action, legs), intent=intent)
        except (CallReverted, CallTooExpensive, EscrowRefused) as refusal:
            _log.warning(
                "keeper: %s of %d legs would come to nothing: %s", action, len(legs), refusal
            )
            self._refused(action, legs)
            return
        _log.info("keeper: %s of %d legs in transaction %s", action, len(legs), sent)

    def _refused(self, action: LegAction, legs: list[Leg]) -> None:
        """Give every leg of a batch that would come to nothing an intent of its own: the good
        ones go through, and only the culprit stays behind, waiting longer each time."""
        with self._uow.begin() as tx:
            asked = repository.lock_requests(tx, sorted(leg.id for leg in legs))
            for leg in legs:
                self._assign(tx, action, [leg], asked)
            tx.commit()

    def _call(self, action: LegAction, legs: list[Leg]) -> Call:
        outcome = self._ask(action)(*legs)
        if not isinstance(outcome, NeedsSignature) or len(outcome.calls) != 1:
            raise TypeError("a keeper settles by exactly one call")
        call = outcome.calls[0]
        return Call(to=call.to, data=bytes.fromhex(call.data[2:]), value=call.value)


def _contract(leg: Leg) -> Address | None:
    return leg.contract if isinstance(leg, EscrowLeg) else None


def _patience(attempt: int) -> timedelta:
    """How long after an attempt the next one may follow. A batch is parted at once; what is
    refused alone waits twice as long each time, for the contract will rarely change its mind."""
    if attempt <= _PROMPT_ATTEMPTS:
        return timedelta(0)
    doublings = min(attempt - _PROMPT_ATTEMPTS - 1, 20)
    return min(_FIRST_WAIT * (1 << doublings), _LONGEST_WAIT)
