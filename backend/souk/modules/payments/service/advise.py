"""Advice before anybody chooses: whether a way to pay would work, and which others would. Nothing
is stored."""

from collections.abc import Mapping, Sequence

from souk.core.errors import DomainError, ProviderUnavailable, UnavailableError
from souk.core.principal import Principal
from souk.core.unit_of_work import Transaction
from souk.modules.orders.errors import CheckoutNotFound
from souk.modules.payments.domain import PAR, CardChoice, PayWish
from souk.modules.payments.domain.candidates import Candidate, ChainView, Chance, Refusal, usd
from souk.modules.payments.domain.explaining import (
    cost_json,
    lack_json,
    others,
    ranked_json,
    suggestions,
)
from souk.modules.payments.repository import payments as payment_rows
from souk.modules.payments.service.weigh import ToPay, Weighing, wallets_of

Document = dict[str, object]


class Advising(Weighing):
    """Called with no transaction open, because wallets are looked at."""

    def alternatives(self, payer: Principal, payment_id: str) -> Document:
        """Every way to pay what a payment of the caller's is for, but the one that waits to be
        paid: the best first, and those that do not work with the reason. Raises
        `PaymentNotFound`, `CheckoutNotPayable`, `PaymentUnderWay`, `TooManyAttempts`."""
        with self._parts.uow.autocommit() as tx:
            to_pay = self.to_pay(tx, payer, payment_id)
        ranked = self.weigh(payer, to_pay, self.survey(wallets_of(payer), to_pay.orders))
        chosen = None if to_pay.payable is None else to_pay.payable.choice
        return {
            "payment_id": payment_id,
            "total": usd(to_pay.basket.total).to_json(),
            "data": [ranked_json(one) for one in others(ranked, chosen)],
        }

    def validate(
        self,
        payer: Principal,
        wish: PayWish,
        *,
        payment_id: str | None = None,
        checkout_id: str | None = None,
    ) -> Document:
        """Whether the caller could pay so now, what is missing, and the price as it would be
        quoted; `checkout_id` where no payment was opened yet. Raises `PaymentNotFound`,
        `CheckoutNotFound`, `CheckoutNotPayable`, `PaymentUnderWay`, `TooManyAttempts`, and where a
        chain that was asked for is away, `ProviderUnavailable` or `ChainTimeUnknown`."""
        with self._parts.uow.autocommit() as tx:
            to_pay = self._to_pay(tx, payer, payment_id, checkout_id)
        try:
            self.admit_choice(payer, wish)
            views = self._look_at(payer, to_pay, wish)
            found = self.choose(self.weigh(payer, to_pay, views, wish), wish)
        except DomainError as refusal:
            self.suggest_for(refusal, payer, to_pay, wish)
            if isinstance(refusal, UnavailableError):
                raise
            return _answer(None, None, refusal.alternatives, _reason(refusal))
        candidate = found.candidate
        quote = self._quoted(candidate, views)
        if candidate.chance is Chance.CAN:
            return _answer(candidate, quote)
        seen = self.survey(wallets_of(payer), to_pay.orders)
        instead = others(self.weigh(payer, to_pay, seen), wish)
        return _answer(candidate, quote, suggestions(instead))

    def _to_pay(
        self, tx: Transaction, payer: Principal, payment_id: str | None, checkout_id: str | None
    ) -> ToPay:
        if payment_id is not None:
            return self.to_pay(tx, payer, payment_id)
        if checkout_id is None:
            raise CheckoutNotFound("")
        checkout = self._parts.orders.get_checkout(tx, checkout_id)
        if checkout.buyer_id != payer.account_id:
            raise CheckoutNotFound(checkout_id)
        payment = payment_rows.find_by_checkout(tx, checkout_id)
        if payment is None:
            return self.to_pay_for(tx, checkout.orders)
        return self.to_pay(tx, payer, payment.id)

    def _look_at(self, payer: Principal, to_pay: ToPay, wish: PayWish) -> tuple[ChainView, ...]:
        """The chains, of which those are looked at that the wish is about; one call a wallet. A
        card needs none of them. Raises `ProviderUnavailable`, `ChainTimeUnknown`."""
        if isinstance(wish, CardChoice):
            return self.unseen()
        wallets = wallets_of(payer) if wish.wallet is None else (wish.wallet,)
        if wish.chain_id is not None:
            looked = self.require(wish.chain_id, wallets, to_pay.orders)
            rest = (view for view in self.unseen() if view.money.chain_id != wish.chain_id)
            return (looked, *rest)
        views = self.survey(wallets, to_pay.orders)
        if views and all(view.trouble for view in views):
            raise ProviderUnavailable(f"{views[0].trouble}")
        return views

    def _quoted(self, candidate: Candidate, views: Sequence[ChainView]) -> Document | None:
        """The quote that an attempt would lock now; `None` where there is no price."""
        if candidate.price is None:
            return None
        offer = self._parts.offers.at(candidate.chain_id, candidate.token)
        rates = {view.money.chain_id: view.rate for view in views if offer.feed is not None}
        rate = rates.get(candidate.chain_id or 0) or PAR
        return {
            "method": candidate.method,
            "chain_id": candidate.chain_id,
            "wallet": candidate.wallet,
            "token": candidate.token,
            "way": candidate.way,
            "relayed": candidate.relayed,
            "total": candidate.price.to_json(),
            "rate": {
                "amount": str(rate.amount),
                "exponent": rate.exponent,
                "source": rate.source,
                "spread_bps": offer.spread_bps,
            },
            "cost": cost_json(candidate.cost),
            "quote_seconds": offer.quote_seconds,
            "seconds_to_settle": candidate.seconds,
        }


def _reason(refusal: DomainError) -> tuple[Refusal, ...]:
    return (Refusal(refusal.code, refusal.detail),)


def _answer(
    candidate: Candidate | None,
    quote: Document | None,
    alternatives: Sequence[Mapping[str, object]] = (),
    refused: tuple[Refusal, ...] = (),
) -> Document:
    reasons = refused if candidate is None else candidate.reasons
    lacks = () if candidate is None else candidate.lacks
    return {
        "valid": not reasons,
        "reasons": [{"code": one.code, "says": one.says} for one in reasons],
        "missing": [lack_json(lack) for lack in lacks],
        "quote": quote,
        "alternatives": list(alternatives),
    }
