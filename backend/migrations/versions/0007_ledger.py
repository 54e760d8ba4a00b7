"""Tables of ledger."""

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"

# Rows of the books stay as they were written: what turned out wrong is mirrored by a new entry.
KEEP = """
CREATE FUNCTION ledger_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the books are immutable: % of % refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""

# Judged at commit, when all postings of an entry are there. The count also refuses a posting that
# is added to an entry of an earlier transaction.
BALANCE = """
CREATE FUNCTION ledger_balance_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    entry text := CASE TG_TABLE_NAME WHEN 'ledger_entry' THEN to_jsonb(NEW) ->> 'id'
                                     ELSE to_jsonb(NEW) ->> 'entry_id' END;
BEGIN
    IF EXISTS (
        SELECT FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
        WHERE p.entry_id = entry GROUP BY p.stage, a.asset HAVING sum(p.amount) <> 0)
    THEN
        RAISE EXCEPTION 'ledger entry % does not sum to zero', entry
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (SELECT count(*) FROM ledger_posting p WHERE p.entry_id = entry)
        <> (SELECT posting_count FROM ledger_entry e WHERE e.id = entry)
    THEN
        RAISE EXCEPTION 'ledger entry % has not as many postings as it says', entry
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$
"""

ORDER_MONEY = """
CREATE VIEW order_money AS
SELECT e.order_id, e.holder, a.asset,
    coalesce(sum(p.amount) FILTER (
        WHERE a.kind = 'escrow' AND e.flow = 'hold' AND p.stage = 'pending'), 0) AS pending,
    coalesce(sum(p.amount) FILTER (
        WHERE a.kind = 'escrow' AND e.flow = 'hold' AND p.stage = 'posted'), 0) AS held,
    coalesce(-sum(p.amount) FILTER (
        WHERE a.kind = 'escrow' AND e.flow = 'release' AND p.stage = 'posted'), 0) AS released,
    coalesce(-sum(p.amount) FILTER (
        WHERE a.kind = 'escrow' AND e.flow = 'refund' AND p.stage = 'posted'), 0) AS refunded,
    coalesce(sum(p.amount) FILTER (
        WHERE a.kind = 'fees' AND p.stage = 'posted'), 0) AS fee
FROM ledger_entry e
JOIN ledger_posting p ON p.entry_id = e.id
JOIN ledger_account a ON a.id = p.account_id
GROUP BY e.order_id, e.holder, a.asset
"""

# The same rule as `payment_status` in the module's domain; a test compares the two.
PAYMENT_STATUS = """
CREATE FUNCTION payment_status(due numeric, held numeric, released numeric, refunded numeric)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    CASE WHEN held <= 0 THEN 'unpaid'
         WHEN refunded >= held THEN 'refunded'
         WHEN refunded > 0 THEN 'partially_refunded'
         WHEN held < due THEN 'partially_paid'
         WHEN released >= held THEN 'released'
         ELSE 'held' END
"""

BREAKS = """
CREATE FUNCTION ledger_breaks() RETURNS TABLE (rule text, subject text, detail text)
LANGUAGE sql STABLE AS $$
    SELECT 'assets_sum_to_zero', a.asset || ' ' || p.stage, sum(p.amount)::text
    FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
    GROUP BY a.asset, p.stage HAVING sum(p.amount) <> 0
    UNION ALL
    SELECT 'entries_sum_to_zero', p.entry_id, sum(p.amount)::text
    FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
    GROUP BY p.entry_id, p.stage, a.asset HAVING sum(p.amount) <> 0
    UNION ALL
    SELECT 'escrow_covers_what_left', a.owner, sum(p.amount)::text
    FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
    WHERE a.kind = 'escrow'
    GROUP BY a.owner, a.asset
    HAVING sum(p.amount) < 0 OR sum(p.amount) FILTER (WHERE p.stage = 'posted') < 0
    UNION ALL
    SELECT 'mirrors_match', m.id, p.stage || ' ' || sum(p.amount)::text
    FROM ledger_entry m JOIN ledger_posting p ON p.entry_id IN (m.id, m.reverses_id)
    WHERE m.reverses_id IS NOT NULL
    GROUP BY m.id, p.account_id, p.stage HAVING sum(p.amount) <> 0
    UNION ALL
    SELECT 'booked_once', e.effect_reference, e.flow || ' ' || count(*)::text
    FROM ledger_entry e
    WHERE e.reverses_id IS NULL
      AND NOT EXISTS (SELECT FROM ledger_entry m WHERE m.reverses_id = e.id)
    GROUP BY e.effect_reference, e.flow HAVING count(*) > 1
