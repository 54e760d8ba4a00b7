"""Handing in what a payer has signed: the call that it makes, or that call sent by us.

A signature is believed by nobody here: the rail tries it on the newest block. One that may be
brought by anyone can be sent from our own account, which pays the network and is paid back by
nobody: the contract knows no one to charge for it. That is why it has a key and a day's gas of its
own, why it sends one transaction an attempt, and why it sends none that takes more gas than such a
payment takes, or costs more than the share of the purchase that a buyer's fee may be: what was
weighed bounds what is offered, whatever the network is said to take a moment later.
"""

from souk.core.idempotency import NO_RECEIPT, Receipt
from souk.core.principal import Principal
from souk.modules.chain.domain import Call, Purpose, TransactionStatus
from souk.modules.chain.errors import NetworkFeeTooHigh
from souk.modules.payments.domain import (
    OPEN,
    Attempt,
    AttemptStatus,
    CallToSign,
    EscrowChoice,
    NeedsSignature,
    Outcome,
    Pending,
)
from souk.modules.payments.domain.routing import find_choice, most_for_gas
from souk.modules.payments.errors import AttemptNotOpen, RelayUnavailable
from souk.modules.payments.repository import attempts as attempt_rows
from souk.modules.payments.repository import payments as payment_rows
from souk.modules.payments.service.again import require_payable
from souk.modules.payments.service.move import move_attempt, project_payment
from souk.modules.payments.service.open import find_own
from souk.modules.payments.service.start import Drawn, Starting, payer_of

_SIGNABLE = frozenset({AttemptStatus.AWAITING_PAYER, AttemptStatus.SUBMITTED})
_RELAYABLE = OPEN | {AttemptStatus.SUCCEEDED}
_SENT = "it was sent as its payer signed it"
_TOO_DEAR = "the network takes more now than may be paid for this; send the call yourself"


