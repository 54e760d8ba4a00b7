"""What a rail could not hand over and keeps for its owner: seen, and withdrawn."""

from collections.abc import Sequence

from souk.core.addresses import Address
from souk.core.principal import NotYours, Principal
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.ledger.domain import AccountKind
from souk.modules.ledger.service import Ledger
from souk.modules.payments.domain import Credit, Outcome
from souk.modules.payments.ports import CreditKeeper
from souk.modules.payments.service.route import Offers
from souk.modules.sellers.service import Sellers

MOST_WALLETS = 20
"""The wallets that are asked about at once, so that no request asks a node without end."""


class Credits:
    """Called with no transaction open: the rail itself is asked. Such money has left its order,
    in the books as well: the settlement gave it to its owner, who only has to fetch it."""

    def __init__(
        self,
        uow: UnitOfWork,
        sellers: Sellers,
        ledger: Ledger,
        offers: Offers,
        keeper: CreditKeeper,
    ) -> None:
        self._uow = uow
        self._sellers = sellers
        self._ledger = ledger
        self._offers = offers
        self._keeper = keeper

    def waiting(
        self, principal: Principal, chain_id: int, wallet: Address | None = None
    ) -> Sequence[Credit]:
        """What waits on a chain for one of the caller's wallets, or for the `MOST_WALLETS` that
        were proved first: in what is on offer, and in what the caller had to do with before.
        Raises `MethodUnavailable`, `NotYours`, `ProviderUnavailable`."""
        self._offers.chain(chain_id)
        if wallet is not None:
            _require_own(principal, wallet)
        mine = [wallet] if wallet is not None else [Address(each) for each in principal.wallets]
        with self._uow.begin() as tx:
            tokens = self._tokens(tx, principal.account_id, chain_id)
        return self._keeper.waiting(chain_id, mine[:MOST_WALLETS], tokens)

    def _tokens(self, tx: Transaction, account_id: str, chain_id: int) -> list[Address]:
        """The tokens of a chain that the books have an account for, listed still or not."""
        assets = {*self._ledger.assets(tx, AccountKind.BUYER, account_id)}
        seller = self._sellers.find_by_account(tx, account_id)
        if seller is not None:
            assets.update(self._ledger.assets(tx, AccountKind.SELLER, seller.id))
        prefix = f"eip155:{chain_id}/erc20:"
        found = sorted(asset for asset in assets if asset.startswith(prefix))
        return [Address(asset.removeprefix(prefix)) for asset in found]

    def withdraw(
        self, principal: Principal, chain_id: int, token: Address, *, wallet: Address, to: Address
    ) -> Outcome:
        """The call by which one of the caller's wallets has all that waits for it sent `to` any
        address: the wallet itself may be the one that could not be paid. Raises
        `MethodUnavailable`, `NotYours`, `EscrowRefused`, `ProviderUnavailable`."""
        self._offers.chain(chain_id)
        _require_own(principal, wallet)
        return self._keeper.withdraw(chain_id, token, account=wallet, to=to)


def _require_own(principal: Principal, wallet: Address) -> None:
    if wallet not in principal.wallets:
        raise NotYours("prove that this wallet is yours first (POST /api/auth/wallets)")
