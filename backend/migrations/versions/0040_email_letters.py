"""Letters that a worker sends, to sign in or to add an address to an account."""

import sqlalchemy as sa
from alembic import op

revision: str = "0040"
down_revision: str | None = "0039"

_TABLE = "email_challenge"
_UNSENT = "ix_email_challenge_unsent"


def upgrade() -> None:
    op.add_column(_TABLE, sa.Column("account_id", sa.Text(collation="C"), nullable=True))
    op.add_column(_TABLE, sa.Column("session_id", sa.Text(collation="C"), nullable=True))
    op.add_column(_TABLE, sa.Column("seed", sa.LargeBinary(), nullable=True))
    op.add_column(
        _TABLE, sa.Column("sends", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    for name in ("next_attempt_at", "send_failed_at", "sent_at"):
        op.add_column(_TABLE, sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    # Until now a letter was sent before anybody was answered.
    op.execute("UPDATE email_challenge SET sent_at = created_at")
    op.create_check_constraint(
        op.f("ck_email_challenge_asked_by"), _TABLE, "num_nonnulls(account_id, session_id) <> 1"
    )
    op.create_foreign_key(
        op.f("fk_email_challenge_account_id"), _TABLE, "account", ["account_id"], ["id"]
    )
    op.create_foreign_key(
        op.f("fk_email_challenge_session_id"),
        _TABLE,
        "session",
        ["session_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.create_index(op.f("ix_email_challenge_session_id"), _TABLE, ["session_id"])
    op.create_index(
        _UNSENT, _TABLE, ["next_attempt_at"], postgresql_where=sa.text("seed IS NOT NULL")
    )


def downgrade() -> None:
    # What adds an address would be good for signing in.
    op.execute("DELETE FROM email_challenge WHERE account_id IS NOT NULL OR sent_at IS NULL")
    op.drop_index(_UNSENT, table_name=_TABLE)
    op.drop_index(op.f("ix_email_challenge_session_id"), table_name=_TABLE)
    op.drop_constraint(op.f("fk_email_challenge_session_id"), _TABLE, type_="foreignkey")
    op.drop_constraint(op.f("fk_email_challenge_account_id"), _TABLE, type_="foreignkey")
    op.drop_constraint(op.f("ck_email_challenge_asked_by"), _TABLE, type_="check")
    for name in (
        "sent_at",
        "send_failed_at",
        "next_attempt_at",
        "sends",
        "seed",
        "session_id",
        "account_id",
    ):
        op.drop_column(_TABLE, name)
