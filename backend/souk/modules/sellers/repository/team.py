"""Who acts for a store."""

from sqlalchemy import Select, bindparam, literal, select, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from souk.core.addresses import Address
from souk.core.unit_of_work import Transaction
from souk.modules.sellers.domain.team import Member, TeamRole
from souk.modules.sellers.models import SellerMemberRow, SellerRow

_ROLE = union_all(
    select(literal(TeamRole.OWNER.value)).where(
        SellerRow.id == bindparam("seller_id"), SellerRow.account_id == bindparam("account_id")
    ),
    select(SellerMemberRow.role).where(
        SellerMemberRow.seller_id == bindparam("seller_id"),
        SellerMemberRow.account_id == bindparam("account_id"),
        SellerMemberRow.ended_at.is_(None),
    ),
)


def find_role(tx: Transaction, seller_id: str, account_id: str) -> TeamRole | None:
    """What an account is to a store, if anything."""
    found = tx.session.execute(_ROLE, {"seller_id": seller_id, "account_id": account_id}).first()
    return None if found is None else TeamRole(found[0])


def add(
    tx: Transaction, seller_id: str, wallet: Address, role: TeamRole, invited_by: str
) -> Member | None:
    """Invite somebody; `None` if this wallet is in the team or invited."""
    inserted = tx.session.execute(
        insert(SellerMemberRow)
        .values(
            id=tx.new_id("mem"),
            seller_id=seller_id,
            wallet=wallet,
            role=role.value,
            invited_by=invited_by,
            invited_at=tx.now,
        )
        .on_conflict_do_nothing()
        .returning(SellerMemberRow.id)
    ).first()
    return None if inserted is None else find(tx, inserted[0])


def find(tx: Transaction, member_id: str) -> Member | None:
    """Who is in a team, or invited, under this id."""
    row = tx.session.scalars(_open(member_id)).one_or_none()
    return None if row is None else _member(row)


def lock(tx: Transaction, member_id: str) -> Member | None:
    """The same, locked until the transaction ends."""
    row = tx.session.scalars(_open(member_id).with_for_update()).one_or_none()
    return None if row is None else _member(row)


def accept(tx: Transaction, member: Member, account_id: str) -> Member | None:
    """The account joins; `None` if it is in the team already. The row is locked by the caller."""
    row = tx.session.get_one(SellerMemberRow, member.id)
    try:
        with tx.session.begin_nested():
            row.account_id, row.accepted_at = account_id, tx.now
            tx.session.flush()
    except IntegrityError:
        return None
    return _member(row)


def change_role(tx: Transaction, member: Member, role: TeamRole) -> Member:
    """From now on the member has this role. The row is locked by the caller."""
    row = tx.session.get_one(SellerMemberRow, member.id)
    row.role = role.value
    tx.session.flush()
    return _member(row)


def end(tx: Transaction, member: Member) -> None:
    """The member is out, or the invitation over. The row is locked by the caller."""
    row = tx.session.get_one(SellerMemberRow, member.id)
    row.ended_at = tx.now
    tx.session.flush()


def _open(member_id: str) -> Select[tuple[SellerMemberRow]]:
    return (
        select(SellerMemberRow)
        .where(SellerMemberRow.id == member_id, SellerMemberRow.ended_at.is_(None))
        .execution_options(populate_existing=True)
    )


def _member(row: SellerMemberRow) -> Member:
    return Member(
        row.id,
        row.seller_id,
        Address(row.wallet),
        TeamRole(row.role),
        row.account_id,
        row.invited_at,
        row.accepted_at,
    )
