"""The e-mail addresses of an account."""

from souk.core.idempotency import NO_RECEIPT, Receipt
from souk.core.principal import Principal
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.accounts import repository
from souk.modules.accounts.domain.emails import EmailChallenge, EmailConfig, normal_email
from souk.modules.accounts.errors import EmailAlreadyAdded, EmailNotFound, LastWayIn
from souk.modules.accounts.repository import emails, keys
from souk.modules.accounts.service.challenges import Challenges, unusable
from souk.modules.accounts.service.guards import use_proof


class Addresses:
    """Adds an address to the caller's account once somebody who reads it has told the session that
    asked. The answer is the same whoever the address belongs to: what is sent there tells it to
    them alone. An address is locked before an account."""

    def __init__(self, uow: UnitOfWork, config: EmailConfig) -> None:
        self._uow = uow
        self._challenges = Challenges(config)

    def request(
        self, principal: Principal, email: str, receipt: Receipt = NO_RECEIPT
    ) -> EmailChallenge:
        """Have a code and a link sent, which are good in this session. Raises `MalformedEmail`,
        `TooManyEmails`, `StepUpRequired`, `EmailAlreadyAdded`."""
        address = normal_email(email)
        with self._uow.begin() as tx:
            challenge = self._challenges.open(tx, address, principal)
            repository.lock_account(tx, principal.account_id)
            use_proof(tx, principal)
            if emails.find_account(tx, address) == principal.account_id:
                raise EmailAlreadyAdded("this address signs in to your account already")
            receipt.store(tx, challenge)
            tx.commit()
        return challenge

    def add_by_code(self, principal: Principal, challenge_id: str, code: str) -> str:
        """Let the address sign in to the caller's account; returns it. Raises
        `EmailProofUnusable`, also when it belongs to another: nobody was sent that code."""
        with self._uow.begin() as tx:
            address = self._challenges.try_code(tx, challenge_id, code, principal)
            if address is not None:
                self._bind(tx, principal, address)
            # Also when it was wrong: the attempt counts.
            tx.commit()
        if address is None:
            raise unusable()
        return address

    def add_by_link(self, principal: Principal, link: str) -> str:
        """The same by what follows the # of the link."""
        with self._uow.begin() as tx:
            address = self._challenges.use_link(tx, link, principal)
            self._bind(tx, principal, address)
            tx.commit()
        return address

    def remove(self, principal: Principal, email: str) -> None:
        """Take an address from the caller's account; sessions that it opened end, and what was
        sent there is good for nothing. Raises `MalformedEmail`, `StepUpRequired`, `EmailNotFound`,
        `LastWayIn`."""
        address, account_id = normal_email(email), principal.account_id
        with self._uow.begin() as tx:
            emails.lock_address(tx, address)
            repository.lock_account(tx, account_id)
            use_proof(tx, principal)
            if not emails.remove(tx, account_id, address):
                raise EmailNotFound("your account has no such address")
            if not repository.exists_way_in(tx, account_id):
                raise LastWayIn("add a wallet or another address first, or nobody could sign in")
            emails.consume(tx, address)
            repository.revoke_sessions(tx, account_id, of_email=address)
            keys.revoke_all(tx, account_id, of_email=address)
            repository.forget_step_ups(tx, account_id)
            tx.commit()

    @staticmethod
    def _bind(tx: Transaction, principal: Principal, address: str) -> None:
        repository.lock_account(tx, principal.account_id)
        emails.consume(tx, address)
        if emails.bind(tx, principal.account_id, address) != principal.account_id:
            raise unusable()
        repository.forget_step_ups(tx, principal.account_id)
