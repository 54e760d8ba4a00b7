"""Weighing the ways to pay: what there is to pay is read from the tables, what is possible from the
chains, and which is best is the domain's to say."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from souk.core.addresses import Address
from souk.core.errors import (
    DomainError,
    ProviderRejected,
    ProviderUnavailable,
    RejectedError,
    UnavailableError,
)
from souk.core.principal import Principal
from souk.core.unit_of_work import Transaction
from souk.modules.catalog.domain import ListingKind
from souk.modules.chain.errors import RelayerGasSpent
from souk.modules.orders.domain import OrderRecord, OrderStatus
from souk.modules.payments.domain import Attempt, CardChoice, Payment, PayWish
from souk.modules.payments.domain.candidates import Basket, BasketOrder, ChainView, Earlier
from souk.modules.payments.domain.explaining import others, suggestions
from souk.modules.payments.domain.routing import Question, Ranked, find_choice, rank
from souk.modules.payments.errors import (
    AttemptStillPayable,
    ChainTimeUnknown,
    CheckoutNotPayable,
    MethodUnavailable,
    PayerWalletUnproved,
    PriceUnusable,
    QuoteOver,
    RelayUnavailable,
    TooManyAttempts,
)
from souk.modules.payments.repository import attempts as attempt_rows
from souk.modules.payments.repository import payees as payee_rows
from souk.modules.payments.service.again import find_standing
from souk.modules.payments.service.open import find_own
from souk.modules.payments.service.payable import is_lapsed
from souk.modules.payments.service.survey import MAX_WALLETS, Surveying
from souk.modules.sellers.domain import WalletProofs

_log = logging.getLogger(__name__)

_ELSEWHERE = (
    RejectedError,
    ProviderRejected,
    ProviderUnavailable,
    ChainTimeUnknown,
    PriceUnusable,
    AttemptStillPayable,
    QuoteOver,
    RelayerGasSpent,
)
"""What is refused for the way that was chosen, so that another one may do."""

_NOT_SENT = (RelayUnavailable, RelayerGasSpent)
"""What we do not send, its payer can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToPay:
    """What there is to pay: the basket, the references of its stores that can be paid by card, and
    the attempt that stands in the way of others, if any; with `lapsed` its own calls can be signed
    no more."""

    basket: Basket
    payees: Mapping[str, str]
    standing: Attempt | None = None
    lapsed: bool = False

    @property
    def orders(self) -> int:
        """How many are paid at once."""
        return len(self.basket.orders)

    @property
    def earlier(self) -> Earlier | None:
        """What stands in the way of others."""
        if self.standing is None:
            return None
        return Earlier(
            choice=self.standing.choice, payable_until=self.standing.pay_by, lapsed=self.lapsed
        )

    @property
    def payable(self) -> Attempt | None:
        """The attempt that waits to be paid."""
        return None if self.lapsed else self.standing


