"""The proof of an escrow: who gets it, when, and that it stays."""

import json
from itertools import count

import pytest
from eth_utils.crypto import keccak

from souk.adapters.evm.proofs.checking import check
from souk.core import migrations
from souk.core.addresses import parse_address
from souk.modules.trade.schemas.receipts import ReceiptOut
from tests.support.chain_builders import BUYER, SELLER, EscrowOnChain
from tests.support.receipts import a_paid_order, decode, prove, receipt, walk
from tests.support.shop import Shop


def test_gives_a_receipt_that_holds_when_the_payment_is_proved(shop: Shop) -> None:
    buyer, seller, order_id = a_paid_order(shop)
    prove(shop)

    shown = receipt(shop, buyer, order_id)

    assert check(json.dumps(shown).encode()).paper.order_id == order_id
    assert ReceiptOut.model_validate(shown).model_dump(mode="json") == shown
    assert receipt(shop, seller, order_id) == shown


def test_leads_to_the_nodes_own_log_when_it_is_followed_by_hand(shop: Shop) -> None:
    buyer, _, order_id = a_paid_order(shop)
    prove(shop)

    [proof] = receipt(shop, buyer, order_id)["proofs"]

    header, *nodes = (bytes.fromhex(one[2:]) for one in (proof["header"], *proof["nodes"]))
    left = walk(decode(header)[5], int(proof["transaction_index"]), nodes)
    log = decode(left[1:])[3][int(proof["log_position"])]
    block = shop.chain.call("eth_getBlockByNumber", hex(int(proof["block"]["number"])), False)
    given = shop.chain.call("eth_getTransactionReceipt", proof["claimed"]["transaction_hash"])
    assert "0x" + keccak(header).hex() == block["hash"] == proof["block"]["hash"]
    assert ["0x" + topic.hex() for topic in log[1]] == given["logs"][0]["topics"]
    assert "0x" + log[2].hex() == given["logs"][0]["data"]


def test_proves_each_order_of_a_cart_by_its_own_log(shop: Shop) -> None:
    first, second, buyer = shop.seller("first"), shop.seller("second"), shop.person("buyer")
    placed = shop.paid(buyer, (shop.listing(first), 1), (shop.listing(second, cents=700), 3))
    prove(shop)

    receipts = [receipt(shop, buyer, order["id"]) for order in placed["orders"]]

    positions = [one["proofs"][0]["log_position"] for one in receipts]
    assert sorted(positions) == ["0", "1"]
    assert len({check(json.dumps(one).encode()).amount for one in receipts}) == 2


def test_proves_what_became_of_the_money_when_it_was_released(shop: Shop) -> None:
    buyer, seller, order_id = a_paid_order(shop)
    shop.sign(seller, shop.move(seller, order_id, "shipped").json()["action"])
    shop.follow(blocks=2)
    shop.sign(buyer, shop.move(buyer, order_id, "completed").json()["action"])
    shop.follow(blocks=2)
    prove(shop)

    shown = receipt(shop, buyer, order_id)

    assert [proof["fact"] for proof in shown["proofs"]] == ["paid", "fulfilled", "settled"]
    check(json.dumps(shown).encode())


def test_rises_with_the_level_of_the_block(shop: Shop) -> None:
    buyer, _, order_id = a_paid_order(shop)
    prove(shop)
    before = receipt(shop, buyer, order_id)

    shop.follow(blocks=40)

    after = receipt(shop, buyer, order_id)
    levels = [shown["proofs"][0].pop("claimed")["level"] for shown in (before, after)]
    assert levels == ["confirmed", "final"]
    assert before == after


def test_proves_a_payment_that_was_final_when_it_was_first_read(shop: Shop) -> None:
    seller, buyer = shop.seller(), shop.person("buyer")
    placed = shop.place(buyer, (shop.listing(seller), 1))
    [call] = placed["payment"]["action"]["calls"]
    shop.send(buyer, call)
    shop.follow(blocks=100)
    prove(shop)

    [proof] = receipt(shop, buyer, placed["orders"][0]["id"])["proofs"]

    assert proof["claimed"]["level"] == "final"


