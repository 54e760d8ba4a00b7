"""Moving money at Stripe as an instruction says: transfers, reversals of them, refunds.

Each request has a key that follows from the instruction. Before it is repeated, whatever the time
that has passed, what it may have made is looked for by what we write on it: Stripe forgets a key
after a day, and until then it repeats under it an error as well.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TypeVar, assert_never

import stripe

from souk.adapters.stripe.client import StripeApi
from souk.adapters.stripe.looking import Looking
from souk.adapters.stripe.moves import (
    said_of_kept,
    said_of_refund,
    said_of_reversal,
    said_of_transfer,
    stage_of,
)
from souk.adapters.stripe.objects import DOLLARS, Charge, Read, Refund, Reversal, Transfer, read
from souk.adapters.stripe.tags import find_move_tag, move_metadata
from souk.core.clock import Clock
from souk.core.errors import OutcomeUnknown, ProviderRejected
from souk.modules.payments.domain import (
    Attempt,
    CardLeg,
    CardTerms,
    Executed,
    FactStage,
    InstructionKind,
    Leg,
    Outcome,
    Pending,
    StoredInstruction,
)
from souk.modules.payments.errors import PayeeBalanceTooLow

T = TypeVar("T", bound=Read)


class Carrying:
    """Carries instructions out, each once. Raises `ProviderUnavailable`, `ProviderRejected`,
    `OutcomeUnknown` and `PayeeBalanceTooLow`."""

    def __init__(self, api: StripeApi, looking: Looking, clock: Clock) -> None:
        self._api = api
        self._looking = looking
        self._clock = clock

    def carry_out(self, stored: StoredInstruction, leg: Leg, attempt: Attempt) -> Outcome:
        """Move the money, or find that it was moved."""
        kind = stored.instruction.kind
        match kind:
            case InstructionKind.RELEASE:
                return self._release(stored, leg, attempt)
            case InstructionKind.REFUND | InstructionKind.REIMBURSE:
                return self._give_back(stored, leg, attempt)
            case InstructionKind.RECOVER:
                return self._recover(stored, leg)
            case _:
                assert_never(kind)

    def _release(self, stored: StoredInstruction, leg: Leg, attempt: Attempt) -> Outcome:
        """A transfer out of the very charge, so that it need not have arrived yet. The fee stays;
        where all is fee, nothing moves."""
        told = stored.instruction
        if told.amount == told.fee:
            return Executed(stored.id, (said_of_kept(stored, leg, self._clock.now()),))
        transfer = self._find_transfer(stored, leg) or self._transfer(stored, leg, attempt)
        return Executed(transfer.id, tuple(said_of_transfer(transfer)))

    def _find_transfer(self, stored: StoredInstruction, leg: Leg) -> Transfer | None:
        if stored.asked_before_seconds is None:
            return None
        known = self._looking.transfers(leg.attempt_id)
        return next((each for each in known if _carries(each, stored)), None)

    def _transfer(self, stored: StoredInstruction, leg: Leg, attempt: Attempt) -> Transfer:
        wanted: stripe.params.TransferCreateParams = {
            "amount": stored.instruction.amount - stored.instruction.fee,
            "currency": DOLLARS,
            "destination": _payee(leg),
            "source_transaction": self._charge(leg, attempt),
            "transfer_group": leg.attempt_id,
            "metadata": move_metadata(stored, leg.external_reference),
        }
        made = self._api.write(
            lambda client: client.v1.transfers.create(wanted, _key(stored, "transfer"))
        )
        return _read_made(Transfer, made)

    def _charge(self, leg: Leg, attempt: Attempt) -> str:
        if isinstance(leg, CardLeg) and leg.charge is not None:
            return leg.charge
        charge = self._looking.intent(_reference(attempt)).latest_charge
        if charge is None:
            raise ProviderRejected("the card provider knows of no payment of this attempt")
        return charge.id if isinstance(charge, Charge) else charge

    def _give_back(self, stored: StoredInstruction, leg: Leg, attempt: Attempt) -> Outcome:
        """A refund to where the money came from; a bank takes days for it, and may refuse."""
        intent = _reference(attempt)
        refund = self._find_refund(stored, intent) or self._refund(stored, leg, intent)
        said = tuple(said_of_refund(refund))
        match stage_of(refund):
            case FactStage.REACHED:
                return Executed(refund.id, said)
            case FactStage.SEEN:
                return Pending(refund.id, said)
            case FactStage.ORPHANED:
                raise ProviderRejected(
                    "the bank sent this refund back", context={"provider_code": "refund_failed"}
                )

    def _find_refund(self, stored: StoredInstruction, intent: str) -> Refund | None:
        if stored.asked_before_seconds is None:
            return None
        known = self._looking.refunds(intent)
        return next((each for each in known if _carries(each, stored)), None)

    def _refund(self, stored: StoredInstruction, leg: Leg, intent: str) -> Refund:
        wanted: stripe.params.RefundCreateParams = {
            "payment_intent": intent,
            "amount": stored.instruction.amount,
            "metadata": move_metadata(stored, leg.external_reference),
        }
        made = self._api.write(
            lambda client: client.v1.refunds.create(wanted, _key(stored, "refund"))
        )
        return _read_made(Refund, made)

    def _recover(self, stored: StoredInstruction, leg: Leg) -> Outcome:
        """Reversals of the leg's transfers, the first one first. The seller owes the whole amount;
        no more can come back than went there, which was less the fee. What is then short of it was
        our own fee, and is given up: the facts say what came."""
        sent = [each for each in self._looking.transfers(leg.attempt_id) if _pays(each, leg)]
        done = [(each, made) for each in sent for made in _made(each, stored)]
        owed = stored.instruction.amount - sum(made.amount for _, made in done)
        owed -= sum(made.amount for each in sent for made in self._by_hand_meanwhile(each, stored))
        wanted = list(_spread(owed, sent))
        self._require_balance(_payee(leg), sum(amount for _, amount in wanted))
        done += [(each, self._reverse(stored, leg, each, amount)) for each, amount in wanted]
        said = [said_of_reversal(leg.external_reference, each, made) for each, made in done]
        return Executed(stored.id, tuple(said))

    def _by_hand_meanwhile(self, sent: Transfer, stored: StoredInstruction) -> list[Reversal]:
        """What somebody fetched at the provider's own pages since this was first asked for."""
        if stored.asked_before_seconds is None:
            return []
        since = self._clock.now() - timedelta(seconds=stored.asked_before_seconds)
        since = since.replace(microsecond=0)
        known = sent.reversals.data
        return [each for each in known if not _instructed_by(each) and each.at >= since]

    def _require_balance(self, account: str, amount: int) -> None:
        """Refuse before Stripe does, which would repeat its refusal for a day under the same key,
        also once the account has the money."""
        if amount == 0:
            return
        balance = self._api.read(
            lambda client: client.v1.balance.retrieve({}, {"stripe_account": account})
        )
        there = sum(each.amount for each in balance.available if each.currency == DOLLARS)
        to_come = sum(each.amount for each in balance.pending if each.currency == DOLLARS)
        if there + to_come < amount:
            raise _too_low()

    def _reverse(
        self, stored: StoredInstruction, leg: Leg, transfer: Transfer, amount: int
    ) -> Reversal:
        wanted: stripe.params.TransferReversalCreateParams = {
            "amount": amount,
            "metadata": move_metadata(stored, leg.external_reference),
        }
        try:
            made = self._api.write(
                lambda client: client.v1.transfers.reversals.create(
                    transfer.id, wanted, _key(stored, transfer.id)
                )
            )
        except ProviderRejected as refusal:
            if refusal.context.get("provider_code") == "balance_insufficient":
                raise _too_low() from None
            raise
        return _read_made(Reversal, made)


