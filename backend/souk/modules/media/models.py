"""Tables of pictures, and of what is sealed."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from souk.core.db import Base, Id, Instant

_ALIVE = text("deleted_at IS NULL")
_DELETED = text("deleted_at IS NOT NULL AND collected_at IS NULL")
_NOT_COLLECTED = text("collected_at IS NULL")
_WAITING = text("wanted_at IS NOT NULL")
_HERE = text("gone_at IS NULL")
_CID = "cid ~ '^b[a-z2-7]{58}$'"


class ImageRow(Base):
    """A picture that an account has uploaded for a purpose, once however often it does. The
    original is not kept: `original_hash` (sha2-256, hexadecimal) tells when it comes again. One
    that is `collected_at` some time has lost what no other picture has."""

    __tablename__ = "image_storage"
    __table_args__ = (
        CheckConstraint(
            "purpose IN ('product', 'profile', 'cover', 'evidence', 'review')", name="purpose"
        ),
        CheckConstraint(_CID, name="cid"),
        CheckConstraint("original_hash ~ '^[0-9a-f]{64}$'", name="original_hash"),
        CheckConstraint("width > 0 AND height > 0", name="dimensions"),
        CheckConstraint("colour ~ '^#[0-9a-f]{6}$'", name="colour"),
        Index(
            "uq_image_storage_once",
            "account_id",
            "purpose",
            "original_hash",
            unique=True,
            postgresql_where=_ALIVE,
        ),
        Index("ix_image_storage_account_id", "account_id", postgresql_where=_NOT_COLLECTED),
        Index("ix_image_storage_deleted_at", "deleted_at", postgresql_where=_DELETED),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id] = mapped_column(ForeignKey("account.id"))
    purpose: Mapped[str]
    original_hash: Mapped[str]
    original_bytes: Mapped[int] = mapped_column(BigInteger)
    form: Mapped[str]
    cid: Mapped[str]
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    animated: Mapped[bool] = mapped_column(Boolean)
    colour: Mapped[str]
    blurhash: Mapped[str]
    alt_text: Mapped[str]
    created_at: Mapped[Instant]
    deleted_at: Mapped[Instant | None]
    collected_at: Mapped[Instant | None]


class VariantRow(Base):
    """One file of a picture. Small pictures have the same one in several sizes. Of what is sealed
    the CID is that of the ciphertext, and the size that of the clear file."""

    __tablename__ = "image_variant"
    __table_args__ = (
        CheckConstraint("variant IN ('thumb', 'card', 'page', 'full')", name="variant"),
        CheckConstraint("media_type IN ('image/webp', 'image/jpeg')", name="media_type"),
        CheckConstraint(_CID, name="cid"),
        CheckConstraint("size BETWEEN 1 AND 1048576", name="size"),
        CheckConstraint("width > 0 AND height > 0", name="dimensions"),
        Index("ix_image_variant_cid", "cid"),
    )

    image_id: Mapped[Id] = mapped_column(ForeignKey("image_storage.id"), primary_key=True)
    variant: Mapped[str] = mapped_column(primary_key=True)
    media_type: Mapped[str] = mapped_column(primary_key=True)
    cid: Mapped[str]
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    size: Mapped[int] = mapped_column(Integer)


class UseRow(Base):
    """A place where a picture is shown. `subject_id` is a store, a listing, a piece of evidence, or
    an order's line, which keeps what its listing showed."""

    __tablename__ = "image_use"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('store_profile', 'store_cover', 'listing', 'order_line', 'evidence')",
            name="kind",
        ),
        CheckConstraint("position >= 0", name="position"),
        Index("ix_image_use_image_id", "image_id"),
    )

    subject_id: Mapped[Id] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    image_id: Mapped[Id] = mapped_column(ForeignKey("image_storage.id"))
    alt_text: Mapped[str]


class PinRow(Base):
    """A block that one target keeps, or is to keep. It is looked at again at `next_attempt_at`,
    which is the end of the lease while somebody does. `verified_at` is when its bytes were last
    read back from there; `error` is what went wrong since, and `wanted_at` is since when it has
    not been known to be kept."""

    __tablename__ = "image_pin"
    __table_args__ = (
        CheckConstraint(_CID, name="cid"),
        CheckConstraint("attempts >= 0", name="attempts"),
        Index("ix_image_pin_next_attempt_at", "next_attempt_at"),
        Index("ix_image_pin_wanted_at", "target", "wanted_at", postgresql_where=_WAITING),
    )

    cid: Mapped[str] = mapped_column(primary_key=True)
    target: Mapped[str] = mapped_column(primary_key=True)
    attempts: Mapped[int] = mapped_column(Integer)
    next_attempt_at: Mapped[Instant]
    verified_at: Mapped[Instant | None]
    wanted_at: Mapped[Instant | None]
    error: Mapped[str | None]


class SealedRow(Base):
    """A document or a file that lies with others as ciphertext, by the CID of that. `owner` is what
    its key is bound to. Without this row nobody can ever read it."""

    __tablename__ = "sealed_document"
    __table_args__ = (CheckConstraint(_CID, name="cid"),)

    cid: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[Id]
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[Instant]


class LeavingRow(Base):
    """A block that no picture has any more. Its bytes go at `next_attempt_at`, which is the end of
    the lease while somebody takes them away, and are gone at `gone_at`. Whoever wants the block
    again takes the row away first, so that no picture ever has one of these."""

    __tablename__ = "image_leaving"
    __table_args__ = (
        CheckConstraint(_CID, name="cid"),
        CheckConstraint("attempts >= 0", name="attempts"),
        Index("ix_image_leaving_next_attempt_at", "next_attempt_at", postgresql_where=_HERE),
    )

    cid: Mapped[str] = mapped_column(primary_key=True)
    attempts: Mapped[int] = mapped_column(Integer)
    next_attempt_at: Mapped[Instant]
    leased: Mapped[bool] = mapped_column(Boolean)
    gone_at: Mapped[Instant | None]
    error: Mapped[str | None]


class LiarRow(Base):
    """A target or a gateway that answered with other bytes, or another name, than it should. It is
    not asked until then."""

    __tablename__ = "image_liar"

    name: Mapped[str] = mapped_column(primary_key=True)
    lied_at: Mapped[Instant]
    quarantined_until: Mapped[Instant]
