"""Sessions that no wallet opened, proofs that are used up, and e-mail addresses."""

import sqlalchemy as sa
from alembic import op

revision: str = "0034"
down_revision: str | None = "0033"


def upgrade() -> None:
    op.alter_column("session", "wallet", nullable=True)
    op.alter_column("session", "step_up_at", nullable=True)
    op.add_column("session", sa.Column("email", sa.Text(), nullable=True))
    op.create_table(
        "email_address",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("account_id", sa.Text(collation="C"), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("proved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_email_address_account_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_address")),
        sa.UniqueConstraint("address", name=op.f("uq_email_address_address")),
    )
    op.create_index(
        op.f("ix_email_address_account_id"), "email_address", ["account_id"], unique=False
    )
    op.create_table(
        "email_challenge",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("link_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("consumed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_challenge")),
        sa.UniqueConstraint("link_hash", name=op.f("uq_email_challenge_link_hash")),
    )
    op.create_index(
        op.f("ix_email_challenge_created_at"), "email_challenge", ["created_at"], unique=False
    )
    op.create_index(
        op.f("ix_email_challenge_address"), "email_challenge", ["address"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_email_challenge_address"), table_name="email_challenge")
    op.drop_index(op.f("ix_email_challenge_created_at"), table_name="email_challenge")
    op.drop_table("email_challenge")
    op.drop_index(op.f("ix_email_address_account_id"), table_name="email_address")
    op.drop_table("email_address")
    op.drop_column("session", "email")
    # Whoever signed in by e-mail has to do so again; a proof that is used up is an old one.
    op.execute("DELETE FROM session WHERE wallet IS NULL")
    op.execute("UPDATE session SET step_up_at = '-infinity' WHERE step_up_at IS NULL")
    op.alter_column("session", "step_up_at", nullable=False)
    op.alter_column("session", "wallet", nullable=False)
