"""Orders whose payments stand in blocks that a real node replaces, at rest and while the watcher
reads them or writes down what it read."""

from collections.abc import Callable
from itertools import count

import pytest
from sqlalchemy import text

from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.embedded.anvil import CHAIN_ID
from souk.modules.chain.service import Chains
from tests.support.node_truth import differences
from tests.support.purchases import Purchase, path, signed
from tests.support.reconciling import column
from tests.support.scripted_chain import Intercepted
from tests.support.shop import Shop, watcher
from tests.support.threads import second_waits_for_first

ONCE = ["pending_payment", "paid"]
BACK = [*ONCE, "pending_payment"]
AGAIN = [*BACK, "paid"]
QUESTIONS = ("identity", "tips", "headers", "logs_of_blocks", "logs_in_range", "logs_by_receipts")


def few(chosen: set[int], numbers: range) -> list[object]:
    """The numbers; only those that are chosen in a run that is not deep."""
    return [n if n in chosen else pytest.param(n, marks=pytest.mark.deep) for n in numbers]


@pytest.mark.pitfall("W6")
@pytest.mark.parametrize("depth", few({1, 7, 30}, range(1, 31)))
def test_takes_back_what_was_replaced_and_nothing_else_when_the_reorg_is_so_deep(
    shop: Shop, depth: int
) -> None:
    kept, lost = Purchase(shop), Purchase(shop)
    for purchase in (kept, lost):
        purchase.send()
        shop.chain.mine()
    shop.follow(blocks=depth - 1)
    seen = path(lost)

    shop.chain.call("anvil_reorg", depth, [])
    shop.follow(blocks=1)

    assert differences(shop) == []
    assert path(kept) == ONCE
    # A block without another on top of it does not count yet.
    assert (seen, path(lost)) == ((ONCE, BACK) if depth > 1 else (ONCE[:1], ONCE[:1]))


class MovedPayment:
    """A payment that stands alone in its block, and behind another order's in the branch that the
    node takes up instead."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.other, self.paid = Purchase(shop), Purchase(shop)
        self._branch = [[signed(self.other), 1], [signed(self.paid), 1]]
        self._sent = self.paid.send()
        shop.chain.mine(4)

    def lose(self) -> None:
        """Blocks without it take the place of its own."""
        self.shop.chain.call("anvil_reorg", 4, [])

    def move(self) -> None:
        """The node takes up the branch with both payments."""
        self.shop.chain.call("anvil_reorg", 4, self._branch)

    @property
    def log_indexes(self) -> list[object]:
        """Its place in each block that it was seen in."""
        return column(
            self.shop,
            f"SELECT log_index FROM chain_event WHERE transaction_hash = '{self._sent}' ORDER BY 1",
        )


@pytest.fixture
def payment(shop: Shop) -> MovedPayment:
    return MovedPayment(shop)


@pytest.mark.pitfall("W6")
def test_pays_once_when_the_payment_is_mined_again_behind_another_log(
    shop: Shop, payment: MovedPayment
) -> None:
    shop.follow()

    payment.move()
    shop.follow()

    assert differences(shop) == []
    assert payment.log_indexes == [0, 1]
    assert (path(payment.other), path(payment.paid)) == (ONCE, AGAIN)


@pytest.fixture
def replaced(shop: Shop) -> Purchase:
    """A paid order, the payment of which was replaced by another transaction of its nonce."""
    purchase = Purchase(shop)
    nothing = {"to": purchase.buyer.address, "data": "0x", "value": "0"}
    payment, instead = signed(purchase), signed(purchase, nothing)
    purchase.send()
    shop.follow(blocks=4)
    assert path(purchase) == ONCE
    shop.chain.call("anvil_reorg", 4, [[instead, 1]])
    with pytest.raises(ValueError, match="nonce too low"):
        shop.chain.call("eth_sendRawTransaction", payment)
    shop.follow()
    return purchase


def test_goes_back_when_another_transaction_took_the_place_of_the_payment(
    shop: Shop, replaced: Purchase
) -> None:
    assert differences(shop) == []
    assert (path(replaced), replaced.status, replaced.held) == (BACK, "orphaned", 0)
    mirrored = "SELECT count(*) - count(reverses_id) - count(reverses_id) FROM ledger_entry"
    assert column(shop, mirrored) == [0]


def test_can_be_paid_anew_when_another_transaction_took_the_place_of_the_payment(
    shop: Shop, replaced: Purchase
) -> None:
    replaced.pay()

    assert differences(shop) == []
    assert (path(replaced), replaced.status) == (AGAIN, "succeeded")


def test_expires_when_another_transaction_took_the_place_of_the_payment(
    shop: Shop, replaced: Purchase
) -> None:
    shop.chain.move_time(3_600)
    shop.follow(blocks=3)

    shop.fire_timers()

    assert path(replaced) == [*BACK, "expired"]


class Disturbed(Intercepted):
    """The shop's own node; something happens as soon as it has answered its n-th question."""

    def __init__(self, shop: Shop, nth: int, happens: Callable[[], None]) -> None:
        self.happened = False
        numbers = count(1)

        def answer(ask: Callable[..., object], *of: object, **options: object) -> object:
            answered = ask(*of, **options)
            if next(numbers) == nth:
                happens()
                self.happened = True
            return answered

        honest = shop.container.networks[CHAIN_ID].followed.source
        super().__init__(honest, **dict.fromkeys(QUESTIONS, answer))