$$
"""

TABLES = ("ledger_account", "ledger_entry", "ledger_posting")


def upgrade() -> None:
    op.create_table(
        "ledger_account",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(collation="C"), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('buyer', 'escrow', 'seller', 'fees')", name=op.f("ck_ledger_account_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_account")),
        sa.UniqueConstraint(
            "kind", "owner", "asset", name=op.f("uq_ledger_account_kind_owner_asset")
        ),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("external_reference", sa.Text(), nullable=False),
        sa.Column("effect_reference", sa.Text(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(collation="C"), nullable=False),
        sa.Column("holder", sa.Text(collation="C"), nullable=False),
        sa.Column("reverses_id", sa.Text(collation="C"), nullable=True),
        sa.Column("posting_count", sa.SmallInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "flow IN ('hold', 'release', 'refund')", name=op.f("ck_ledger_entry_flow")
        ),
        sa.CheckConstraint("posting_count >= 2", name=op.f("ck_ledger_entry_posting_count")),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["ledger_entry.id"], name=op.f("fk_ledger_entry_reverses_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("external_reference", name=op.f("uq_ledger_entry_external_reference")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_ledger_entry_reverses_id")),
    )
    op.create_index(
        "ix_ledger_entry_effect_reference", "ledger_entry", ["effect_reference"], unique=False
    )
    op.create_index(
        "ix_ledger_entry_order_id_holder", "ledger_entry", ["order_id", "holder"], unique=False
    )
    op.create_table(
        "ledger_posting",
        sa.Column("entry_id", sa.Text(collation="C"), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("account_id", sa.Text(collation="C"), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(78, 0), nullable=False),
        sa.CheckConstraint("stage IN ('pending', 'posted')", name=op.f("ck_ledger_posting_stage")),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_ledger_posting_amount")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ledger_account.id"], name=op.f("fk_ledger_posting_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["ledger_entry.id"], name=op.f("fk_ledger_posting_entry_id")
        ),
        sa.PrimaryKeyConstraint("entry_id", "position", name=op.f("pk_ledger_posting")),
    )
    op.create_index(
        "ix_ledger_posting_account_id_stage",
        "ledger_posting",
        ["account_id", "stage"],
        unique=False,
    )
    op.execute(KEEP)
    op.execute(BALANCE)
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_keep BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION ledger_keep()"
        )
    for table in ("ledger_entry", "ledger_posting"):
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {table}_balance AFTER INSERT ON {table}"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_balance_entry()"
        )
    op.execute(ORDER_MONEY)
    op.execute(PAYMENT_STATUS)
    op.execute(BREAKS)


def downgrade() -> None:
    op.execute("DROP FUNCTION ledger_breaks()")
    op.execute("DROP FUNCTION payment_status(numeric, numeric, numeric, numeric)")
    op.execute("DROP VIEW order_money")
    op.drop_index("ix_ledger_posting_account_id_stage", table_name="ledger_posting")
    op.drop_table("ledger_posting")
    op.drop_index("ix_ledger_entry_order_id_holder", table_name="ledger_entry")
    op.drop_index("ix_ledger_entry_effect_reference", table_name="ledger_entry")
    op.drop_table("ledger_entry")
    op.drop_table("ledger_account")
    op.execute("DROP FUNCTION ledger_balance_entry()")
    op.execute("DROP FUNCTION ledger_keep()")