def test_proves_the_block_that_took_the_place_when_the_payment_is_mined_again(shop: Shop) -> None:
    seller, buyer = shop.seller(), shop.person("buyer")
    placed = shop.place(buyer, (shop.listing(seller), 1))
    [call] = placed["payment"]["action"]["calls"]
    nonce = shop.chain.call("eth_getTransactionCount", buyer.address, "latest")
    shop.send(buyer, call)
    shop.follow(blocks=2)
    prove(shop)
    order_id = placed["orders"][0]["id"]
    [before] = receipt(shop, buyer, order_id)["proofs"]

    shop.chain.call("anvil_reorg", 3, [])
    assert shop.chain.call("eth_getTransactionCount", buyer.address, "latest") == nonce
    shop.chain.mine()
    shop.send(buyer, call)
    shop.follow(blocks=3)
    prove(shop)

    shown = receipt(shop, buyer, order_id)
    [after] = shown["proofs"]
    assert before["claimed"]["transaction_hash"] == after["claimed"]["transaction_hash"]
    assert before["block"]["hash"] != after["block"]["hash"]
    check(json.dumps(shown).encode())


def test_proves_what_counted_before_anybody_asked_for_proofs(shop: Shop) -> None:
    buyer, _, order_id = a_paid_order(shop)
    migrations.downgrade(shop.container.engine, "0051")

    migrations.upgrade(shop.container.engine)

    assert prove(shop) == 1
    check(json.dumps(receipt(shop, buyer, order_id)).encode())


def test_says_that_it_comes_when_the_proof_is_not_made_yet(shop: Shop) -> None:
    buyer, _, order_id = a_paid_order(shop)

    answer = shop.ask(buyer, "GET", f"/api/orders/{order_id}/receipt")

    assert (answer.status_code, answer.json()["code"]) == (409, "receipt_not_yet")


def test_says_that_there_is_none_when_nothing_was_paid(shop: Shop) -> None:
    seller, buyer = shop.seller(), shop.person("buyer")
    order_id = shop.place(buyer, (shop.listing(seller), 1))["orders"][0]["id"]

    answer = shop.ask(buyer, "GET", f"/api/orders/{order_id}/receipt")

    assert (answer.status_code, answer.json()["code"]) == (404, "no_escrow_receipt")


@pytest.mark.pitfall("H3")
def test_hides_the_receipt_when_a_stranger_asks(shop: Shop) -> None:
    _, _, order_id = a_paid_order(shop)
    prove(shop)

    answer = shop.ask(shop.person("stranger"), "GET", f"/api/orders/{order_id}/receipt")

    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_order")


def test_proves_nothing_when_the_escrow_is_a_strangers(shop: Shop) -> None:
    contract = parse_address(shop.deployment.escrow.address)
    EscrowOnChain(shop.chain, contract, count(1)).paid()

    shop.follow(blocks=2)

    assert prove(shop) == 0


@pytest.mark.parametrize("before", [1, 20, 140])
def test_proves_a_payment_when_its_block_is_crowded(shop: Shop, before: int) -> None:
    seller, buyer = shop.seller(), shop.person("buyer")
    placed = shop.place(buyer, (shop.listing(seller), 1))
    crowd(shop, before)
    [call] = placed["payment"]["action"]["calls"]
    shop.send(buyer, call)
    shop.follow(blocks=2)
    prove(shop)

    shown = receipt(shop, buyer, placed["orders"][0]["id"])

    assert int(shown["proofs"][0]["transaction_index"]) == before
    check(json.dumps(shown).encode())


def crowd(shop: Shop, transactions: int) -> None:
    """Others' transactions, which offer more and go first; some have logs of the contract's."""
    fees = {"maxFeePerGas": hex(200 * 10**9), "maxPriorityFeePerGas": hex(9 * 10**9)}
    others = EscrowOnChain(shop.chain, parse_address(shop.deployment.escrow.address), count(1))
    for _ in range(min(transactions, 15)):
        others.pay(others.terms(), fees=fees)
    for _ in range(transactions - 15):
        plain = {"from": BUYER, "to": SELLER, "gas": hex(21_000), **fees}
        shop.chain.call("eth_sendTransaction", plain)
