"""Questions about ways to pay: a basket, chains as they were looked at, wallets."""

from collections.abc import Mapping
from dataclasses import replace

from souk.core.addresses import ZERO_ADDRESS, Address
from souk.core.money import Asset
from souk.modules.chain.domain import Level
from souk.modules.payments.domain import (
    CardMoney,
    ChainMoney,
    FinalityPolicy,
    PayWay,
    Rate,
    TokenMoney,
)
from souk.modules.payments.domain.candidates import Basket, BasketOrder, ChainView, Spenders
from souk.modules.payments.domain.funds import (
    BlockRead,
    GasFees,
    GasToPay,
    TokenFunds,
    WalletFunds,
    WalletKind,
)
from souk.modules.payments.domain.route_rules import RouteRules
from souk.modules.payments.domain.routing import Question
from souk.modules.sellers.domain import PayoutWallets
from tests.support.account_builders import a_wallet
from tests.support.clock import START

CHAIN = 31337
GWEI = 10**9
ETHER = 10**18
ESCROW, PERMIT2 = a_wallet("escrow").address, a_wallet("permit2").address
DOLLAR, OTHER_DOLLAR = a_wallet("dollar").address, a_wallet("other dollar").address
WALLET = a_wallet("bruno").address
SELLER, FEED = a_wallet("sofia").address, a_wallet("feed").address
CENT = 10**4
CARDS = CardMoney(provider="stripe")
EVERY_WAY: Spenders = {
    PayWay.CALLS: ESCROW,
    PayWay.PERMIT: None,
    PayWay.AUTHORIZATION: None,
    PayWay.PERMIT2: PERMIT2,
}
BY_CALLS: Spenders = {PayWay.CALLS: ESCROW}
OF_COIN: Spenders = {PayWay.CALLS: None}
GAS = {
    PayWay.CALLS: 160_000,
    PayWay.PERMIT: 200_000,
    PayWay.AUTHORIZATION: 210_000,
    PayWay.PERMIT2: 226_000,
}


def an_order(cents: int = 5_000, **fields: object) -> BasketOrder:
    """A parcel from a seller who takes cards."""
    plain = BasketOrder(
        total=cents,
        payouts=PayoutWallets(SELLER),
        proofs={SELLER: None, WALLET: None},
        takes_cards=True,
        handling_days=2,
        transit_days=5,
    )
    return replace(plain, **fields)


def a_basket(*cents: int, **fields: object) -> Basket:
    """An order for each total, or one of fifty dollars."""
    return Basket(tuple(an_order(each, **fields) for each in cents or (5_000,)))


def money(chain_id: int = CHAIN, **fields: object) -> ChainMoney:
    """A chain with a coin at a feed and one dollar."""
    dollar = Asset(f"eip155:{chain_id}/erc20:{DOLLAR}", 6, "tUSD")
    plain = ChainMoney(
        chain_id=chain_id,
        name=f"chain {chain_id}",
        escrow=ESCROW,
        native=Asset(f"eip155:{chain_id}/slip44:60", 18, "ETH"),
        tokens={DOLLAR: TokenMoney(address=DOLLAR, asset=dollar, usd_pegged=True)},
        native_feed=FEED,
        finality=FinalityPolicy(seconds=dict.fromkeys(Level, 24)),
    )
    return replace(plain, **fields)


def funds(
    *,
    coin: int = ETHER,
    dollars: int | None = 1_000_000 * CENT,
    allowed: Mapping[Address, int] | None = None,
    gas_price: int = GWEI,
    wallet: Address = WALLET,
    chain_id: int = CHAIN,
    kind: WalletKind = WalletKind.KEY,
) -> WalletFunds:
    """A wallet with plenty of everything, at a gwei a gas, that has allowed nobody anything."""
    allowances: dict[Address, int | None] = {ESCROW: 0, PERMIT2: 0}
    allowances |= allowed or {}
    return WalletFunds(
        chain_id=chain_id,
        wallet=wallet,
        kind=kind,
        delegate=None,
        coin=coin,
        tokens={DOLLAR: TokenFunds(balance=dollars, allowances=allowances)},
        fees=GasFees(base_fee=gas_price - 1, tip=1),
        block=BlockRead(number=1, hash="0x01", at=START),
    )


def a_view(*wallets: WalletFunds, **fields: object) -> ChainView:
    """A chain on which these wallets were read; ether is 2 500 dollars, the dollar is paid by
    calls."""
    chain: object = fields.pop("chain", None) or money()
    assert isinstance(chain, ChainMoney)
    gas = {(way, DOLLAR): GasToPay(pay=units, approve=50_000) for way, units in GAS.items()}
    plain = ChainView(
        money=chain,
        spread_bps=50,
        rate=Rate(2_500, 0, "feed"),
        spenders={ZERO_ADDRESS: OF_COIN, DOLLAR: BY_CALLS},
        funds={each.wallet: each for each in wallets},
        gas={(PayWay.CALLS, ZERO_ADDRESS): GasToPay(pay=80_000, approve=0), **gas},
    )
    return replace(plain, **fields)


def a_question(*views: ChainView, basket: Basket | None = None, **fields: object) -> Question:
    """Fifty dollars from one wallet; without a view, on a chain where that was read."""
    plain = Question(
        basket=basket or a_basket(),
        account_id="acc_1",
        rules=RouteRules(),
        wallets=(WALLET,),
        chains=views or (a_view(funds()),),
    )
    return replace(plain, **fields)
