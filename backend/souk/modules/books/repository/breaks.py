"""Differences between the rails and us, and up to where they were looked for."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from souk.core.unit_of_work import Transaction
from souk.modules.books.domain import BreakClass, Difference, OpenBreak, Position, Rule
from souk.modules.books.models import ReconciliationBreakRow, ReconciliationRow

_OPEN = text("healed_at IS NULL")


@dataclass(frozen=True, slots=True)
class Kept:
    """An open break, and of which class it was before; `None` when it is new."""

    id: str
    before: BreakClass | None


def open_break(tx: Transaction, place: str, difference: Difference, kind: BreakClass) -> Kept:
    """Keep a difference that was not mended, with its present figures and class."""
    return _open(tx, place, difference, kind, anew={"kind": kind})


def open_doubt(tx: Transaction, place: str, difference: Difference) -> Kept:
    """Keep a difference about which nothing was proved, with its present figures: of class
    `unknown` when it is new, and otherwise of the class that it has."""
    return _open(tx, place, difference, BreakClass.UNKNOWN, anew={})


def _open(
    tx: Transaction,
    place: str,
    difference: Difference,
    kind: BreakClass,
    *,
    anew: Mapping[str, BreakClass],
) -> Kept:
    """One break is open about a subject and a rule: where there is one it gets the present figures
    and what is `anew` of it."""
    row = ReconciliationBreakRow
    values = {
        "place": place,
        "subject": difference.subject,
        "rule": difference.rule,
        "kind": kind,
        "expected": difference.expected,
        "found": difference.found,
        "opened_at": tx.now,
        "seen_at": tx.now,
    }
    new_id = tx.session.execute(
        upsert(row)
        .values(id=tx.new_id("rbk"), **values)
        .on_conflict_do_nothing(index_elements=["place", "subject", "rule"], index_where=_OPEN)
        .returning(row.id)
    ).scalar_one_or_none()
    if new_id is not None:
        return Kept(new_id, before=None)
    # It was open before, or was opened, or even closed, by somebody else at this moment.
    known = tx.session.execute(
        select(row.id, row.kind)
        .where(*_about(place, difference))
        .order_by(row.healed_at.desc().nulls_first())
        .limit(1)
        .with_for_update()
    ).one()
    now = {**anew, "expected": difference.expected, "found": difference.found}
    tx.session.execute(
        update(row).where(row.id == known.id, row.healed_at.is_(None)).values(seen_at=tx.now, **now)
    )
    return Kept(known.id, before=BreakClass(known.kind))


def _about(place: str, difference: Difference) -> tuple[ColumnElement[bool], ...]:
    row = ReconciliationBreakRow
    return (
        row.place == place,
        row.subject == difference.subject,
        row.rule == difference.rule,
    )


def heal(tx: Transaction, place: str, difference: Difference, kind: BreakClass, how: str) -> None:
    """Keep that a difference was there and was mended: the open break about it is closed, or one
    is written that was closed at once."""
    row = ReconciliationBreakRow
    closed = tx.session.scalars(
        update(row)
        .where(*_about(place, difference), row.healed_at.is_(None))
        .values(kind=kind, seen_at=tx.now, healed_at=tx.now, how=how)
        .returning(row.id)
    ).first()
    if closed is not None:
        return
    tx.session.execute(
        insert(row).values(
            id=tx.new_id("rbk"),
            place=place,
            subject=difference.subject,
            rule=difference.rule,
            kind=kind,
            expected=difference.expected,
            found=difference.found,
            opened_at=tx.now,
            seen_at=tx.now,
            healed_at=tx.now,
            how=how,
        )
    )


def close_unseen(
    tx: Transaction,
    place: str,
    rules: Collection[Rule],
    subjects: Collection[str] | None = None,
    *,
    before: datetime,
) -> int:
    """Close what was open by these rules, about these subjects or about any, and was not seen
    again; what somebody else saw since `before` stays. How many were closed."""
    row = ReconciliationBreakRow
    found = [
        row.place == place,
        row.rule.in_(list(rules)),
        row.healed_at.is_(None),
        row.seen_at < before,
    ]
    if subjects is not None:
        found.append(row.subject.in_(list(subjects)))
    closed = tx.session.scalars(
        update(row).where(*found).values(healed_at=tx.now, how="not seen again").returning(row.id)
    )
    return len(closed.all())


def list_open_subjects(tx: Transaction, place: str) -> list[str]:
    """What there are open breaks about at a place."""
    row = ReconciliationBreakRow
    return list(
        tx.session.scalars(
            select(row.subject).where(row.place == place, row.healed_at.is_(None)).distinct()
        )
    )


def list_open(tx: Transaction, places: Sequence[str]) -> list[OpenBreak]:
    """The open breaks at these places, the oldest first."""
    row = ReconciliationBreakRow
    found = tx.session.scalars(
        select(row)
        .where(row.place.in_(places), row.healed_at.is_(None))
        .order_by(row.opened_at, row.id)
        .execution_options(populate_existing=True)
    )
    return [
        OpenBreak(
            place=one.place,
            subject=one.subject,
            rule=one.rule,
            kind=one.kind,
            expected=one.expected,
            found=one.found,
            opened_at=one.opened_at,
        )
        for one in found
    ]


def find_compared(tx: Transaction, place: str) -> tuple[datetime, datetime | None] | None:
    """When the last comparison of a place began, and the last one of the whole of it; `None` when
    there was none."""
    row = ReconciliationRow
    found = tx.session.execute(
        select(row.compared_at, row.whole_at).where(row.place == place)
    ).one_or_none()
    return None if found is None else (found.compared_at, found.whole_at)


def put_compared(
    tx: Transaction, place: str, position: Position, *, begun_at: datetime, whole: bool
) -> None:
    """Remember that a place was compared up to a position, by a comparison that began then: what
    came while it went on it may not have seen. One that began later is not forgotten."""
    row = ReconciliationRow
    values = {
        "compared_at": begun_at,
        "position_at": position.at,
        "block_number": position.block_number,
        "block_hash": position.block_hash,
    }
    statement = upsert(row).values(place=place, whole_at=begun_at if whole else None, **values)
    is_later = statement.excluded.compared_at >= row.compared_at
    now: dict[str, ColumnElement[object]] = {
        name: case((is_later, statement.excluded[name]), else_=getattr(row, name))
        for name in values
    }
    now["whole_at"] = func.greatest(statement.excluded.whole_at, row.whole_at)
    tx.session.execute(statement.on_conflict_do_update(index_elements=["place"], set_=now))
