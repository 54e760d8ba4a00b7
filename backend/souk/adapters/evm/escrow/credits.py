"""Money that waits in the contract for an account: fees, and payouts that failed."""

from collections.abc import Mapping

from souk.adapters.evm.escrow import calls
from souk.adapters.evm.escrow.simulation import Simulation
from souk.adapters.evm.node import EvmNode
from souk.core.addresses import ZERO_ADDRESS, Address
from souk.core.errors import ProviderUnavailable
from souk.core.money import Asset, Money
from souk.modules.chain.domain import Call
from souk.modules.payments.domain import CallToSign, ChainMoney, Credit, NeedsSignature


class EvmEscrowCredits:
    """The credits in the contract of each chain."""

    def __init__(self, chains: Mapping[int, ChainMoney], nodes: Mapping[int, EvmNode]) -> None:
        self._chains = chains
        self._nodes = nodes
        self._simulation = Simulation(nodes)

    def waiting(self, chain_id: int, account: Address) -> tuple[Credit, ...]:
        """What waits for an account in the coin and in the tokens that are listed. Raises
        `ProviderUnavailable`."""
        found = [
            self._credit(chain_id, token, account)
            for token in (ZERO_ADDRESS, *sorted(self._chains[chain_id].tokens))
        ]
        return tuple(credit for credit in found if credit.amount.amount)

    def withdraw(
        self, chain_id: int, token: Address, *, account: Address, to: Address
    ) -> NeedsSignature:
        """All of it to any address but the zero one and the contract's own. Raises
        `EscrowRefused`, `ProviderUnavailable`."""
        amount = self._credit(chain_id, token, account).amount
        call = CallToSign(
            chain_id=chain_id,
            to=self._chains[chain_id].escrow,
            data=calls.withdraw(token, to),
            value=0,
            says=f"Withdraw {amount} to {to}",
        )
        self._simulation.require(call, sender=account, asset=amount.asset)
        return NeedsSignature(by=account, calls=(call,))

    def _credit(self, chain_id: int, token: Address, account: Address) -> Credit:
        money = self._chains[chain_id]
        call = Call(money.escrow, calls.read_credits(token, account))
        amount = calls.decode_amount(self._nodes[chain_id].call(call))
        if amount is None:
            raise ProviderUnavailable("there is no escrow contract where it should be")
        return Credit(account=account, token=token, amount=Money(amount, _asset(money, token)))


def _asset(money: ChainMoney, token: Address) -> Asset:
    """Anybody may have been credited in any token, also in one that was never listed here."""
    if token == ZERO_ADDRESS:
        return money.native
    known = money.tokens.get(token)
    if known is not None:
        return known.asset
    return Asset(f"eip155:{money.chain_id}/erc20:{token}", 0, f"smallest units of {token}")
