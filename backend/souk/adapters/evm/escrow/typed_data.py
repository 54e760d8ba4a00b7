"""What wallets are asked to sign, as JSON for `eth_signTypedData_v4` (EIP-712).

Every number is a decimal string, because it may pass 2^53; only the chain's id is a number, which
wallets compare with that of their own chain.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from souk.adapters.evm.escrow.calls import Validity
from souk.adapters.evm.escrow.hashes import SETTLE_FIELDS, Offer, SigningDomain, escrow_domain
from souk.core.addresses import Address

TypedData = Mapping[str, object]
_Fields = Sequence[tuple[str, str]]

_PERMIT = (
    ("owner", "address"),
    ("spender", "address"),
    ("value", "uint256"),
    ("nonce", "uint256"),
    ("deadline", "uint256"),
)
_RECEIVE = (
    ("from", "address"),
    ("to", "address"),
    ("value", "uint256"),
    ("validAfter", "uint256"),
    ("validBefore", "uint256"),
    ("nonce", "bytes32"),
)
# The last field and the second struct are what the contract calls its witness type.
_PERMIT2 = (
    ("permitted", "TokenPermissions"),
    ("spender", "address"),
    ("nonce", "uint256"),
    ("deadline", "uint256"),
    ("cartHash", "bytes32"),
)
_TOKEN_PERMISSIONS = (("token", "address"), ("amount", "uint256"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CartPayment:
    """What a payer consents to: `amount` of `token` for the orders of `cart_hash`, to `escrow`."""

    payer: Address
    escrow: Address
    token: Address
    amount: int
    cart_hash: str


def permit(domain: SigningDomain, cart: CartPayment, *, nonce: int, deadline: int) -> TypedData:
    """An allowance for the escrow (EIP-2612); the domain and the payer's nonce are the token's."""
    message = {
        "owner": cart.payer,
        "spender": cart.escrow,
        "value": str(cart.amount),
        "nonce": str(nonce),
        "deadline": str(deadline),
    }
    return _payload(domain, "Permit", {"Permit": _PERMIT}, message)


def receive_with_authorization(
    domain: SigningDomain, cart: CartPayment, validity: Validity
) -> TypedData:
    """A transfer that the escrow may draw (EIP-3009); `domain` is the token's. Its nonce is the
    cart's hash, so that it pays these orders and no others."""
    message = {
        "from": cart.payer,
        "to": cart.escrow,
        "value": str(cart.amount),
        "validAfter": str(validity.after),
        "validBefore": str(validity.before),
        "nonce": cart.cart_hash,
    }
    types = {"ReceiveWithAuthorization": _RECEIVE}
    return _payload(domain, "ReceiveWithAuthorization", types, message)


def permit2_transfer(
    domain: SigningDomain, cart: CartPayment, *, nonce: int, deadline: int
) -> TypedData:
    """A transfer by Permit2 that only the escrow may draw; `domain` is Permit2's. Its witness is
    the cart's hash."""
    message = {
        "permitted": {"token": cart.token, "amount": str(cart.amount)},
        "spender": cart.escrow,
        "nonce": str(nonce),
        "deadline": str(deadline),
        "cartHash": cart.cart_hash,
    }
    types = {"PermitWitnessTransferFrom": _PERMIT2, "TokenPermissions": _TOKEN_PERMISSIONS}
    return _payload(domain, "PermitWitnessTransferFrom", types, message)


def settle_offer(offer: Offer, *, chain_id: int, contract: Address) -> TypedData:
    """A division of an order's money that a party agrees to."""
    message = {
        "order": offer.escrow_id,
        "toBuyer": str(offer.to_buyer),
        "toSeller": str(offer.to_seller),
        "remaining": str(offer.remaining),
        "status": str(offer.status),
        "validUntil": str(offer.valid_until),
    }
    domain = escrow_domain(chain_id, contract)
    return _payload(domain, "Settle", {"Settle": SETTLE_FIELDS}, message)


def _payload(
    domain: SigningDomain, primary: str, types: Mapping[str, _Fields], message: TypedData
) -> TypedData:
    fields = domain.fields
    every: dict[str, _Fields] = {
        "EIP712Domain": [(name, kind) for name, kind, _ in fields],
        **types,
    }
    return {
        "types": {
            struct: [{"name": name, "type": kind} for name, kind in members]
            for struct, members in every.items()
        },
        "primaryType": primary,
        "domain": {name: value for name, _, value in fields},
        "message": message,
    }
