"""What rails were told to move."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select, text, update

from souk.core.unit_of_work import Transaction
from souk.modules.payments.domain import (
    Instruction,
    InstructionKind,
    StoredInstruction,
    Undone,
)
from souk.modules.payments.models import PaymentInstructionRow

_OPEN, _DONE, _REFUSED = "open", "done", "refused"
LEASE = timedelta(seconds=60)
"""How long whoever carries an instruction out has it alone."""

_LONGEST_WAIT = timedelta(hours=1)


_AFTER_A_BANK = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Claimed:
    """An instruction that the claimer alone carries out for a while."""

    stored: StoredInstruction
    attempts: int


@dataclass(frozen=True, slots=True)
class Closed:
    """An instruction that nobody carries out any more; `refused_for` says why a rail would not."""

    refused_for: str | None


def add(
    tx: Transaction,
    instruction: Instruction,
    request_key: str | None = None,
    *,
    at_once: bool = False,
    after: timedelta = timedelta(0),
) -> str:
    """Store an instruction; its id is the key under which the rail hears of it. `at_once` keeps it
    from the sweep for as long as the caller needs to carry it out itself."""
    instruction_id = tx.new_id("ins")
    tx.session.execute(
        insert(PaymentInstructionRow).values(
            id=instruction_id,
            leg_id=instruction.leg_id,
            kind=instruction.kind,
            amount=instruction.amount,
            fee=instruction.fee,
            status=_OPEN,
            request_key=request_key,
            attempts=1 if at_once else 0,
            first_asked_at=tx.now if at_once else None,
            next_attempt_at=tx.after(LEASE if at_once else after),
            created_at=tx.now,
            updated_at=tx.now,
        )
    )
    return instruction_id


def list_of_request(tx: Transaction, request_key: str) -> list[str]:
    """The ids of what a wish has told a rail."""
    row = PaymentInstructionRow
    return list(
        tx.session.scalars(
            select(row.id)
            .where(row.request_key.startswith(f"{request_key}:", autoescape=True))
            .order_by(row.id)
        )
    )


def list_open(tx: Transaction, leg_id: str) -> list[Instruction]:
    """What a rail was told of a leg without its outcome being known."""
    rows = tx.session.scalars(
        select(PaymentInstructionRow)
        .filter_by(leg_id=leg_id, status=_OPEN)
        .order_by(PaymentInstructionRow.id)
        .execution_options(populate_existing=True)
    )
    return [_instruction(row) for row in rows]


def total(tx: Transaction, leg_id: str, kind: InstructionKind) -> int:
    """All that a rail was told to move of a leg in one way and has not refused to."""
    rows = tx.session.scalars(
        select(PaymentInstructionRow.amount).where(
            PaymentInstructionRow.leg_id == leg_id,
            PaymentInstructionRow.kind == kind,
            PaymentInstructionRow.status != _REFUSED,
        )
    )
    return sum(rows)


# Materialized, because a plan that ran the subquery again would take more than the limit.
_CLAIM = text(
    """
    WITH due AS MATERIALIZED (
        SELECT id FROM payment_instruction
        WHERE status = 'open' AND next_attempt_at <= :now
        ORDER BY next_attempt_at LIMIT :limit
        FOR UPDATE SKIP LOCKED)
    UPDATE payment_instruction AS told
    SET next_attempt_at = :until, attempts = attempts + 1,
        first_asked_at = coalesce(first_asked_at, :now)
    FROM due WHERE told.id = due.id
    RETURNING told.id
    """
)


def claim_due(tx: Transaction, *, limit: int) -> list[str]:
    """The ids of open instructions whose turn it is, kept from others for the lease."""
    values = {"now": tx.now, "until": tx.after(LEASE), "limit": limit}
    return list(tx.session.scalars(_CLAIM, values))


def get(tx: Transaction, instruction_id: str) -> Claimed | Closed:
    """An instruction as it is to be carried out now, or what became of it."""
    row = tx.session.get_one(PaymentInstructionRow, instruction_id, populate_existing=True)
    if row.status != _OPEN:
        return Closed(row.last_error if row.status == _REFUSED else None)
    asked = None
    if row.first_asked_at is not None:
        asked = tx.age(row.first_asked_at).total_seconds()
    return Claimed(_stored(row, asked), row.attempts)


# What was refused is over with once the same was done later, or nothing is held that it could move.
_UNDONE = text(
    """
    SELECT told.id, told.leg_id, told.kind, told.amount, told.fee, told.status, told.created_at,
        told.last_error
    FROM payment_instruction AS told JOIN payment_attempt_leg AS leg ON leg.id = told.leg_id
    WHERE leg.clock = :clock AND told.status = 'open' AND told.created_at < :before
    UNION ALL
    SELECT told.id, told.leg_id, told.kind, told.amount, told.fee, told.status, told.created_at,
        told.last_error
    FROM payment_instruction AS told JOIN payment_attempt_leg AS leg ON leg.id = told.leg_id
    WHERE leg.clock = :clock AND told.status = 'refused'
      AND NOT (told.kind IN ('release', 'refund')
          AND leg.held <= leg.released + leg.refunded + leg.charged_back)
      AND NOT EXISTS (
          SELECT FROM payment_instruction AS later
          WHERE later.leg_id = told.leg_id AND later.kind = told.kind
            AND later.status = 'done' AND later.created_at > told.created_at)
    ORDER BY id
    """
)


def list_undone(tx: Transaction, clock: str, before: datetime) -> list[Undone]:
    """What a rail was told of legs by a clock and has not done: open since before an instant, or
    refused and not made up for."""
    return [
        Undone(
            instruction_id=row.id,
            instruction=Instruction(
                leg_id=row.leg_id,
                kind=InstructionKind(row.kind),
                amount=int(row.amount),
                fee=int(row.fee),
            ),
            is_refused=row.status == _REFUSED,
            since=row.created_at,
            why=row.last_error,
        )
        for row in tx.session.execute(_UNDONE, {"clock": clock, "before": before})
    ]


def finish(tx: Transaction, instruction_id: str) -> None:
    """It was done, or is under way for good."""
    _move(tx, instruction_id, status=_DONE, last_error=None)


def refuse(tx: Transaction, instruction_id: str, why: str) -> None:
    """The rail will not do it."""
    _move(tx, instruction_id, status=_REFUSED, last_error=why)


def repeat(tx: Transaction, instruction_id: str) -> None:
    """A bank has sent back what this one had moved: another one is to move it, after a while."""
    row = PaymentInstructionRow
    returned = tx.session.execute(
        update(row)
        .where(row.id == instruction_id, row.status != _REFUSED)
        .values(status=_REFUSED, last_error="the bank sent it back", updated_at=tx.now)
        .returning(row)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if returned is not None:
        add(tx, _instruction(returned), after=_AFTER_A_BANK)


def put_off(tx: Transaction, claimed: Claimed, why: str) -> None:
    """Its outcome is not known, or it cannot be done yet: the later the more often it was tried."""
    wait = min(timedelta(seconds=2 ** min(claimed.attempts, 12)), _LONGEST_WAIT)
    _move(tx, claimed.stored.id, next_attempt_at=tx.after(wait), last_error=why)


def _move(tx: Transaction, instruction_id: str, **values: object) -> None:
    row = PaymentInstructionRow
    tx.session.execute(
        update(row)
        .where(row.id == instruction_id, row.status == _OPEN)
        .values(**values, updated_at=tx.now)
    )


def _stored(row: PaymentInstructionRow, asked: float | None) -> StoredInstruction:
    return StoredInstruction(id=row.id, instruction=_instruction(row), asked_before_seconds=asked)


def _instruction(row: PaymentInstructionRow) -> Instruction:
    return Instruction(
        leg_id=row.leg_id, kind=InstructionKind(row.kind), amount=row.amount, fee=row.fee
    )
