"""Payments of checkouts that were really placed, on a chain whose blocks the test writes.

The gateway is the product's own; its node is away, which matters to nothing that is computed.
Facts are handed in as the chain module says them, or as observations.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

from sqlalchemy import text

from souk.adapters.evm.escrow.gateway import EvmEscrowGateway
from souk.adapters.evm.escrow.tokens import EvmTokens
from souk.adapters.evm.escrow.ways import EvmPayWays
from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.presence import ChainPresence
from souk.adapters.evm.rpc import JsonRpcClient
from souk.adapters.evm.wallets import EvmWallets
from souk.core.addresses import ZERO_ADDRESS, Address, checksum_address
from souk.core.money import Asset
from souk.core.principal import Principal
from souk.core.unit_of_work import UnitOfWork
from souk.modules.ledger.domain import PaymentStatus
from souk.modules.ledger.service import Ledger
from souk.modules.names.service import LastLooks
from souk.modules.orders.domain import OrderStatus, PlacedCheckout
from souk.modules.payments.domain import (
    CardMoney,
    ChainMoney,
    EscrowChoice,
    EscrowTerms,
    Fact,
    FactKind,
    FactStage,
    Leg,
    Observation,
    PastRate,
    PayChoice,
    PaymentMethod,
    PriceAnswer,
    QuoteTerms,
    TokenMoney,
)
from souk.modules.payments.domain.route_rules import RouteRules
from souk.modules.payments.ports import PaymentGateway
from souk.modules.payments.repository import legs as leg_rows
from souk.modules.payments.service import (
    CardRail,
    Offers,
    Payments,
    StartedAttempt,
    directions,
    gateways,
)
from souk.modules.payments.service.parts import Parts
from tests.support.account_builders import a_wallet, an_account
from tests.support.catalog_builders import a_listing
from tests.support.chain_builders import chains_of
from tests.support.clock import START, MovableClock
from tests.support.name_builders import last_looks_on
from tests.support.order_builders import find_order, orders_on, place
from tests.support.scripted_chain import ScriptedChain
from tests.support.seller_builders import a_seller, sellers_on

CHAIN_ID = 31337
ESCROW = checksum_address("0x" + "e5" * 20)
DOLLAR = checksum_address("0x" + "d0" * 20)
FEED = checksum_address("0x" + "fe" * 20)
TERMS = EscrowTerms(
    arbiter=a_wallet("arbiter").address,
    fee_to=a_wallet("platform").address,
    fee_bps=250,
    silent_bps=5_000,
)
MONEY = ChainMoney(
    chain_id=CHAIN_ID,
    name="test",
    escrow=ESCROW,
    native=Asset("eip155:31337/slip44:60", 18, "ETH"),
    tokens={
        DOLLAR: TokenMoney(
            address=DOLLAR,
            asset=Asset(f"eip155:31337/erc20:{DOLLAR}", 6, "tUSD"),
            usd_pegged=True,
        )
    },
    native_feed=FEED,
)
CARDS = CardMoney(provider="stripe")
NOWHERE = "http://127.0.0.1:1"
QUOTES = QuoteTerms(quote_seconds=600, native_spread_bps=50)
_numbers = count(1)


@dataclass
class FixedPriceFeed:
    """A `PriceFeed` that says what the test wrote on it; `before` is its round before."""

    answer: int = 2_500 * 10**8
    updated_at: datetime = START
    asked: int = 0
    before: PastRate | None = None

    def latest(self, chain_id: int, feed: Address) -> PriceAnswer:
        self.asked += 1
        source = f"feed {feed}"
        return PriceAnswer(self.answer, 8, self.updated_at, source, before=self.before)


def a_gateway(terms: EscrowTerms = TERMS, money: ChainMoney = MONEY) -> EvmEscrowGateway:
    """The escrow gateway, whose node cannot be reached."""
    nodes = {money.chain_id: away()}
    return EvmEscrowGateway({money.chain_id: money}, terms, nodes, clock=MovableClock())


def away(url: str = NOWHERE) -> EvmNode:
    """A node that cannot be reached."""
    return EvmNode(JsonRpcClient(url, label="a node that is away", timeout_seconds=1))


def payments_on(
    uow: UnitOfWork,
    prices: FixedPriceFeed | None = None,
    gateway: PaymentGateway | None = None,
    cards: CardRail | None = None,
    rules: RouteRules | None = None,
    card_money: CardMoney | None = None,
    url: str = NOWHERE,
    names: LastLooks | None = None,
    money: ChainMoney = MONEY,
) -> Payments:
    card = None
    if cards is not None:
        card, card_money = cards.gateway, CARDS
    on_offer, nodes, clock = {CHAIN_ID: money}, {CHAIN_ID: away(url)}, MovableClock()
    presence = ChainPresence(clock)
    attended = {chain_id: node.attended(presence, chain_id) for chain_id, node in nodes.items()}
    return Payments(
        Parts(
            uow=uow,
            sellers=sellers_on(uow),
            orders=orders_on(uow),
            ledger=Ledger(),
            chains=chains_of(uow, ScriptedChain()),
            gateways=gateways(escrow=gateway or a_gateway(), card=card),
            directed=directions(None if cards is None else cards.directed),
            cards=cards,
            prices=prices or FixedPriceFeed(),
            wallets=EvmWallets(nodes, presence),
            ways=EvmPayWays(on_offer, EvmTokens(attended, clock)),
            offers=Offers(on_offer, QUOTES, card_money, rules),
            names=names or last_looks_on(uow),
            new_salt=lambda: f"{next(_numbers):064x}",
        )
    )


def a_choice(wallet: str = "bruno", token: Address = DOLLAR, **changes) -> PayChoice:
    fields = {
        "method": PaymentMethod.ESCROW,
        "chain_id": CHAIN_ID,
        "token": token,
        "wallet": a_wallet(wallet).address,
    }
    return EscrowChoice(**{**fields, **changes})


NATIVE = {"token": ZERO_ADDRESS}


def write_blocks(uow: UnitOfWork, at: datetime, *, blocks: int = 3) -> None:
    """Let the chain have grown by some blocks, all of this time, so that it is the chain's time
    at every level up to the policy's."""
    with uow.begin() as tx:
        new = tx.session.execute(
            text(
                "INSERT INTO chain (chain_id, genesis_hash, next_block, safe_block, final_block,"
                " lease_epoch) VALUES (:chain, '0x00', :blocks, -1, -1, 0)"
                " ON CONFLICT (chain_id) DO UPDATE SET next_block = chain.next_block + :blocks"
                " RETURNING next_block"
            ),
            {"chain": CHAIN_ID, "blocks": blocks},
        ).scalar_one()
        for number in range(new - blocks, new):
            tx.session.execute(
                text(
                    "INSERT INTO chain_block (chain_id, hash, number, parent_hash, timestamp,"
                    " canonical, observed_at)"
                    " VALUES (:chain, :hash, :number, '0x', :at, true, :now)"
                ),
                {
                    "chain": CHAIN_ID,
                    "hash": f"0x{number:064x}",
                    "number": number,
                    "at": int(at.timestamp()),
                    "now": at,
                },
            )
        tx.commit()


