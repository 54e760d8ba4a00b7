"""Money that waits in the contract for an account: fees, and payouts that failed."""

from collections.abc import Mapping

from souk.adapters.evm.escrow import calls
from souk.adapters.evm.escrow.simulation import Simulation
from souk.adapters.evm.node import EvmNode
from souk.core.addresses import ZERO_ADDRESS, Address
from souk.core.errors import ProviderUnavailable
from souk.core.money import Asset, Money
from souk.modules.chain.domain import Call
from souk.modules.payments.domain import CallToSign, ChainMoney, NeedsSignature


class EvmEscrowCredits:
    """The credits in the contract of each chain."""

    def __init__(self, chains: Mapping[int, ChainMoney], nodes: Mapping[int, EvmNode]) -> None:
        self._chains = chains
        self._nodes = nodes
        self._simulation = Simulation(nodes)

    def amount(self, chain_id: int, token: Address, account: Address) -> int:
        """What waits for an account. Raises `ProviderUnavailable`."""
        call = Call(self._chains[chain_id].escrow, calls.read_credits(token, account))
        amount = calls.decode_amount(self._nodes[chain_id].call(call))
        if amount is None:
            raise ProviderUnavailable("there is no escrow contract where it should be")
        return amount

    def withdraw(
        self, chain_id: int, token: Address, *, account: Address, to: Address
    ) -> NeedsSignature:
        """All of it to any address but the zero one and the contract's own. Raises
        `EscrowNothingDue`, `EscrowBadRecipient`."""
        money = self._chains[chain_id]
        asset = _asset(money, token)
        waiting = Money(self.amount(chain_id, token, account), asset)
        call = CallToSign(
            chain_id=chain_id,
            to=money.escrow,
            data=calls.withdraw(token, to),
            value=0,
            says=f"Withdraw {waiting} to {to}",
        )
        self._simulation.require(call, sender=account, asset=asset)
        return NeedsSignature(by=account, calls=(call,))


def _asset(money: ChainMoney, token: Address) -> Asset:
    """Anybody may have been credited in any token, also in one that was never listed here."""
    if token == ZERO_ADDRESS:
        return money.native
    known = money.tokens.get(token)
    if known is not None:
        return known.asset
    return Asset(f"eip155:{money.chain_id}/erc20:{token}", 0, f"smallest units of {token}")
