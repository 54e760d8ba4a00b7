"""Calldata against the contract's ABI."""

import json
from importlib import resources

import pytest
from eth_abi.abi import decode, encode
from eth_utils.abi import abi_to_signature, collapse_if_tuple
from eth_utils.crypto import keccak

from souk.adapters.evm.escrow import calls
from souk.adapters.evm.escrow.calls import Validity
from souk.adapters.evm.escrow.hashes import order_values
from souk.modules.payments.domain import Split
from tests.support.escrow_vectors import ORDERS

ABI = json.loads(resources.files("souk.adapters.evm").joinpath("artifacts/Escrow.json").read_text())
FUNCTIONS = {entry["name"]: entry for entry in ABI["abi"] if entry["type"] == "function"}
ORDER, CART = ORDERS[0], ORDERS[:2]
TERMS, ALL_TERMS = order_values(ORDER), tuple(order_values(order) for order in CART)
WHO, TO = ORDER.buyer, ORDER.seller
SIGNED = bytes(range(65))
SPLIT = Split(to_buyer=1, to_seller=2, valid_until=3)
CALLS = {
    "pay": (calls.pay(CART), (ALL_TERMS,)),
    "payWithPermit": (
        calls.pay_with_permit(CART, 7, SIGNED),
        (ALL_TERMS, 7, SIGNED[64], SIGNED[:32], SIGNED[32:64]),
    ),
    "payWithAuthorization": (
        calls.pay_with_authorization(CART, Validity(after=1, before=9), SIGNED),
        (ALL_TERMS, 1, 9, SIGNED),
    ),
    "payWithPermit2": (calls.pay_with_permit2(CART, 5, 7, SIGNED), (ALL_TERMS, 5, 7, SIGNED)),
    "fulfil": (calls.fulfil(CART), (ALL_TERMS,)),
    "release": (calls.release(CART), (ALL_TERMS,)),
    "refund": (calls.refund(CART), (ALL_TERMS,)),
    "dispute": (calls.dispute(ORDER), (TERMS,)),
    "resolve": (calls.resolve(ORDER, 6), (TERMS, 6)),
    "settle": (
        calls.settle(ORDER, SPLIT, buyer_signature=SIGNED, seller_signature=b""),
        (TERMS, 1, 2, 3, SIGNED, b""),
    ),
    "reimburse": (calls.reimburse(ORDER, 8), (TERMS, 8)),
    "withdraw": (calls.withdraw(WHO, TO), (WHO.lower(), TO.lower())),
}


def test_can_call_every_function_that_changes_something() -> None:
    changing = {name for name, entry in FUNCTIONS.items() if entry["stateMutability"] != "view"}

    assert set(CALLS) == changing


@pytest.mark.parametrize("name", CALLS)
def test_encodes_a_call_as_the_abi_has_it(name) -> None:
    data, arguments = CALLS[name]
    raw, entry = bytes.fromhex(data[2:]), FUNCTIONS[name]
    types = [collapse_if_tuple(argument) for argument in entry["inputs"]]

    assert raw[:4] == keccak(abi_to_signature(entry).encode())[:4]
    assert raw[4:] == encode(types, arguments)


def test_reads_the_state_that_the_contract_keeps() -> None:
    answer = encode(["uint256"] * 4, [1, 2, 3, 4])

    assert calls.decode_states(answer) == calls.EscrowState(1, 2, 3, 4)
    assert calls.read_states("0x" + "ab" * 32)[4:] == b"\xab" * 32


@pytest.mark.parametrize("data", [b"", bytes(64), encode(["uint256"] * 4, [1, 2, 3, 200])])
def test_reads_no_state_from_what_is_no_escrows_answer(data) -> None:
    assert calls.decode_states(data) is None


@pytest.mark.parametrize("data", [b"", bytes(31), bytes(33)])
def test_reads_no_amount_from_what_is_none(data) -> None:
    assert calls.decode_amount(data) is None


@pytest.mark.parametrize("data", [b"", bytes(20), b"\x01" + bytes(31)])
def test_reads_no_address_from_what_is_none(data) -> None:
    assert calls.decode_address(data) is None


def test_reads_an_address_with_its_checksum() -> None:
    assert calls.decode_address(encode(["address"], [WHO])) == WHO


@pytest.mark.parametrize(
    ("data", "name", "arguments"),
    [
        (calls.read_credits(WHO, TO), "credits", (WHO.lower(), TO.lower())),
        (calls.read_permit2(), "permit2", ()),
    ],
)
def test_asks_the_views_as_the_abi_has_them(data, name, arguments) -> None:
    entry = FUNCTIONS[name]
    types = [argument["type"] for argument in entry["inputs"]]

    assert data[:4] == keccak(abi_to_signature(entry).encode())[:4]
    assert decode(types, data[4:]) == arguments
