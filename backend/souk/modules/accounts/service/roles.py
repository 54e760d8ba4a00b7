"""Who is staff, by the word of whoever runs this installation."""

from souk.core.addresses import parse_address
from souk.core.ids import require_id
from souk.core.principal import Role
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.accounts import repository
from souk.modules.accounts.errors import AccountNotFound
from souk.modules.accounts.service.sign_in import Accounts


class Roles:
    """Gives and takes roles. `who` is an account's id or the address of one of its wallets."""

    def __init__(self, uow: UnitOfWork, accounts: Accounts) -> None:
        self._uow = uow
        self._accounts = accounts

    def give(self, who: str, role: Role) -> str:
        """Let an account act in a role; returns its id. Raises `AccountNotFound`,
        `MalformedAddress`."""
        with self._uow.begin() as tx:
            account_id = _account(tx, who)
            self._accounts.grant_role(tx, account_id, role)
            tx.commit()
        return account_id

    def take(self, who: str, role: Role) -> str:
        """Let an account act in a role no more; returns its id. Raises `AccountNotFound`,
        `MalformedAddress`."""
        with self._uow.begin() as tx:
            account_id = _account(tx, who)
            self._accounts.take_role(tx, account_id, role)
            tx.commit()
        return account_id


def _account(tx: Transaction, who: str) -> str:
    if who.startswith("0x"):
        found = repository.find_account_by_wallet(tx, parse_address(who))
    else:
        found = repository.find_account(tx, require_id("acc", who))
    if found is None:
        raise AccountNotFound("nobody has signed in as that yet")
    return found
