"""Each attempt keeps the level at which its payment counts, and the books judge it by that."""

import sqlalchemy as sa
from alembic import op

revision: str = "0056"
down_revision: str | None = "0055"

_CK_FINALITY = "ck_payment_attempt_leg_finality"

# Of the function of 0023: what must not be counted yet, and what has to be by now.
_EARLY = "OR f.level = 'included')"
_EARLY_BY_LEG = """OR f.level = 'included' OR (s.kind = 'held' AND EXISTS (
          SELECT FROM payment_attempt_leg leg WHERE leg.id = s.leg_id
            AND (f.level, leg.finality) IN (
                ('confirmed', 'safe'), ('confirmed', 'final'), ('safe', 'final')))))"""
_DUE = "WHERE f.level <> 'included' AND"
_DUE_BY_LEG = """WHERE f.level <> 'included' AND NOT (f.kind = 'paid'
          AND (f.level, coalesce(leg.finality, 'confirmed')) IN (
              ('confirmed', 'safe'), ('confirmed', 'final'), ('safe', 'final'))) AND"""


def _exchange(*pairs: tuple[str, str]) -> None:
    """Write the function anew with each of these parts, which it has once, in another's place."""
    asked = sa.text("SELECT pg_get_functiondef('books_breaks'::regproc)")
    function = op.get_bind().execute(asked).scalar_one()
    for old, new in pairs:
        before, after = function.split(old)
        function = before + new + after
    op.execute(function)


def upgrade() -> None:
    op.add_column("payment_attempt_leg", sa.Column("finality", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f(_CK_FINALITY), "payment_attempt_leg", "finality IN ('confirmed', 'safe', 'final')"
    )
    _exchange((_EARLY, _EARLY_BY_LEG), (_DUE, _DUE_BY_LEG))


def downgrade() -> None:
    """What was promised is forgotten: a payment that is seen already waits for its next level."""
    _exchange((_EARLY_BY_LEG, _EARLY), (_DUE_BY_LEG, _DUE))
    op.drop_constraint(op.f(_CK_FINALITY), "payment_attempt_leg")
    op.drop_column("payment_attempt_leg", "finality")