@pytest.mark.pitfall("W13")
@pytest.mark.parametrize("question", few({3}, range(3, 6)))
def test_pays_once_when_blocks_are_replaced_while_they_are_read(
    shop: Shop, payment: MovedPayment, question: int
) -> None:
    node = Disturbed(shop, question, payment.move)

    watcher(shop, node).advance(CHAIN_ID)
    shop.follow()

    assert node.happened
    assert differences(shop) == []
    assert path(payment.other) == ONCE
    assert path(payment.paid) in (ONCE, AGAIN)


@pytest.mark.deep
@pytest.mark.pitfall("W13")
@pytest.mark.parametrize("question", range(1, 8))
def test_pays_once_more_when_blocks_are_replaced_while_others_are_taken_back(
    shop: Shop, payment: MovedPayment, question: int
) -> None:
    shop.follow()
    payment.lose()
    node = Disturbed(shop, question, payment.move)

    watcher(shop, node).advance(CHAIN_ID)
    shop.follow()

    assert node.happened
    assert differences(shop) == []
    assert (path(payment.other), path(payment.paid)) == (ONCE, AGAIN)


def lock_blocks(tx: Transaction) -> None:
    """Whoever writes blocks has to wait."""
    tx.session.execute(text("LOCK TABLE chain_block IN SHARE MODE"))


def follow_while(shop: Shop, meanwhile: Callable[[], None]) -> None:
    """Something happens after the watcher's transaction has begun to write, and before its end."""
    container = shop.container
    uow, chains = container.get(UnitOfWork), container.get(Chains)
    second_waits_for_first(
        uow, container.engine, lock_blocks, lambda: chains.advance(CHAIN_ID), meanwhile
    ).result()
    shop.follow()


def test_pays_once_more_when_blocks_are_replaced_before_they_are_committed(
    shop: Shop, payment: MovedPayment
) -> None:
    follow_while(shop, payment.move)

    assert differences(shop) == []
    assert payment.log_indexes == [0, 1]
    assert (path(payment.other), path(payment.paid)) == (ONCE, AGAIN)


def test_pays_once_more_when_blocks_are_replaced_before_the_undoing_is_committed(
    shop: Shop, payment: MovedPayment
) -> None:
    shop.follow()
    payment.lose()

    follow_while(shop, payment.move)

    assert differences(shop) == []
    assert (path(payment.other), path(payment.paid)) == (ONCE, AGAIN)
