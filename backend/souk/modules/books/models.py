"""What was found when the books were looked at."""

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from souk.core.db import Base, Id, Instant


class BooksCheckRow(Base):
    """One look at all of the books, in the form in which everybody may read it: totals by asset,
    how often each rule was broken, and up to where each chain was followed then. It names no
    person and no order."""

    __tablename__ = "books_check"
    __table_args__ = (Index("ix_books_check_checked_at", "checked_at"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    checked_at: Mapped[Instant]
    assets: Mapped[list[object]] = mapped_column(JSONB)
    breaks: Mapped[list[object]] = mapped_column(JSONB)
    as_of: Mapped[list[object]] = mapped_column(JSONB)
