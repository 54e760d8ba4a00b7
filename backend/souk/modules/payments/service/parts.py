"""What every use case of payments works with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.service import Chains
from souk.modules.ledger.service import Ledger
from souk.modules.orders.service import Orders
from souk.modules.payments.domain import PaymentMethod
from souk.modules.payments.ports import PaymentGateway, PriceFeed
from souk.modules.payments.service.route import Offers


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Services below, ports, and what this installation offers. `new_salt` gives 32 random bytes
    as hexadecimal digits."""

    uow: UnitOfWork
    orders: Orders
    ledger: Ledger
    chains: Chains
    gateways: Mapping[PaymentMethod, PaymentGateway]
    prices: PriceFeed
    offers: Offers
    new_salt: Callable[[], str]
