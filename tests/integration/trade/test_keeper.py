"""What the keeper settles when nobody else does."""

import pytest
from eth_account import Account
from sqlalchemy import Connection, text

from souk.core.addresses import checksum_address
from souk.core.errors import ProviderRejected
from souk.core.unit_of_work import UnitOfWork
from souk.embedded.anvil import CHAIN_ID, DEVELOPMENT_KEY
from souk.modules.chain.errors import NetworkFeeTooHigh
from souk.modules.chain.service import Chains, Upkeep
from souk.modules.payments.service import Payments
from souk.modules.trade.service import Keeper
from tests.support.shop import Person, Shop

_DAY = 24 * 3600


def _ship(shop: Shop, seller: Person, order_id: str) -> None:
    shop.sign(seller, shop.move(seller, order_id, "shipped").json()["action"])
    shop.follow(blocks=2)


def _keep(shop: Shop) -> int:
    sent = shop.keep()
    shop.follow(blocks=2)
    return sent


def test_releases_to_the_seller_when_the_buyers_time_is_over(shop: Shop) -> None:
    seller, buyer = shop.seller(), shop.person("buyer")
    order_id = shop.paid(buyer, (shop.listing(seller), 1))["orders"][0]["id"]
    _ship(shop, seller, order_id)
    shop.chain.move_time(13 * _DAY)
    shop.follow(blocks=2)

    assert _keep(shop) == 1

    order = shop.order(buyer, order_id)
    assert (order["status"], order["payment_status"]) == ("completed", "released")


def test_refunds_the_buyer_when_the_seller_never_ships(shop: Shop) -> None:
    seller, buyer = shop.seller(), shop.person("buyer")
    order_id = shop.paid(buyer, (shop.listing(seller), 1))["orders"][0]["id"]
    shop.chain.move_time(10 * _DAY)
    shop.follow(blocks=2)

    assert _keep(shop) == 1

    order = shop.order(buyer, order_id)
    assert (order["status"], order["payment_status"]) == ("cancelled", "refunded")


def test_tells_that_nobody_settles_when_something_is_overdue_and_there_is_no_key(
    shop: Shop,
) -> None:
    seller, buyer = shop.seller(), shop.person("buyer")
    shop.paid(buyer, (shop.listing(seller), 1))
    upkeep, keeper = shop.container.get(Upkeep), shop.container.get(Keeper)
    upkeep.report_missing_key(CHAIN_ID, keeper.count_overdue)
    before = _open_incidents(shop)

    shop.chain.move_time(10 * _DAY)
    shop.follow(blocks=2)
    upkeep.report_missing_key(CHAIN_ID, keeper.count_overdue)

    assert (before, _open_incidents(shop)) == ([], ["keeper_key_missing"])


def _open_incidents(shop: Shop) -> list[str]:
    with shop.container.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT reason FROM chain_incident WHERE closed_at IS NULL"
        )
        return [reason for (reason,) in rows]


def test_does_nothing_when_no_deadline_has_passed(shop: Shop) -> None:
    seller, buyer = shop.seller(), shop.person("buyer")
    order_id = shop.paid(buyer, (shop.listing(seller), 1))["orders"][0]["id"]

    assert _keep(shop) == 0

    assert shop.order(buyer, order_id)["status"] == "paid"


def test_settles_several_orders_in_one_transaction_when_they_are_due(shop: Shop) -> None:
    seller, buyer = shop.seller(), shop.person("buyer")
    listing = shop.listing(seller)
    orders = [shop.paid(buyer, (listing, 1))["orders"][0]["id"] for _ in range(3)]
    shop.chain.move_time(10 * _DAY)
    shop.follow(blocks=2)

    assert _keep(shop) == 1

    assert {shop.order(buyer, order)["status"] for order in orders} == {"cancelled"}


