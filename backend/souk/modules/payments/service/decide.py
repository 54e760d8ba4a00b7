"""From what a buyer asked for to what is asked of the rail: what was left to us is decided here,
and what was chosen is weighed against the rest."""

from collections.abc import Sequence
from dataclasses import replace

from souk.core.errors import DomainError, ProviderUnavailable, RejectedError
from souk.core.principal import Principal
from souk.modules.payments.domain import Attempt, CryptoWish, EscrowChoice, PayChoice, PayWish
from souk.modules.payments.domain.candidates import ChainView, Chance
from souk.modules.payments.domain.explaining import suggestions
from souk.modules.payments.domain.routing import Ranked, find_choice
from souk.modules.payments.errors import (
    AttemptStillPayable,
    EscrowWayMissing,
    NothingAffordable,
    OutsideLimits,
    RouteTooDear,
)
from souk.modules.payments.repository import attempts as attempt_rows
from souk.modules.payments.service.again import quote_over
from souk.modules.payments.service.draft import Asked
from souk.modules.payments.service.open import find_own
from souk.modules.payments.service.payable import ends_by_itself
from souk.modules.payments.service.weigh import ToPay, Weighing, wallets_of
from souk.modules.sellers.errors import PayoutWalletNotHere

_TOLD = 3
"""As many reasons are told why nothing can be paid."""

_REFUSED_HERE: dict[str, type[DomainError]] = {
    OutsideLimits.code: OutsideLimits,
    RouteTooDear.code: RouteTooDear,
    EscrowWayMissing.code: EscrowWayMissing,
    PayoutWalletNotHere.code: PayoutWalletNotHere,
}
"""What the rail itself would not refuse, or only when the attempt is there and stands in the way of
others. That a wallet has too little does not keep its owner from being told what to sign: the money
may be on its way there."""


class Deciding(Weighing):
    """Called with no transaction open, because wallets are looked at."""

    def decide(
        self, payer: Principal, payment_id: str, wish: PayWish, request_key: str | None
    ) -> Asked:
        """A choice that can be asked of the rail. What was left to us comes to the same as before
        while that can be paid. Raises `MethodUnavailable`, `PayerWalletUnproved`,
        `PaymentNotFound`, and for what was left to us `NothingAffordable`, `AttemptStillPayable`,
        `QuoteOver`, `CheckoutNotPayable`, `PaymentUnderWay`, `TooManyAttempts`,
        `ProviderUnavailable`."""
        self.admit_choice(payer, wish)
        offers = self._parts.offers
        if not isinstance(wish, CryptoWish):
            return Asked(payer, payment_id, wish, offers.find(wish), request_key)
        choice, ranked = self._decided(payer, payment_id, wish, request_key)
        return Asked(payer, payment_id, choice, offers.find(choice), request_key, ranked, True)

    def _decided(
        self, payer: Principal, payment_id: str, wish: CryptoWish, request_key: str | None
    ) -> tuple[PayChoice, tuple[Ranked, ...]]:
        with self._parts.uow.begin() as tx:
            payment = find_own(tx, payer, payment_id)
            attempts = attempt_rows.list_of_payment(tx, payment.id)
            asked_before = _of_request(attempts, request_key)
            if asked_before is not None:
                return asked_before.choice, ()
            to_pay = self.to_pay_of(tx, payment, attempts)
        standing = to_pay.standing
        if standing is not None and to_pay.lapsed:
            raise quote_over(standing)
        if standing is not None and wish.allows(standing.choice):
            return standing.choice, ()
        if standing is not None and ends_by_itself(standing):
            raise AttemptStillPayable(standing.id, standing.pay_by)
        return self._best(payer, to_pay, wish)

    def _best(
        self, payer: Principal, to_pay: ToPay, wish: CryptoWish
    ) -> tuple[PayChoice, tuple[Ranked, ...]]:
        wallets = wallets_of(payer) if wish.wallet is None else (wish.wallet,)
        if wish.chain_id is None:
            views = self.survey(wallets, to_pay.orders)
        else:
            views = (self.look(wish.chain_id, wallets, to_pay.orders),)
        ranked = self.weigh(payer, to_pay, views, wish)
        best = self.choose(ranked, wish)
        if best.candidate.chance is not Chance.CAN:
            raise self._nothing(payer, to_pay, views, ranked, wish)
        return best.candidate.to_choice(), ranked

    def _nothing(
        self,
        payer: Principal,
        to_pay: ToPay,
        views: Sequence[ChainView],
        ranked: Sequence[Ranked],
        wish: CryptoWish,
    ) -> RejectedError | ProviderUnavailable:
        troubles = [view.trouble for view in views if view.trouble is not None]
        if len(troubles) == len(views):
            return ProviderUnavailable(troubles[0])
        tried = [one.candidate for one in ranked if one.candidate.is_of(wish)]
        told = "; ".join(f"{one.asset.symbol}: {one.reasons[0].says}" for one in tried[:_TOLD])
        refusal = NothingAffordable(f"nothing that was left to us can be paid now ({told})")
        refusal.alternatives = suggestions(self.weigh(payer, to_pay, views))
        return refusal

    def weigh_choice(self, asked: Asked, to_pay: ToPay) -> Asked:
        """The same with everything that was weighed: the wallet that pays is looked at, the others
        are not. Raises `OutsideLimits`, `RouteTooDear`, `EscrowWayMissing`,
        `PayoutWalletNotHere`."""
        if asked.ranked:
            return asked
        views = self._views(asked.choice, to_pay)
        ranked = self.weigh(asked.principal, to_pay, views, asked.choice)
        found = find_choice(ranked, asked.choice)
        for reason in () if found is None else found.candidate.refusals:
            if reason.code in _REFUSED_HERE:
                raise _REFUSED_HERE[reason.code](f"{reason.says}; choose another way to pay")
        return replace(asked, ranked=ranked)

    def _views(self, choice: PayChoice, to_pay: ToPay) -> tuple[ChainView, ...]:
        unseen = self.unseen()
        if not isinstance(choice, EscrowChoice):
            return unseen
        looked = self.look(choice.chain_id, [choice.wallet], to_pay.orders)
        return (looked, *(view for view in unseen if view.money.chain_id != choice.chain_id))


def _of_request(attempts: Sequence[Attempt], request_key: str | None) -> Attempt | None:
    if request_key is None:
        return None
    return next((one for one in attempts if one.request_key == request_key), None)