class Signing(Starting):
    """Called with no transaction open."""

    def hand_in(
        self,
        payer: Principal,
        payment_id: str,
        signature: str,
        *,
        relay: bool = False,
        receipt: Receipt = NO_RECEIPT,
    ) -> Outcome:
        """The call that pays the present attempt with this signature, for its payer to send; with
        `relay` we send it, once, and it is `Pending`. A refusal says what may be done instead.
        Raises `PaymentNotFound`, `AttemptNotOpen`, `CheckoutNotPayable`, `QuoteOver`,
        `MalformedConsent`, what the contract would refuse, and for a relay `RelayUnavailable`,
        `RelayerGasSpent`, `ProviderUnavailable`."""
        with self.suggesting(payer, payment_id):
            return self._taken_in(payer, payment_id, signature, relay, receipt)

    def _taken_in(
        self, payer: Principal, payment_id: str, signature: str, relay: bool, receipt: Receipt
    ) -> Outcome:
        if relay and (before := self._find_relayed(payer, payment_id)) is not None:
            return self._submitted_by_us(*before, receipt)
        drawn = self._signable(payer, payment_id)
        attempt = drawn.attempt
        outcome = self._prepare(drawn, signature)
        if relay and isinstance(outcome, NeedsSignature):
            sent = self._relay(payer, attempt, outcome.calls[-1])
            return self._submitted_by_us(attempt, sent, receipt)
        with self._parts.uow.begin() as tx:
            receipt.store(tx, outcome)
            tx.commit()
        return outcome

    def _find_relayed(self, payer: Principal, payment_id: str) -> tuple[Attempt, str] | None:
        """The present attempt and the hash by which we sent it before, unless that came to nothing:
        by now the chain may say that it is paid, by our own doing."""
        with self._parts.uow.begin() as tx:
            payment = find_own(tx, payer, payment_id)
            attempt = next(reversed(attempt_rows.list_of_payment(tx, payment.id)), None)
            if attempt is None or attempt.status not in _RELAYABLE:
                return None
            if not isinstance(attempt.choice, EscrowChoice):
                return None
            sent = self._parts.chains.find_sent(tx, attempt.choice.chain_id, attempt.id)
        if sent is None or sent.status is TransactionStatus.REVERTED:
            return None
        return attempt, sent.transaction_hash

    def _signable(self, payer: Principal, payment_id: str) -> Drawn:
        with self._parts.uow.begin() as tx:
            orders, payment = self._lock(tx, find_own(tx, payer, payment_id))
            attempts = attempt_rows.list_of_payment(tx, payment.id)
            if not attempts or attempts[-1].status not in _SIGNABLE:
                status = attempts[-1].status if attempts else "none"
                raise AttemptNotOpen(status, "no attempt waits for a signature; start one")
            require_payable(tx, self._parts.chains, attempts[-1], orders)
            drawn = Drawn(payment, attempts[-1], payer_of(tx, payer))
        if not attempts[-1].choice.is_signed_first:
            raise AttemptNotOpen(
                attempts[-1].status,
                "this attempt is not paid by a signature; choose another `way` for that",
            )
        return drawn

    def _relay(self, payer: Principal, attempt: Attempt, call: CallToSign) -> str:
        """The hash of the one transaction by which we send what was signed for an attempt."""
        choice = attempt.choice
        if not isinstance(choice, EscrowChoice):
            raise TypeError("nothing is signed for a card")
        gas = self._parts.wallets.gas_to_pay(choice.way, choice.token, len(attempt.legs)).pay
        most = self._require_relayed(payer, attempt, choice, gas)
        try:
            return self._parts.chains.send(
                call.chain_id,
                Call(to=call.to, data=bytes.fromhex(call.data[2:]), value=call.value),
                intent=attempt.id,
                purpose=Purpose.RELAYER,
                # The sender adds a fifth to what it finds to be needed.
                max_gas=gas * 6 // 5,
                max_fee_per_gas=most,
            )
        except NetworkFeeTooHigh as refusal:
            raise RelayUnavailable(f"{_TOO_DEAR} ({refusal.detail})") from refusal

    def _require_relayed(
        self, payer: Principal, attempt: Attempt, choice: EscrowChoice, gas: int
    ) -> int:
        """The most that may be paid for a unit of so much gas, in wei. Raises
        `RelayUnavailable`."""
        if not self._parts.chains.sends(choice.chain_id, Purpose.RELAYER):
            raise RelayUnavailable("nobody sends payments for you here; send the call yourself")
        with self._parts.uow.begin() as tx:
            sent = self._parts.chains.find_sent(tx, choice.chain_id, attempt.id)
            to_pay = self.to_pay(tx, payer, attempt.payment_id)
        if sent is not None and sent.status is TransactionStatus.REVERTED:
            raise RelayUnavailable(
                "this was sent for you once and came to nothing; send the call yourself"
            )
        view = self.require(choice.chain_id, [choice.wallet], to_pay.orders)
        found = find_choice(self.weigh(payer, to_pay, (view,), choice), choice)
        if found is None or not found.candidate.relayed:
            raise RelayUnavailable(
                "only its signer may send this, or sending it would cost too large a share of the"
                " purchase; send the call yourself"
            )
        cents = self._parts.offers.rules.most_fees(to_pay.basket.total)
        return most_for_gas(view, gas, cents=cents)

    def _submitted_by_us(self, attempt: Attempt, sent: str, receipt: Receipt) -> Pending:
        """Record what we sent, unless more is known of the attempt already."""
        pending = Pending(sent)
        with self._parts.uow.begin() as tx:
            payment = payment_rows.lock(tx, attempt.payment_id)
            attempts = attempt_rows.list_of_payment(tx, payment.id)
            moved = [
                move_attempt(
                    tx,
                    payment,
                    one,
                    AttemptStatus.SUBMITTED,
                    reason=_SENT,
                    transaction_hash=sent,
                )
                if one.id == attempt.id and one.status is AttemptStatus.AWAITING_PAYER
                else one
                for one in attempts
            ]
            project_payment(tx, payment, moved, reason=_SENT)
            receipt.store(tx, pending)
            tx.commit()
        return pending
