"""Transactions as they are sent in: signed bytes, read with nothing of the product."""

from collections.abc import Mapping
from dataclasses import dataclass

import rlp
from eth_abi.abi import decode
from eth_account import Account
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from tests.support.simchain.escrow import Order

_ORDERS = (
    "(address,address,address,uint96,address,address,uint16,uint16,uint40,uint40,uint32,bytes32)[]"
)
_VERBS = {keccak(f"{verb}({_ORDERS})".encode())[:4]: verb for verb in ("release", "refund")}


@dataclass(frozen=True)
class Letter:
    """A signed call of the contract; `fee` is the most that it pays for a unit of gas in wei."""

    hash: str
    sender: str
    chain_id: int
    nonce: int
    fee: int
    tip: int
    gas: int
    verb: str
    orders: tuple[Order, ...]


def read(raw: bytes, orders: Mapping[str, Order]) -> Letter:
    """A transaction of EIP-1559; `orders` are all that there are, by their ref."""
    chain, nonce, tip, fee, gas, _to, _value, data, *_ = rlp.decode(raw[1:])
    verb, about = call(data, orders)
    numbers = [int.from_bytes(each, "big") for each in (chain, nonce, fee, tip, gas)]
    sender = to_checksum_address(Account.recover_transaction(raw))
    return Letter("0x" + keccak(raw).hex(), sender, *numbers, verb, about)


def call(data: bytes, orders: Mapping[str, Order]) -> tuple[str, tuple[Order, ...]]:
    """What a call asks for, and about which orders: an order is meant when all its terms are."""
    [structs] = decode([_ORDERS], data[4:])
    meant = (orders.get("0x" + struct[-1].hex()) for struct in structs)
    return _VERBS[data[:4]], tuple(
        order
        for order, said in zip(meant, structs, strict=True)
        if order is not None and _terms(order) == said[:4]
    )


def _terms(order: Order) -> tuple[object, ...]:
    return order.buyer.lower(), order.seller.lower(), order.token.lower(), order.amount
