"""Signatures for tests of the escrow contract: EIP-712 digests from their specifications.

Shares no code with the product. Sources: EIP-712, EIP-2612, EIP-3009, Uniswap's Permit2.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from eth_abi.abi import encode
from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak

from tests.support.escrow_terms import (
    ESCROW,
    PERMIT2,
    Authorization,
    Offer,
    Order,
    Permit,
    Permit2Transfer,
)
from tests.support.escrow_wire import ORDER, Wire

_DOMAIN = keccak(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
_ORDER = keccak(
    b"Order(address buyer,address seller,address token,uint96 amount,address arbiter,"
    b"address feeTo,uint16 feeBps,uint16 silentBps,uint40 payBy,uint40 fulfilBy,uint32 window,"
    b"bytes32 ref)"
)
_OFFER = keccak(
    b"Settle(bytes32 order,uint96 toBuyer,uint96 toSeller,uint96 remaining,uint8 status,"
    b"uint40 validUntil)"
)
_PERMIT = keccak(
    b"Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
)
_AUTHORIZATION = keccak(
    b"ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,"
    b"uint256 validBefore,bytes32 nonce)"
)
_PERMIT2_TOKEN_TEXT = b"TokenPermissions(address token,uint256 amount)"
_PERMIT2_TOKEN = keccak(_PERMIT2_TOKEN_TEXT)
# That the witness is the cart's hash is specified; that the contract calls it so, is not.
_PERMIT2 = keccak(
    b"PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,"
    b"uint256 deadline,bytes32 cartHash)" + _PERMIT2_TOKEN_TEXT
)
_CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_NONCE = 0x50756B
_NONCE_POINT = PrivateKey(_NONCE.to_bytes(32)).public_key.to_bytes()


def sign(key: int, digest: bytes) -> bytes:
    """An ECDSA signature as r, s, v, in microseconds, because its nonce is always the same.

    Two signatures with one nonce give the key away, so this is for tests alone.
    """
    r = int.from_bytes(_NONCE_POINT[:32]) % _CURVE_ORDER
    odd = _NONCE_POINT[63] & 1
    s = pow(_NONCE, -1, _CURVE_ORDER) * (int.from_bytes(digest) + r * key) % _CURVE_ORDER
    if s > _CURVE_ORDER // 2:
        s, odd = _CURVE_ORDER - s, 1 - odd
    return r.to_bytes(32) + s.to_bytes(32) + bytes([27 + odd])


def spoil(signature: bytes, fault: str) -> bytes:
    """The same signature in a form that nobody may accept."""
    r, s, v = signature[:32], int.from_bytes(signature[32:64]), signature[64]
    match fault:
        case "high s":  # verifies as well, so each signature would have a twin
            return r + (_CURVE_ORDER - s).to_bytes(32) + bytes([55 - v])
        case "low v":
            return signature[:64] + bytes([v - 27])
        case "cut short":
            return signature[:64]
    raise ValueError(fault)


def domain_of_escrow(chain_id: int, contract: bytes) -> bytes:
    """The separator of the contract's EIP-712 domain."""
    words = [_DOMAIN, keccak(b"Souk Escrow"), keccak(b"1"), chain_id, contract]
    return keccak(encode(["bytes32", "bytes32", "bytes32", "uint256", "address"], words))


@dataclass(slots=True)
class Digests:
    """What has to be signed. `domains` has the separator of the escrow, Permit2 and each token."""

    wire: Wire
    domains: Mapping[str, bytes]
    _ids: dict[Order, bytes] = field(default_factory=dict)

    def order_id(self, order: Order) -> bytes:
        """The id of an order; the wire knows it from then on."""
        if order not in self._ids:
            struct = keccak(_ORDER + encode([ORDER], [self.wire.words(order)]))
            self._ids[order] = self._under(ESCROW, struct)
            self.wire.meet(order, self._ids[order])
        return self._ids[order]

    def cart_hash(self, orders: Sequence[Order]) -> bytes:
        """The id of its only order, or the hash of all ids."""
        ids = [self.order_id(order) for order in orders]
        return ids[0] if len(ids) == 1 else keccak(b"".join(ids))

    def digest(self, what: Offer | Permit | Authorization | Permit2Transfer) -> bytes:
        """The bytes that a key signs."""
        if isinstance(what, Offer):
            words = (self.order_id(what.order), what.to_buyer, what.to_seller, what.remaining)
            return self._under(ESCROW, _struct(_OFFER, *words, what.status, what.valid_until))
        escrow = int.from_bytes(self.wire.address(ESCROW))
        if isinstance(what, Permit):
            owner = int.from_bytes(self.wire.address(what.owner))
            words = (owner, escrow, what.value, what.nonce, what.deadline)
            return self._under(what.token, _struct(_PERMIT, *words))
        cart = self.cart_hash(what.cart)
        if isinstance(what, Authorization):
            buyer = int.from_bytes(self.wire.address(what.buyer))
            words = (buyer, escrow, what.value, what.after, what.before, cart)
            return self._under(what.token, _struct(_AUTHORIZATION, *words))
        token = int.from_bytes(self.wire.address(what.token))
        permitted = _struct(_PERMIT2_TOKEN, token, what.value)
        words = (permitted, escrow, what.nonce, what.deadline, cart)
        return self._under(PERMIT2, _struct(_PERMIT2, *words))

    def _under(self, domain: str, struct: bytes) -> bytes:
        return keccak(b"\x19\x01" + self.domains[domain] + struct)


def _struct(typehash: bytes, *words: int | bytes) -> bytes:
    return keccak(
        typehash + b"".join(w if isinstance(w, bytes) else int(w).to_bytes(32) for w in words)
    )
