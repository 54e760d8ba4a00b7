"""Reading the logs of `Escrow.sol` (Contract ABI Specification, section Events)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from eth_utils.crypto import keccak

from souk.core.addresses import checksum_address
from souk.modules.chain.domain import DecodedEvent, EscrowFactKind, RawLog


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    type: str
    indexed: bool = False


@dataclass(frozen=True)
class _Shape:
    solidity_name: str
    kind: EscrowFactKind
    fields: tuple[_Field, ...]

    @property
    def topic(self) -> str:
        types = ",".join(field.type for field in self.fields)
        return "0x" + keccak(f"{self.solidity_name}({types})".encode()).hex()

    @cached_property
    def indexed(self) -> tuple[_Field, ...]:
        return tuple(field for field in self.fields if field.indexed)

    @cached_property
    def plain(self) -> tuple[_Field, ...]:
        return tuple(field for field in self.fields if not field.indexed)


def _indexed(name: str, kind: str) -> _Field:
    return _Field(name, kind, indexed=True)


_ID = _indexed("id", "bytes32")
_ACCOUNT = (_indexed("token", "address"), _indexed("who", "address"))
_SHAPES = (
    _Shape(
        "Paid",
        EscrowFactKind.PAID,
        (
            _ID,
            _indexed("buyer", "address"),
            _indexed("seller", "address"),
            _Field("token", "address"),
            _Field("amount", "uint96"),
            _Field("ref", "bytes32"),
        ),
    ),
    _Shape("Fulfilled", EscrowFactKind.FULFILLED, (_ID, _Field("deadline", "uint40"))),
    _Shape(
        "Disputed",
        EscrowFactKind.DISPUTED,
        (_ID, _Field("by", "address"), _Field("deadline", "uint40")),
    ),
    _Shape(
        "Settled",
        EscrowFactKind.SETTLED,
        (
            _ID,
            _Field("kind", "uint8"),
            _Field("to_buyer", "uint96"),
            _Field("to_seller", "uint96"),
            _Field("fee", "uint96"),
            _Field("remaining", "uint96"),
        ),
    ),
    _Shape("Reimbursed", EscrowFactKind.REIMBURSED, (_ID, _Field("amount", "uint96"))),
    _Shape("Credited", EscrowFactKind.CREDITED, (*_ACCOUNT, _Field("amount", "uint256"))),
    _Shape(
        "Withdrawn",
        EscrowFactKind.WITHDRAWN,
        (*_ACCOUNT, _Field("to", "address"), _Field("amount", "uint256")),
    ),
)


class EscrowEventDecoder:
    """The `EventDecoder` for the escrow contract.

    Arguments carry the contract's names in snake_case: `buyer, seller, token, amount, ref` of
    paid; `deadline` of fulfilled; `by, deadline` of disputed; `kind, to_buyer, to_seller, fee,
    remaining` of settled; `amount` of reimbursed; `token, who, amount` of credited, and `to` of
    withdrawn. The id is not repeated among them.
    """

    def __init__(self) -> None:
        self._shapes = {shape.topic: shape for shape in _SHAPES}

    @property
    def topics(self) -> frozenset[str]:
        """The first topics of all events of the contract that carry a fact."""
        return frozenset(self._shapes)

    def decode(self, log: RawLog) -> DecodedEvent | None:
        """The fact in a log; `None` if its first topic or its form is of something else."""
        shape = self._shapes.get(log.topics[0]) if log.topics else None
        if shape is None:
            return None
        args = _arguments(shape, log)
        if args is None:
            return None
        escrow_id = args.pop("id", None) or f"{args['token']}:{args['who']}"
        return DecodedEvent(shape.kind, escrow_id, args)


def _arguments(shape: _Shape, log: RawLog) -> dict[str, str] | None:
    """Every type of ours is a word of 32 bytes, so that nothing has to be looked up in them."""
    topics, data = log.topics[1:], log.data.hex()
    if len(topics) != len(shape.indexed) or len(data) != _DIGITS * len(shape.plain):
        return None
    words = [topic[2:] for topic in topics]
    words += [data[start : start + _DIGITS] for start in range(0, len(data), _DIGITS)]
    values = {}
    for field, word in zip((*shape.indexed, *shape.plain), words, strict=True):
        digits = _SIGNIFICANT[field.type]
        if word.count("0", 0, -digits) != _DIGITS - digits:
            return None
        values[field.name] = _RENDER[field.type](word[-digits:])
    return values


_DIGITS = 64
"""Hexadecimal digits of a word."""

_SIGNIFICANT = {
    "address": 40,
    "bytes32": 64,
    "uint8": 2,
    "uint40": 10,
    "uint96": 24,
    "uint256": 64,
}


def _whole(digits: str) -> str:
    return str(int(digits, 16))


_RENDER: dict[str, Callable[[str], str]] = {
    "address": lambda digits: checksum_address("0x" + digits),
    "bytes32": lambda digits: "0x" + digits,
    "uint8": _whole,
    "uint40": _whole,
    "uint96": _whole,
    "uint256": _whole,
}
