"""Tables of accounts."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from souk.core.db import Base, Id, Instant


class AccountRow(Base):
    """Somebody who has signed in at least once."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint(
            "roles <@ ARRAY['buyer', 'seller', 'arbiter', 'support', 'admin']", name="roles"
        ),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[Instant]


class RoleChangeRow(Base):
    """Who was made staff, or no longer, and by whom: `by_account_id` of NULL is whoever runs this
    installation. Rows are only ever added."""

    __tablename__ = "role_change"

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id] = mapped_column(ForeignKey("account.id"), index=True)
    role: Mapped[str]
    given: Mapped[bool]
    by_account_id: Mapped[Id | None] = mapped_column(ForeignKey("account.id"))
    changed_at: Mapped[Instant]


class WalletRow(Base):
    """An address (EIP-55) that an account has proved by signature. An address signs in to one
    account only. The reference is deferred, so that the unique address, not a lock, decides
    which of two first sign-ins opens the account. `chain_id` is where a contract proved it, for
    there alone it is known whose that is; a key's proof holds on every chain."""

    __tablename__ = "wallet"
    __table_args__ = (CheckConstraint("address ~ '^0x[0-9a-fA-F]{40}$'", name="address"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id] = mapped_column(
        ForeignKey("account.id", deferrable=True, initially="DEFERRED"), index=True
    )
    address: Mapped[str] = mapped_column(unique=True)
    proved_at: Mapped[Instant]
    chain_id: Mapped[int | None] = mapped_column(BigInteger)


class NonceRow(Base):
    """A nonce of EIP-4361, good for one sign-in."""

    __tablename__ = "siwe_nonce"

    nonce: Mapped[Id] = mapped_column(primary_key=True)
    issued_at: Mapped[Instant]
    expires_at: Mapped[Instant] = mapped_column(index=True)
    consumed_at: Mapped[Instant | None]


class EmailRow(Base):
    """An address, in small letters, that an account has proved by what was sent there. It signs in
    to one account only. The reference is deferred, as a wallet's is."""

    __tablename__ = "email_address"

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id] = mapped_column(
        ForeignKey("account.id", deferrable=True, initially="DEFERRED"), index=True
    )
    address: Mapped[str] = mapped_column(unique=True)
    proved_at: Mapped[Instant]


class EmailChallengeRow(Base):
    """A letter to an address, with a code and a link that together are good for once: to sign in,
    or for the session that asked to add the address to its account. `attempts` counts the codes
    that were tried, `sends` the tries to send it. Code and link follow from `seed`, which is there
    until it is sent."""

    __tablename__ = "email_challenge"
    __table_args__ = (
        CheckConstraint("num_nonnulls(account_id, session_id) <> 1", name="asked_by"),
        Index(
            "ix_email_challenge_unsent",
            "next_attempt_at",
            postgresql_where=text("seed IS NOT NULL"),
        ),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(index=True)
    account_id: Mapped[Id | None] = mapped_column(ForeignKey("account.id"))
    session_id: Mapped[Id | None] = mapped_column(
        ForeignKey("session.id", ondelete="CASCADE"), index=True
    )
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    link_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    seed: Mapped[bytes | None] = mapped_column(LargeBinary)
    sends: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    next_attempt_at: Mapped[Instant | None]
    send_failed_at: Mapped[Instant | None]
    sent_at: Mapped[Instant | None]
    created_at: Mapped[Instant] = mapped_column(index=True)
    expires_at: Mapped[Instant]
    attempts: Mapped[int] = mapped_column(Integer)
    consumed_at: Mapped[Instant | None]


class SessionRow(Base):
    """A signed-in client, and the wallet or the e-mail address that signed in. The token itself is
    known to the client alone. `step_up_at` is when this client last proved who it is, until that
    proof is used up."""

    __tablename__ = "session"

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id] = mapped_column(ForeignKey("account.id"), index=True)
    wallet: Mapped[str | None]
    email: Mapped[str | None]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant] = mapped_column(index=True)
    step_up_at: Mapped[Instant | None]
    revoked_at: Mapped[Instant | None]


class ApiKeyRow(Base):
    """What a program sends instead of a session's token, known to it alone. `prefix` is the
    beginning of it, by which people tell their keys apart; `wallet` or `email` opened the session
    that it was made in, which is not known of the oldest keys."""

    __tablename__ = "api_key"
    __table_args__ = (CheckConstraint("cardinality(scopes) > 0", name="scopes"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str]
    prefix: Mapped[str]
    wallet: Mapped[str | None]
    email: Mapped[str | None]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant | None]
    last_used_at: Mapped[Instant | None]
    revoked_at: Mapped[Instant | None]
