"""Losing facts on their way, and what comparing a shop's rail with its books came to."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from souk.adapters.evm.escrow.statement import EvmEscrowStatement
from souk.core.unit_of_work import UnitOfWork
from souk.embedded.anvil import CHAIN_ID
from souk.modules.books.domain import RailReport
from souk.modules.books.service import Reconciliation
from souk.modules.chain.service import ChainRecords, Chains
from souk.modules.ledger.service import Ledger
from souk.modules.orders.service import Orders
from souk.modules.payments.domain import Leg
from souk.modules.payments.service import Payments
from tests.support.shop import Person, Shop

PLACE = f"eip155:{CHAIN_ID}"
# What the watcher took in, forgotten as if it had never been given the log.
UNKNOWN_LOG = ("DELETE FROM chain_effect", "DELETE FROM chain_event", "DELETE FROM outbox")
# What the books hold once more than was ever paid.
PHANTOM_ENTRY = (
    "INSERT INTO ledger_entry (id, external_reference, effect_reference, flow, order_id, holder,"
    " posting_count, occurred_at, created_at) SELECT 'len_more', 'more', 'more', flow, order_id,"
    " holder, 2, occurred_at, created_at FROM ledger_entry WHERE flow = 'hold' LIMIT 1",
    "INSERT INTO ledger_posting SELECT 'len_more', p.position, p.account_id, 'posted', p.amount"
    " FROM ledger_posting p JOIN ledger_entry e ON e.id = p.entry_id AND e.flow = 'hold'"
    " WHERE p.stage = 'posted' AND p.entry_id <> 'len_more' LIMIT 2",
)


def execute(shop: Shop, *statements: str, **values: object) -> None:
    """Change the database past the product's own code."""
    with shop.container.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement), values)


def column(shop: Shop, statement: str) -> list[object]:
    """One column of what is stored."""
    with shop.container.engine.connect() as connection:
        return list(connection.execute(text(statement)).scalars())


def take_in_unheard(shop: Shop, blocks: int = 0) -> None:
    """The watcher takes blocks in, and nobody hears of it."""
    if blocks:
        shop.chain.mine(blocks)
    shop.container.get(Chains).advance(CHAIN_ID)
    execute(shop, "UPDATE outbox SET delivered_at = created_at WHERE delivered_at IS NULL")


def lately(shop: Shop) -> RailReport:
    """Compare what changed lately, once everything had its time to arrive."""
    shop.clock.advance(minutes=1)
    [report] = shop.container.get(Reconciliation).compare_lately()
    return report


class TheRail:
    """The shop's rail, in front of which a test may stand."""

    def __init__(self, shop: Shop) -> None:
        container = shop.container
        network = container.networks[CHAIN_ID]
        record = ChainRecords(container.get(UnitOfWork), {CHAIN_ID: network.followed})
        self.itself = EvmEscrowStatement(CHAIN_ID, network.node, record)

    def __getattr__(self, name: str) -> object:
        return getattr(self.itself, name)


def comparing(shop: Shop, rail: TheRail) -> Reconciliation:
    """The shop's own comparing, of another rail."""
    services = [shop.container.get(one) for one in (UnitOfWork, Orders, Ledger, Payments)]
    return Reconciliation(*services, [rail])


def nightly(shop: Shop) -> list[RailReport]:
    """Compare everything, if that is due."""
    return shop.container.get(Reconciliation).compare_nightly()


@dataclass(frozen=True)
class Kept:
    """A break as it is kept."""

    rule: str
    kind: str
    how: str | None


def breaks(shop: Shop) -> list[Kept]:
    """Every break there ever was, the first one first."""
    with shop.container.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT rule, class, how FROM reconciliation_break ORDER BY id")
        )
        return [Kept(*row) for row in rows]


def holds(shop: Shop) -> Sequence[object]:
    """The kinds of all open holds."""
    return column(shop, "SELECT kind FROM order_hold WHERE closed_at IS NULL")


@dataclass(frozen=True)
class Purchase:
    """A purchase of one order, and its two parties."""

    shop: Shop
    buyer: Person
    seller: Person
    placed: dict

    @property
    def order_id(self) -> str:
        return self.placed["orders"][0]["id"]

    @property
    def status(self) -> str:
        return self.shop.order(self.buyer, self.order_id)["status"]

    def legs(self) -> list[Leg]:
        """The legs of all attempts to pay it."""
        ids = column(self.shop, "SELECT id FROM payment_attempt_leg ORDER BY id")
        container = self.shop.container
        with container.get(UnitOfWork).begin() as tx:
            return list(container.get(Payments).legs(tx, [str(one) for one in ids]).values())

    def pay(self) -> None:
        """The buyer pays; nobody has looked at the chain yet."""
        self.shop.sign(self.buyer, self.placed["payment"]["action"])

    def ask(self, who: Person, status: str) -> None:
        """A party has its wallet do what brings the order to a status."""
        answer = self.shop.move(who, self.order_id, status)
        self.shop.sign(who, answer.json()["action"])


def a_purchase(shop: Shop, *, paid: bool = True) -> Purchase:
    """Something bought, and paid if that is wanted."""
    seller, buyer = shop.seller(), shop.person("buyer")
    placed = shop.place(buyer, (shop.listing(seller), 1))
    purchase = Purchase(shop, buyer, seller, placed)
    if paid:
        purchase.pay()
        shop.follow(blocks=2)
    return purchase
