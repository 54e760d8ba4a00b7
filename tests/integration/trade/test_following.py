"""What becomes of a payment by what the wallet sent: sped up, cancelled, reverted, lost, or wrapped
in a wallet that is a contract."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import Engine, text

from souk.adapters.evm.transactions import EvmTransactions
from souk.core.unit_of_work import UnitOfWork
from souk.embedded.anvil import CHAIN_ID
from souk.modules.chain.service import Chains
from souk.modules.payments.service import Following
from tests.support.chain_builders import DEPLOYER
from tests.support.purchases import GWEI, Purchase, SmartPurchase
from tests.support.shop import Shop
from tests.support.threads import at_once
from tests.support.waiting import eventually

UNKNOWN = "0x" + "ab" * 32
MINUTE = 60


@pytest.fixture
def purchase(shop: Shop) -> Purchase:
    return Purchase(shop)


def pass_minutes(shop: Shop, minutes: float) -> None:
    shop.chain.move_time(int(minutes * MINUTE))
    shop.follow(blocks=2)


def test_is_paid_once_when_the_wallet_speeds_the_payment_up(purchase: Purchase) -> None:
    nonce = purchase.nonce
    purchase.hand_in(purchase.send(nonce=nonce))
    purchase.look(blocks=0)
    purchase.send(nonce=nonce, tip=10 * GWEI)

    assert purchase.look() == 0

    assert (purchase.status, purchase.order_status) == ("succeeded", "paid")
    assert purchase.held == int(purchase.call["value"])


def test_leaves_a_payment_alone_that_is_seen_and_not_heard_of_yet(purchase: Purchase) -> None:
    nonce = purchase.nonce
    purchase.hand_in(purchase.send(nonce=nonce))
    purchase.look(blocks=0)
    purchase.send(nonce=nonce, tip=10 * GWEI)
    purchase.shop.chain.mine(2)
    purchase.shop.container.get(Chains).advance(CHAIN_ID)

    moved = purchase.shop.container.get(Following).follow_sent(CHAIN_ID)

    assert (moved, purchase.status) == (0, "submitted")


def test_awaits_the_payer_again_when_the_payment_was_cancelled_in_the_wallet(
    purchase: Purchase,
) -> None:
    nonce = purchase.nonce
    purchase.hand_in(purchase.send(nonce=nonce))
    purchase.look(blocks=0)
    purchase.cancel_in_wallet(nonce)
    assert (purchase.look(blocks=1), purchase.status) == (0, "submitted")

    assert purchase.look(blocks=1) == 1

    assert (purchase.status, purchase.page["status"]) == ("awaiting_payer", "PENDING")
    purchase.pay()
    assert (purchase.status, purchase.order_status) == ("succeeded", "paid")


def test_fails_when_the_payment_was_reverted_and_can_be_signed_again(purchase: Purchase) -> None:
    short = {**purchase.call, "value": str(int(purchase.call["value"]) - 1)}
    purchase.hand_in(purchase.send(short))
    assert (purchase.look(blocks=1), purchase.status) == (0, "submitted")

    assert purchase.look(blocks=1) == 1

    assert (purchase.status, purchase.page["status"]) == ("failed", "FAILED")
    assert "were due; ask for the call anew" in purchase.attempt["failure_reason"]
    assert purchase.ask_again()["attempt_id"] == purchase.attempt["id"]
    purchase.pay()
    assert (purchase.status, purchase.order_status) == ("succeeded", "paid")


def test_keeps_what_it_based_a_failure_on(purchase: Purchase, engine: Engine) -> None:
    sent = purchase.send({**purchase.call, "value": "1"})
    purchase.hand_in(sent)

    purchase.look()

    failed = text("SELECT evidence FROM payment_attempt_history WHERE to_status = 'failed'")
    with engine.connect() as connection:
        evidence = connection.execute(failed).scalar_one()
    assert evidence["transaction_hash"] == sent
    assert (evidence["fate"], evidence["refusal"]) == ("reverted", "escrow_amount_mismatch")


def test_is_paid_when_a_failed_payment_is_sent_again_without_asking(purchase: Purchase) -> None:
    purchase.hand_in(purchase.send({**purchase.call, "value": "1"}))
    purchase.look()

    purchase.send()
    purchase.shop.follow(blocks=2)

    assert (purchase.status, purchase.order_status) == ("succeeded", "paid")


def test_awaits_the_payer_again_when_the_network_has_dropped_the_payment(
    purchase: Purchase,
) -> None:
    purchase.hand_in(purchase.send(nonce=purchase.nonce + 1))
    for minutes in (1, 2):
        pass_minutes(purchase.shop, minutes)
        purchase.look(blocks=0)
    purchase.shop.chain.call("anvil_dropAllTransactions")
    pass_minutes(purchase.shop, 4)
    assert (purchase.look(blocks=0), purchase.status) == (0, "submitted")
    pass_minutes(purchase.shop, 1.5)

    assert purchase.look(blocks=0) == 1

    assert purchase.status == "awaiting_payer"
    purchase.pay()
    assert purchase.order_status == "paid"


def test_waits_as_long_as_the_network_knows_the_payment(purchase: Purchase) -> None:
    nonce = purchase.nonce
    sent = purchase.send(nonce=nonce + 1)
    purchase.hand_in(sent)
    for _ in range(3):
        pass_minutes(purchase.shop, 3)
        assert purchase.look(blocks=0) == 0

    assert purchase.status == "submitted"


def test_begins_anew_when_another_transaction_is_handed_in(purchase: Purchase) -> None:
    purchase.hand_in(UNKNOWN)
    purchase.look(blocks=0)
    pass_minutes(purchase.shop, 4)
    purchase.hand_in("0x" + "cd" * 32)
    purchase.look(blocks=0)
    pass_minutes(purchase.shop, 4)

    assert (purchase.look(blocks=0), purchase.status) == (0, "submitted")


def test_begins_anew_when_the_same_transaction_is_handed_in_again(purchase: Purchase) -> None:
    purchase.hand_in(UNKNOWN)
    purchase.look(blocks=0)
    pass_minutes(purchase.shop, 5.5)
    assert purchase.look(blocks=0) == 1
    purchase.hand_in(UNKNOWN)

    assert (purchase.look(blocks=0), purchase.status) == (0, "submitted")


def reverted_for_a_stranger(purchase: Purchase) -> str:
    """Somebody else's payment of something else, which was reverted."""
    other = Purchase(purchase.shop)
    return other.send({**other.call, "value": "1"})


