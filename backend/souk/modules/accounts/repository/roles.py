"""Every statement about who is what."""

from sqlalchemy import exists, func, select, text

from souk.core.addresses import Address
from souk.core.principal import Role
from souk.core.unit_of_work import Transaction
from souk.modules.accounts.models import AccountRow, RoleChangeRow, WalletRow


def lock(tx: Transaction) -> None:
    """Let no other transaction change who is staff meanwhile."""
    key = func.hashtextextended("roles of staff", 0)
    tx.session.execute(select(func.pg_advisory_xact_lock(key)))


def find_account(tx: Transaction, account_id: str) -> str | None:
    """The id again if there is such an account."""
    return tx.session.execute(
        select(AccountRow.id).where(AccountRow.id == account_id)
    ).scalar_one_or_none()


def find_account_by_wallet(tx: Transaction, address: Address) -> str | None:
    """The account that a wallet signs in to."""
    return tx.session.execute(
        select(WalletRow.account_id).where(WalletRow.address == address)
    ).scalar_one_or_none()


def exists_holder(tx: Transaction, role: Role, account_id: str | None = None) -> bool:
    """Whether anybody, or this account, acts in a role."""
    holders = exists().where(AccountRow.roles.contains([role.value]))
    if account_id is not None:
        holders = holders.where(AccountRow.id == account_id)
    found: bool = tx.session.execute(select(holders)).scalar_one()
    return found


def add(tx: Transaction, account_id: str, role: Role) -> bool:
    """Let the account act in this role; `False` if it does already."""
    changed = tx.session.execute(
        text(
            "UPDATE account SET roles = array_append(roles, :role)"
            " WHERE id = :id AND NOT roles @> ARRAY[:role] RETURNING id"
        ),
        {"id": account_id, "role": role.value},
    )
    return changed.first() is not None


def remove(tx: Transaction, account_id: str, role: Role) -> bool:
    """Let the account act in this role no more; `False` if it does not."""
    changed = tx.session.execute(
        text(
            "UPDATE account SET roles = array_remove(roles, :role)"
            " WHERE id = :id AND roles @> ARRAY[:role] RETURNING id"
        ),
        {"id": account_id, "role": role.value},
    )
    return changed.first() is not None


def note(tx: Transaction, account_id: str, role: Role, *, given: bool, by: str | None) -> None:
    """Write down who made somebody staff, or no longer."""
    row = RoleChangeRow(
        id=tx.new_id("rch"),
        account_id=account_id,
        role=role.value,
        given=given,
        by_account_id=by,
        changed_at=tx.now,
    )
    tx.session.add(row)