def stand_on_chain(uow: UnitOfWork, leg: Leg) -> None:
    """The watcher has taken in the block with a leg's payment; nobody was told yet."""
    with uow.begin() as tx:
        tx.session.execute(
            text(
                "WITH log AS (INSERT INTO chain_event (id, chain_id, block_hash, log_index,"
                "  block_number, transaction_hash, transaction_index, contract, topics, data,"
                "  kind, escrow_id, args, observed_at)"
                " SELECT 'cev_1', chain_id, hash, 0, number, '0x01', 0, :contract, '{}', '',"
                "  'paid', :escrow_id, '{}', observed_at FROM chain_block LIMIT 1 RETURNING *)"
                " INSERT INTO chain_effect (id, chain_id, contract, escrow_id, kind, sequence,"
                "  event_id, observation_id, block_number, level, updated_at)"
                " SELECT 'eff_1', chain_id, contract, escrow_id, kind, 0, id, 'obs_1',"
                "  block_number, 'included', observed_at FROM log"
            ),
            {"contract": leg.contract, "escrow_id": leg.escrow_id},
        )
        tx.commit()


@dataclass
class Shop:
    """A buyer with a placed checkout of one or more sellers, on a chain at `START`."""

    uow: UnitOfWork
    buyer: Principal
    checkout: PlacedCheckout
    payment_id: str
    prices: FixedPriceFeed
    now: datetime = START
    payments: Payments = field(init=False)

    def __post_init__(self) -> None:
        self.payments = payments_on(self.uow, self.prices)

    @property
    def orders(self) -> list[str]:
        return [order.id for order in self.checkout.orders]

    @property
    def order_id(self) -> str:
        return self.orders[0]

    def start(self, choice: PayChoice | None = None, **more) -> StartedAttempt:
        return self.payments.start_attempt(
            self.buyer, self.payment_id, choice or a_choice(), **more
        )

    def pass_time(self, *, blocks: int = 3, **duration: float) -> None:
        """The chain goes on, and the price feed with it."""
        self.now += timedelta(**duration)
        self.prices.updated_at = self.now
        write_blocks(self.uow, self.now, blocks=blocks)

    def observe(self, *observations: Observation) -> list[bool]:
        return [self.payments.observe(observation) for observation in observations]

    def leg(self, leg_id: str) -> Leg:
        with self.uow.begin() as tx:
            return leg_rows.list_by_id(tx, [leg_id])[leg_id]

    @property
    def sees(self) -> "Looks":
        """The shop as it is stored."""
        return Looks(self)


