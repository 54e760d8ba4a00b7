"""What a rail could not hand over and keeps for its owner: seen, and withdrawn."""

from collections.abc import Sequence

from souk.core.addresses import Address
from souk.core.principal import NotYours, Principal
from souk.modules.payments.domain import Credit, Outcome
from souk.modules.payments.ports import CreditKeeper
from souk.modules.payments.service.route import Offers


class Credits:
    """Called with no transaction open: the rail itself is asked. Such money has left its order,
    in the books as well: the settlement gave it to its owner, who only has to fetch it."""

    def __init__(self, offers: Offers, keeper: CreditKeeper) -> None:
        self._offers = offers
        self._keeper = keeper

    def waiting(self, principal: Principal, chain_id: int) -> Sequence[Credit]:
        """What waits on a chain for the caller's wallets. Raises `MethodUnavailable`,
        `ProviderUnavailable`."""
        self._offers.chain(chain_id)
        wallets = [Address(wallet) for wallet in principal.wallets]
        return [credit for wallet in wallets for credit in self._keeper.waiting(chain_id, wallet)]

    def withdraw(
        self, principal: Principal, chain_id: int, token: Address, *, wallet: Address, to: Address
    ) -> Outcome:
        """The call by which one of the caller's wallets has all that waits for it sent `to` any
        address: the wallet itself may be the one that could not be paid. Raises
        `MethodUnavailable`, `NotYours`, `EscrowRefused`, `ProviderUnavailable`."""
        self._offers.chain(chain_id)
        if wallet not in principal.wallets:
            raise NotYours("prove that this wallet is yours first (POST /api/auth/wallets)")
        return self._keeper.withdraw(chain_id, token, account=wallet, to=to)