def test_settles_the_others_when_the_contract_refuses_one(shop: Shop) -> None:
    seller, buyer = shop.seller(), shop.person("buyer")
    listing = shop.listing(seller)
    sent, kept = (shop.paid(buyer, (listing, 1))["orders"][0]["id"] for _ in range(2))
    _ship(shop, seller, sent)
    shop.chain.move_time(13 * _DAY)
    shop.follow(blocks=2)
    # Mined, but not taken in yet: for us it is still due.
    shop.sign(seller, shop.move(seller, kept, "cancelled").json()["action"])

    _keep(shop)

    assert shop.order(buyer, sent)["status"] == "completed"


def test_sends_nothing_twice_when_asked_again_before_the_block(shop: Shop) -> None:
    seller, buyer = shop.seller(), shop.person("buyer")
    shop.paid(buyer, (shop.listing(seller), 1))
    shop.chain.move_time(10 * _DAY)
    shop.follow(blocks=2)
    assert shop.keep() == 1

    assert shop.keep() == 0


def _pinched(shop: Shop) -> Keeper:
    """A keeper whose batches have room for one leg."""
    container = shop.container
    parts = (container.get(UnitOfWork), container.get(Chains), container.get(Payments))
    return Keeper(*parts, max_batch=1)


def _two_due(shop: Shop) -> tuple[Person, Person, list[str]]:
    """Seller, buyer, and two orders whose seller's time is over, the longest overdue first."""
    seller, buyer = shop.seller(), shop.person("buyer")
    listing = shop.listing(seller)
    orders = [shop.paid(buyer, (listing, 1))["orders"][0]["id"] for _ in range(2)]
    shop.chain.move_time(10 * _DAY)
    shop.follow(blocks=2)
    return seller, buyer, orders


def test_goes_on_to_the_next_when_those_before_are_under_way(shop: Shop) -> None:
    _, buyer, orders = _two_due(shop)
    keeper = _pinched(shop)

    assert [keeper.settle_due(CHAIN_ID) for _ in range(3)] == [1, 1, 0]

    shop.follow(blocks=2)
    assert {shop.order(buyer, order)["status"] for order in orders} == {"cancelled"}


def test_goes_on_to_the_next_when_the_contract_refuses_the_one_before(shop: Shop) -> None:
    seller, buyer, (refused, next_one) = _two_due(shop)
    # Mined, but not taken in yet: for us it is still due.
    shop.sign(seller, shop.move(seller, refused, "cancelled").json()["action"])
    keeper = _pinched(shop)

    rounds = [keeper.settle_due(CHAIN_ID) for _ in range(4)]

    assert rounds == [1, 1, 1, 0]
    shop.follow(blocks=2)
    assert shop.order(buyer, next_one)["status"] == "cancelled"


def _make_batches_dear(shop: Shop) -> None:
    """A call for more than one order uses nine million gas first, as a token can see to."""
    escrow, moved = shop.deployment.escrow.address, "0x" + "e5" * 20
    shop.chain.call("anvil_setCode", moved, shop.chain.call("eth_getCode", escrow, "latest"))
    burn = "3661025811601657620557305b6001900380600c5750"
    delegate = f"5b365f5f375f5f365f73{moved[2:]}5af43d5f5f3e6040573d5ffd5b3d5ff3"
    shop.chain.call("anvil_setCode", escrow, "0x" + burn + delegate)


def test_settles_each_alone_when_together_they_use_too_much_gas(shop: Shop) -> None:
    _, buyer, orders = _two_due(shop)
    _make_batches_dear(shop)

    assert [_keep(shop) for _ in range(2)] == [1, 2]

    assert {shop.order(buyer, order)["status"] for order in orders} == {"cancelled"}


def test_waits_longer_each_time_when_the_contract_refuses_again(shop: Shop) -> None:
    seller, _, (refused, _) = _two_due(shop)
    shop.sign(seller, shop.move(seller, refused, "cancelled").json()["action"])
    keeper = _pinched(shop)
    for _ in range(4):
        keeper.settle_due(CHAIN_ID)
    tried = []
    for _ in range(6):
        shop.clock.advance(seconds=10)
        tried.append(keeper.settle_due(CHAIN_ID))

    assert tried == [1, 0, 1, 0, 0, 0]


