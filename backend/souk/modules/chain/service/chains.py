"""The chains that this installation follows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from souk.core.addresses import Address
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.chain.domain import (
    Advanced,
    Call,
    ChainConfig,
    EscrowFactKind,
    Head,
    Sent,
    TransactionStatus,
)
from souk.modules.chain.errors import ChainNotFollowed, KeeperKeyMissing
from souk.modules.chain.ports import EventDecoder, LogSource, TransactionSender
from souk.modules.chain.repository import blocks as block_rows
from souk.modules.chain.repository import cursor as cursor_rows
from souk.modules.chain.repository import effects as effect_rows
from souk.modules.chain.repository import transactions as transaction_rows
from souk.modules.chain.service.sending import Outgoing
from souk.modules.chain.service.watching import Pace, Watcher


@dataclass(frozen=True, slots=True)
class FollowedChain:
    """What belongs to one chain. `sender` is `None` where no key is configured."""

    config: ChainConfig
    source: LogSource
    decoder: EventDecoder
    sender: TransactionSender | None = None


class Chains:
    """Follows chains, tells their time, and sends transactions."""

    def __init__(
        self,
        uow: UnitOfWork,
        chains: Mapping[int, FollowedChain],
        *,
        daily_gas: int,
        pace: Pace | None = None,
    ) -> None:
        self._uow = uow
        self._chains = chains
        self._daily_gas = daily_gas
        self._pace = pace or Pace()

    @property
    def ids(self) -> tuple[int, ...]:
        """The chains that are followed, in rising order."""
        return tuple(sorted(self._chains))

    def config(self, chain_id: int) -> ChainConfig:
        """How a chain is followed. Raises `ChainNotFollowed`."""
        return self._followed(chain_id).config

    def advance(
        self,
        chain_id: int,
        *,
        budget_seconds: float | None = None,
        keep_on: Callable[[], bool] = lambda: True,
    ) -> Advanced:
        """Take in what the chain has, and go on for `budget_seconds` or until `keep_on` says
        stop; without a budget, until there is nothing to do right now.

        May be killed at any point, and run twice at once. An endpoint or database that fails is
        tried again until the time is over; the outcome says how it stood last.
        """
        chain = self._followed(chain_id)
        watcher = Watcher(self._uow, chain.source, chain.decoder, chain.config, self._pace)
        return watcher.run(budget_seconds=budget_seconds, keep_on=keep_on)

    def head(self, tx: Transaction, chain_id: int) -> Head | None:
        """The newest canonical block that was taken in."""
        return block_rows.find_head(tx, chain_id)

    def policy_head(self, tx: Transaction, chain_id: int) -> Head | None:
        """The newest canonical block at the level at which facts count: `confirmed`."""
        config = self.config(chain_id)
        next_block = cursor_rows.find_next_block(tx, chain_id)
        if next_block is None:
            return None
        return block_rows.find_head(tx, chain_id, up_to=next_block - config.confirmations)

    def advanced_at(self, tx: Transaction, chain_id: int) -> datetime | None:
        """When a block was last taken in or undone, by wall time; `None` before the first."""
        return cursor_rows.find_advanced_at(tx, chain_id)

    def stands(
        self,
        tx: Transaction,
        chain_id: int,
        *,
        contract: Address,
        escrow_ids: Sequence[str],
        kind: EscrowFactKind,
    ) -> bool:
        """Whether a fact of this kind about one of these escrows stands in a canonical block that
        was taken in, also when nobody has handled its event yet."""
        return effect_rows.exists_standing(
            tx, chain_id, contract=contract, escrow_ids=escrow_ids, kind=kind
        )

    def counts(self, tx: Transaction, chain_id: int, *, number: int, block_hash: str) -> bool:
        """Whether a block is a canonical one that was taken in, at the level at which facts
        count."""
        head = self.policy_head(tx, chain_id)
        if head is None or number > head.number:
            return False
        return block_rows.is_taken_in(tx, chain_id, number=number, block_hash=block_hash)

    def send(self, chain_id: int, call: Call, *, intent: str) -> str:
        """Send a call from the keeper's account, and return its transaction's hash. The same
        intent always gives the same transaction. Call it with no transaction open.

        Raises `KeeperKeyMissing`, `CallReverted`, `GasBudgetSpent`, `ProviderRejected`,
        `ProviderUnavailable`; none of these leaves anything behind.
        """
        return self._outgoing(chain_id).send(call, intent=intent)

    def rebroadcast(self, chain_id: int) -> int:
        """Send again what stands in no block yet, and give up what never will; returns how many
        were sent. Does nothing where no key is configured."""
        if self._followed(chain_id).sender is None:
            return 0
        return self._outgoing(chain_id).rebroadcast()

    def find_sent(self, tx: Transaction, chain_id: int, intent: str) -> Sent | None:
        """What became of an intent; `None` when nothing was sent for it, or what was is lost."""
        row = transaction_rows.find_transaction(tx, chain_id, intent)
        return None if row is None else Sent(row.transaction_hash, TransactionStatus(row.status))

    def _outgoing(self, chain_id: int) -> Outgoing:
        chain = self._followed(chain_id)
        if chain.sender is None:
            raise KeeperKeyMissing(chain_id)
        return Outgoing(self._uow, chain.sender, chain.config, daily_gas=self._daily_gas)

    def _followed(self, chain_id: int) -> FollowedChain:
        chain = self._chains.get(chain_id)
        if chain is None:
            raise ChainNotFollowed(chain_id)
        return chain