def reverted_for_the_payer(purchase: Purchase) -> str:
    """The payer's own payment of something else, which was reverted."""
    other = Purchase(purchase.shop, purchase.buyer)
    return other.send({**other.call, "value": "1"})


def something_else(purchase: Purchase) -> str:
    """A transaction of the payer's that has nothing to do with any payment."""
    return purchase.send({"to": DEPLOYER, "data": "0x", "value": "1"})


@pytest.mark.parametrize(
    "unrelated", [reverted_for_a_stranger, reverted_for_the_payer, something_else]
)
def test_is_not_harmed_by_a_transaction_that_is_about_something_else(
    purchase: Purchase, unrelated: Callable[[Purchase], str]
) -> None:
    purchase.hand_in(unrelated(purchase))

    purchase.look()

    assert (purchase.status, purchase.page["status"]) == ("awaiting_payer", "PENDING")
    purchase.pay()
    assert purchase.order_status == "paid"


def test_is_paid_by_what_was_sent_whatever_was_handed_in(purchase: Purchase) -> None:
    purchase.send()
    purchase.hand_in(reverted_for_a_stranger(purchase))

    assert purchase.look() == 0

    assert (purchase.status, purchase.order_status) == ("succeeded", "paid")


@pytest.fixture
def smart(shop: Shop) -> SmartPurchase:
    return SmartPurchase(shop)


