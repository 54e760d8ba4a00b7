"""The `TokenWays` port: in which ways the tokens on offer can be paid."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from souk.adapters.evm.escrow.tokens import EvmTokens
from souk.core.addresses import ZERO_ADDRESS, Address
from souk.core.clock import Clock
from souk.core.errors import ProviderUnavailable
from souk.modules.payments.domain import ChainMoney, PayWay

AWAY_FOR = timedelta(seconds=5)
"""A chain that did not answer is not asked again at once: whoever waits for it holds others up."""


class EvmPayWays:
    """Over what is known of the tokens of several chains."""

    def __init__(self, chains: Mapping[int, ChainMoney], tokens: EvmTokens, clock: Clock) -> None:
        self._chains = chains
        self._tokens = tokens
        self._clock = clock
        self._away: dict[int, datetime] = {}

    def spenders(self, chain_id: int, token: Address) -> Mapping[PayWay, Address | None]:
        """By calls the escrow has to be let at a token, and Permit2 for its own signatures; the
        coin is sent along, and the other signatures are an allowance themselves. Raises
        `ProviderUnavailable`."""
        now = self._clock.now()
        if now < self._away.get(chain_id, now):
            raise ProviderUnavailable(f"chain {chain_id} did not answer a moment ago")
        try:
            return self._ask(chain_id, token)
        except ProviderUnavailable:
            self._away[chain_id] = now + AWAY_FOR
            raise

    def _ask(self, chain_id: int, token: Address) -> Mapping[PayWay, Address | None]:
        escrow = self._chains[chain_id].escrow
        ways = self._tokens.ways(chain_id, token, escrow)
        by = {PayWay.CALLS: None if token == ZERO_ADDRESS else escrow}
        if PayWay.PERMIT2 in ways:
            domain = self._tokens.permit2(chain_id, escrow)
            by[PayWay.PERMIT2] = None if domain is None else domain.contract
        return {way: by.get(way) for way in sorted(ways)}
