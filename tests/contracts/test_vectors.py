"""The shared vectors of order ids, cart hashes and settlements, by an EIP-712 encoder not ours.

`contracts/test/unit/orderId.t.sol` and `settleDigest.t.sol` check the same files against the
contract.
"""

import json
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak, to_bytes

from tests.contracts.conftest import CONTRACTS, ROOT

VECTORS = json.loads((CONTRACTS / "test" / "vectors" / "orders.json").read_text())
SETTLEMENTS = json.loads((CONTRACTS / "test" / "vectors" / "settlements.json").read_text())
DOMAINS = ["local", "mainnet", "other contract"]
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


def _digest(
    domain: dict[str, Any], kind: str, fields: list[dict[str, str]], message: dict[str, Any]
) -> bytes:
    signable = encode_typed_data(
        domain_data={
            "name": VECTORS["name"],
            "version": VECTORS["version"],
            "chainId": domain["chain_id"],
            "verifyingContract": domain["contract"],
        },
        message_types={kind: fields},
        message_data=message,
    )
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


def _order_id(domain: dict[str, Any], order: dict[str, str]) -> bytes:
    fields = _fields()
    values = {each["name"]: _value(each["type"], order[each["name"]]) for each in fields}
    return _digest(domain, "Order", fields, values)


def _settle_digest(domain: dict[str, Any], settlement: dict[str, str]) -> bytes:
    message = {
        "order": to_bytes(hexstr=domain["order_id"]),
        "toBuyer": int(settlement["to_buyer"]),
        "toSeller": int(settlement["to_seller"]),
        "remaining": int(settlement["remaining"]),
        "status": int(settlement["status"]),
        "validUntil": int(settlement["valid_until"]),
    }
    types = ("bytes32", "uint96", "uint96", "uint96", "uint8", "uint40")
    fields = [{"name": name, "type": kind} for name, kind in zip(message, types, strict=True)]
    return _digest(domain, "Settle", fields, message)


@pytest.mark.parametrize("domain", VECTORS["domains"], ids=DOMAINS)
def test_order_ids_match_the_vectors_when_encoded_by_eth_account(domain: dict[str, Any]) -> None:
    ids = [_order_id(domain, order) for order in VECTORS["orders"]]
    assert ["0x" + each.hex() for each in ids] == domain["order_ids"]


@pytest.mark.parametrize("domain", VECTORS["domains"], ids=DOMAINS)
def test_cart_hashes_match_the_vectors_when_computed_from_ids(domain: dict[str, Any]) -> None:
    ids = [to_bytes(hexstr=each) for each in domain["order_ids"]]
    members = [[ids[index] for index in cart] for cart in VECTORS["carts"]]
    hashes = [cart[0] if len(cart) == 1 else keccak(b"".join(cart)) for cart in members]
    assert ["0x" + each.hex() for each in hashes] == domain["cart_hashes"]


def test_ids_are_all_different_when_order_chain_or_contract_differ() -> None:
    ids = [each for domain in VECTORS["domains"] for each in domain["order_ids"]]
    assert len(ids) == len(set(ids)) == 18


@pytest.mark.parametrize("domain", SETTLEMENTS["domains"], ids=DOMAINS)
def test_settled_order_id_matches_the_vectors_when_encoded_by_eth_account(
    domain: dict[str, Any],
) -> None:
    assert "0x" + _order_id(domain, SETTLEMENTS["order"]).hex() == domain["order_id"]


@pytest.mark.parametrize("domain", SETTLEMENTS["domains"], ids=DOMAINS)
def test_settle_digests_match_the_vectors_when_encoded_by_eth_account(
    domain: dict[str, Any],
) -> None:
    digests = [_settle_digest(domain, each) for each in SETTLEMENTS["settlements"]]
    assert ["0x" + each.hex() for each in digests] == domain["settle_digests"]


@pytest.mark.parametrize("party", ["buyer", "seller"])
def test_parties_of_the_settlements_are_those_of_their_keys(party: str) -> None:
    assert Account.from_key(SETTLEMENTS[f"{party}_key"]).address == SETTLEMENTS["order"][party]
