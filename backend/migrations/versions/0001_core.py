"""Tables of core."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None


def upgrade() -> None:
    op.create_table(
        "idempotency_key",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("principal_id", sa.Text(collation="C"), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_key")),
        sa.UniqueConstraint(
            "principal_id", "route", "key", name=op.f("uq_idempotency_key_principal_id_route_key")
        ),
    )
    op.create_index(
        op.f("ix_idempotency_key_expires_at"), "idempotency_key", ["expires_at"], unique=False
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("aggregate", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("sequence", name=op.f("uq_outbox_sequence")),
    )
    op.create_index(
        "ix_outbox_undelivered",
        "outbox",
        ["aggregate", "sequence"],
        unique=False,
        postgresql_where=sa.text("delivered_at IS NULL"),
    )
    op.create_table(
        "timer",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(collation="C"), nullable=False),
        sa.Column("clock", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timer")),
        sa.UniqueConstraint("kind", "subject", name=op.f("uq_timer_kind_subject")),
    )
    op.create_index(
        "ix_timer_due",
        "timer",
        ["clock", "due_at"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "webhook_inbox",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_inbox")),
        sa.UniqueConstraint(
            "source", "external_id", name=op.f("uq_webhook_inbox_source_external_id")
        ),
    )
    op.create_index(
        "ix_webhook_inbox_unhandled",
        "webhook_inbox",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("handled_at IS NULL"),
    )
    # ### end Alembic commands ###
    # Pages are composed in SQL; these two give every page the same spelling of time and money.
    op.execute(
        """
        CREATE FUNCTION rfc3339(instant timestamptz) RETURNS text
        LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
            to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
        """
    )
    op.execute(
        """
        CREATE FUNCTION money_json(amount numeric, currency text, exponent integer) RETURNS json
        LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
            json_build_object('amount', amount::text, 'currency', currency, 'exponent', exponent)
        """
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION money_json(numeric, text, integer)")
    op.execute("DROP FUNCTION rfc3339(timestamptz)")
    op.drop_index(
        "ix_webhook_inbox_unhandled",
        table_name="webhook_inbox",
        postgresql_where=sa.text("handled_at IS NULL"),
    )
    op.drop_table("webhook_inbox")
    op.drop_index("ix_timer_due", table_name="timer", postgresql_where=sa.text("done_at IS NULL"))
    op.drop_table("timer")
    op.drop_index(
        "ix_outbox_undelivered",
        table_name="outbox",
        postgresql_where=sa.text("delivered_at IS NULL"),
    )
    op.drop_table("outbox")
    op.drop_index(op.f("ix_idempotency_key_expires_at"), table_name="idempotency_key")
    op.drop_table("idempotency_key")
    # ### end Alembic commands ###
