"""Who was made staff, or no longer, and by whom."""

import sqlalchemy as sa
from alembic import op

revision: str = "0041"
down_revision: str | None = "0040"

_KEEP = """
CREATE FUNCTION keep_role_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'who was made staff is only ever added to'
        USING ERRCODE = 'integrity_constraint_violation';
END
$$
"""
_KEPT = """
CREATE TRIGGER role_changes_are_kept BEFORE UPDATE OR DELETE ON role_change
FOR EACH ROW EXECUTE FUNCTION keep_role_changes()
"""


def upgrade() -> None:
    op.create_table(
        "role_change",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("account_id", sa.Text(collation="C"), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("by_account_id", sa.Text(collation="C"), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_role_change_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["by_account_id"], ["account.id"], name=op.f("fk_role_change_by_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_change")),
    )
    op.create_index(op.f("ix_role_change_account_id"), "role_change", ["account_id"])
    op.execute(_KEEP)
    op.execute(_KEPT)


def downgrade() -> None:
    op.drop_table("role_change")
    op.execute("DROP FUNCTION keep_role_changes()")
