"""What identifies an order, a cart and an offer in `Escrow.sol`. Pure.

Source: EIP-712. The domain is the contract's name and version, the chain, and the contract.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from souk.core.addresses import Address
from souk.modules.payments.domain import EscrowOrder

ORDER_FIELDS = (
    ("buyer", "address"),
    ("seller", "address"),
    ("token", "address"),
    ("amount", "uint96"),
    ("arbiter", "address"),
    ("feeTo", "address"),
    ("feeBps", "uint16"),
    ("silentBps", "uint16"),
    ("payBy", "uint40"),
    ("fulfilBy", "uint40"),
    ("window", "uint32"),
    ("ref", "bytes32"),
)
SETTLE_FIELDS = (
    ("order", "bytes32"),
    ("toBuyer", "uint96"),
    ("toSeller", "uint96"),
    ("remaining", "uint96"),
    ("status", "uint8"),
    ("validUntil", "uint40"),
)


def struct_type(name: str, fields: Sequence[tuple[str, str]]) -> str:
    """The type of a struct as EIP-712 spells it."""
    return f"{name}({','.join(f'{kind} {field}' for field, kind in fields)})"


_ORDER_TYPEHASH = keccak(struct_type("Order", ORDER_FIELDS).encode())
_SETTLE_TYPEHASH = keccak(struct_type("Settle", SETTLE_FIELDS).encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningDomain:
    """For whom a signature is meant (EIP-712, EIP-5267): what a contract leaves out is `None`.
    `salt` is 0x-hex."""

    name: str | None = None
    version: str | None = None
    chain_id: int | None = None
    contract: Address | None = None
    salt: str | None = None

    @property
    def fields(self) -> list[tuple[str, str, str | int]]:
        """Name, type and value of what is there, in the order of the standard."""
        every = (
            ("name", "string", self.name),
            ("version", "string", self.version),
            ("chainId", "uint256", self.chain_id),
            ("verifyingContract", "address", self.contract),
            ("salt", "bytes32", self.salt),
        )
        return [(name, kind, value) for name, kind, value in every if value is not None]

    @property
    def separator(self) -> bytes:
        """The hash that a contract gives as its `DOMAIN_SEPARATOR`."""
        spelled = struct_type("EIP712Domain", [(name, kind) for name, kind, _ in self.fields])
        types = ["bytes32" if kind == "string" else kind for _, kind, _ in self.fields]
        values = [_domain_value(kind, value) for _, kind, value in self.fields]
        return keccak(keccak(spelled.encode()) + encode(types, values))


def _domain_value(kind: str, value: str | int) -> bytes | str | int:
    if kind == "string":
        return keccak(text=str(value))
    return bytes.fromhex(str(value)[2:]) if kind == "bytes32" else value


def escrow_domain(chain_id: int, contract: Address) -> SigningDomain:
    """The domain of an escrow contract."""
    return SigningDomain(name="Souk Escrow", version="1", chain_id=chain_id, contract=contract)


def order_values(order: EscrowOrder) -> tuple[str | int | bytes, ...]:
    """The fields of the contract's `Order`, in its order."""
    return (
        order.buyer,
        order.seller,
        order.token,
        order.amount,
        order.arbiter,
        order.fee_to,
        order.fee_bps,
        order.silent_bps,
        order.pay_by,
        order.fulfil_by,
        order.window,
        bytes.fromhex(order.ref[2:]),
    )


def order_id(order: EscrowOrder, *, chain_id: int, contract: Address) -> str:
    """The id of an order: its EIP-712 digest under the contract's domain, as 0x-hex."""
    types = [kind for _, kind in ORDER_FIELDS]
    struct = keccak(_ORDER_TYPEHASH + encode(types, order_values(order)))
    return _digest(struct, chain_id=chain_id, contract=contract)


def cart_hash(order_ids: Sequence[str]) -> str:
    """What a payment of these orders together is known by: the only id, or the hash of all, as
    0x-hex."""
    if len(order_ids) == 1:
        return order_ids[0]
    return "0x" + keccak(b"".join(bytes.fromhex(one[2:]) for one in order_ids)).hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The contract's `Settle`: a division of an order's money, bound to what is held (`remaining`)
    and to the `status` at which it was made, so that either's change makes it void."""

    escrow_id: str
    to_buyer: int
    to_seller: int
    remaining: int
    status: int
    valid_until: int


def settle_digest(offer: Offer, *, chain_id: int, contract: Address) -> str:
    """What a party signs to agree to an offer, as 0x-hex."""
    values = (
        bytes.fromhex(offer.escrow_id[2:]),
        offer.to_buyer,
        offer.to_seller,
        offer.remaining,
        offer.status,
        offer.valid_until,
    )
    struct = keccak(_SETTLE_TYPEHASH + encode([kind for _, kind in SETTLE_FIELDS], values))
    return _digest(struct, chain_id=chain_id, contract=contract)


def _digest(struct: bytes, *, chain_id: int, contract: Address) -> str:
    separator = escrow_domain(chain_id, contract).separator
    return "0x" + keccak(b"\x19\x01" + separator + struct).hex()
