"""Speaking to `Escrow.sol`: ids, calldata, state and errors. Pure; nothing here reaches a node.

Sources: Contract ABI Specification; EIP-712 for an order's id; the errors of the contract.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.crypto import keccak

from souk.core.addresses import Address
from souk.core.clock import rfc3339
from souk.modules.payments.domain import EscrowOrder
from souk.modules.payments.errors import (
    EscrowAmountMismatch,
    EscrowBadRecipient,
    EscrowGasTooLow,
    EscrowNothingDue,
    EscrowNotParty,
    EscrowOrderRefused,
    EscrowRefused,
    EscrowStateConflict,
    EscrowTokenRefused,
    EscrowTooEarly,
    EscrowTooLate,
)

DOMAIN_NAME = "Souk Escrow"
DOMAIN_VERSION = "1"

_ORDER_TYPES = (
    "address",
    "address",
    "address",
    "uint96",
    "address",
    "address",
    "uint16",
    "uint16",
    "uint40",
    "uint40",
    "uint32",
    "bytes32",
)
_ORDERS = f"({','.join(_ORDER_TYPES)})[]"
_ORDER_TYPEHASH = keccak(
    b"Order(address buyer,address seller,address token,uint96 amount,address arbiter,"
    b"address feeTo,uint16 feeBps,uint16 silentBps,uint40 payBy,uint40 fulfilBy,uint32 window,"
    b"bytes32 ref)"
)
_DOMAIN_TYPEHASH = keccak(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
_ORDER_FIELDS = (
    "buyer",
    "seller",
    "token",
    "amount",
    "arbiter",
    "feeTo",
    "feeBps",
    "silentBps",
    "payBy",
    "fulfilBy",
    "window",
    "ref",
)
_STATUSES = ("not paid", "paid", "fulfilled", "disputed", "settled")


def _selector(signature: str) -> bytes:
    return keccak(signature.encode())[:4]


_PAY = _selector(f"pay({_ORDERS})")
_FULFIL = _selector(f"fulfil({_ORDERS})")
_RELEASE = _selector(f"release({_ORDERS})")
_REFUND = _selector(f"refund({_ORDERS})")
_STATES = _selector("states(bytes32)")
_APPROVE = _selector("approve(address,uint256)")


def _values(order: EscrowOrder) -> tuple[str | int | bytes, ...]:
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
    domain = keccak(
        _DOMAIN_TYPEHASH
        + keccak(DOMAIN_NAME.encode())
        + keccak(DOMAIN_VERSION.encode())
        + encode(["uint256", "address"], [chain_id, contract])
    )
    struct = keccak(_ORDER_TYPEHASH + encode(_ORDER_TYPES, _values(order)))
    return "0x" + keccak(b"\x19\x01" + domain + struct).hex()


def encode_pay(orders: Sequence[EscrowOrder]) -> str:
    """Calldata of `pay`."""
    return _with_orders(_PAY, orders)


def encode_fulfil(orders: Sequence[EscrowOrder]) -> str:
    """Calldata of `fulfil`."""
    return _with_orders(_FULFIL, orders)


def encode_release(orders: Sequence[EscrowOrder]) -> str:
    """Calldata of `release`."""
    return _with_orders(_RELEASE, orders)


def encode_refund(orders: Sequence[EscrowOrder]) -> str:
    """Calldata of `refund`."""
    return _with_orders(_REFUND, orders)


def _with_orders(selector: bytes, orders: Sequence[EscrowOrder]) -> str:
    arguments = encode([_ORDERS], [[_values(order) for order in orders]])
    return "0x" + (selector + arguments).hex()


def encode_approve(spender: Address, amount: int) -> str:
    """Calldata of an ERC-20 token's `approve`."""
    return "0x" + (_APPROVE + encode(["address", "uint256"], [spender, amount])).hex()


@dataclass(frozen=True, slots=True)
class EscrowState:
    """What the contract keeps of an order. `status` counts from 0: none, paid, fulfilled,
    disputed, settled; `deadline` in unix seconds."""

    remaining: int
    released: int
    deadline: int
    status: int


