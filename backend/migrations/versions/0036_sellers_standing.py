"""Where a store stands: drafts and what waits for staff, who is verified, and how that came about.

Stores that were there before begin their history as they are.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0036"
down_revision: str | None = "0035"

# Runs at commit: the history of each aspect is numbered from 1 without gaps, each step starts where
# the one before ended, and the last one ends at what the store's row says.
_REQUIRE_PATH = """
CREATE FUNCTION require_seller_history() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subject text;
    sound boolean;
BEGIN
    IF TG_TABLE_NAME = 'seller' THEN
        subject := NEW.id;
    ELSE
        subject := NEW.seller_id;
    END IF;
    WITH step AS (
        SELECT aspect, sequence, from_state, to_state,
               row_number() OVER path AS place,
               lag(to_state) OVER path AS previous_state,
               row_number() OVER (PARTITION BY aspect ORDER BY sequence DESC) = 1 AS latest
        FROM seller_standing_history WHERE seller_id = subject
        WINDOW path AS (PARTITION BY aspect ORDER BY sequence)
    )
    SELECT count(*) = 2 AND bool_and(reached.sound) INTO sound
    FROM (
        SELECT bool_and(step.sequence = step.place
                        AND step.from_state IS NOT DISTINCT FROM step.previous_state)
               AND bool_or(step.latest AND step.to_state = CASE step.aspect
                   WHEN 'status' THEN seller.status ELSE seller.verification END) AS sound
        FROM step, seller WHERE seller.id = subject GROUP BY step.aspect
    ) AS reached;
    IF sound IS NOT TRUE THEN
        RAISE EXCEPTION 'the history of seller % does not lead to its standing', subject
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$$
"""
_KEEP_HISTORY = """
CREATE FUNCTION keep_seller_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a store''s history is only ever added to'
        USING ERRCODE = 'integrity_constraint_violation';
END
$$
"""
_BEGIN_HISTORY = """
INSERT INTO seller_standing_history
    (id, seller_id, aspect, sequence, to_state, mover, reason, evidence, occurred_at)
SELECT 'sst_' || CASE aspect WHEN 'status' THEN '0' ELSE '1' END || substr(seller.id, 6), seller.id,
       aspect, 1, CASE aspect WHEN 'status' THEN seller.status ELSE seller.verification END,
       'system', 'the store was open before its standing was kept', '{}', seller.created_at
FROM seller, unnest(ARRAY['status', 'verification']) AS aspect
"""
_TRIGGERS = (
    """
    CREATE CONSTRAINT TRIGGER sellers_have_history
    AFTER INSERT OR UPDATE OF status, verification ON seller
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_seller_history()
    """,
    """
    CREATE CONSTRAINT TRIGGER seller_history_is_a_path AFTER INSERT ON seller_standing_history
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_seller_history()
    """,
    """
    CREATE TRIGGER seller_history_is_kept BEFORE UPDATE OR DELETE ON seller_standing_history
    FOR EACH ROW EXECUTE FUNCTION keep_seller_history()
    """,
)


def upgrade() -> None:
    op.add_column(
        "seller",
        sa.Column("verification", sa.Text(), server_default="unverified", nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_seller_verification"),
        "seller",
        "verification IN ('unverified', 'in_review', 'verified', 'rejected')",
    )
    _replace_statuses("'draft', 'pending', 'approved', 'suspended'")
    _create_history()
    op.execute(_BEGIN_HISTORY)
    for statement in (_REQUIRE_PATH, _KEEP_HISTORY, *_TRIGGERS):
        op.execute(statement)


def _create_history() -> None:
    op.create_table(
        "seller_standing_history",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("seller_id", sa.Text(collation="C"), nullable=False),
        sa.Column("aspect", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("mover", sa.Text(), nullable=False),
        sa.Column("mover_id", sa.Text(collation="C"), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "aspect IN ('status', 'verification')",
            name=op.f("ck_seller_standing_history_aspect"),
        ),
        sa.CheckConstraint(
            "mover IN ('seller', 'staff', 'system')", name=op.f("ck_seller_standing_history_mover")
        ),
        sa.CheckConstraint(
            "(from_state IS NULL) = (sequence = 1)", name=op.f("ck_seller_standing_history_first")
        ),
        sa.ForeignKeyConstraint(
            ["seller_id"], ["seller.id"], name=op.f("fk_seller_standing_history_seller_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seller_standing_history")),
        sa.UniqueConstraint(
            "seller_id",
            "aspect",
            "sequence",
            name=op.f("uq_seller_standing_history_seller_id_aspect_sequence"),
        ),
    )


def _replace_statuses(choices: str) -> None:
    op.drop_constraint(op.f("ck_seller_status"), "seller")
    op.create_check_constraint(op.f("ck_seller_status"), "seller", f"status IN ({choices})")


def downgrade() -> None:
    op.execute("DROP TRIGGER sellers_have_history ON seller")
    op.drop_table("seller_standing_history")
    op.execute("DROP FUNCTION keep_seller_history()")
    op.execute("DROP FUNCTION require_seller_history()")
    # Before there were drafts a store that may not sell was suspended.
    op.execute("UPDATE seller SET status = 'suspended' WHERE status IN ('draft', 'pending')")
    _replace_statuses("'approved', 'suspended'")
    op.drop_constraint(op.f("ck_seller_verification"), "seller")
    op.drop_column("seller", "verification")
