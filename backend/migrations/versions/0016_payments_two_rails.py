"""Payments by card beside those into escrow. Rows are checked, and indexes built, by 0017: whatever
reads a whole table must not do so while everybody else is kept from it."""

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"

_ATTEMPT, _LEG, _EFFECT = "payment_attempt", "payment_attempt_leg", "payment_effect"
_ID = sa.Text(collation="C")
_METHODS = "'STRIPE', 'CREDIT_CARD', 'DEBIT_CARD', 'BANK_TRANSFER', 'ESCROW', 'CRYPTO'"
_STATUSES = (
    "'awaiting', 'seen', 'held', 'fulfilled', 'disputed', 'released', 'refunded', 'split'{more},"
    " 'orphaned'"
)
_KINDS = "'held', 'fulfilled', 'disputed', 'settled', 'reimbursed'"
_REFUNDS = "'awaiting_seller'{more}, 'done', 'taken', 'void'"
_ACTORS = "'buyer', 'seller', 'chain'{more}, 'system', 'staff'"

_OF_CHAINS = {
    _ATTEMPT: ("chain_id", "contract", "token", "payer_wallet"),
    _LEG: (
        "chain_id",
        "contract",
        "escrow_id",
        "buyer_wallet",
        "seller_wallet",
        "token",
        "arbiter",
        "fee_to",
        "silent_bps",
    ),
}

# The clock of a row that knows its chain: for rows from before, and for code from before this
# column that writes while a release rolls out.
_SET_CLOCK = """
CREATE FUNCTION payment_clock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.clock := coalesce(NEW.clock, 'chain:' || NEW.chain_id);
    RETURN NEW;
END $$
"""
_ORDER_PAYMENT_STATUS = """
CREATE OR REPLACE FUNCTION order_payment_status(wanted text)
RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        SELECT payment_status(leg.amount, money.held, money.released,
                              money.refunded + money.reimbursed{charged_back})
        FROM payment_attempt_leg leg
        JOIN order_money money
          ON money.order_id = leg.order_id AND money.holder = leg.id AND money.asset = leg.asset
        WHERE leg.order_id = wanted AND NOT leg.duplicate
        ORDER BY money.held DESC, leg.id DESC LIMIT 1), 'unpaid')
$$
"""


def _allow(table: str, name: str, condition: str, *, not_valid: bool = False) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    op.create_check_constraint(
        op.f(f"ck_{table}_{name}"), table, condition, postgresql_not_valid=not_valid
    )


def _require(table: str, name: str, condition: str) -> None:
    op.create_check_constraint(
        op.f(f"ck_{table}_{name}"), table, condition, postgresql_not_valid=True
    )


def _amount(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Numeric(78, 0), nullable=False, server_default="0")


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.execute(_SET_CLOCK)
    for table, columns in _OF_CHAINS.items():
        op.add_column(table, sa.Column("clock", sa.Text(), nullable=True))
        op.execute(
            f"CREATE TRIGGER {table}_clock BEFORE INSERT ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION payment_clock()"
        )
        _require(table, "clock", "clock IS NOT NULL")
        for column in columns:
            op.alter_column(table, column, nullable=True)
        _require(table, "on_a_chain", "(chain_id IS NULL) = (contract IS NULL)")
        _allow(table, "method", f"method IN ({_METHODS})", not_valid=True)
    for name in ("way", "saved_method", "provider_reference"):
        op.add_column(_ATTEMPT, sa.Column(name, sa.Text(), nullable=True))
    op.add_column(_ATTEMPT, _instant("closed_at", nullable=True))
    _require(_ATTEMPT, "way", "way IN ('calls', 'permit', 'authorization', 'permit2')")
    for name in ("card_account", "charge_reference"):
        op.add_column(_LEG, sa.Column(name, sa.Text(), nullable=True))
    op.add_column(_LEG, _amount("charged_back"))
    _require(_LEG, "back", "refunded + reimbursed + charged_back <= held")
    _require(_LEG, "rail", "(chain_id IS NULL) = (card_account IS NOT NULL)")
    statuses = _STATUSES.format(more=", 'charged_back'")
    _allow(_LEG, "status", f"status IN ({statuses})", not_valid=True)
    op.add_column(_EFFECT, _amount("booked_from_held"))
    kinds = f"{_KINDS}, 'recovered', 'charged_back', 'conceded'"
    _allow(_EFFECT, "kind", f"kind IN ({kinds})", not_valid=True)
    refunds = _REFUNDS.format(more=", 'under_way'")
    _allow("refund_due", "status", f"status IN ({refunds})", not_valid=True)
    actors = _ACTORS.format(more=", 'gateway'")
    _allow("order_status_history", "actor", f"actor IN ({actors})", not_valid=True)
    op.execute(_ORDER_PAYMENT_STATUS.format(charged_back=", money.charged_back"))
    _add_tables()


