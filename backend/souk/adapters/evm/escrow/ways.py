"""The `TokenWays` port: in which ways the tokens on offer can be paid."""

from collections.abc import Mapping

from souk.adapters.evm.escrow.tokens import EvmTokens
from souk.core.addresses import ZERO_ADDRESS, Address
from souk.modules.payments.domain import ChainMoney, PayWay


class EvmPayWays:
    """Over what is known of the tokens of several chains."""

    def __init__(self, chains: Mapping[int, ChainMoney], tokens: EvmTokens) -> None:
        self._chains = chains
        self._tokens = tokens

    def spenders(self, chain_id: int, token: Address) -> Mapping[PayWay, Address | None]:
        """By calls the escrow has to be let at a token, and Permit2 for its own signatures; the
        coin is sent along, and the other signatures are an allowance themselves. Raises
        `ProviderUnavailable`."""
        escrow = self._chains[chain_id].escrow
        ways = self._tokens.ways(chain_id, token, escrow)
        by = {PayWay.CALLS: None if token == ZERO_ADDRESS else escrow}
        if PayWay.PERMIT2 in ways:
            domain = self._tokens.permit2(chain_id, escrow)
            by[PayWay.PERMIT2] = None if domain is None else domain.contract
        return {way: by.get(way) for way in sorted(ways)}
