"""The shared vectors of order ids and cart hashes, by an EIP-712 encoder that is not ours.

`contracts/test/unit/orderId.t.sol` checks the same file against the contract.
"""

import json
from typing import Any

import pytest
from eth_account.messages import encode_typed_data
from eth_utils import keccak, to_bytes

from tests.contracts.conftest import CONTRACTS, ROOT

VECTORS = json.loads((CONTRACTS / "test" / "vectors" / "orders.json").read_text())
ARTIFACT = ROOT / "backend" / "souk" / "adapters" / "evm" / "artifacts" / "Escrow.json"


def _fields() -> list[dict[str, str]]:
    """The order's fields as the ABI has them, so that the ABI is under test as well."""
    abi = json.loads(ARTIFACT.read_text())["abi"]
    order_id = next(entry for entry in abi if entry.get("name") == "orderId")
    members = order_id["inputs"][0]["components"]
    return [{"name": member["name"], "type": member["type"]} for member in members]


def _value(kind: str, text: str) -> Any:
    if kind == "address":
        return text
    return to_bytes(hexstr=text) if kind == "bytes32" else int(text)


def _order_id(domain: dict[str, Any], order: dict[str, str]) -> bytes:
    fields = _fields()
    message = encode_typed_data(
        domain_data={
            "name": VECTORS["name"],
            "version": VECTORS["version"],
            "chainId": domain["chain_id"],
            "verifyingContract": domain["contract"],
        },
        message_types={"Order": fields},
        message_data={
            field["name"]: _value(field["type"], order[field["name"]]) for field in fields
        },
    )
    return keccak(b"\x19" + message.version + message.header + message.body)


@pytest.mark.parametrize("domain", VECTORS["domains"], ids=["local", "mainnet", "other contract"])
def test_order_ids_match_the_vectors_when_encoded_by_eth_account(domain: dict[str, Any]) -> None:
    ids = [_order_id(domain, order) for order in VECTORS["orders"]]
    assert ["0x" + each.hex() for each in ids] == domain["order_ids"]


@pytest.mark.parametrize("domain", VECTORS["domains"], ids=["local", "mainnet", "other contract"])
def test_cart_hashes_match_the_vectors_when_computed_from_ids(domain: dict[str, Any]) -> None:
    ids = [to_bytes(hexstr=each) for each in domain["order_ids"]]
    members = [[ids[index] for index in cart] for cart in VECTORS["carts"]]
    hashes = [cart[0] if len(cart) == 1 else keccak(b"".join(cart)) for cart in members]
    assert ["0x" + each.hex() for each in hashes] == domain["cart_hashes"]


def test_ids_are_all_different_when_order_chain_or_contract_differ() -> None:
    ids = [each for domain in VECTORS["domains"] for each in domain["order_ids"]]
    assert len(ids) == len(set(ids)) == 18
