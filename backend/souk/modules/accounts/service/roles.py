"""Who is staff: by the word of an admin, or of whoever runs this installation."""

from souk.core.addresses import parse_address
from souk.core.ids import require_id
from souk.core.principal import Principal, Role
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.accounts import repository
from souk.modules.accounts.errors import AccountNotFound, AdminsOnly, LastAdmin
from souk.modules.accounts.repository import roles
from souk.modules.accounts.service.guards import use_proof
from souk.modules.accounts.service.sign_in import Accounts


class Roles:
    """Gives and takes roles, and writes down who did. `who` is an account's id or the address of
    one of its wallets; `by` the admin who says so, `None` whoever runs this installation."""

    def __init__(self, uow: UnitOfWork, accounts: Accounts) -> None:
        self._uow = uow
        self._accounts = accounts

    def give(self, who: str, role: Role, by: Principal | None = None) -> str:
        """Let an account act in a role; returns its id. Raises `AccountNotFound`,
        `MalformedAddress`, `AdminsOnly`, `StepUpRequired`."""
        with self._uow.begin() as tx:
            account_id = self._admitted(tx, who, by)
            if self._accounts.grant_role(tx, account_id, role):
                roles.note(tx, account_id, role, given=True, by=_id_of(by))
            tx.commit()
        return account_id

    def take(self, who: str, role: Role, by: Principal | None = None) -> str:
        """Let an account act in a role no more; returns its id. Raises what `give` does, and
        `LastAdmin` when an admin would leave nobody to name another."""
        with self._uow.begin() as tx:
            account_id = self._admitted(tx, who, by)
            if self._accounts.take_role(tx, account_id, role):
                roles.note(tx, account_id, role, given=False, by=_id_of(by))
            if by is not None and not roles.exists_holder(tx, Role.ADMIN):
                raise LastAdmin("name another admin first, or nobody could name any")
            tx.commit()
        return account_id

    @staticmethod
    def _admitted(tx: Transaction, who: str, by: Principal | None) -> str:
        """Roles are locked before accounts. Whether the caller is an admin is asked here, as
        another may have taken that from them since they were admitted to this request."""
        roles.lock(tx)
        if by is not None:
            if by.scopes is not None or not roles.exists_holder(tx, Role.ADMIN, by.account_id):
                raise AdminsOnly("only an admin says who is staff")
            repository.lock_account(tx, by.account_id)
            use_proof(tx, by)
        return _account(tx, who)


def _id_of(by: Principal | None) -> str | None:
    return None if by is None else by.account_id


def _account(tx: Transaction, who: str) -> str:
    if who.startswith("0x"):
        found = roles.find_account_by_wallet(tx, parse_address(who))
    else:
        found = roles.find_account(tx, require_id("acc", who))
    if found is None:
        raise AccountNotFound("nobody has signed in as that yet")
    return found
