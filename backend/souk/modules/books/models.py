"""What was found when the books were looked at, and compared with the rails."""

from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from souk.core.db import Base, Id, Instant
from souk.modules.books.domain import BreakClass


def _one_of(column: str, values: type[StrEnum]) -> str:
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


class BooksCheckRow(Base):
    """One look at all of the books, in the form in which everybody may read it: totals by asset,
    how often each rule was broken, up to where each chain was followed then, and up to where each
    rail had been compared. It names no person and no order."""

    __tablename__ = "books_check"
    __table_args__ = (Index("ix_books_check_checked_at", "checked_at"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    checked_at: Mapped[Instant]
    assets: Mapped[list[object]] = mapped_column(JSONB)
    breaks: Mapped[list[object]] = mapped_column(JSONB)
    as_of: Mapped[list[object]] = mapped_column(JSONB)
    compared: Mapped[list[object]] = mapped_column(JSONB)


class ReconciliationRow(Base):
    """Up to where a rail was last compared, at one of its places, and when that began
    (`compared_at`); `whole_at` is when the last comparison of all of it began."""

    __tablename__ = "reconciliation"

    place: Mapped[Id] = mapped_column(primary_key=True)
    compared_at: Mapped[Instant]
    whole_at: Mapped[Instant | None]
    position_at: Mapped[Instant]
    block_number: Mapped[int | None] = mapped_column(BigInteger)
    block_hash: Mapped[str | None]


class ReconciliationBreakRow(Base):
    """A difference between a rail and us: about a leg or an asset (`subject`), what the one who has
    to know says (`expected`) and what the other does (`found`). Open while `healed_at` is NULL."""

    __tablename__ = "reconciliation_break"
    __table_args__ = (
        CheckConstraint(_one_of("class", BreakClass), name="class"),
        CheckConstraint("(healed_at IS NULL) = (how IS NULL)", name="healed"),
        Index(
            "uq_reconciliation_break_open",
            "place",
            "subject",
            "rule",
            unique=True,
            postgresql_where=text("healed_at IS NULL"),
        ),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    place: Mapped[Id]
    subject: Mapped[Id]
    rule: Mapped[str]
    kind: Mapped[str] = mapped_column("class")
    expected: Mapped[str]
    found: Mapped[str]
    opened_at: Mapped[Instant]
    seen_at: Mapped[Instant]
    healed_at: Mapped[Instant | None]
    how: Mapped[str | None]
