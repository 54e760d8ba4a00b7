"""Which wallets are an account's, for other modules."""

from collections.abc import Iterable, Mapping

from souk.core.addresses import Address
from souk.core.unit_of_work import Transaction
from souk.modules.accounts import repository
from souk.modules.accounts.domain import SignInConfig


class Holdings:
    """Asked inside the caller's transaction."""

    _config: SignInConfig

    def owns_wallet(
        self, tx: Transaction, account_id: str, address: str, *, on_chain: int | None = None
    ) -> bool:
        """Whether the account has proved this address (EIP-55), and in such a way that this holds
        on one chain, if one is given: a contract's word counts where it was asked. If so, the
        wallet is not taken from the account before this transaction ends."""
        # In the order of whoever removes one: the account, its sessions, its wallets.
        repository.lock_account(tx, account_id)
        wallet = repository.hold_wallet(tx, account_id, address)
        if wallet is None or on_chain is None:
            return wallet is not None
        return wallet.chain_id in (None, on_chain)

    def exists_proof(self, tx: Transaction, account_id: str, address: str, on_chain: int) -> bool:
        """Whether the account has proved this address (EIP-55) so that it holds on a chain, for
        whoever only looks: nothing is locked, and a moment later it may be otherwise."""
        return repository.exists_proof(tx, account_id, address, on_chain)

    def list_proofs(
        self, tx: Transaction, account_ids: Iterable[str]
    ) -> dict[str, Mapping[Address, int | None]]:
        """All that these accounts have proved, each wallet with the chain on which alone it is
        theirs, or `None`. Nothing is locked."""
        found: dict[str, dict[Address, int | None]] = {each: {} for each in account_ids}
        for account_id, address, chain_id in repository.list_proofs(tx, found):
            found[account_id][address] = chain_id
        return dict(found)

    def find_only_chain(self, tx: Transaction, account_id: str, address: str) -> int | None:
        """The chain on which alone this wallet of the account is known to be theirs, where others
        are served too: what is sent to a contract's address elsewhere may be lost, or somebody
        else's. `None` for a wallet that is theirs wherever money comes from."""
        wallet = repository.hold_wallet(tx, account_id, address)
        if wallet is None or wallet.chain_id is None:
            return None
        return None if self._config.chain_ids == (wallet.chain_id,) else wallet.chain_id
