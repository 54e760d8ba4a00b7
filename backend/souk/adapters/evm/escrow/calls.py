"""Calldata of `Escrow.sol` and of a token's `approve`, and what the views of the contract return.

Source: Contract ABI Specification. Pure; nothing here reaches a node.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.crypto import keccak

from souk.adapters.evm.escrow.hashes import ORDER_FIELDS, order_values
from souk.core.addresses import Address, checksum_address
from souk.modules.payments.domain import EscrowOrder, Split

_ORDER = f"({','.join(kind for _, kind in ORDER_FIELDS)})"
_ORDERS = f"{_ORDER}[]"

STATUSES = ("not paid", "paid", "fulfilled", "disputed", "settled")
"""The contract's `Status`, in words."""
IN_DISPUTE = STATUSES.index("disputed")
SETTLED = STATUSES.index("settled")


@dataclass(frozen=True, slots=True)
class _Function:
    """A function of a contract: its name and the types of its arguments."""

    name: str
    types: tuple[str, ...]

    @property
    def selector(self) -> bytes:
        return keccak(f"{self.name}({','.join(self.types)})".encode())[:4]

    def encode(self, *arguments: object) -> str:
        return "0x" + (self.selector + encode(self.types, arguments)).hex()


_PAY = _Function("pay", (_ORDERS,))
_PAY_WITH_PERMIT = _Function("payWithPermit", (_ORDERS, "uint256", "uint8", "bytes32", "bytes32"))
_PAY_WITH_AUTHORIZATION = _Function(
    "payWithAuthorization", (_ORDERS, "uint256", "uint256", "bytes")
)
_PAY_WITH_PERMIT2 = _Function("payWithPermit2", (_ORDERS, "uint256", "uint256", "bytes"))
_FULFIL = _Function("fulfil", (_ORDERS,))
_RELEASE = _Function("release", (_ORDERS,))
_REFUND = _Function("refund", (_ORDERS,))
_DISPUTE = _Function("dispute", (_ORDER,))
_RESOLVE = _Function("resolve", (_ORDER, "uint96"))
_SETTLE = _Function("settle", (_ORDER, "uint96", "uint96", "uint40", "bytes", "bytes"))
_REIMBURSE = _Function("reimburse", (_ORDER, "uint96"))
_WITHDRAW = _Function("withdraw", ("address", "address"))
_STATES = _Function("states", ("bytes32",))
_CREDITS = _Function("credits", ("address", "address"))
_PERMIT2 = _Function("permit2", ())
_APPROVE = _Function("approve", ("address", "uint256"))
_BALANCE_OF = _Function("balanceOf", ("address",))


@dataclass(frozen=True, slots=True)
class Validity:
    """Between which seconds, both excluded, a signed transfer (EIP-3009) may be drawn."""

    after: int
    before: int


def pay(orders: Sequence[EscrowOrder]) -> str:
    """Calldata of `pay`."""
    return _PAY.encode(_structs(orders))


def pay_with_permit(orders: Sequence[EscrowOrder], deadline: int, signature: bytes) -> str:
    """Calldata of `payWithPermit`; `signature` is r, s, v of an account."""
    r, s, v = signature[:32], signature[32:64], signature[64]
    return _PAY_WITH_PERMIT.encode(_structs(orders), deadline, v, r, s)


def pay_with_authorization(
    orders: Sequence[EscrowOrder], validity: Validity, signature: bytes
) -> str:
    """Calldata of `payWithAuthorization`."""
    return _PAY_WITH_AUTHORIZATION.encode(
        _structs(orders), validity.after, validity.before, signature
    )


def pay_with_permit2(
    orders: Sequence[EscrowOrder], nonce: int, deadline: int, signature: bytes
) -> str:
    """Calldata of `payWithPermit2`."""
    return _PAY_WITH_PERMIT2.encode(_structs(orders), nonce, deadline, signature)


def fulfil(orders: Sequence[EscrowOrder]) -> str:
    """Calldata of `fulfil`."""
    return _FULFIL.encode(_structs(orders))


def release(orders: Sequence[EscrowOrder]) -> str:
    """Calldata of `release`."""
    return _RELEASE.encode(_structs(orders))


def refund(orders: Sequence[EscrowOrder]) -> str:
    """Calldata of `refund`."""
    return _REFUND.encode(_structs(orders))


def dispute(order: EscrowOrder) -> str:
    """Calldata of `dispute`."""
    return _DISPUTE.encode(order_values(order))


def resolve(order: EscrowOrder, to_buyer: int) -> str:
    """Calldata of `resolve`."""
    return _RESOLVE.encode(order_values(order), to_buyer)


def settle(
    order: EscrowOrder, split: Split, *, buyer_signature: bytes, seller_signature: bytes
) -> str:
    """Calldata of `settle`; a signature that is not needed is empty."""
    return _SETTLE.encode(
        order_values(order),
        split.to_buyer,
        split.to_seller,
        split.valid_until,
        buyer_signature,
        seller_signature,
    )


def reimburse(order: EscrowOrder, amount: int) -> str:
    """Calldata of `reimburse`."""
    return _REIMBURSE.encode(order_values(order), amount)


def withdraw(token: Address, to: Address) -> str:
    """Calldata of `withdraw`."""
    return _WITHDRAW.encode(token, to)


def approve(spender: Address, amount: int) -> str:
    """Calldata of an ERC-20 token's `approve`."""
    return _APPROVE.encode(spender, amount)


def _structs(orders: Sequence[EscrowOrder]) -> list[tuple[str | int | bytes, ...]]:
    return [order_values(order) for order in orders]


@dataclass(frozen=True, slots=True)
class EscrowState:
    """What the contract keeps of an order. `status` counts from 0 as in `STATUSES`; `deadline` in
    unix seconds."""

    remaining: int
    released: int
    deadline: int
    status: int


def read_states(escrow_id: str) -> bytes:
    """Calldata of the view `states`."""
    return bytes.fromhex(_STATES.encode(bytes.fromhex(escrow_id[2:]))[2:])


def read_credits(token: Address, account: Address) -> bytes:
    """Calldata of the view `credits`."""
    return bytes.fromhex(_CREDITS.encode(token, account)[2:])


def read_balance(account: Address) -> bytes:
    """Calldata of an ERC-20 token's view `balanceOf`."""
    return bytes.fromhex(_BALANCE_OF.encode(account)[2:])


def read_permit2() -> bytes:
    """Calldata of the view `permit2`."""
    return _PERMIT2.selector


def decode_states(data: bytes) -> EscrowState | None:
    """What `states` returned; `None` when it is not the answer of an escrow contract."""
    try:
        remaining, released, deadline, status = decode(
            ["uint96", "uint96", "uint40", "uint8"], data
        )
    except DecodingError:
        return None
    if status >= len(STATUSES):
        return None
    return EscrowState(remaining, released, deadline, status)


def decode_amount(data: bytes) -> int | None:
    """What a view returned that gives one amount; `None` when it gave something else."""
    return int.from_bytes(data) if len(data) == 32 else None


def decode_address(data: bytes) -> Address | None:
    """What a view returned that gives one address; `None` when it gave something else."""
    if len(data) != 32 or any(data[:12]):
        return None
    return checksum_address("0x" + data[12:].hex())
