"""The chains that this installation follows."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from souk.core.addresses import Address
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.chain.domain import (
    Advanced,
    Call,
    ChainConfig,
    EscrowFactKind,
    Head,
    Purpose,
    Sent,
    TransactionStatus,
)
from souk.modules.chain.errors import KeeperKeyMissing, RelayerKeyMissing
from souk.modules.chain.repository import blocks as block_rows
from souk.modules.chain.repository import cursor as cursor_rows
from souk.modules.chain.repository import effects as effect_rows
from souk.modules.chain.repository import transactions as transaction_rows
from souk.modules.chain.service.endpoints import Endpoints
from souk.modules.chain.service.followed import FollowedChain, get_followed, ids_of
from souk.modules.chain.service.looking import Looks
from souk.modules.chain.service.sending import Outgoing, accounts_of
from souk.modules.chain.service.watching import Pace, Watcher

_KEY_MISSING = {Purpose.KEEPER: KeeperKeyMissing, Purpose.RELAYER: RelayerKeyMissing}


class Chains:
    """Follows chains, tells their time, and sends transactions. `looks` has the endpoints that it
    reads from."""

    def __init__(
        self,
        uow: UnitOfWork,
        chains: Mapping[int, FollowedChain],
        *,
        daily_gas: Mapping[Purpose, int],
        pace: Pace | None = None,
    ) -> None:
        self._uow = uow
        self._chains = chains
        self._daily_gas = daily_gas
        self._pace = pace or Pace()
        endpoints = {
            chain_id: Endpoints(chain.config, chain.sources, now=self._pace.monotonic)
            for chain_id, chain in chains.items()
        }
        heads = {chain_id: chain.heads for chain_id, chain in chains.items() if chain.heads}
        self.looks = Looks(uow, endpoints, heads)

    @property
    def ids(self) -> tuple[int, ...]:
        """The chains that are followed, in rising order."""
        return ids_of(self._chains)

    def config(self, chain_id: int) -> ChainConfig:
        """How a chain is followed. Raises `ChainNotFollowed`."""
        return get_followed(self._chains, chain_id).config

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
        chain = get_followed(self._chains, chain_id)
        watcher = Watcher(
            self._uow,
            self.looks.of(chain_id),
            chain.decoder,
            chain.config,
            self._pace,
            chain.heads,
        )
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

    def sends(self, chain_id: int, purpose: Purpose) -> bool:
        """Whether there is a key to send with on a chain."""
        return purpose in get_followed(self._chains, chain_id).senders

    def send(
        self,
        chain_id: int,
        call: Call,
        *,
        intent: str,
        purpose: Purpose = Purpose.KEEPER,
        max_gas: int | None = None,
        max_fee_per_gas: int | None = None,
    ) -> str:
        """Send a call from the account for this purpose, for `max_gas` at most, at no more than
        `max_fee_per_gas` wei each and never above the chain's own bound, and return its
        transaction's hash. The same intent always gives the same transaction. Call it with no
        transaction open.

        Raises `KeeperKeyMissing`, `RelayerKeyMissing`, `CallReverted`, `CallTooExpensive`,
        `NetworkFeeTooHigh`, `GasBudgetSpent`, `ProviderRejected`, `ProviderUnavailable`; none of
        these leaves anything behind.
        """
        return self._outgoing(chain_id, purpose).send(
            call, intent=intent, max_gas=max_gas, max_fee_per_gas=max_fee_per_gas
        )

    def rebroadcast(self, chain_id: int) -> int:
        """Send again what stands in no block yet, and give up what never will; returns how many
        were sent. Does nothing where no key is configured."""
        # The bytes are signed already: whoever speaks to the node can hand all of them over.
        account = next(iter(self._accounts(chain_id).values()), None)
        return 0 if account is None else account.rebroadcast()

    def find_sent(self, tx: Transaction, chain_id: int, intent: str) -> Sent | None:
        """What became of an intent; `None` when nothing was sent for it, or what was is lost."""
        row = transaction_rows.find_transaction(tx, chain_id, intent)
        return None if row is None else Sent(row.transaction_hash, TransactionStatus(row.status))

    def _outgoing(self, chain_id: int, purpose: Purpose) -> Outgoing:
        account = self._accounts(chain_id).get(purpose)
        if account is None:
            raise _KEY_MISSING[purpose](chain_id)
        return account

    def _accounts(self, chain_id: int) -> dict[Purpose, Outgoing]:
        chain = get_followed(self._chains, chain_id)
        return accounts_of(self._uow, chain.config, chain.senders, self._daily_gas)
