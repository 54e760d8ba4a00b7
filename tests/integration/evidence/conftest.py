"""One installation for all tests of a file, with orders and people of each test's own."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from souk.core.principal import Role
from souk.core.unit_of_work import UnitOfWork
from souk.modules.accounts.service import Accounts
from souk.modules.orders.domain import HoldKind
from souk.modules.orders.service import Orders
from tests.support.shop import Person, Shop, shared_shop, signed_in
from tests.support.stack import Databases


@pytest.fixture(scope="module")
def shop(
    databases: Databases, _redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    with shared_shop(databases, _redis_url, tmp_path_factory.mktemp("shop")) as running:
        yield running


@dataclass(frozen=True)
class Sale:
    """An order, and who is what to it. It is not theirs to the other four."""

    shop: Shop
    order_id: str
    buyer: Person
    seller: Person

    def asked(self, who: Person, what: str) -> tuple[int, dict]:
        """What somebody is answered about the order."""
        answer = self.shop.ask(who, "GET", f"/api/orders/{self.order_id}/{what}")
        return answer.status_code, answer.json()

    def dispute(self, *, closed: bool = False) -> None:
        """As the contract's word about it would."""
        orders = self.shop.container.get(Orders)
        change = orders.close_hold if closed else orders.open_hold
        with self.shop.container.get(UnitOfWork).begin() as tx:
            change(tx, self.order_id, HoldKind.DISPUTE, "esc_1")
            tx.commit()


@pytest.fixture
def sale(shop: Shop) -> Sale:
    """One that was started to be paid."""
    seller, buyer = shop.seller(), shop.person("bella")
    placed = shop.place(buyer, (shop.listing(seller), 1))
    return Sale(shop, placed["orders"][0]["id"], buyer, seller)


def with_role(shop: Shop, role: Role) -> Person:
    """Somebody new who has it."""
    person = shop.person(role)
    with shop.container.get(UnitOfWork).begin() as tx:
        shop.container.get(Accounts).grant_role(tx, person.account_id, role)
        tx.commit()
    return signed_in(shop.api, person.wallet)


@pytest.fixture
def arbiter(shop: Shop) -> Person:
    return with_role(shop, Role.ARBITER)
