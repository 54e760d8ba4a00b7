"""What we write on Stripe's objects, so that a message about one says by itself whose money it is.

A value of metadata has at most 500 characters: the amounts of fifty orders, or the name of a leg.
Amounts are cents; an object in another currency is not ours, whatever is written on it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from souk.adapters.stripe.objects import DOLLARS, Charge, Intent, Metadata, Refund, Transfer
from souk.core.money import allocate
from souk.modules.payments.domain import Attempt, InstructionKind, StoredInstruction

VALUE_CHARACTERS = 500

_ATTEMPT = re.compile(r"[^:,]{1,64}")
_AMOUNTS = re.compile(r"[0-9]{1,12}(,[0-9]{1,12}){0,99}")
_LEG = re.compile(rf"stripe:({_ATTEMPT.pattern}):([0-9]{{1,2}})")
_FEE = re.compile(r"[0-9]{1,12}")


def leg_reference(attempt_id: str, position: int) -> str:
    """How we name a leg to this rail: its attempt, and which of the attempt's orders it pays."""
    return f"stripe:{attempt_id}:{position}"


def position_of(leg_reference: str) -> int:
    """Which of its attempt's orders a leg pays."""
    return int(leg_reference.rpartition(":")[2])


def amounts_text(amounts: Sequence[int]) -> str:
    """The amounts of an attempt's legs, as they are written on its intent."""
    return ",".join(str(amount) for amount in amounts)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentTag:
    """On an intent, and by Stripe on its charges: the attempt, and the amount of each leg."""

    attempt_id: str
    amounts: tuple[int, ...]

    def leg(self, position: int) -> str:
        """The name of one of its legs."""
        return leg_reference(self.attempt_id, position)

    def divide(self, total: int) -> list[int]:
        """What each leg has of a total: its amount, where all was paid."""
        return allocate(total, self.amounts)


def payment_metadata(attempt: Attempt) -> Metadata:
    """What is written on the intent of an attempt, in whatever order its legs are at hand."""
    legs = sorted(attempt.legs, key=lambda leg: position_of(leg.external_reference))
    amounts = amounts_text([leg.amount for leg in legs])
    return {"attempt": attempt.id, "payment": attempt.payment_id, "amounts": amounts}


def find_payment_tag(item: Intent | Charge) -> PaymentTag | None:
    """Whose money it is; `None` for what is not ours."""
    metadata = item.metadata or {}
    attempt, amounts = metadata.get("attempt", ""), metadata.get("amounts", "")
    if item.currency != DOLLARS or not _ATTEMPT.fullmatch(attempt):
        return None
    if not _AMOUNTS.fullmatch(amounts):
        return None
    numbers = tuple(int(amount) for amount in amounts.split(","))
    return PaymentTag(attempt_id=attempt, amounts=numbers) if sum(numbers) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveTag:
    """On a transfer or a refund: the leg, the instruction that it carries out, and what we kept of
    it as a fee."""

    leg: str
    instruction_id: str
    kind: InstructionKind
    fee: int

    @property
    def attempt_id(self) -> str:
        """The leg's attempt."""
        return self.leg.split(":")[1]

    @property
    def position(self) -> int:
        """Which of the attempt's orders it is about."""
        return position_of(self.leg)


def move_metadata(stored: StoredInstruction, leg_reference: str) -> Metadata:
    """What is written on an object that carries an instruction out."""
    told = stored.instruction
    return {
        "leg": leg_reference,
        "instruction": stored.id,
        "kind": told.kind.value,
        "fee": str(told.fee),
    }


def find_move_tag(item: Transfer | Refund) -> MoveTag | None:
    """What it carries out; `None` when it was made by hand, or is not ours."""
    metadata = item.metadata or {}
    leg, fee = metadata.get("leg", ""), metadata.get("fee", "")
    instruction, kind = metadata.get("instruction", ""), metadata.get("kind", "")
    if item.currency != DOLLARS or not _LEG.fullmatch(leg) or not _FEE.fullmatch(fee):
        return None
    if not instruction or kind not in {each.value for each in InstructionKind}:
        return None
    return MoveTag(leg=leg, instruction_id=instruction, kind=InstructionKind(kind), fee=int(fee))