def _add_tables() -> None:
    op.create_table(
        "payment_instruction",
        sa.Column("id", _ID, nullable=False),
        sa.Column("leg_id", _ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(78, 0), nullable=False),
        sa.Column("fee", sa.Numeric(78, 0), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _instant("first_asked_at", nullable=True),
        _instant("next_attempt_at"),
        sa.Column("last_error", sa.Text(), nullable=True),
        _instant("created_at"),
        _instant("updated_at"),
        sa.CheckConstraint(
            "kind IN ('release', 'refund', 'reimburse', 'recover')",
            name=op.f("ck_payment_instruction_kind"),
        ),
        sa.CheckConstraint(
            "status IN ('open', 'done', 'refused')", name=op.f("ck_payment_instruction_status")
        ),
        sa.CheckConstraint(
            "amount > 0 AND fee >= 0 AND fee <= amount", name=op.f("ck_payment_instruction_amount")
        ),
        sa.ForeignKeyConstraint(
            ["leg_id"], ["payment_attempt_leg.id"], name=op.f("fk_payment_instruction_leg_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_instruction")),
        sa.UniqueConstraint("request_key", name=op.f("uq_payment_instruction_request_key")),
    )
    op.create_index("ix_payment_instruction_leg_id", "payment_instruction", ["leg_id"])
    op.create_index(
        "ix_payment_instruction_open",
        "payment_instruction",
        ["next_attempt_at"],
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "payee_account",
        sa.Column("seller_id", _ID, nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("ready", sa.Boolean(), nullable=False),
        _instant("created_at"),
        _instant("updated_at"),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["seller.id"], name=op.f("fk_payee_account_seller_id")
        ),
        sa.PrimaryKeyConstraint("seller_id", name=op.f("pk_payee_account")),
        sa.UniqueConstraint("reference", name=op.f("uq_payee_account_reference")),
    )
    op.create_table(
        "card_customer",
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        _instant("created_at"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_card_customer_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_card_customer")),
        sa.UniqueConstraint("reference", name=op.f("uq_card_customer_reference")),
    )


def downgrade() -> None:
    """Refused by the checks, and by what must not be empty, while there is a payment by card."""
    for table in ("card_customer", "payee_account", "payment_instruction"):
        op.drop_table(table)
    op.execute(_ORDER_PAYMENT_STATUS.format(charged_back=""))
    _allow("order_status_history", "actor", f"actor IN ({_ACTORS.format(more='')})")
    _allow("refund_due", "status", f"status IN ({_REFUNDS.format(more='')})")
    _allow(_EFFECT, "kind", f"kind IN ({_KINDS})")
    op.drop_column(_EFFECT, "booked_from_held")
    _allow(_LEG, "status", f"status IN ({_STATUSES.format(more='')})")
    for name in ("rail", "back"):
        op.drop_constraint(op.f(f"ck_{_LEG}_{name}"), _LEG, type_="check")
    for name in ("charged_back", "charge_reference", "card_account"):
        op.drop_column(_LEG, name)
    op.drop_constraint(op.f(f"ck_{_ATTEMPT}_way"), _ATTEMPT, type_="check")
    for name in ("closed_at", "provider_reference", "saved_method", "way"):
        op.drop_column(_ATTEMPT, name)
    for table, columns in _OF_CHAINS.items():
        _allow(table, "method", "method IN ('ESCROW')")
        for name in ("on_a_chain", "clock"):
            op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
        for column in columns:
            op.alter_column(table, column, nullable=False)
        op.execute(f"DROP TRIGGER {table}_clock ON {table}")
        op.drop_column(table, "clock")
    op.execute("DROP FUNCTION payment_clock()")