@dataclass(frozen=True)
class Looks:
    """Reads what a shop's payment came to, mostly past the product's own code."""

    shop: Shop

    def status(self, order_id: str | None = None) -> OrderStatus:
        return find_order(self.shop.uow, order_id or self.shop.order_id).status

    def money(self, order_id: str | None = None) -> PaymentStatus:
        """What the SQL of the pages says about the order's money."""
        wanted = order_id or self.shop.order_id
        return PaymentStatus(str(self.read("SELECT order_payment_status(:id)", id=wanted)))

    def state(self) -> str:
        """What a client sees of the payment."""
        return str(self.read("SELECT status FROM payment WHERE id = :id", id=self.shop.payment_id))

    def attempts(self) -> list[str]:
        """The status of each attempt, the first one first."""
        return self.column(
            "SELECT status FROM payment_attempt WHERE payment_id = :id ORDER BY number",
            id=self.shop.payment_id,
        )

    def holds(self) -> list[str]:
        return self.column(
            "SELECT kind FROM order_hold WHERE order_id = :id AND closed_at IS NULL",
            id=self.shop.order_id,
        )

    def refunds(self) -> list[str]:
        """`reason status` of what is owed back."""
        return self.column("SELECT reason || ' ' || status FROM refund_due ORDER BY id")

    def events(self) -> list[str]:
        """The names of all facts on the outbox about payments, in order."""
        return self.column("SELECT name FROM outbox WHERE name LIKE 'payment.%' ORDER BY sequence")

    def read(self, sql: str, **parameters: object) -> object:
        with self.shop.uow.begin() as tx:
            return tx.session.execute(text(sql), parameters).scalar_one()

    def column(self, sql: str, **parameters: object) -> list[str]:
        with self.shop.uow.begin() as tx:
            return list(tx.session.execute(text(sql), parameters).scalars())

    def assert_balanced(self) -> None:
        """Every rule of the books holds."""
        with self.shop.uow.begin() as tx:
            assert Ledger().check_books(tx) == []


def a_shop(
    uow: UnitOfWork,
    *,
    sellers: Iterable[str] = ("sofia",),
    buyer: str = "bruno",
    on_hand: int = 5,
    **listing: object,
) -> Shop:
    """A checkout of two pieces from each seller, its payment opened, the chain at `START`."""
    wanted = []
    for seller in sellers:
        piece = a_listing(uow, a_seller(uow, seller), on_hand=on_hand, **listing)
        wanted.append((piece.id, 2))
    payer = an_account(uow, buyer)
    checkout = place(uow, payer, *wanted)
    write_blocks(uow, START)
    payment_id = payments_on(uow).open(payer, checkout.checkout_id)
    return Shop(uow, payer, checkout, payment_id, FixedPriceFeed())


def seen(leg: Leg, kind: FactKind = FactKind.HELD, **changes) -> Observation:
    """The chain shows a fact about a leg: the whole amount held, fulfilled with a deadline in
    fourteen days, disputed with one in thirty, (`to_seller`, `to_buyer`) settled, or three units
    reimbursed. `effect` and `stay` number them."""
    effect, stay = changes.pop("effect", 1), changes.pop("stay", 1)
    occurred_at = changes.pop("occurred_at", START + timedelta(minutes=1))
    figures = changes or _DEFAULT_FIGURES[kind](leg)
    return Observation(
        leg_reference=leg.external_reference,
        effect_id=f"eff_{kind}_{effect}_{leg.id}",
        observation_id=f"obs_{kind}_{effect}_{stay}_{leg.id}",
        stage=FactStage.SEEN,
        fact=Fact(kind=kind, **figures),
        occurred_at=occurred_at,
        evidence={
            "transaction_hash": f"0x{stay:064x}",
            "block_number": 10 + stay,
            "log_index": effect,
        },
    )


_DEFAULT_FIGURES = {
    FactKind.HELD: lambda leg: {"amount": leg.amount},
    FactKind.FULFILLED: lambda _leg: {"deadline": int((START + timedelta(days=14)).timestamp())},
    FactKind.DISPUTED: lambda _leg: {"deadline": int((START + timedelta(days=30)).timestamp())},
    FactKind.REIMBURSED: lambda _leg: {"amount": 3},
    FactKind.RECOVERED: lambda _leg: {"amount": 3},
    FactKind.CHARGED_BACK: lambda leg: {"amount": leg.amount},
    FactKind.CONCEDED: lambda _leg: {},
    FactKind.SETTLED: lambda leg: {"to_seller": leg.amount, "fee": leg.amount * 250 // 10_000},
}


def reached(leg: Leg, kind: FactKind = FactKind.HELD, **changes) -> Observation:
    """The same, at the level that counts."""
    return replace(seen(leg, kind, **changes), stage=FactStage.REACHED)


def orphaned(leg: Leg, kind: FactKind = FactKind.HELD, **changes) -> Observation:
    """The same, gone from the chain."""
    return replace(seen(leg, kind, **changes), stage=FactStage.ORPHANED)


def a_paid_shop(uow: UnitOfWork, **fields) -> tuple[Shop, Leg]:
    """A shop whose only order is paid."""
    shop = a_shop(uow, **fields)
    (leg,) = shop.start().attempt.legs
    shop.observe(seen(leg), reached(leg))
    return shop, leg
