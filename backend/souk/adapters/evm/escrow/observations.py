"""What the chain module's events mean for the money of a leg."""

from collections.abc import Mapping

from souk.core.addresses import Address
from souk.modules.chain.domain import EscrowFactKind, Level, block_instant
from souk.modules.chain.events import (
    EscrowEvent,
    EscrowEventOrphaned,
    EscrowEventReached,
    EscrowEventSeen,
)
from souk.modules.payments.domain import Fact, FactKind, FactStage, Observation
from souk.modules.payments.ports import RailMessage

# Credits and withdrawals are about accounts, not about the money of an order: that left the order
# by the settlement before, which gave it to the account. What waits, the contract itself tells.
_KINDS = {
    EscrowFactKind.PAID: FactKind.HELD,
    EscrowFactKind.FULFILLED: FactKind.FULFILLED,
    EscrowFactKind.DISPUTED: FactKind.DISPUTED,
    EscrowFactKind.SETTLED: FactKind.SETTLED,
    EscrowFactKind.REIMBURSED: FactKind.REIMBURSED,
}
_FIGURES = ("amount", "to_buyer", "to_seller", "fee", "deadline")

# The contract's `kind` of a settlement.
_CAUSES = {
    "1": "release",
    "2": "refund",
    "3": "arbiter_silent",
    "4": "ruling",
    "5": "agreement",
}


def reference(chain_id: int, contract: Address, escrow_id: str) -> str:
    """How payments know an escrow: the contract by CAIP-10, and the order's id in it."""
    return f"eip155:{chain_id}:{contract}/{escrow_id}"


def read_observation(message: RailMessage, policy: Level) -> Observation | None:
    """What a message says of a leg; `None` when it says nothing. A fact counts from `policy` on."""
    event, stage, level = _read(message, policy)
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
        level=level,
    )


def _read(
    message: RailMessage, policy: Level
) -> tuple[EscrowEvent | None, FactStage, Level | None]:
    match message.name:
        case EscrowEventSeen.name:
            return EscrowEventSeen.from_payload(message.payload), FactStage.SEEN, Level.INCLUDED
        case EscrowEventOrphaned.name:
            return EscrowEventOrphaned.from_payload(message.payload), FactStage.ORPHANED, None
        case EscrowEventReached.name:
            reached = EscrowEventReached.from_payload(message.payload)
            level = Level(reached.level)
            return (reached if level.reaches(policy) else None), FactStage.REACHED, level
        case _:
            return None, FactStage.SEEN, None


def _fact(kind: FactKind, args: Mapping[str, str]) -> Fact:
    return Fact(kind=kind, **{name: int(args[name]) for name in _FIGURES if name in args})


def _evidence(event: EscrowEvent) -> dict[str, str | int]:
    evidence: dict[str, str | int] = {
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
    if "by" in event.args:
        evidence["by"] = event.args["by"]
    if "kind" in event.args:
        evidence["cause"] = _CAUSES.get(event.args["kind"], "unknown")
    return evidence
