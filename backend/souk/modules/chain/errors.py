"""What the chain module may say no with.

UnavailableError
+-- ChainDataRefused        a node's answer contradicts itself or what is already proved
+-- ChainNotFollowed        no node is configured for this chain
+-- NetworkFeeTooHigh       the network takes more for gas now than may be paid
ConflictError
+-- LeaseLost               another watcher took over; this one's work was not written
+-- KeeperKeyMissing        there is no key to settle overdue orders with
+-- RelayerKeyMissing       there is no key to send signed payments with
LimitedError
+-- GasBudgetSpent          the keeper's gas of the day is used up
    +-- RelayerGasSpent     the relayer's is: payers send for themselves until tomorrow
ProviderRejected
+-- CallReverted            the contract refuses the call; `data` says why
+-- CallTooExpensive        the call needs more gas than any of ours may
+-- TransactionRefused      the node does not take the signed bytes
ProviderUnavailable
+-- NodeRefuses             the node answered, with an error instead of what it was asked for
+-- WrongChain              the endpoint serves another chain than configured
"""

from souk.core.errors import (
    ConflictError,
    LimitedError,
    ProviderRejected,
    ProviderUnavailable,
    UnavailableError,
)


class ChainDataRefused(UnavailableError):
    """A node's answer is malformed, contradicts itself, or contradicts its own header."""

    code = "chain_data_refused"


class ChainNotFollowed(UnavailableError):
    """This installation has no node for the chain."""

    code = "chain_not_followed"

    def __init__(self, chain_id: int) -> None:
        super().__init__(f"chain {chain_id} is not configured here", context={"chain_id": chain_id})


class NetworkFeeTooHigh(UnavailableError):
    """The network, or the node that speaks for it, asks for more than may be paid for gas. Nothing
    was sent; the same is tried again until it asks for less."""

    code = "network_fee_too_high"


class LeaseLost(ConflictError):
    """The lease or the cursor moved under a watcher, so its batch was rolled back."""

    code = "chain_lease_lost"


class KeeperKeyMissing(ConflictError):
    """Settlements are asked for, but no key is configured."""

    code = "keeper_key_missing"

    def __init__(self, chain_id: int) -> None:
        super().__init__(
            "no key to send transactions with: set KEEPER_PRIVATE_KEY",
            context={"chain_id": chain_id},
        )


class RelayerKeyMissing(ConflictError):
    """Nobody here sends what payers have signed: they send it themselves."""

    code = "relayer_key_missing"

    def __init__(self, chain_id: int) -> None:
        super().__init__(
            "nobody sends signed payments for you here; send the call yourself",
            context={"chain_id": chain_id},
        )


class GasBudgetSpent(LimitedError):
    """The keeper has reserved all the gas it may use on this chain today."""

    code = "keeper_gas_budget_spent"


class RelayerGasSpent(GasBudgetSpent):
    """The relayer has reserved all the gas it may use on this chain today; send the call
    yourself."""

    code = "relayer_gas_budget_spent"


class CallReverted(ProviderRejected):
    """The contract refuses the call. `data` is the revert payload as 0x-hex: a selector and its
    arguments, or `0x` when the contract gave none."""

    code = "call_reverted"

    def __init__(self, data: str) -> None:
        super().__init__("the contract refuses this call", context={"revert_data": data[:2050]})
        self.data = data

    @property
    def selector(self) -> str:
        """The first four bytes, which name the contract's error; `0x` when there are none."""
        return self.data[:10]


class CallTooExpensive(ProviderRejected):
    """The call needs more gas than one transaction of ours may use."""

    code = "call_too_expensive"


class TransactionRefused(ProviderRejected):
    """The node does not take a signed transaction, and does not know it either."""

    code = "transaction_refused"


class NodeRefuses(ProviderUnavailable):
    """The node answers a question with an error, which it may not do when it is asked later."""

    code = "node_refuses"


class WrongChain(ProviderUnavailable):
    """The endpoint answers with another chain id than the one it is configured for."""

    code = "followed_chain_mismatch"
