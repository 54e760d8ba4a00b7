"""Tables of accounts."""


revision: str = "0003"
down_revision: str | None = "0002"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
