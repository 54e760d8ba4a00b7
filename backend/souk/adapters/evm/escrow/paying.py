"""Paying a cart: by calls alone, or with a signature that the payer gives first.

Whatever goes into a signature follows from the legs, so that the call is prepared from them and
the signature again, with nothing kept in between: it ends with `payBy`, and a nonce that is free
to choose is the cart's hash.
"""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime

from souk.adapters.evm.escrow import calls, typed_data
from souk.adapters.evm.escrow.approving import Wish, approvals
from souk.adapters.evm.escrow.calls import Validity
from souk.adapters.evm.escrow.consents import read_account_signature, read_signature
from souk.adapters.evm.escrow.hashes import SigningDomain, cart_hash
from souk.adapters.evm.escrow.legs import call_for, orders_of, text_of
from souk.adapters.evm.escrow.simulation import Simulation
from souk.adapters.evm.escrow.tokens import EvmTokens
from souk.adapters.evm.escrow.typed_data import CartPayment, TypedData
from souk.core.addresses import ZERO_ADDRESS
from souk.core.errors import UnavailableError
from souk.modules.payments.domain import CallToSign, EscrowLeg, NeedsSignature, PayWay
from souk.modules.payments.errors import EscrowWayMissing

_log = logging.getLogger(__name__)

_UNLIMITED = 2**256 - 1


class Paying:
    """Prepares payments; all legs have one payer, contract and token."""

    def __init__(self, tokens: EvmTokens, simulation: Simulation) -> None:
        self._tokens = tokens
        self._simulation = simulation

    def prepare(
        self, legs: Sequence[EscrowLeg], way: PayWay, signature: str | None
    ) -> NeedsSignature:
        """What the payer does next."""
        if way is PayWay.CALLS:
            return _needs(legs, calls=self._plain_calls(legs))
        self._require_way(legs[0], way)
        if signature is None:
            return self._ask(legs, way)
        call = call_for(legs, _signed_call(legs, way, signature), _says(legs))
        self._simulation.require(call, sender=legs[0].terms.buyer, asset=legs[0].asset)
        return _needs(legs, calls=(call,))

    def _plain_calls(self, legs: Sequence[EscrowLeg]) -> tuple[CallToSign, ...]:
        """One `pay` for all legs; for a token the allowance comes first, unless it stands."""
        first, total = legs[0], _total(legs)
        native = first.terms.token == ZERO_ADDRESS
        pay = call_for(legs, calls.pay(orders_of(legs)), _says(legs), value=total if native else 0)
        return (pay,) if native else (*self._approvals(first, total), pay)

    def _approvals(self, leg: EscrowLeg, total: int) -> tuple[CallToSign, ...]:
        """A node that is away does not keep anybody from paying: the allowance is then asked for
        whether it stands or not."""
        wish = Wish(
            leg=leg,
            owner=leg.terms.buyer,
            spender=leg.contract,
            needed=total,
            amount=total,
            says=f"Allow the escrow to take {text_of(total, leg)}",
        )
        try:
            return approvals(self._tokens, wish)
        except UnavailableError:
            _log.warning("chain %s is away; an allowance is asked for unseen", leg.chain_id)
            return (wish.call,)

    def _require_way(self, leg: EscrowLeg, way: PayWay) -> None:
        ways = self._tokens.ways(leg.chain_id, leg.terms.token, leg.contract)
        if way not in ways:
            raise EscrowWayMissing(
                f"{leg.asset.symbol} cannot be paid by {way} here; choose another way to pay",
                context={"ways": sorted(ways)},
            )

    def _ask(self, legs: Sequence[EscrowLeg], way: PayWay) -> NeedsSignature:
        """The message that the payer signs; for Permit2 it is to be let at the token before."""
        leg, cart, until = legs[0], _cart(legs), _pay_by(legs)
        if way is PayWay.PERMIT2:
            domain = _known(self._tokens.permit2(leg.chain_id, leg.contract))
            message = typed_data.permit2_transfer(
                domain, cart, nonce=_free_nonce(cart), deadline=until
            )
            return _needs(legs, calls=self._let_permit2(leg, cart, domain), message=message)
        domain = _known(self._tokens.abilities(leg.chain_id, leg.terms.token).domain)
        if way is PayWay.AUTHORIZATION:
            message = typed_data.receive_with_authorization(domain, cart, _validity(legs))
            return _needs(legs, message=message)
        nonce = self._tokens.permit_nonce(leg.chain_id, cart.token, cart.payer)
        return _needs(legs, message=typed_data.permit(domain, cart, nonce=nonce, deadline=until))

    def _let_permit2(
        self, leg: EscrowLeg, cart: CartPayment, permit2: SigningDomain
    ) -> tuple[CallToSign, ...]:
        """An allowance for Permit2, once and for all: it moves nothing without a signature."""
        if permit2.contract is None:
            raise ValueError("Permit2's domain names its contract")
        wish = Wish(
            leg=leg,
            owner=cart.payer,
            spender=permit2.contract,
            needed=cart.amount,
            amount=_UNLIMITED,
            says=f"Let Permit2 move your {leg.asset.symbol}, each time by your signature only",
        )
        return approvals(self._tokens, wish)


def _signed_call(legs: Sequence[EscrowLeg], way: PayWay, signature: str) -> str:
    orders, until = orders_of(legs), _pay_by(legs)
    match way:
        case PayWay.PERMIT:
            return calls.pay_with_permit(orders, until, read_account_signature(signature))
        case PayWay.AUTHORIZATION:
            signed = read_signature(signature)
            return calls.pay_with_authorization(orders, _validity(legs), signed)
        case _:
            nonce = _free_nonce(_cart(legs))
            return calls.pay_with_permit2(orders, nonce, until, read_signature(signature))


def _needs(
    legs: Sequence[EscrowLeg],
    *,
    calls: tuple[CallToSign, ...] = (),
    message: TypedData | None = None,
) -> NeedsSignature:
    return NeedsSignature(
        by=legs[0].terms.buyer,
        calls=calls,
        typed_data=message,
        until=datetime.fromtimestamp(_pay_by(legs), UTC),
    )


def _says(legs: Sequence[EscrowLeg]) -> str:
    return f"Pay {text_of(_total(legs), legs[0])} into escrow for"


def _total(legs: Sequence[EscrowLeg]) -> int:
    return sum(leg.amount for leg in legs)


def _pay_by(legs: Sequence[EscrowLeg]) -> int:
    return min(leg.terms.pay_by for leg in legs)


def _validity(legs: Sequence[EscrowLeg]) -> Validity:
    """`payBy` itself is still in time, and EIP-3009 excludes both ends."""
    return Validity(after=0, before=_pay_by(legs) + 1)


def _cart(legs: Sequence[EscrowLeg]) -> CartPayment:
    return CartPayment(
        payer=legs[0].terms.buyer,
        escrow=legs[0].contract,
        token=legs[0].terms.token,
        amount=_total(legs),
        cart_hash=cart_hash([leg.escrow_id for leg in legs]),
    )


def _free_nonce(cart: CartPayment) -> int:
    """Permit2's nonces are in no order; one of the cart's own meets no other."""
    return int(cart.cart_hash, 16)


def _known(domain: SigningDomain | None) -> SigningDomain:
    if domain is None:
        raise ValueError("a way is offered only where its domain is known")
    return domain