def test_asks_each_contract_for_its_own_when_there_are_two(shop: Shop) -> None:
    _, _, (first, second) = _two_due(shop)
    older = checksum_address("0x" + "0e" * 20)
    with shop.container.engine.begin() as connection:
        stored = text("UPDATE payment_attempt_leg SET contract = :older WHERE order_id = :id")
        connection.execute(stored, {"older": older, "id": first})

    assert shop.keep() == 2

    with shop.container.engine.connect() as connection:
        refs = _by_key(connection, "SELECT order_id, substr(ref, 3) FROM payment_attempt_leg")
        sent = "SELECT target, encode(data, 'hex') FROM chain_transaction WHERE intent ~ '^kpr'"
        calls = _by_key(connection, sent)
    # A leg's reference stands in its terms, and so in the call that settles it.
    named = {to: {o for o, ref in refs.items() if ref in data} for to, data in calls.items()}
    assert named == {older: {first}, shop.deployment.escrow.address: {second}}


def test_asks_for_each_token_by_itself_when_there_are_two(shop: Shop) -> None:
    _, buyer, (first, second) = _two_due(shop)
    token = shop.deployment.tokens[0].address
    with shop.container.engine.begin() as connection:
        stored = text(
            "UPDATE payment_attempt_leg SET token = :token, asset = :asset WHERE order_id = :id"
        )
        asset = f"eip155:{CHAIN_ID}/erc20:{token}"
        connection.execute(stored, {"token": token, "asset": asset, "id": first})

    assert _keep(shop) == 2

    # The other knows nothing of it, whatever becomes of the token's.
    assert shop.order(buyer, second)["status"] == "cancelled"


def _by_key(connection: Connection, sql: str) -> dict[str, str]:
    """Rows of two columns."""
    return dict(connection.execute(text(sql)).tuples().all())


@pytest.mark.pitfall("K2")
def test_settles_all_the_same_when_its_transaction_was_lost(shop: Shop) -> None:
    _, buyer, orders = _two_due(shop)
    assert shop.keep() == 1
    shop.chain.call("anvil_dropAllTransactions")
    _use_next_nonce(shop)
    # By then the block that used it is final.
    shop.follow(blocks=33)
    shop.container.get(Chains).rebroadcast(CHAIN_ID)

    assert _keep(shop) == 1

    assert {shop.order(buyer, order)["status"] for order in orders} == {"cancelled"}


def _use_next_nonce(shop: Shop) -> None:
    """Somebody else sends from the keeper's account."""
    keeper = Account.from_key(DEVELOPMENT_KEY)
    call = {"to": keeper.address, "data": "0x", "value": 0, "chain_id": CHAIN_ID}
    shop.send(Person(keeper, token="", account_id=""), call)


def test_waits_until_the_network_takes_no_more_than_may_be_paid(shop: Shop) -> None:
    _, buyer, orders = _two_due(shop)
    _charge(shop, 10**12)
    with pytest.raises(NetworkFeeTooHigh):
        shop.keep()
    _charge(shop, 10**9)

    assert _keep(shop) == 1

    assert {shop.order(buyer, order)["status"] for order in orders} == {"cancelled"}


def _charge(shop: Shop, base_fee: int) -> None:
    """The network takes so much, in wei a gas."""
    shop.chain.call("anvil_setNextBlockBaseFeePerGas", hex(base_fee))
    shop.follow(blocks=1)


def test_sends_the_same_batch_when_the_account_could_not_pay_for_it(shop: Shop) -> None:
    seller, buyer = shop.seller(), shop.person("buyer")
    order_id = shop.paid(buyer, (shop.listing(seller), 1))["orders"][0]["id"]
    shop.chain.move_time(10 * _DAY)
    shop.follow(blocks=2)
    keeper = Account.from_key(DEVELOPMENT_KEY).address
    shop.chain.call("anvil_setBalance", keeper, "0x0")
    with pytest.raises(ProviderRejected):
        shop.keep()
    shop.chain.call("anvil_setBalance", keeper, hex(10**20))

    assert _keep(shop) == 1

    assert shop.order(buyer, order_id)["status"] == "cancelled"
