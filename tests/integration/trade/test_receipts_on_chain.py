"""What a node says of a receipt that holds."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from souk.entrypoints import cli
from tests.support.receipts import a_paid_order, prove, receipt, text_of
from tests.support.shop import Shop

Verify = Callable[[dict], dict]


@pytest.fixture
def verify(shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Verify:
    """Has the command ask the shop's node, and reads what it says."""

    def run(document: dict) -> dict:
        file = tmp_path / "receipt.json"
        file.write_bytes(text_of(document))
        code = cli.main(["verify-receipt", str(file), "--rpc", shop.chain.url, "--json"])
        said = json.loads(capsys.readouterr().out)
        assert code == (0 if said["holds"] else 1)
        return said

    return run


def shown(shop: Shop) -> dict:
    """The receipt of an order that was paid."""
    buyer, _, order_id = a_paid_order(shop)
    prove(shop)
    return receipt(shop, buyer, order_id)


def test_holds_and_says_how_deep_when_the_block_is_the_chains(shop: Shop, verify: Verify) -> None:
    said = verify(shown(shop))

    assert [(p["canonical"], p["level"], p["depth"]) for p in said["proofs"]] == [
        (True, "included", 3)
    ]


def test_says_that_it_is_final_when_it_is(shop: Shop, verify: Verify) -> None:
    document = shown(shop)
    shop.chain.mine(40)

    assert verify(document)["proofs"][0]["level"] == "final"


def test_does_not_hold_when_the_block_left_the_chain(shop: Shop, verify: Verify) -> None:
    # A node that was put back knows the state of no block before that.
    shop.chain.mine(4)
    document = shown(shop)
    shop.chain.call("anvil_reorg", 4, [])
    shop.chain.mine(4)

    assert verify(document)["check"] == "canonical"


def test_does_not_hold_when_a_level_is_claimed_that_is_not_reached(
    shop: Shop, verify: Verify
) -> None:
    document = shown(shop)
    document["proofs"][0]["claimed"]["level"] = "final"

    assert verify(document)["check"] == "level"


def test_does_not_hold_when_another_transaction_is_claimed(shop: Shop, verify: Verify) -> None:
    document = shown(shop)
    document["proofs"][0]["claimed"]["transaction_hash"] = "0x" + "1" * 64

    assert verify(document)["check"] == "transaction"


def test_tells_nothing_of_the_address_when_the_node_is_away(
    shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "receipt.json"
    file.write_bytes(text_of(shown(shop)))

    code = cli.main(["verify-receipt", str(file), "--rpc", "http://127.0.0.1:9/v2/a-secret-key"])

    said = capsys.readouterr()
    assert (code, said.out.partition(":")[0]) == (1, "DOES NOT HOLD  node")
    assert "a-secret-key" not in said.out + said.err
