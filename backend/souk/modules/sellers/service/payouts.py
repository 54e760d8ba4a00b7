"""Which wallets a store may be paid to."""

from collections.abc import Iterable, Mapping

from souk.core.addresses import Address
from souk.core.unit_of_work import Transaction
from souk.modules.sellers.domain import PayoutWallets, WalletProofs
from souk.modules.sellers.errors import (
    InvalidProfileField,
    PayoutWalletNotProved,
    PayoutWalletOnOneChain,
)
from souk.modules.sellers.service.finding import Finding


class Payouts(Finding):
    """A wallet is proved by the account; a contract's word counts on its own chain alone."""

    def list_proofs(self, tx: Transaction, account_ids: Iterable[str]) -> dict[str, WalletProofs]:
        """What the accounts of stores have proved by now, which orders may be paid to."""
        return self._accounts.list_proofs(tx, account_ids)

    def _require_proved(
        self,
        tx: Transaction,
        account_id: str,
        wanted: PayoutWallets,
        known: PayoutWallets | None = None,
    ) -> None:
        """What is `known` was looked at when it came, and is kept from being taken away since.
        Raises `PayoutWalletNotProved`, `PayoutWalletOnOneChain`, `InvalidProfileField`."""
        if known is None or wanted.default != known.default:
            self._require_everywhere(tx, account_id, wanted.default)
        before: Mapping[int, Address] = {} if known is None else known.by_chain
        for chain_id, wallet in sorted(wanted.by_chain.items()):
            if before.get(chain_id) != wallet:
                self._require_on(tx, account_id, wallet, chain_id)

    def _require_everywhere(self, tx: Transaction, account_id: str, wallet: Address) -> None:
        self._require_own(tx, account_id, wallet, "payout_wallet")
        chain_id = self._accounts.find_only_chain(tx, account_id, wallet)
        if chain_id is not None:
            raise PayoutWalletOnOneChain(
                f"this wallet is a contract on chain {chain_id}, and buyers may pay on others,"
                " where its address need not be yours; be paid to a wallet that has a key, and name"
                " this one in payout_wallets for its own chain",
                context={"pointer": "/payout_wallet", "chain_id": chain_id},
            )

    def _require_on(self, tx: Transaction, account_id: str, wallet: Address, chain_id: int) -> None:
        field = f"payout_wallets/{chain_id}"
        served = self._accounts.served_chains
        if chain_id not in served:
            those = ", ".join(map(str, sorted(served)))
            raise InvalidProfileField(field, f"nobody pays on this chain here; those are: {those}")
        self._require_own(tx, account_id, wallet, field)
        if not self._accounts.owns_wallet(tx, account_id, wallet, on_chain=chain_id):
            only = self._accounts.find_only_chain(tx, account_id, wallet)
            raise PayoutWalletOnOneChain(
                f"this wallet is a contract on chain {only}, and its address on chain {chain_id}"
                " need not be yours; name it for its own chain alone",
                context={"pointer": f"/{field}", "chain_id": only},
            )

    def _require_own(self, tx: Transaction, account_id: str, wallet: Address, field: str) -> None:
        if not self._accounts.owns_wallet(tx, account_id, wallet):
            raise PayoutWalletNotProved(
                "add this wallet to your account by signing with it first, so that no money goes"
                " astray",
                context={"pointer": f"/{field}"},
            )