def encode_states(escrow_id: str) -> bytes:
    """Calldata of the view `states`."""
    return _STATES + bytes.fromhex(escrow_id[2:])


def decode_states(data: bytes) -> EscrowState | None:
    """What `states` returned; `None` when it is not the answer of an escrow contract."""
    try:
        remaining, released, deadline, status = decode(
            ["uint96", "uint96", "uint40", "uint8"], data
        )
    except DecodingError:
        return None
    if status >= len(_STATUSES):
        return None
    return EscrowState(remaining, released, deadline, status)


_Explain = Callable[..., EscrowRefused]


def _bad_order(field: int) -> EscrowRefused:
    name = _ORDER_FIELDS[field] if field < len(_ORDER_FIELDS) else "orders"
    return EscrowOrderRefused(f"the escrow refuses the order's {name}", context={"field": name})


def _bad_state(escrow_id: bytes, status: int) -> EscrowRefused:
    now = _STATUSES[status] if status < len(_STATUSES) else "in an unknown state"
    return EscrowStateConflict(
        f"the order is {now} on the chain, which does not allow this",
        context={"escrow_id": "0x" + escrow_id.hex(), "status": now},
    )


def _too_early(deadline: int) -> EscrowRefused:
    at = _instant(deadline)
    return EscrowTooEarly(f"only the other party may do this until {at}", context={"deadline": at})


def _too_late(deadline: int) -> EscrowRefused:
    at = _instant(deadline)
    return EscrowTooLate(f"the time for this was over at {at}", context={"deadline": at})


def _not_party(sender: str) -> EscrowRefused:
    return EscrowNotParty(
        "this wallet is not the party that may do this", context={"sender": sender}
    )


def _bad_amount(got: int, want: int) -> EscrowRefused:
    return EscrowAmountMismatch(
        f"{got} smallest units arrived where {want} were due",
        context={"got": str(got), "want": str(want)},
    )


def _nothing_due() -> EscrowRefused:
    return EscrowNothingDue("all of this is settled on the chain already")


def _bad_recipient(to: str) -> EscrowRefused:
    return EscrowBadRecipient("money cannot be sent to this address", context={"to": to})


def _more_gas_needed(gas: int) -> EscrowRefused:
    return EscrowGasTooLow(f"send with at least {gas} gas left", context={"gas": str(gas)})


def _token_refused(*_arguments: object) -> EscrowRefused:
    return EscrowTokenRefused("the token refuses the transfer; check balance and allowance")


def _instant(timestamp: int) -> str:
    try:
        return rfc3339(datetime.fromtimestamp(timestamp, UTC))
    except (OverflowError, ValueError):
        return str(timestamp)


_ERRORS: dict[bytes, tuple[tuple[str, ...], _Explain]] = {
    _selector(f"{name}({','.join(types)})"): (types, explain)
    for name, types, explain in (
        ("BadOrder", ("uint8",), _bad_order),
        ("BadState", ("bytes32", "uint8"), _bad_state),
        ("TooEarly", ("uint40",), _too_early),
        ("TooLate", ("uint40",), _too_late),
        ("NotParty", ("address",), _not_party),
        ("BadAmount", ("uint256", "uint256"), _bad_amount),
        ("NothingDue", (), _nothing_due),
        ("BadRecipient", ("address",), _bad_recipient),
        ("MoreGasNeeded", ("uint256",), _more_gas_needed),
        ("SafeERC20FailedOperation", ("address",), _token_refused),
        ("ERC20InsufficientBalance", ("address", "uint256", "uint256"), _token_refused),
        ("ERC20InsufficientAllowance", ("address", "uint256", "uint256"), _token_refused),
    )
}


def explain_revert(data: str) -> EscrowRefused:
    """Why a call of the contract reverts, from its revert data (0x-hex)."""
    raw = bytes.fromhex(data[2:])
    known = _ERRORS.get(raw[:4])
    if known is not None:
        types, explain = known
        try:
            return explain(*decode(types, raw[4:]))
        except DecodingError:
            pass
    return EscrowRefused("the contract refuses this call and does not say why")