def test_is_paid_by_a_wallet_that_is_a_contract(smart: SmartPurchase) -> None:
    smart.hand_in(smart.execute(smart.call))

    assert smart.look() == 0

    assert (smart.status, smart.order_status) == ("succeeded", "paid")


@pytest.mark.parametrize(
    ("quiet", "says"), [(False, "were due"), (True, "went through and paid nothing")]
)
def test_fails_when_a_wallet_that_is_a_contract_does_not_pay(
    smart: SmartPurchase, quiet: bool, says: str
) -> None:
    smart.hand_in(smart.execute({**smart.call, "value": "1"}, quiet=quiet))

    assert smart.look() == 1

    assert smart.status == "failed"
    assert says in smart.attempt["failure_reason"]


class Meddling(EvmTransactions):
    """A reader beside which the payer does something else."""

    def __init__(self, shop: Shop, meanwhile: Callable[[], None]) -> None:
        found = shop.container.networks.items()
        super().__init__({chain_id: network.node for chain_id, network in found})
        self._meanwhile = meanwhile

    def why_reverted(self, *arguments, **more):
        self._meanwhile()
        return super().why_reverted(*arguments, **more)


def test_leaves_the_attempt_alone_when_another_transaction_was_handed_in_meanwhile(
    purchase: Purchase,
) -> None:
    container = purchase.shop.container
    reader = Meddling(purchase.shop, lambda: purchase.hand_in(UNKNOWN))
    following = Following(container.get(UnitOfWork), container.get(Chains), reader)
    purchase.hand_in(purchase.send({**purchase.call, "value": "1"}))
    purchase.shop.follow(blocks=2)

    moved = following.follow_sent(CHAIN_ID)

    assert (moved, purchase.status) == (0, "submitted")


def test_moves_an_attempt_once_when_several_workers_look_at_once(purchase: Purchase) -> None:
    purchase.hand_in(purchase.send({**purchase.call, "value": "1"}))
    purchase.shop.follow(blocks=2)
    following = purchase.shop.container.get(Following)

    moved = at_once(4, lambda _: following.follow_sent(CHAIN_ID))

    assert sum(moved) == 1
    steps = [step["to_status"] for step in purchase.attempt["history"]]
    assert steps.count("failed") == 1


def test_comes_to_every_attempt_when_there_are_more_than_a_batch(shop: Shop) -> None:
    waiting, reverted = Purchase(shop), Purchase(shop)
    waiting.hand_in(waiting.send(nonce=waiting.nonce + 1))
    reverted.hand_in(reverted.send({**reverted.call, "value": "1"}))
    shop.follow(blocks=2)
    container = shop.container
    reader = Meddling(shop, lambda: None)
    following = Following(container.get(UnitOfWork), container.get(Chains), reader, batch=1)

    moved = [following.follow_sent(CHAIN_ID) for _ in range(3)]

    assert (sum(moved), waiting.status, reverted.status) == (1, "submitted", "failed")


def test_keeps_no_trail_of_what_is_over(purchase: Purchase, engine: Engine) -> None:
    other = Purchase(purchase.shop)
    purchase.hand_in(purchase.send())
    other.hand_in(UNKNOWN)
    purchase.look(blocks=0)

    purchase.look()

    with engine.connect() as connection:
        trails = connection.execute(text("SELECT transaction_hash FROM payment_trail")).scalars()
        assert list(trails) == [UNKNOWN]


def test_is_looked_at_by_the_workers(purchase: Purchase) -> None:
    purchase.hand_in(purchase.send({**purchase.call, "value": "1"}))
    purchase.shop.follow(blocks=2)
    timers = purchase.shop.container.loops["timers"]

    with ThreadPoolExecutor(1) as pool:
        done = Event()
        running = pool.submit(timers.run, lambda: not done.is_set())
        eventually(lambda: purchase.status == "failed", what="the attempt failed")
        done.set()
        running.result(timeout=10)

    assert purchase.status == "failed"
