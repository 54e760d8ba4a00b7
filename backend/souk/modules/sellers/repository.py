"""Every statement of the write side of sellers."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import ColumnElement, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from souk.core.unit_of_work import Transaction
from souk.modules.sellers.domain import Profile, SellerStatus, StoredSeller
from souk.modules.sellers.models import SellerRow

_BY_ID = (
    select(SellerRow)
    .where(SellerRow.id == bindparam("seller_id"))
    .execution_options(populate_existing=True)
)


def add(tx: Transaction, account_id: str, profile: Profile) -> StoredSeller | None:
    """Open a store; `None` if the account has one or the handle is taken."""
    seller_id = tx.new_id("sel")
    inserted = tx.session.execute(
        insert(SellerRow)
        .values(
            id=seller_id,
            account_id=account_id,
            status=SellerStatus.APPROVED.value,
            version=1,
            created_at=tx.now,
            updated_at=tx.now,
            **asdict(profile),
        )
        .on_conflict_do_nothing()
        .returning(SellerRow.id)
    )
    if inserted.first() is None:
        return None
    return StoredSeller(seller_id, account_id, profile, SellerStatus.APPROVED, 1, tx.now, tx.now)


def find(tx: Transaction, seller_id: str) -> StoredSeller | None:
    """The seller with this id."""
    row = tx.session.execute(_BY_ID, {"seller_id": seller_id}).scalar_one_or_none()
    return None if row is None else _stored(row)


def find_by_account(tx: Transaction, account_id: str) -> StoredSeller | None:
    """The store of this account."""
    return _one(tx, SellerRow.account_id == account_id)


def lock(tx: Transaction, reference: str) -> StoredSeller | None:
    """The seller with this id or handle, locked until the transaction ends."""
    return _one(tx, refers_to(reference), locked=True)


def refers_to(reference: str) -> ColumnElement[bool]:
    """Ids hold an underscore, handles never do."""
    if "_" in reference:
        return SellerRow.id == reference
    return SellerRow.handle == reference.lower()


def save(tx: Transaction, seller_id: str, profile: Profile, version: int) -> bool:
    """Store an edited profile; `False` if its handle is taken. The row is locked by the caller."""
    statement = (
        update(SellerRow)
        .where(SellerRow.id == seller_id)
        .values(version=version, updated_at=tx.now, **asdict(profile))
    )
    try:
        with tx.session.begin_nested():
            tx.session.execute(statement)
    except IntegrityError:
        return False
    return True


def save_ens_name(tx: Transaction, seller_id: str, ens_name: str | None) -> None:
    """Store the name that the store shows from now on; its profile is another version then."""
    tx.session.execute(
        update(SellerRow)
        .where(SellerRow.id == seller_id)
        .values(ens_name=ens_name, version=SellerRow.version + 1, updated_at=tx.now)
    )


def list_look_alikes(tx: Transaction, labels: Sequence[str], limit: int) -> list[StoredSeller]:
    """Stores whose handle or name looks like one of these labels."""
    looks = [func.look_alike(label) for label in labels]
    rows = tx.session.execute(
        select(SellerRow)
        .where(or_(SellerRow.handle_look.in_(looks), SellerRow.ens_look.in_(looks)))
        .order_by(SellerRow.id)
        .limit(limit)
    )
    return [_stored(row) for row in rows.scalars()]


def _one(
    tx: Transaction, condition: ColumnElement[bool], *, locked: bool = False
) -> StoredSeller | None:
    query = select(SellerRow).where(condition).execution_options(populate_existing=True)
    row = tx.session.execute(query.with_for_update() if locked else query).scalar_one_or_none()
    return None if row is None else _stored(row)


def _stored(row: SellerRow) -> StoredSeller:
    profile = Profile(
        name=row.name,
        handle=row.handle,
        payout_wallet=row.payout_wallet,
        bio=row.bio,
        location=row.location,
        website=row.website,
        twitter=row.twitter,
        discord=row.discord,
        telegram=row.telegram,
    )
    return StoredSeller(
        row.id,
        row.account_id,
        profile,
        SellerStatus(row.status),
        row.version,
        row.created_at,
        row.updated_at,
        row.ens_name,
    )
