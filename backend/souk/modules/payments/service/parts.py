"""What every use case of payments works with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.service import Chains
from souk.modules.ledger.service import Ledger
from souk.modules.names.service import LastLooks
from souk.modules.orders.service import Orders
from souk.modules.payments.domain import PaymentMethod
from souk.modules.payments.ports import (
    CardDesk,
    DirectedRail,
    PaymentGateway,
    PriceFeed,
    TokenWays,
    WalletReader,
    WebhookGate,
)
from souk.modules.payments.service.route import Offers
from souk.modules.sellers.service import Sellers


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRail:
    """The card provider: what moves money there, what people keep there, what it sends."""

    gateway: PaymentGateway
    directed: DirectedRail
    desk: CardDesk
    webhooks: WebhookGate
    return_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Services below, ports, and what this installation offers; no `cards` where none are taken.
    `directed` are the rails whose money moves at our word. `new_salt` gives 32 random bytes as
    hexadecimal digits."""

    uow: UnitOfWork
    sellers: Sellers
    orders: Orders
    ledger: Ledger
    chains: Chains
    gateways: Mapping[PaymentMethod, PaymentGateway]
    directed: Mapping[PaymentMethod, DirectedRail]
    prices: PriceFeed
    wallets: WalletReader
    ways: TokenWays
    offers: Offers
    names: LastLooks
    new_salt: Callable[[], str]
    cards: CardRail | None = None