class Weighing(Surveying):
    """Called with no transaction open, but where one is handed in."""

    def to_pay(self, tx: Transaction, principal: Principal, payment_id: str) -> ToPay:
        """What a payment of the caller's is to pay now. Raises `PaymentNotFound`,
        `CheckoutNotPayable`, `PaymentUnderWay`, `TooManyAttempts`."""
        payment = find_own(tx, principal, payment_id)
        return self.to_pay_of(tx, payment, attempt_rows.list_of_payment(tx, payment.id))

    def to_pay_of(self, tx: Transaction, payment: Payment, attempts: Sequence[Attempt]) -> ToPay:
        """The same of a payment that was looked up."""
        to_pay = self.to_pay_for(tx, self._parts.orders.list_of_checkout(tx, payment.checkout_id))
        standing = find_standing(tx, self._parts.chains, attempts)
        if standing is None and len(attempts) >= self._parts.offers.max_attempts:
            raise TooManyAttempts(
                "this checkout was not paid in any of its attempts; place it anew",
                context={"attempts": len(attempts)},
            )
        lapsed = standing is not None and is_lapsed(tx, self._parts.chains, standing)
        return replace(to_pay, standing=standing, lapsed=lapsed)

    def to_pay_for(self, tx: Transaction, orders: Sequence[OrderRecord]) -> ToPay:
        """What there is to pay of orders for which nobody was asked yet. Raises
        `CheckoutNotPayable`."""
        waiting = [order for order in orders if order.status is OrderStatus.PENDING_PAYMENT]
        if not waiting:
            raise CheckoutNotPayable("no order of this checkout waits for a payment any more")
        ready = payee_rows.list_ready(tx, {order.seller_id for order in waiting})
        proofs = self._parts.sellers.list_proofs(tx, {each.seller_account_id for each in waiting})
        basket = Basket(tuple(_basket_order(each, ready, proofs) for each in waiting))
        return ToPay(basket=basket, payees=ready)

    def admit_choice(self, payer: Principal, wish: PayWish) -> None:
        """Refuse what can never be honoured, whatever there is to pay; for callers that write
        something before they start an attempt. Raises `MethodUnavailable`,
        `PayerWalletUnproved`."""
        self._parts.offers.admit(wish, payer.account_id)
        wallet = None if isinstance(wish, CardChoice) else wish.wallet
        if wallet is not None and wallet not in payer.wallets:
            raise PayerWalletUnproved(
                "prove that this wallet is yours first (POST /api/auth/wallets)",
                context={"wallet": wallet},
            )

    def choose(self, ranked: Sequence[Ranked], wish: PayWish) -> Ranked:
        """Where what was asked for stands; of what was left to us, the best. Raises
        `MethodUnavailable`."""
        found = find_choice(ranked, wish)
        if found is None:
            raise MethodUnavailable("nothing that would do is on offer here")
        return found

    def weigh(
        self,
        payer: Principal,
        to_pay: ToPay,
        views: Sequence[ChainView],
        wish: PayWish | None = None,
    ) -> tuple[Ranked, ...]:
        """Every way to pay this, the best one first, as far as `views` show. Pure."""
        return rank(self._question(payer, to_pay, views, wish))

    def _question(
        self,
        payer: Principal,
        to_pay: ToPay,
        views: Sequence[ChainView],
        wish: PayWish | None = None,
    ) -> Question:
        return Question(
            basket=to_pay.basket,
            account_id=payer.account_id,
            rules=self._parts.offers.rules,
            wallets=_payers(payer, wish),
            chains=tuple(views),
            cards=self._parts.offers.cards,
            earlier=to_pay.earlier,
            wish=wish,
        )

    @contextmanager
    def suggesting(
        self, payer: Principal, payment_id: str, wish: PayWish | None = None
    ) -> Iterator[None]:
        """Whatever is refused within says what may be done instead, as `suggest` does."""
        try:
            yield
        except DomainError as refusal:
            self.suggest(refusal, payer, payment_id, wish)
            raise

    def suggest(
        self, refusal: DomainError, payer: Principal, payment_id: str, wish: PayWish | None
    ) -> None:
        """Add to a refusal what may be done instead, if anything may. Asks the network nothing when
        it was the network that failed. Without a `wish` it was about the attempt that stands, if
        any, which may be one of these: what was refused then is not the way to pay."""
        if refusal.alternatives or not isinstance(refusal, _ELSEWHERE):
            return
        try:
            with self._parts.uow.begin() as tx:
                to_pay = self.to_pay(tx, payer, payment_id)
            self.suggest_for(refusal, payer, to_pay, wish)
        except DomainError as failure:
            _log.info("nothing to suggest for payment %s: %s", payment_id, failure)
            return
        if refusal.alternatives:
            refusal.context = {**refusal.context, "payment_id": payment_id}

    def suggest_for(
        self, refusal: DomainError, payer: Principal, to_pay: ToPay, wish: PayWish | None
    ) -> None:
        """The same where it is known what there is to pay."""
        if isinstance(refusal, UnavailableError):
            standing = to_pay.standing
            asked = standing.choice if wish is None and standing is not None else wish
            question = self._without(self._question(payer, to_pay, self.unseen()), asked, refusal)
        else:
            views = self.survey(wallets_of(payer), to_pay.orders)
            if isinstance(refusal, _NOT_SENT):
                views = tuple(replace(view, relays=False) for view in views)
            question = self._question(payer, to_pay, views)
        refusal.alternatives = suggestions(others(rank(question), wish))

    def _without(self, question: Question, wish: PayWish | None, refusal: DomainError) -> Question:
        """A question without what has just been found to be away."""
        if isinstance(wish, CardChoice):
            return replace(question, cards=None)
        if wish is None or isinstance(refusal, PriceUnusable):
            return question
        gone = wish.chain_id
        left = (one for one in question.chains if gone not in (None, one.money.chain_id))
        return replace(question, chains=tuple(left))


def wallets_of(payer: Principal) -> tuple[Address, ...]:
    """Those that the payer has proved."""
    return tuple(Address(wallet) for wallet in payer.wallets)


def _payers(payer: Principal, wish: PayWish | None) -> tuple[Address, ...]:
    """The wallets that are weighed: as many as are looked at, and the one that was asked for."""
    named = None if wish is None or isinstance(wish, CardChoice) else wish.wallet
    first = wallets_of(payer)[:MAX_WALLETS]
    return first if named is None else tuple(dict.fromkeys((named, *first)))


def _basket_order(
    order: OrderRecord, ready: dict[str, str], proofs: dict[str, WalletProofs]
) -> BasketOrder:
    return BasketOrder(
        total=order.total.amount,
        payouts=order.payouts,
        proofs=proofs[order.seller_account_id],
        takes_cards=order.seller_id in ready,
        digital=order.kind is ListingKind.DIGITAL,
        handling_days=order.handling_days,
        transit_days=order.transit_days,
    )
