"""The escrow rail: a `PaymentGateway` over `Escrow.sol` on EVM chains.

It computes and encodes; what moves money is signed by the parties' own wallets. The server holds
no key that could take any.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from souk.adapters.evm.escrow import calls
from souk.adapters.evm.escrow.calls import EscrowState
from souk.adapters.evm.escrow.hashes import order_id
from souk.adapters.evm.escrow.legs import (
    call_for,
    escrow_leg,
    escrow_legs,
    orders_of,
    text_of,
    wallet_of,
)
from souk.adapters.evm.escrow.observations import read_observation, reference
from souk.adapters.evm.escrow.paying import Paying
from souk.adapters.evm.escrow.refunding import Refunding
from souk.adapters.evm.escrow.reimbursing import Reimbursing
from souk.adapters.evm.escrow.settling import Settling
from souk.adapters.evm.escrow.simulation import Simulation
from souk.adapters.evm.escrow.tokens import EvmTokens
from souk.adapters.evm.node import EvmNode
from souk.core.addresses import Address
from souk.core.clock import Clock
from souk.modules.chain.domain import Level
from souk.modules.payments.domain import (
    Attempt,
    CallToSign,
    ChainMoney,
    EscrowChoice,
    EscrowLeg,
    EscrowOrder,
    EscrowTerms,
    Leg,
    LegLookup,
    LegStatus,
    NeedsSignature,
    Outcome,
    Party,
    PayChoice,
    Pending,
    Split,
    clocks,
    state_terms,
)
from souk.modules.payments.errors import PartiesCollide
from souk.modules.payments.ports import (
    EscrowPlace,
    LegDraft,
    LegPlan,
    Payer,
    PaymentPlan,
    RailMessage,
    Said,
)


class EvmEscrowGateway:
    """One contract on each chain. `policy` is the level at which a block's facts count; what is
    known of `tokens` may be shared."""

    def __init__(
        self,
        chains: Mapping[int, ChainMoney],
        terms: EscrowTerms,
        nodes: Mapping[int, EvmNode],
        *,
        clock: Clock,
        policy: Level = Level.CONFIRMED,
        tokens: EvmTokens | None = None,
    ) -> None:
        self._chains = chains
        self._terms = terms
        self._policy = policy
        self._simulation = Simulation(nodes)
        tokens = tokens or EvmTokens(nodes, clock)
        self._paying = Paying(tokens, self._simulation)
        self._reimbursing = Reimbursing(tokens, self._simulation)
        self._refunding = Refunding(self._simulation)
        self._settling = Settling(self._simulation)

    def draft(self, plan: PaymentPlan) -> tuple[LegDraft, ...]:
        """Each order's terms, the document that states them, and the id that follows."""
        return tuple(self._draft(plan, leg) for leg in plan.legs)

    def _draft(self, plan: PaymentPlan, leg: LegPlan) -> LegDraft:
        choice = _choice(plan.choice)
        chain_id, contract = choice.chain_id, self._chains[choice.chain_id].escrow
        seller = leg.payouts.on(chain_id)
        self._require_parties(choice.wallet, seller, contract)
        fulfil_by, window = clocks(leg.terms, pay_by=plan.pay_by)
        bare = EscrowOrder(
            buyer=choice.wallet,
            seller=seller,
            token=choice.token,
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
            leg.terms, bare, chain_id=chain_id, contract=contract, salt=leg.salt
        )
        escrow_id = order_id(order, chain_id=chain_id, contract=contract)
        return LegDraft(
            external_reference=reference(chain_id, contract, escrow_id),
            place=EscrowPlace(chain_id, contract, escrow_id),
            terms=order,
            document=document,
        )

    def _require_parties(self, buyer: Address, seller: Address, contract: Address) -> None:
        """The contract refuses these as well; here the buyer is told before signing."""
        if buyer == seller:
            raise PartiesCollide("the paying wallet is the seller's own payout wallet")
        if self._terms.arbiter in (buyer, seller) or contract in (buyer, seller):
            raise PartiesCollide("this wallet has another part in the escrow; use another one")

    def prepare_payment(
        self, attempt: Attempt, payer: Payer, signature: str | None = None
    ) -> Outcome:
        """One call for all legs. By calls, the allowance comes first for a token; in the other ways
        the payer's signature does, and with it the call is prepared."""
        del payer
        return self._paying.prepare(
            escrow_legs(attempt.legs), _choice(attempt.choice).way, signature
        )

    def cancel_payment(self, attempt: Attempt) -> Outcome:
        """Nobody can take back calls that a wallet has; they end by themselves at `payBy`."""
        return Pending(attempt.id)

    def fulfil(self, legs: Sequence[Leg]) -> Outcome:
        """`fulfil` by the seller; the buyer's time begins with the block."""
        ours = escrow_legs(legs)
        by = _one({leg.terms.seller for leg in ours})
        until = min(leg.terms.fulfil_by for leg in ours)
        call = call_for(ours, calls.fulfil(orders_of(ours)), "Tell the escrow that you have sent")
        self._simulate(call, by, ours[0])
        return NeedsSignature(by=by, calls=(call,), until=datetime.fromtimestamp(until, UTC))

    def release(self, legs: Sequence[Leg]) -> Outcome:
        """`release` by the buyer, or by anyone when the buyer's time is over."""
        ours = escrow_legs(legs)
        by = _one({leg.terms.buyer for leg in ours})
        does = f"Give the seller the {_held(ours)} of"
        call = call_for(ours, calls.release(orders_of(ours)), does)
        self._simulate(call, by, ours[0])
        return NeedsSignature(by=by, calls=(call,))

    def refund(self, legs: Sequence[Leg]) -> Outcome:
        """`refund` by the seller, or by anyone when the seller's time is over; after the arbiter's
        silence the contract divides as the terms say, whoever calls."""
        return self._refunding.prepare(escrow_legs(legs))

    def dispute(self, leg: Leg, by: Party) -> Outcome:
        """`dispute` by the buyer or the seller of a fulfilled order, up to the deadline."""
        ours = escrow_leg(leg)
        wallet = wallet_of(by, ours)
        call = call_for([ours], calls.dispute(ours.terms), "Call the arbiter about")
        self._simulate(call, wallet, ours)
        return NeedsSignature(by=wallet, calls=(call,), until=leg.deadline)

    def resolve(self, leg: Leg, to_buyer: int) -> Outcome:
        """`resolve` by the arbiter of a dispute, up to its deadline."""
        ours = escrow_leg(leg)
        does = f"Rule that the buyer gets {text_of(to_buyer, ours)} and the seller the rest of"
        call = call_for([ours], calls.resolve(ours.terms, to_buyer), does)
        self._simulate(call, ours.terms.arbiter, ours)
        return NeedsSignature(by=ours.terms.arbiter, calls=(call,), until=leg.deadline)

    def settle(
        self,
        leg: Leg,
        split: Split,
        consents: Mapping[Party, str] | None = None,
        sender: Party | None = None,
    ) -> Outcome:
        """`settle`: an offer of at most 72 hours to sign, then the call that carries it out."""
        return self._settling.prepare(escrow_leg(leg), split, consents or {}, sender)

    def reimburse(self, leg: Leg, amount: int) -> Outcome:
        """`reimburse` by the seller; for a token the allowance comes first, unless it stands."""
        return self._reimbursing.prepare(escrow_leg(leg), amount)

    def _simulate(self, call: CallToSign, by: Address | None, leg: EscrowLeg) -> None:
        """Tell the party before it signs what the contract would refuse."""
        if by is not None:
            self._simulation.require(call, sender=by, asset=leg.asset)

    def lookup(self, leg: Leg) -> LegLookup:
        """The contract's own state of an order, as of the newest block."""
        state = self._simulation.state(escrow_leg(leg))
        # In the contract `released` falls by what is reimbursed.
        released = state.released + leg.reimbursed
        return LegLookup(
            status=status_of(leg, state, released),
            remaining=state.remaining,
            released=released,
            deadline=datetime.fromtimestamp(state.deadline, UTC) if state.deadline else None,
        )

    def parse_observation(self, message: RailMessage) -> Sequence[Said]:
        """What an event of the chain module means for a leg."""
        observation = read_observation(message, self._policy)
        return () if observation is None else (observation,)


def _held(legs: Sequence[EscrowLeg]) -> str:
    return text_of(sum(leg.remaining for leg in legs), legs[0])


def _choice(choice: PayChoice) -> EscrowChoice:
    if not isinstance(choice, EscrowChoice):
        raise TypeError("the contract is paid by wallets alone")
    return choice


def _one(parties: set[Address]) -> Address | None:
    return parties.pop() if len(parties) == 1 else None


def status_of(leg: Leg, state: EscrowState, released: int) -> LegStatus:
    """Where a leg stands by the contract's word; `released` is all that went to the seller."""
    match state.status:
        case 0:
            return LegStatus.AWAITING
        case 1:
            return LegStatus.HELD
        case 2:
            return LegStatus.FULFILLED
        case 3:
            return LegStatus.DISPUTED
        case _:
            if released == 0:
                return LegStatus.REFUNDED
            return LegStatus.RELEASED if released == leg.amount else LegStatus.SPLIT
