"""Looking at chains: which ways to pay their tokens have, what stands in a payer's wallets, what
the network takes. One read a wallet and chain; a chain that is away spoils no other."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from souk.core.addresses import ZERO_ADDRESS, Address
from souk.core.errors import UnavailableError
from souk.core.timers import chain_clock
from souk.modules.chain.domain import Purpose
from souk.modules.payments.domain import Rate
from souk.modules.payments.domain.candidates import ChainView, Spenders
from souk.modules.payments.domain.funds import WalletFunds
from souk.modules.payments.service.parts import Parts
from souk.modules.payments.service.prices import read_rate
from souk.modules.payments.service.times import now_by

_log = logging.getLogger(__name__)

MAX_WALLETS = 5
"""As many of a payer's wallets are looked at in one request."""


class Surveying:
    """Called with no transaction open. What one looks at is as of that instant."""

    _parts: Parts

    def unseen(self) -> tuple[ChainView, ...]:
        """Every chain as it is known without asking it."""
        return tuple(self._view(chain_id) for chain_id in self._parts.offers.chain_ids)

    def survey(self, wallets: Sequence[Address], orders: int) -> tuple[ChainView, ...]:
        """Every chain, with the first of these wallets, for paying so many orders at once."""
        return tuple(
            self.look(chain_id, wallets, orders) for chain_id in self._parts.offers.chain_ids
        )

    def look(self, chain_id: int, wallets: Sequence[Address], orders: int) -> ChainView:
        """One chain; where it does not answer, that is its trouble."""
        try:
            return self.require(chain_id, wallets, orders)
        except UnavailableError as error:
            _log.info("chain %s cannot be looked at: %s", chain_id, error)
            view = self._view(chain_id)
            says = f"{view.money.name} cannot be asked at present ({error.detail})"
            return replace(view, trouble=f"{says}; try again in a moment")

    def require(self, chain_id: int, wallets: Sequence[Address], orders: int) -> ChainView:
        """One chain. Raises `ChainTimeUnknown`, `ProviderUnavailable`."""
        view = self._view(chain_id)
        with self._parts.uow.begin() as tx:
            now = now_by(tx, self._parts.chains, chain_clock(chain_id))
        spenders = {token: self._spenders(chain_id, token) for token in view.assets}
        funds = {
            wallet: self._read(chain_id, wallet, spenders)
            for wallet in islice(dict.fromkeys(wallets), MAX_WALLETS)
        }
        rate, unpriced = self._coin(view, now)
        gas = {
            (way, token): self._parts.wallets.gas_to_pay(way, token, orders)
            for token, ways in spenders.items()
            for way in ways
        }
        return replace(view, rate=rate, unpriced=unpriced, spenders=spenders, funds=funds, gas=gas)

    def _view(self, chain_id: int) -> ChainView:
        relays = self._parts.chains.sends(chain_id, Purpose.RELAYER)
        return self._parts.offers.view(chain_id, relays=relays)

    def _spenders(self, chain_id: int, token: Address) -> Spenders:
        return self._parts.ways.spenders(chain_id, token)

    def _read(
        self, chain_id: int, wallet: Address, spenders: dict[Address, Spenders]
    ) -> WalletFunds:
        wanted: dict[Address, Collection[Address]] = {
            token: {spender for spender in ways.values() if spender is not None}
            for token, ways in spenders.items()
            if token != ZERO_ADDRESS
        }
        return self._parts.wallets.read(chain_id, wallet, wanted)

    def _coin(self, view: ChainView, now: datetime) -> tuple[Rate | None, str | None]:
        """What the coin is worth, or why nobody can tell."""
        if view.money.native_feed is None:
            return None, None
        offer = self._parts.offers.at(view.money.chain_id, ZERO_ADDRESS)
        try:
            return read_rate(self._parts, offer, now), None
        except UnavailableError as error:
            return None, error.detail
