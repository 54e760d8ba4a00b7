"""Opening the payment of a placed checkout."""

from collections.abc import Sequence

from souk.core.addresses import Address
from souk.core.errors import UnavailableError
from souk.core.idempotency import NO_RECEIPT, Receipt
from souk.core.principal import Principal
from souk.core.unit_of_work import Transaction
from souk.modules.orders.domain import PlacedCheckout
from souk.modules.orders.errors import CheckoutNotFound
from souk.modules.payments.domain import Payment, PayWay
from souk.modules.payments.errors import PaymentNotFound
from souk.modules.payments.events import PaymentCreated
from souk.modules.payments.repository import payments as payment_rows
from souk.modules.payments.service.parts import Parts


class Opening:
    """Every checkout has one payment, however often it is opened."""

    _parts: Parts

    def methods(self) -> list[dict[str, object]]:
        """Every method, chain and token that can be chosen, as JSON values."""
        return self._parts.offers.describe(self._ways)

    def _ways(self, chain_id: int, token: Address) -> Sequence[PayWay] | None:
        try:
            return tuple(self._parts.ways.spenders(chain_id, token))
        except UnavailableError:
            return None

    def open(self, principal: Principal, checkout_id: str, receipt: Receipt = NO_RECEIPT) -> str:
        """The id of the payment of this checkout of the caller's. Raises `CheckoutNotFound`."""
        with self._parts.uow.begin() as tx:
            checkout = self._parts.orders.get_checkout(tx, checkout_id)
            if checkout.buyer_id != principal.account_id:
                raise CheckoutNotFound(checkout_id)
            payment_id = self.open_placed(tx, checkout)
            receipt.store(tx, payment_id)
            tx.commit()
        return payment_id

    def open_placed(self, tx: Transaction, checkout: PlacedCheckout) -> str:
        """The same, in the transaction that places or finds the buyer's checkout."""
        payment = payment_rows.add(
            tx,
            checkout_id=checkout.checkout_id,
            buyer_id=checkout.buyer_id,
            usd_amount=checkout.total.amount,
            currency=checkout.total.asset.code,
        )
        if payment is None:
            return _required(payment_rows.find_by_checkout(tx, checkout.checkout_id)).id
        tx.publish(
            PaymentCreated(
                payment_id=payment.id,
                checkout_id=checkout.checkout_id,
                buyer_id=checkout.buyer_id,
                orders=[order.id for order in checkout.orders],
            )
        )
        return payment.id


def find_own(tx: Transaction, principal: Principal, payment_id: str) -> Payment:
    """The caller's payment, unlocked. Raises `PaymentNotFound`, also for somebody else's: whoever
    may not see it may not know that it exists."""
    payment = payment_rows.find(tx, payment_id)
    if payment is None or payment.buyer_id != principal.account_id:
        raise PaymentNotFound("there is no such payment")
    return payment


def _required(payment: Payment | None) -> Payment:
    if payment is None:
        raise PaymentNotFound("there is no such payment")
    return payment
