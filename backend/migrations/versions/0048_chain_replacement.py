"""A transaction that offers too little is replaced by one that offers more."""

import sqlalchemy as sa
from alembic import op

revision: str = "0048"
down_revision: str | None = "0047"

_STATUS = "status IN ('signed', 'broadcast', 'mined', 'reverted', 'dropped')"
_STATUS_NOW = "status IN ('signed', 'broadcast', 'replaced', 'mined', 'reverted', 'dropped')"
_REASON = (
    "reason IN ('wrong_chain', 'reorg_below_final', 'head_fell_behind', 'unreadable_block'{more})"
)
_MORE = ", 'transaction_stuck', 'account_runs_dry', 'keeper_key_missing'"
_UNIQUE = {"intent": ("chain_id", "intent"), "nonce": ("chain_id", "sender", "nonce")}


def _index(condition: str) -> None:
    for name, columns in _UNIQUE.items():
        op.drop_index(f"uq_chain_transaction_{name}", "chain_transaction")
        op.create_index(
            f"uq_chain_transaction_{name}",
            "chain_transaction",
            list(columns),
            unique=True,
            postgresql_where=sa.text(condition),
        )


def _check(table: str, name: str, condition: str) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table)
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)


def upgrade() -> None:
    op.add_column("chain_transaction", sa.Column("max_fee_allowed", sa.Numeric(78, 0)))
    # What was signed before is never replaced: nobody wrote down how much it might cost.
    op.execute("UPDATE chain_transaction SET max_fee_allowed = max_fee_per_gas")
    op.alter_column("chain_transaction", "max_fee_allowed", nullable=False)
    _check("chain_transaction", "status", _STATUS_NOW)
    _check("chain_incident", "reason", _REASON.format(more=_MORE))
    _index("status NOT IN ('dropped', 'replaced')")


def downgrade() -> None:
    op.execute("UPDATE chain_transaction SET status = 'dropped' WHERE status = 'replaced'")
    op.execute(
        "DELETE FROM chain_incident WHERE reason IN"
        " ('transaction_stuck', 'account_runs_dry', 'keeper_key_missing')"
    )
    _index("status <> 'dropped'")
    _check("chain_incident", "reason", _REASON.format(more=""))
    _check("chain_transaction", "status", _STATUS)
    op.drop_column("chain_transaction", "max_fee_allowed")
