"""Tables of payments."""

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from souk.core.db import Amount, Base, Id, Instant
from souk.modules.payments.domain import (
    PAID,
    AttemptStatus,
    FactKind,
    FactStage,
    InstructionKind,
    LegStatus,
    PaymentMethod,
    PaymentState,
    PayWay,
    RefundReason,
    RefundStatus,
)


def _one_of(column: str, values: type[StrEnum] | list[LegStatus]) -> str:
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


class PaymentRow(Base):
    """The paying of one checkout. `status` is the projection that clients see."""

    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("checkout_id"),
        CheckConstraint(_one_of("status", PaymentState), name="status"),
        CheckConstraint("amount >= 0", name="amount"),
        Index("ix_payment_buyer_id_id", "buyer_id", "id"),
        Index("ix_payment_status_id", "status", "id"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    checkout_id: Mapped[Id] = mapped_column(ForeignKey("checkout.id"))
    buyer_id: Mapped[Id] = mapped_column(ForeignKey("account.id"))
    amount: Mapped[Amount]
    currency: Mapped[str]
    status: Mapped[str]
    closed_reason: Mapped[str | None]
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]
    completed_at: Mapped[Instant | None]


_ON_A_CHAIN = "(chain_id IS NULL) = (contract IS NULL)"


class PaymentAttemptRow(Base):
    """One try to pay, with the quote it is based on. `clock` judges its times: what a contract
    judges is block time. `request_key` is of the request that began it, `cancel_key` of the one by
    which its payer gave it up. Columns of the other rail are empty."""

    __tablename__ = "payment_attempt"
    __table_args__ = (
        UniqueConstraint("request_key"),
        UniqueConstraint("cancel_key"),
        UniqueConstraint("payment_id", "number"),
        CheckConstraint(_one_of("method", PaymentMethod), name="method"),
        CheckConstraint(_one_of("status", AttemptStatus), name="status"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("pay_by <= quote_expires_at", name="pay_by"),
        CheckConstraint(_ON_A_CHAIN, name="on_a_chain"),
        CheckConstraint(_one_of("way", PayWay), name="way"),
        Index(
            "uq_payment_attempt_provider_reference",
            "provider_reference",
            unique=True,
            postgresql_where=text("provider_reference IS NOT NULL"),
        ),
        Index(
            "ix_payment_attempt_open",
            "clock",
            "updated_at",
            postgresql_where=text("closed_at IS NULL AND status NOT IN ('succeeded', 'orphaned')"),
        ),
        Index(
            "ix_payment_attempt_transaction_hash",
            "transaction_hash",
            postgresql_where=text("transaction_hash IS NOT NULL"),
        ),
        Index("ix_payment_attempt_rate", "chain_id", "rate_source", "quote_issued_at"),
        Index("ix_payment_attempt_status_updated_at", "status", "updated_at"),
        Index(
            "ix_payment_attempt_submitted",
            "chain_id",
            postgresql_where=text("status = 'submitted'"),
        ),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    payment_id: Mapped[Id] = mapped_column(ForeignKey("payment.id"))
    number: Mapped[int] = mapped_column(SmallInteger)
    request_key: Mapped[Id | None]
    cancel_key: Mapped[Id | None]
    method: Mapped[str]
    status: Mapped[str]
    clock: Mapped[str]
    chain_id: Mapped[int | None] = mapped_column(BigInteger)
    contract: Mapped[str | None]
    token: Mapped[str | None]
    payer_wallet: Mapped[str | None]
    way: Mapped[str | None]
    saved_method: Mapped[str | None]
    provider_reference: Mapped[str | None]
    asset: Mapped[str]
    asset_exponent: Mapped[int] = mapped_column(SmallInteger)
    asset_symbol: Mapped[str]
    amount: Mapped[Amount]
    usd_amount: Mapped[Amount]
    rate_amount: Mapped[Amount]
    rate_exponent: Mapped[int] = mapped_column(SmallInteger)
    rate_source: Mapped[str]
    spread_bps: Mapped[int] = mapped_column(Integer)
    quote_issued_at: Mapped[Instant]
    quote_expires_at: Mapped[Instant]
    pay_by: Mapped[Instant]
    transaction_hash: Mapped[str | None]
    failure_reason: Mapped[str | None]
    route_explanation: Mapped[dict[str, object]] = mapped_column(JSONB)
    closed_at: Mapped[Instant | None]
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]


class PaymentAttemptHistoryRow(Base):
    """Every change of an attempt's status."""

    __tablename__ = "payment_attempt_history"
    __table_args__ = (UniqueConstraint("attempt_id", "sequence"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    attempt_id: Mapped[Id] = mapped_column(ForeignKey("payment_attempt.id"))
    sequence: Mapped[int] = mapped_column(Integer)
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    reason: Mapped[str]
    evidence: Mapped[dict[str, object]] = mapped_column(JSONB)
    observed_at: Mapped[Instant]


class PaymentAttemptLegRow(Base):
    """The money of one order in one attempt, and the terms under which it is held. Of an order's
    legs one alone is paid and no duplicate. A card's, and those from before, have no `finality`."""

    __tablename__ = "payment_attempt_leg"
    __table_args__ = (
        UniqueConstraint("external_reference"),
        UniqueConstraint("chain_id", "contract", "escrow_id"),
        UniqueConstraint("attempt_id", "order_id"),
        CheckConstraint(_one_of("method", PaymentMethod), name="method"),
        CheckConstraint(_one_of("status", LegStatus), name="status"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("released + refunded <= held", name="moved"),
        CheckConstraint("reimbursed <= released", name="reimbursed"),
        CheckConstraint("refunded + reimbursed + charged_back <= held", name="back"),
        CheckConstraint(_ON_A_CHAIN, name="on_a_chain"),
        CheckConstraint("(chain_id IS NULL) = (card_account IS NOT NULL)", name="rail"),
        CheckConstraint("finality IN ('confirmed', 'safe', 'final')", name="finality"),
        Index(
            "uq_payment_attempt_leg_paid",
            "order_id",
            unique=True,
            postgresql_where=text(
                _one_of("status", [one for one in LegStatus if one in PAID]) + " AND NOT duplicate"
            ),
        ),
        Index("ix_payment_attempt_leg_order_id", "order_id"),
        Index("ix_payment_attempt_leg_updated_at", "updated_at"),
        Index("ix_payment_attempt_leg_payment_id", "payment_id"),
        Index(
            "ix_payment_attempt_leg_due",
            "clock",
            "deadline",
            postgresql_where=text("status IN ('held', 'fulfilled', 'disputed')"),
        ),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    payment_id: Mapped[Id] = mapped_column(ForeignKey("payment.id"))
    attempt_id: Mapped[Id] = mapped_column(ForeignKey("payment_attempt.id"))
    order_id: Mapped[Id] = mapped_column(ForeignKey("orders.id"))
    seller_id: Mapped[Id] = mapped_column(ForeignKey("seller.id"))
    position: Mapped[int] = mapped_column(SmallInteger)
    method: Mapped[str]
    external_reference: Mapped[str]
    clock: Mapped[str]
    chain_id: Mapped[int | None] = mapped_column(BigInteger)
    contract: Mapped[str | None]
    escrow_id: Mapped[Id | None]
    card_account: Mapped[str | None]
    charge_reference: Mapped[str | None]
    divisions: Mapped[dict[str, dict[str, int]]] = mapped_column(JSONB, server_default=text("'{}'"))
    asset: Mapped[str]
    asset_exponent: Mapped[int] = mapped_column(SmallInteger)
    asset_symbol: Mapped[str]
    amount: Mapped[Amount]
    usd_amount: Mapped[Amount]
    buyer_wallet: Mapped[str | None]
    seller_wallet: Mapped[str | None]
    token: Mapped[str | None]
    arbiter: Mapped[str | None]
    fee_to: Mapped[str | None]
    fee_bps: Mapped[int] = mapped_column(Integer)
    silent_bps: Mapped[int | None] = mapped_column(Integer)
    pay_by: Mapped[int] = mapped_column(BigInteger)
    fulfil_by: Mapped[int] = mapped_column(BigInteger)
    window_seconds: Mapped[int] = mapped_column(BigInteger)
    ref: Mapped[str]
    finality: Mapped[str | None]
    status: Mapped[str]
    held: Mapped[Amount]
    released: Mapped[Amount]
    refunded: Mapped[Amount]
    reimbursed: Mapped[Amount] = mapped_column(server_default=text("0"))
    charged_back: Mapped[Amount] = mapped_column(server_default=text("0"))
    fee: Mapped[Amount]
    deadline: Mapped[Instant | None]
    duplicate: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]


class PaymentEffectRow(Base):
    """A business fact about a leg, and what was done about it. `bookings` counts the ledger entries
    there were; of the one that is open `booked_...` say what it is about, and how it was
    divided. `told`: the order was moved by it; `frozen`: its loss holds the order up."""

    __tablename__ = "payment_effect"
    __table_args__ = (
        CheckConstraint(_one_of("kind", FactKind), name="kind"),
        CheckConstraint("booked_stage IN ('pending', 'posted')", name="booked_stage"),
        Index("ix_payment_effect_leg_id", "leg_id"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    leg_id: Mapped[Id] = mapped_column(ForeignKey("payment_attempt_leg.id"))
    kind: Mapped[str]
    bookings: Mapped[int] = mapped_column(Integer)
    booked_observation: Mapped[Id | None]
    booked_stage: Mapped[str | None]
    booked_amount: Mapped[Amount] = mapped_column(server_default=text("0"))
    booked_from_held: Mapped[Amount] = mapped_column(server_default=text("0"))
    booked_lost: Mapped[Amount] = mapped_column(server_default=text("0"))
    told: Mapped[bool] = mapped_column(Boolean)
    frozen: Mapped[bool] = mapped_column(Boolean)


class PaymentObservationRow(Base):
    """One stay of an effect in a place that may cease to count. Its stage only moves forward."""

    __tablename__ = "payment_observation"
    __table_args__ = (
        CheckConstraint(_one_of("stage", FactStage), name="stage"),
        Index("ix_payment_observation_effect_id", "effect_id"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    effect_id: Mapped[Id] = mapped_column(ForeignKey("payment_effect.id"))
    stage: Mapped[str]
    amount: Mapped[Amount]
    to_buyer: Mapped[Amount]
    to_seller: Mapped[Amount]
    fee: Mapped[Amount]
    deadline: Mapped[int] = mapped_column(BigInteger)
    occurred_at: Mapped[Instant]
    evidence: Mapped[dict[str, str | int]] = mapped_column(JSONB)
    observed_at: Mapped[Instant]


class TermsDocumentRow(Base):
    """The clear text of a leg's terms; for its two parties only. Others keep it as `sealed_cid`."""

    __tablename__ = "terms_document"
    __table_args__ = (Index("ix_terms_to_seal", "id", postgresql_where=text("sealed_cid IS NULL")),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    leg_id: Mapped[Id] = mapped_column(ForeignKey("payment_attempt_leg.id"), unique=True)
    order_id: Mapped[Id] = mapped_column(ForeignKey("orders.id"), index=True)
    ref: Mapped[str] = mapped_column(unique=True)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Instant]
    sealed_cid: Mapped[str | None]


class RefundDueRow(Base):
    """Money that arrived and is owed back in full."""

    __tablename__ = "refund_due"
    __table_args__ = (
        UniqueConstraint("leg_id"),
        CheckConstraint(_one_of("reason", RefundReason), name="reason"),
        CheckConstraint(_one_of("status", RefundStatus), name="status"),
        Index("ix_refund_due_order_id", "order_id"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    leg_id: Mapped[Id] = mapped_column(ForeignKey("payment_attempt_leg.id"))
    order_id: Mapped[Id] = mapped_column(ForeignKey("orders.id"))
    reason: Mapped[str]
    status: Mapped[str]
    asset: Mapped[str]
    amount: Mapped[Amount]
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]


class PaymentInstructionRow(Base):
    """Money that a rail is told to move: stored with its key, which is its id, before the rail
    hears of it. One that is `open` is repeated until its outcome is known; `request_key` says whose
    wish it is, so that a repeated wish finds it."""

    __tablename__ = "payment_instruction"
    __table_args__ = (
        UniqueConstraint("request_key"),
        CheckConstraint(_one_of("kind", InstructionKind), name="kind"),
        CheckConstraint("status IN ('open', 'done', 'refused')", name="status"),
        CheckConstraint("amount > 0 AND fee >= 0 AND fee <= amount", name="amount"),
        Index("ix_payment_instruction_leg_id", "leg_id"),
        Index(
            "ix_payment_instruction_open",
            "next_attempt_at",
            postgresql_where=text("status = 'open'"),
        ),
        Index(
            "ix_payment_instruction_refused", "leg_id", postgresql_where=text("status = 'refused'")
        ),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    leg_id: Mapped[Id] = mapped_column(ForeignKey("payment_attempt_leg.id"))
    kind: Mapped[str]
    amount: Mapped[Amount]
    fee: Mapped[Amount]
    status: Mapped[str]
    request_key: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(Integer)
    first_asked_at: Mapped[Instant | None]
    next_attempt_at: Mapped[Instant]
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]


class PayeeAccountRow(Base):
    """A seller's account at the card provider. Until it is `ready` nobody can pay it by card."""

    __tablename__ = "payee_account"
    __table_args__ = (UniqueConstraint("reference"),)

    seller_id: Mapped[Id] = mapped_column(ForeignKey("seller.id"), primary_key=True)
    reference: Mapped[str]
    ready: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]


class CardCustomerRow(Base):
    """How the card provider knows a buyer for whom it keeps cards."""

    __tablename__ = "card_customer"
    __table_args__ = (UniqueConstraint("reference"),)

    account_id: Mapped[Id] = mapped_column(ForeignKey("account.id"), primary_key=True)
    reference: Mapped[str]
    created_at: Mapped[Instant]


class PaymentTrailRow(Base):
    """What is remembered of the transaction that an attempt's payer has handed in: who sent it,
    once that was seen, when by the chain's time it was last known, and when it was last asked
    for."""

    __tablename__ = "payment_trail"
    __table_args__ = (CheckConstraint("nonce >= 0", name="nonce"),)

    attempt_id: Mapped[Id] = mapped_column(ForeignKey("payment_attempt.id"), primary_key=True)
    transaction_hash: Mapped[str]
    sender: Mapped[str | None]
    nonce: Mapped[int | None] = mapped_column(BigInteger)
    known_at: Mapped[Instant]
    looked_at: Mapped[Instant]
