"""The escrow rail: a `PaymentGateway` over `Escrow.sol` on EVM chains.

It computes and encodes; what moves money is signed by the parties' own wallets. The server holds
no key that could take any.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from souk.adapters.evm.escrow_codec import (
    EscrowState,
    decode_states,
    encode_approve,
    encode_fulfil,
    encode_pay,
    encode_refund,
    encode_release,
    encode_states,
    explain_revert,
    order_id,
)
from souk.adapters.evm.node import EvmNode
from souk.core.addresses import ZERO_ADDRESS, Address
from souk.core.errors import ProviderUnavailable, UnavailableError
from souk.core.money import Money
from souk.modules.chain.domain import Call, EscrowFactKind, Level, block_instant
from souk.modules.chain.errors import CallReverted
from souk.modules.chain.events import (
    EscrowEvent,
    EscrowEventOrphaned,
    EscrowEventReached,
    EscrowEventSeen,
)
from souk.modules.payments.domain import (
    CallToSign,
    ChainMoney,
    EscrowOrder,
    EscrowTerms,
    Fact,
    FactKind,
    FactStage,
    Leg,
    LegLookup,
    LegStatus,
    NeedsSignature,
    Observation,
    Outcome,
    Pending,
    clocks,
    state_terms,
)
from souk.modules.payments.errors import PartiesCollide
from souk.modules.payments.ports import LegDraft, LegPlan, PaymentPlan, RailMessage

_log = logging.getLogger(__name__)

_KINDS = {
    EscrowFactKind.PAID: FactKind.HELD,
    EscrowFactKind.FULFILLED: FactKind.FULFILLED,
    EscrowFactKind.SETTLED: FactKind.SETTLED,
}


class EvmEscrowGateway:
    """One contract on each chain. `policy` is the level at which a block's facts count."""

    def __init__(
        self,
        chains: Mapping[int, ChainMoney],
        terms: EscrowTerms,
        nodes: Mapping[int, EvmNode],
        *,
        policy: Level = Level.CONFIRMED,
    ) -> None:
        self._chains = chains
        self._terms = terms
        self._nodes = nodes
        self._policy = policy

    def draft(self, plan: PaymentPlan) -> tuple[LegDraft, ...]:
        """Each order's terms, the document that states them, and the id that follows."""
        return tuple(self._draft(plan, leg) for leg in plan.legs)

    def _draft(self, plan: PaymentPlan, leg: LegPlan) -> LegDraft:
        contract = self._chains[plan.chain_id].escrow
        self._require_parties(plan.payer, leg.seller, contract)
        fulfil_by, window = clocks(leg.terms, pay_by=plan.pay_by)
        bare = EscrowOrder(
            buyer=plan.payer,
            seller=leg.seller,
            token=plan.token,
            amount=leg.amount,
            arbiter=self._terms.arbiter,
            fee_to=self._terms.fee_to,
            fee_bps=self._terms.fee_bps,
            silent_bps=self._terms.silent_bps,
            pay_by=plan.pay_by,
            fulfil_by=fulfil_by,
            window=window,
        )
        order, document = state_terms(
            leg.terms, bare, chain_id=plan.chain_id, contract=contract, salt=leg.salt
        )
        escrow_id = order_id(order, chain_id=plan.chain_id, contract=contract)
        return LegDraft(
            external_reference=reference(plan.chain_id, contract, escrow_id),
            chain_id=plan.chain_id,
            contract=contract,
            escrow_id=escrow_id,
            terms=order,
            document=document,
        )

    def _require_parties(self, buyer: Address, seller: Address, contract: Address) -> None:
        """The contract refuses these as well; here the buyer is told before signing."""
        if buyer == seller:
            raise PartiesCollide("the paying wallet is the seller's own payout wallet")
        if self._terms.arbiter in (buyer, seller) or contract in (buyer, seller):
            raise PartiesCollide("this wallet has another part in the escrow; use another one")

    def prepare_payment(self, legs: Sequence[Leg]) -> Outcome:
        """One `pay` for all legs; for a token the allowance comes first."""
        first = legs[0]
        total = sum(leg.amount for leg in legs)
        sum_text = Money(total, first.asset)
        what = "1 order" if len(legs) == 1 else f"{len(legs)} orders"
        native = first.terms.token == ZERO_ADDRESS
        pay = CallToSign(
            chain_id=first.chain_id,
            to=first.contract,
            data=encode_pay([leg.terms for leg in legs]),
            value=total if native else 0,
            says=f"Pay {sum_text} into escrow for {what}",
        )
        approve = CallToSign(
            chain_id=first.chain_id,
            to=first.terms.token,
            data=encode_approve(first.contract, total),
            value=0,
            says=f"Allow the escrow to take {sum_text} for {what}",
        )
        return NeedsSignature(
            by=first.terms.buyer,
            calls=(pay,) if native else (approve, pay),
            until=datetime.fromtimestamp(first.terms.pay_by, UTC),
        )

    def cancel_payment(self, legs: Sequence[Leg]) -> Outcome:
        """Nobody can take back calls that a wallet has; they end by themselves at `payBy`."""
        return Pending(legs[0].external_reference)

    def fulfil(self, legs: Sequence[Leg]) -> Outcome:
        """`fulfil` by the seller; the buyer's time begins with the block."""
        by = _one({leg.terms.seller for leg in legs})
        until = min(leg.terms.fulfil_by for leg in legs)
        call = self._call(legs, encode_fulfil(_orders(legs)), "Tell the escrow that you have sent")
        self._simulate(call, by)
        return NeedsSignature(by=by, calls=(call,), until=datetime.fromtimestamp(until, UTC))

    def release(self, legs: Sequence[Leg]) -> Outcome:
        """`release` by the buyer, or by anyone when the buyer's time is over."""
        by = _one({leg.terms.buyer for leg in legs})
        call = self._call(legs, encode_release(_orders(legs)), "Give the seller the money of")
        self._simulate(call, by)
        return NeedsSignature(by=by, calls=(call,))

    def refund(self, legs: Sequence[Leg]) -> Outcome:
        """`refund` by the seller, or by anyone when the seller's time is over."""
        by = _one({leg.terms.seller for leg in legs})
        call = self._call(legs, encode_refund(_orders(legs)), "Give the buyer back the money of")
        self._simulate(call, by)
        return NeedsSignature(by=by, calls=(call,))

    def _call(self, legs: Sequence[Leg], data: str, does: str) -> CallToSign:
        what = f"order {legs[0].order_id}" if len(legs) == 1 else f"{len(legs)} orders"
        says = f"{does} {what}: {Money(sum(leg.remaining for leg in legs), legs[0].asset)}"
        return CallToSign(
            chain_id=legs[0].chain_id, to=legs[0].contract, data=data, value=0, says=says
        )

    def _simulate(self, call: CallToSign, by: Address | None) -> None:
        """Tell the party before it signs what the contract would refuse. A node that is away
        does not keep anybody from their money."""
        if by is None:
            return
        try:
            self._nodes[call.chain_id].call(
                Call(call.to, bytes.fromhex(call.data[2:]), call.value), sender=by
            )
        except CallReverted as refusal:
            raise explain_revert(refusal.data) from refusal
        except UnavailableError:
            _log.warning("chain %s is away; calls are handed out unchecked", call.chain_id)

    def lookup(self, leg: Leg) -> LegLookup:
        """The contract's own state of an order, as of the newest block."""
        call = Call(leg.contract, encode_states(leg.escrow_id))
        state = decode_states(self._nodes[leg.chain_id].call(call))
        if state is None:
            raise ProviderUnavailable("there is no escrow contract where it should be")
        return LegLookup(
            status=_status(leg, state),
            remaining=state.remaining,
            released=state.released,
            deadline=datetime.fromtimestamp(state.deadline, UTC) if state.deadline else None,
        )

    def parse_observation(self, message: RailMessage) -> Observation | None:
        """What an event of the chain module means for a leg."""
        event, stage = self._read(message)
        kind = None if event is None else _KINDS.get(EscrowFactKind(event.kind))
        if event is None or kind is None:
            return None
        contract = Address(event.contract)
        return Observation(
            leg_reference=reference(event.chain_id, contract, event.escrow_id),
            effect_id=event.effect_id,
            observation_id=event.observation_id,
            stage=stage,
            fact=_fact(kind, event.args),
            occurred_at=block_instant(event.block_timestamp),
            evidence=_evidence(event),
        )

    def _read(self, message: RailMessage) -> tuple[EscrowEvent | None, FactStage]:
        match message.name:
            case EscrowEventSeen.name:
                return EscrowEventSeen.from_payload(message.payload), FactStage.SEEN
            case EscrowEventOrphaned.name:
                return EscrowEventOrphaned.from_payload(message.payload), FactStage.ORPHANED
            case EscrowEventReached.name:
                reached = EscrowEventReached.from_payload(message.payload)
                counts = Level(reached.level).reaches(self._policy)
                return (reached if counts else None), FactStage.REACHED
            case _:
                return None, FactStage.SEEN


