"""Tables of the books. Triggers in the migration keep every row as it was written."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from souk.core.db import Amount, Base, Id, Instant


class LedgerAccountRow(Base):
    """One owner's account in one asset."""

    __tablename__ = "ledger_account"
    __table_args__ = (
        UniqueConstraint("kind", "owner", "asset"),
        CheckConstraint(
            "kind IN ('buyer', 'escrow', 'seller', 'fees', 'receivable', 'losses')", name="kind"
        ),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    kind: Mapped[str]
    owner: Mapped[Id]
    asset: Mapped[str]
    created_at: Mapped[Instant]


class LedgerEntryRow(Base):
    """One movement of an order's money, or the mirror of one."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        UniqueConstraint("external_reference"),
        UniqueConstraint("reverses_id"),
        CheckConstraint(
            "flow IN ('hold', 'release', 'refund', 'reimburse', 'recover', 'charge_back', 'lose')",
            name="flow",
        ),
        CheckConstraint("posting_count >= 2", name="posting_count"),
        Index("ix_ledger_entry_order_id_holder", "order_id", "holder"),
        Index("ix_ledger_entry_effect_reference", "effect_reference"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    external_reference: Mapped[str]
    effect_reference: Mapped[str]
    flow: Mapped[str]
    order_id: Mapped[Id]
    holder: Mapped[Id]
    reverses_id: Mapped[Id | None] = mapped_column(ForeignKey("ledger_entry.id"))
    posting_count: Mapped[int] = mapped_column(SmallInteger)
    occurred_at: Mapped[Instant]
    created_at: Mapped[Instant]


class LedgerPostingRow(Base):
    """One signed change of one account."""

    __tablename__ = "ledger_posting"
    __table_args__ = (
        CheckConstraint("stage IN ('pending', 'posted')", name="stage"),
        CheckConstraint("amount <> 0", name="amount"),
        Index("ix_ledger_posting_account_id_stage", "account_id", "stage"),
    )

    entry_id: Mapped[Id] = mapped_column(ForeignKey("ledger_entry.id"), primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    account_id: Mapped[Id] = mapped_column(ForeignKey("ledger_account.id"))
    stage: Mapped[str]
    amount: Mapped[Amount]
