"""What we tell a rail that moves money at our word."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class InstructionKind(StrEnum):
    """`release`: hand held money on to the seller. `refund`: give held money back. `reimburse`:
    give the buyer back what was released before. `recover`: fetch from the seller what the buyer
    was given back after a release."""

    RELEASE = "release"
    REFUND = "refund"
    REIMBURSE = "reimburse"
    RECOVER = "recover"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One movement of a leg's money: `amount` in its asset, of which `fee` stays here when it is
    released."""

    leg_id: str
    kind: InstructionKind
    amount: int
    fee: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredInstruction:
    """An instruction with the key under which the rail hears of it, as often as it takes.
    `asked_before_seconds` is how long ago it was first sent; `None` when it never was."""

    id: str
    instruction: Instruction
    asked_before_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """An instruction that the rail has refused (`is_refused`), or that has been open since `since`;
    `why` is what stood in its way at last."""

    instruction_id: str
    instruction: Instruction
    is_refused: bool
    since: datetime
    why: str | None
