"""Where a store's money goes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from souk.core.addresses import Address

WalletProofs = Mapping[Address, int | None]
"""The wallets that an account has proved: the chain of a contract, on which alone it is theirs, or
`None` for a key."""


@dataclass(frozen=True, slots=True)
class PayoutWallets:
    """The wallets that a store is paid to, in EIP-55 form: one for every chain, but for those that
    have one of their own. Orders keep them as they are when they are placed.

    `on` is the one place that says which of them it is. What was then agreed on a chain stands in
    the terms of its escrow, and whatever follows goes by these.
    """

    default: Address
    by_chain: Mapping[int, Address] = field(default_factory=dict, hash=False)

    def on(self, chain_id: int) -> Address:
        """The wallet for what is paid on a chain."""
        return self.by_chain.get(chain_id, self.default)

    def is_proved_on(self, chain_id: int, proofs: WalletProofs) -> bool:
        """Whether what is paid on a chain goes to a wallet that is known to be its owner's there: a
        chain may be served, or a proof be gone, since the wallet was named."""
        wallet = self.on(chain_id)
        return wallet in proofs and proofs[wallet] in (None, chain_id)

    def field_changed(self, before: "PayoutWallets") -> str:
        """The field of a profile that says what changed."""
        return "payout_wallets" if self.default == before.default else "payout_wallet"

    def named(self, wallet: str) -> bool:
        """Whether anything is paid to this wallet (EIP-55)."""
        return wallet == self.default or wallet in self.by_chain.values()