def reference(chain_id: int, contract: Address, escrow_id: str) -> str:
    """How payments know an escrow: the contract by CAIP-10, and the order's id in it."""
    return f"eip155:{chain_id}:{contract}/{escrow_id}"


def _orders(legs: Sequence[Leg]) -> list[EscrowOrder]:
    return [leg.terms for leg in legs]


def _one(parties: set[Address]) -> Address | None:
    return parties.pop() if len(parties) == 1 else None


def _status(leg: Leg, state: EscrowState) -> LegStatus:
    match state.status:
        case 0:
            return LegStatus.AWAITING
        case 1:
            return LegStatus.HELD
        case 2 | 3:
            return LegStatus.FULFILLED
        case _:
            if state.released == 0:
                return LegStatus.REFUNDED
            return LegStatus.RELEASED if state.released == leg.amount else LegStatus.SPLIT


def _fact(kind: FactKind, args: Mapping[str, str]) -> Fact:
    figures = ("amount", "to_buyer", "to_seller", "fee", "deadline")
    return Fact(kind=kind, **{name: int(args[name]) for name in figures if name in args})


def _evidence(event: EscrowEvent) -> dict[str, str | int]:
    return {
        "chain_id": event.chain_id,
        "contract": event.contract,
        "escrow_id": event.escrow_id,
        "effect_id": event.effect_id,
        "observation_id": event.observation_id,
        "block_number": event.block_number,
        "block_hash": event.block_hash,
        "transaction_hash": event.transaction_hash,
        "log_index": event.log_index,
    }
