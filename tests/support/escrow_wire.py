"""The escrow contract's calls, logs and revert data on the wire, from its specification.

Translates between what `escrow_terms` has and bytes. Shares no code with the product. Source:
Contract ABI Specification.
"""

from collections.abc import Mapping
from functools import cache

from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

from tests.support.escrow_chain import Log
from tests.support.escrow_terms import (
    COIN,
    NOBODY,
    OUTSIDE,
    Event,
    Kind,
    Order,
    Refusal,
    Status,
)

ORDER = (
    "(address,address,address,uint96,address,address,uint16,uint16,uint40,uint40,uint32,bytes32)"
)
ORDERS = ORDER + "[]"
# By the names that the model gives them.
FUNCTIONS = {
    "pay": ("pay", ORDERS),
    "pay_with_permit": ("payWithPermit", ORDERS, "uint256", "uint8", "bytes32", "bytes32"),
    "pay_with_authorization": ("payWithAuthorization", ORDERS, "uint256", "uint256", "bytes"),
    "pay_with_permit2": ("payWithPermit2", ORDERS, "uint256", "uint256", "bytes"),
    "fulfil": ("fulfil", ORDERS),
    "release": ("release", ORDERS),
    "refund": ("refund", ORDERS),
    "dispute": ("dispute", ORDER),
    "resolve": ("resolve", ORDER, "uint96"),
    "settle": ("settle", ORDER, "uint96", "uint96", "uint40", "bytes", "bytes"),
    "reimburse": ("reimburse", ORDER, "uint96"),
    "withdraw": ("withdraw", "address", "address"),
    "states": ("states", "bytes32"),
    "credits": ("credits", "address", "address"),
    # Of tokens and their mocks.
    "approve": ("approve", "address", "uint256"),
    "balanceOf": ("balanceOf", "address"),
    "mint": ("mint", "address", "uint256"),
    "treat": ("treat", "address", "uint8"),
    "treat itself": ("treat", "uint8"),
    "DOMAIN_SEPARATOR": ("DOMAIN_SEPARATOR",),
}
# A star marks an indexed word; after the colon stands what a word means, where that matters.
EVENTS = {
    "Paid": "bytes32:order*,address*,address*,address:token,uint96,bytes32:ref",
    "Fulfilled": "bytes32:order*,uint40",
    "Disputed": "bytes32:order*,address,uint40",
    "Settled": "bytes32:order*,uint8:kind,uint96,uint96,uint96,uint96",
    "Reimbursed": "bytes32:order*,uint96",
    "Credited": "address:token*,address*,uint256",
    "Withdrawn": "address:token*,address*,address,uint256",
}
ERRORS = {
    "BadOrder": "uint8",
    "BadState": "bytes32:order,uint8:status",
    "TooEarly": "uint40",
    "TooLate": "uint40",
    "NotParty": "address",
    "BadAmount": "uint256,uint256",
    "BadSignature": "address",
    "NothingDue": "",
    "BadRecipient": "address",
    "MoreGasNeeded": "uint256",
}
# What the compiler's own checks revert with is a defect of the contract, whoever was called.
PANIC = keccak(b"Panic(uint256)")[:4]


def _split(words: str) -> list[tuple[str, str, bool]]:
    """Type, meaning, and whether it is indexed, of each word."""
    found = []
    for word in filter(None, words.split(",")):
        kind, _, meaning = word.rstrip("*").partition(":")
        found.append((kind, meaning or kind, word.endswith("*")))
    return found


def _hash(name: str, words: str) -> bytes:
    return keccak(f"{name}({','.join(kind for kind, _, _ in _split(words))})".encode())


_TOPICS = {_hash(name, words): (name, _split(words)) for name, words in EVENTS.items()}
_SELECTORS = {_hash(name, words)[:4]: (name, _split(words)) for name, words in ERRORS.items()}


@cache
def _selector(name: str, *types: str) -> bytes:
    return keccak(f"{name}({','.join(types)})".encode())[:4]


class Wire:
    """Translates, given each name's address and the ids of the orders it has met."""

    def __init__(self, addresses: Mapping[str, bytes]) -> None:
        self._addresses = {COIN: bytes(20), NOBODY: bytes(20), **addresses}
        self._accounts = {each: name for name, each in addresses.items()} | {bytes(20): NOBODY}
        self._orders: dict[bytes, Order] = {}

    def address(self, name: str) -> bytes:
        """Where an account or token is."""
        return self._addresses[name]

    def meet(self, order: Order, order_id: bytes) -> None:
        """Recognise this order by its id from now on."""
        self._orders[order_id] = order

    def words(self, order: Order) -> tuple[object, ...]:
        """The order as its ABI type has it."""
        return (
            self.address(order.buyer),
            self.address(order.seller),
            self.address(order.token),
            order.amount,
            self.address(order.arbiter),
            self.address(order.fee_to),
            order.fee_bps,
            order.silent_bps,
            order.pay_by,
            order.fulfil_by,
            order.window,
            order.ref.to_bytes(32),
        )

    def call(self, function: str, *arguments: object) -> bytes:
        """Calldata; names stand for addresses."""
        name, *types = FUNCTIONS[function]
        encoded = encode(types, [self._encoded(each) for each in arguments])
        return _selector(name, *types) + encoded

    def event(self, log: Log) -> Event:
        """What a log of the contract says."""
        name, words = _TOPICS[log.topics[0]]
        topics = list(log.topics[1:])
        data = list(decode([kind for kind, _, indexed in words if not indexed], log.data))
        found = []
        for kind, meaning, indexed in words:
            value = decode([kind], topics.pop(0))[0] if indexed else data.pop(0)
            found.append(self._meant(meaning, value))
        return Event(name, tuple(found))

    def refusal(self, output: bytes) -> Refusal:
        """Why a call reverted."""
        if output[:4] not in _SELECTORS:
            return Refusal("Panic") if output[:4] == PANIC else OUTSIDE
        name, words = _SELECTORS[output[:4]]
        values = decode([kind for kind, _, _ in words], output[4:])
        meanings = [meaning for _, meaning, _ in words]
        return Refusal(name, tuple(map(self._meant, meanings, values)))

    def _encoded(self, value: object) -> object:
        if isinstance(value, Order):
            return self.words(value)
        if isinstance(value, tuple):
            return [self._encoded(each) for each in value]
        return self.address(value) if isinstance(value, str) else value

    def _meant(self, meaning: str, value: object) -> object:
        """A decoded word, read as what it stands for; unknown ones stay as they are."""
        if meaning in ("address", "token"):
            where = bytes.fromhex(str(value)[2:])
            if meaning == "token" and where == bytes(20):
                return COIN
            return self._accounts.get(where, value)
        if meaning == "order":
            return self._orders.get(value, value)
        readers = {"kind": Kind, "status": Status, "ref": int.from_bytes}
        return readers[meaning](value) if meaning in readers else value
