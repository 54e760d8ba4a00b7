"""Signing in by e-mail, for people without a wallet."""

from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.accounts import repository
from souk.modules.accounts.domain import SignedIn
from souk.modules.accounts.domain.emails import (
    MESSAGES_COUNT_FOR,
    EmailChallenge,
    EmailConfig,
    normal_email,
)
from souk.modules.accounts.repository import emails
from souk.modules.accounts.service.challenges import Challenges, unusable
from souk.modules.accounts.service.sessions import open_session


class Emails:
    """Who reads an address, signs in by it. Nothing tells whether an address has an account: all
    are sent the same, by the same work, and the first sign-in opens one."""

    def __init__(self, uow: UnitOfWork, config: EmailConfig) -> None:
        self._uow = uow
        self._config = config
        self._challenges = Challenges(config)

    def request(self, email: str) -> EmailChallenge:
        """Have a code and a link sent. Raises `MalformedEmail`, `TooManyEmails`."""
        address = normal_email(email)
        with self._uow.begin() as tx:
            challenge = self._challenges.open(tx, address)
            tx.commit()
        return challenge

    def sign_in_by_code(self, challenge_id: str, code: str) -> SignedIn:
        """Open a session for whoever reads the address. Raises `EmailProofUnusable`."""
        with self._uow.begin() as tx:
            address = self._challenges.try_code(tx, challenge_id, code)
            signed_in = None if address is None else self._open(tx, address)
            # Also when it was wrong: the attempt counts.
            tx.commit()
        if signed_in is None:
            raise unusable()
        return signed_in

    def sign_in_by_link(self, link: str) -> SignedIn:
        """Open a session for whoever opened the link. Raises `EmailProofUnusable`."""
        with self._uow.begin() as tx:
            signed_in = self._open(tx, self._challenges.use_link(tx, link))
            tx.commit()
        return signed_in

    def find_address(self, tx: Transaction, account_id: str) -> str | None:
        """Where to write to an account: the address that it proved first, if it has any."""
        return emails.find_of_account(tx, account_id)

    def forget_expired(self) -> int:
        """Delete messages that count no more; returns how many."""
        with self._uow.begin() as tx:
            gone = emails.delete_sent(tx, before=tx.now - MESSAGES_COUNT_FOR)
            tx.commit()
        return gone

    def _open(self, tx: Transaction, address: str) -> SignedIn:
        """An address proves its account unless that has a wallet, whose signature says more."""
        emails.consume(tx, address)
        fresh = tx.new_id("acc")
        account_id = emails.bind(tx, fresh, address)
        if account_id == fresh:
            repository.add_account(tx, fresh)
        # Whoever adds a wallet ends what an address has proved, of sessions that are open by then.
        repository.lock_account(tx, account_id)
        return open_session(
            tx,
            account_id,
            days=self._config.session_days,
            proves=not repository.exists_wallet(tx, account_id),
            email=address,
        )