def _read_made(kind: type[T], made: stripe.StripeObject) -> T:
    """What was made. An answer that is not understood does not undo it."""
    try:
        return read(kind, made.to_dict())
    except ProviderRejected as failure:
        raise OutcomeUnknown(
            "the card provider's answer is not understood; it is looked up"
        ) from failure


def _key(stored: StoredInstruction, phase: str) -> stripe.RequestOptions:
    return {"idempotency_key": f"{stored.id}:{phase}"}


def _carries(item: Transfer | Refund, stored: StoredInstruction) -> bool:
    tag = find_move_tag(item)
    return tag is not None and tag.instruction_id == stored.id


def _pays(transfer: Transfer, leg: Leg) -> bool:
    tag = find_move_tag(transfer)
    return tag is not None and tag.leg == leg.external_reference


def _made(transfer: Transfer, stored: StoredInstruction) -> list[Reversal]:
    """What came back of a transfer under this instruction before."""
    known = transfer.reversals.data
    return [each for each in known if _instructed_by(each) == stored.id]


def _instructed_by(reversal: Reversal) -> str | None:
    return (reversal.metadata or {}).get("instruction")


def _spread(amount: int, sent: Sequence[Transfer]) -> Iterator[tuple[Transfer, int]]:
    """How much of each transfer has to come back, as far as there is something left."""
    for transfer in sent:
        part = min(amount, transfer.left)
        if part > 0:
            amount -= part
            yield transfer, part


def _payee(leg: Leg) -> str:
    if not isinstance(leg.terms, CardTerms):
        raise TypeError("money held here has the terms of this rail")
    return leg.terms.payee


def _reference(attempt: Attempt) -> str:
    if attempt.provider_reference is None:
        raise ProviderRejected("the card provider knows of no payment of this attempt")
    return attempt.provider_reference


def _too_low() -> PayeeBalanceTooLow:
    return PayeeBalanceTooLow(
        "the seller's account at the card provider has too little to give this back now; it is"
        " tried again"
    )
