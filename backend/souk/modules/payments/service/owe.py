"""What is left to tell a rail, given what it was told. The order and the payment are locked."""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from enum import Enum, auto
from typing import assert_never

from souk.core.unit_of_work import Transaction
from souk.modules.orders.domain import HoldKind
from souk.modules.orders.errors import OrderOnHold
from souk.modules.payments.domain import Instruction, InstructionKind, Leg, LegFigures
from souk.modules.payments.errors import MovementUnderWay
from souk.modules.payments.repository import instructions as instruction_rows
from souk.modules.payments.repository.facts import Effect

_OUT_OF_HELD = frozenset({InstructionKind.RELEASE, InstructionKind.REFUND})
_TO_BUYER = frozenset({InstructionKind.REFUND, InstructionKind.REIMBURSE})


class Verdict(Enum):
    """Whether an instruction is to be carried out now: `GONE` when what it would move is not there
    any more, or is owed to the buyer instead."""

    GO = auto()
    WAIT = auto()
    GONE = auto()


def judge(leg: Leg, told: Instruction, holds: Collection[HoldKind], *, owed_back: bool) -> Verdict:
    """Holds that were opened, and money that left, after an instruction was stored count as much as
    those before: whoever waits until a provider answers does not know of them."""
    if is_held_up(holds, told.kind):
        return Verdict.WAIT
    if told.kind is InstructionKind.RELEASE and owed_back:
        return Verdict.GONE
    return Verdict.GO if told.amount <= _there(leg, told) else Verdict.GONE


def _there(leg: Leg, told: Instruction) -> int:
    """The most that an instruction of this kind can move. What a seller has to give back is known
    by the rail alone."""
    match told.kind:
        case InstructionKind.RELEASE | InstructionKind.REFUND:
            return leg.remaining
        case InstructionKind.REIMBURSE:
            return leg.returnable
        case InstructionKind.RECOVER:
            return told.amount
        case _:
            assert_never(told.kind)


def send_back(tx: Transaction, leg: Leg, *, after: timedelta = timedelta(0)) -> None:
    """Have what is held of a leg go back, if it moves at our word and nobody has said so yet."""
    if leg.by_us and (left := _free(tx, leg)) > 0:
        back = Instruction(leg_id=leg.id, kind=InstructionKind.REFUND, amount=left)
        instruction_rows.add(tx, back, after=after)


def recover(tx: Transaction, leg: Leg, figures: LegFigures, *, final: bool) -> None:
    """Have the seller give back what the buyer got back after the release, whoever gave it; what a
    bank has taken only once its decision is `final`."""
    if not leg.by_us:
        return
    after_release = max(0, figures.charged_back - _taken_from_held(figures)) if final else 0
    owed = figures.reimbursed + after_release
    if owed <= figures.recovered:
        return
    told = instruction_rows.total(tx, leg.id, InstructionKind.RECOVER)
    missing = owed - max(told, figures.recovered)
    if missing > 0:
        fetch = Instruction(leg_id=leg.id, kind=InstructionKind.RECOVER, amount=missing)
        instruction_rows.add(tx, fetch)


def give_again(tx: Transaction, leg: Leg, effects: Iterable[Effect]) -> None:
    """What a bank has sent back is owed to the buyer as before, under a new instruction."""
    for effect in effects:
        if not leg.by_us or effect.current is not None:
            continue
        for observed in effect.observations:
            if isinstance(told := observed.evidence.get("instruction"), str):
                instruction_rows.repeat(tx, told)


def is_held_up(holds: Collection[HoldKind], kind: InstructionKind) -> bool:
    """While anything holds an order up no money goes to its seller; and while a bank asks for the
    money nobody gives it back beside the bank."""
    if kind is InstructionKind.RELEASE:
        return bool(holds)
    return kind in _TO_BUYER and HoldKind.CHARGEBACK in holds


def require_unheld(holds: Collection[HoldKind], leg: Leg, wanted: Sequence[Instruction]) -> None:
    """Raises `OrderOnHold` when something that is wanted is held up."""
    if any(is_held_up(holds, one.kind) for one in wanted):
        raise OrderOnHold(leg.order_id, sorted(holds))


def _taken_from_held(figures: LegFigures) -> int:
    return min(figures.charged_back, figures.held - figures.released - figures.refunded)


def _free(tx: Transaction, leg: Leg) -> int:
    """What is held and nobody was told to move."""
    told = instruction_rows.list_open(tx, leg.id)
    return leg.remaining - sum(one.amount for one in told if one.kind in _OUT_OF_HELD)


def require_free(tx: Transaction, leg: Leg, wanted: Sequence[Instruction]) -> None:
    """Raises `MovementUnderWay` when others were told to move what is wanted here."""
    held = sum(one.amount for one in wanted if one.kind in _OUT_OF_HELD)
    back = sum(one.amount for one in wanted if one.kind is InstructionKind.REIMBURSE)
    told = instruction_rows.list_open(tx, leg.id)
    coming = sum(one.amount for one in told if one.kind is InstructionKind.REIMBURSE)
    if held > _free(tx, leg) or back > leg.returnable - coming:
        raise MovementUnderWay(
            "this money is being moved already; look at the order again in a moment",
            context={"order_id": leg.order_id},
        )
