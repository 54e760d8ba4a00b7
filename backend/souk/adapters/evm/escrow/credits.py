"""Money that waits in the contract for an account: fees, and payouts that failed."""

from collections.abc import Collection, Mapping, Sequence

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

    def waiting(
        self, chain_id: int, accounts: Sequence[Address], tokens: Collection[Address] = ()
    ) -> tuple[Credit, ...]:
        """What waits for some accounts in the coin, in the tokens that are listed, and in these.
        Raises `ProviderUnavailable`."""
        known = (ZERO_ADDRESS, *sorted({*self._chains[chain_id].tokens, *tokens}))
        places = [(token, account) for account in accounts for token in known]
        return tuple(one for one in self._credits(chain_id, places) if one.amount.amount)

    def withdraw(
        self, chain_id: int, token: Address, *, account: Address, to: Address
    ) -> NeedsSignature:
        """All of it to any address but the zero one and the contract's own. Raises
        `EscrowRefused`, `ProviderUnavailable`."""
        amount = self._credits(chain_id, [(token, account)])[0].amount
        call = CallToSign(
            chain_id=chain_id,
            to=self._chains[chain_id].escrow,
            data=calls.withdraw(token, to),
            value=0,
            says=f"Withdraw {amount} to {to}",
        )
        self._simulation.require(call, sender=account, asset=amount.asset)
        return NeedsSignature(by=account, calls=(call,))

    def _credits(self, chain_id: int, places: Sequence[tuple[Address, Address]]) -> list[Credit]:
        """What the contract keeps in each token for each account, also when it is nothing."""
        money = self._chains[chain_id]
        asked = [Call(money.escrow, calls.read_credits(*place)) for place in places]
        found = []
        for (token, account), answer in zip(
            places, self._nodes[chain_id].calls(asked), strict=True
        ):
            amount = calls.decode_amount(answer)
            if amount is None:
                raise ProviderUnavailable("there is no escrow contract where it should be")
            credit = Credit(
                account=account, token=token, amount=Money(amount, _asset(money, token))
            )
            found.append(credit)
        return found


def _asset(money: ChainMoney, token: Address) -> Asset:
    """Anybody may have been credited in any token, also in one that was never listed here."""
    if token == ZERO_ADDRESS:
        return money.native
    known = money.tokens.get(token)
    if known is not None:
        return known.asset
    return Asset(f"eip155:{money.chain_id}/erc20:{token}", 0, f"smallest units of {token}")
