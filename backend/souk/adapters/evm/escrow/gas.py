"""How much gas paying an escrow takes at most.

The figures are those of `contracts/snapshots/escrow.json` with room for what differs from token to
token: a proxy in front of it, a first balance, a long signature. Whoever looks whether a wallet can
pay is better told of a little too much than of too little.
"""

from souk.core.addresses import ZERO_ADDRESS, Address
from souk.modules.payments.domain import PayWay
from souk.modules.payments.domain.funds import GasToPay

# For the call as a whole, with the token's part in it, and for each order.
_COIN, _COIN_EACH = 40_000, 40_000
_TOKEN = {
    PayWay.CALLS: 125_000,
    PayWay.PERMIT: 165_000,
    PayWay.AUTHORIZATION: 175_000,
    PayWay.PERMIT2: 190_000,
}
_TOKEN_EACH = 36_000
_APPROVE = 65_000


def gas_to_pay(way: PayWay, token: Address, orders: int) -> GasToPay:
    """The most that paying so many orders at once takes; the zero address is the native coin."""
    if token == ZERO_ADDRESS:
        return GasToPay(pay=_COIN + orders * _COIN_EACH, approve=0)
    return GasToPay(pay=_TOKEN[way] + orders * _TOKEN_EACH, approve=_APPROVE)
