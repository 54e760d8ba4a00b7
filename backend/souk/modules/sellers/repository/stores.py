"""Stores and their standing."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from souk.core.addresses import Address
from souk.core.unit_of_work import Transaction
from souk.modules.sellers.domain import Profile, SellerStatus, StoredSeller, Verification
from souk.modules.sellers.domain.standing import Cause, Mover, Standing, aspect_of
from souk.modules.sellers.models import SellerHistoryRow, SellerPayoutWalletRow, SellerRow

# With what it is paid to on single chains, as of the same instant.
_SELLER = select(
    SellerRow,
    select(func.jsonb_object_agg(SellerPayoutWalletRow.chain_id, SellerPayoutWalletRow.wallet))
    .where(SellerPayoutWalletRow.seller_id == SellerRow.id)
    .scalar_subquery(),
).execution_options(populate_existing=True)
_BY_ID = _SELLER.where(SellerRow.id == bindparam("seller_id"))
_LOCK = select(SellerRow.id).with_for_update()


def add(
    tx: Transaction, account_id: str, profile: Profile, status: SellerStatus
) -> StoredSeller | None:
    """Open a store; `None` if the account has one or the handle is taken."""
    seller_id = tx.new_id("sel")
    inserted = tx.session.execute(
        insert(SellerRow)
        .values(
            id=seller_id,
            account_id=account_id,
            status=status.value,
            verification=Verification.UNVERIFIED.value,
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
    cause = Cause(mover=Mover.SYSTEM, account_id=None, reason="the store was opened")
    for standing in (status, Verification.UNVERIFIED):
        _write_step(tx, seller_id, None, standing, cause)
    return StoredSeller(
        seller_id, account_id, profile, status, Verification.UNVERIFIED, 1, tx.now, tx.now
    )


def find(tx: Transaction, seller_id: str) -> StoredSeller | None:
    """The seller with this id."""
    row = tx.session.execute(_BY_ID, {"seller_id": seller_id}).one_or_none()
    return None if row is None else _stored(*row)


def find_by_account(tx: Transaction, account_id: str) -> StoredSeller | None:
    """The store of this account."""
    row = tx.session.execute(_SELLER.where(SellerRow.account_id == account_id)).one_or_none()
    return None if row is None else _stored(*row)


def lock(tx: Transaction, reference: str) -> StoredSeller | None:
    """The seller with this id or handle, locked until the transaction ends."""
    # Who had to wait for the lock would else see the wallets of before.
    locked = tx.session.scalars(_LOCK.where(refers_to(reference))).one_or_none()
    return None if locked is None else find(tx, locked)


def taken_handles(tx: Transaction, handles: Sequence[str]) -> set[str]:
    """Those of these handles that a store has."""
    return set(tx.session.scalars(select(SellerRow.handle).where(SellerRow.handle.in_(handles))))


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


def save_wallets(tx: Transaction, seller_id: str, wallets: Mapping[int, Address]) -> None:
    """Store to what a store is paid on single chains from now on: these and no others. The
    store's row is locked by the caller."""
    tx.session.execute(
        delete(SellerPayoutWalletRow).where(SellerPayoutWalletRow.seller_id == seller_id)
    )
    for chain_id, wallet in wallets.items():
        values = {"seller_id": seller_id, "chain_id": chain_id, "wallet": wallet}
        tx.session.execute(insert(SellerPayoutWalletRow).values(**values, created_at=tx.now))


def save_ens_name(tx: Transaction, seller_id: str, ens_name: str) -> None:
    """Store the name that the store shows from now on; its profile is another version then."""
    tx.session.execute(
        update(SellerRow)
        .where(SellerRow.id == seller_id)
        .values(ens_name=ens_name, version=SellerRow.version + 1, updated_at=tx.now)
    )


def drop_ens_name(tx: Transaction, seller_id: str, *, frozen_until: datetime | None) -> None:
    """Store that the store shows no name any more and, if an instant is given, that until then it
    is paid where it is paid now; never shortens."""
    tx.session.execute(
        update(SellerRow)
        .where(SellerRow.id == seller_id)
        .values(
            ens_name=None,
            payout_frozen_until=func.greatest(SellerRow.payout_frozen_until, frozen_until),
            version=SellerRow.version + 1,
            updated_at=tx.now,
        )
    )


def list_look_alikes(tx: Transaction, labels: Sequence[str], limit: int) -> list[StoredSeller]:
    """Stores that everybody sees whose handle or name looks like one of these labels."""
    looks = [func.look_alike(label) for label in labels]
    rows = tx.session.execute(
        _SELLER.where(
            SellerRow.status.in_([SellerStatus.APPROVED.value, SellerStatus.SUSPENDED.value]),
            or_(SellerRow.handle_look.in_(looks), SellerRow.ens_look.in_(looks)),
        )
        .order_by(SellerRow.id)
        .limit(limit)
    )
    return [_stored(*row) for row in rows]


def move(tx: Transaction, seller: StoredSeller, to: Standing, cause: Cause) -> StoredSeller:
    """The one place that writes a store's standing, with a row of its history. The row is locked
    by the caller, who has asked the table."""
    row = tx.session.get_one(SellerRow, seller.id, populate_existing=True)
    if isinstance(to, SellerStatus):
        row.status = to.value
    else:
        row.verification = to.value
    tx.session.flush()
    source = seller.status if isinstance(to, SellerStatus) else seller.verification
    _write_step(tx, seller.id, source, to, cause)
    return replace(_stored(row, None), wallets=seller.wallets)


def count_steps(tx: Transaction, seller_id: str) -> int:
    """How often the store's standing was moved."""
    known = select(func.count()).where(SellerHistoryRow.seller_id == seller_id)
    return tx.session.scalars(known).one()


def _write_step(
    tx: Transaction, seller_id: str, source: Standing | None, to: Standing, cause: Cause
) -> None:
    aspect = aspect_of(to).value
    known = select(func.count()).where(
        SellerHistoryRow.seller_id == seller_id, SellerHistoryRow.aspect == aspect
    )
    tx.session.add(
        SellerHistoryRow(
            id=tx.new_id("sst"),
            seller_id=seller_id,
            aspect=aspect,
            sequence=1 + tx.session.scalars(known).one(),
            from_state=None if source is None else source.value,
            to_state=to.value,
            mover=cause.mover.value,
            mover_id=cause.account_id,
            reason=cause.reason,
            evidence=dict(cause.evidence),
            occurred_at=tx.now,
        )
    )
    tx.session.flush()


def _stored(row: SellerRow, wallets: Mapping[str, str] | None) -> StoredSeller:
    profile = Profile(**{field.name: getattr(row, field.name) for field in fields(Profile)})
    return StoredSeller(
        row.id,
        row.account_id,
        profile,
        SellerStatus(row.status),
        Verification(row.verification),
        row.version,
        row.created_at,
        row.updated_at,
        row.ens_name,
        row.payout_frozen_until,
        {int(chain_id): Address(wallet) for chain_id, wallet in sorted((wallets or {}).items())},
    )
