"""Signing in by e-mail, for people without a wallet."""

import hmac
import logging
from datetime import timedelta

from souk.core.errors import ProviderRejected
from souk.core.ports import Mailer
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.accounts import repository
from souk.modules.accounts.domain import SignedIn
from souk.modules.accounts.domain.emails import (
    CODE_LASTS,
    MAX_ATTEMPTS,
    MAX_MESSAGES,
    MESSAGES_COUNT_FOR,
    EmailChallenge,
    EmailConfig,
    code_hash,
    new_code,
    normal_email,
    written,
)
from souk.modules.accounts.errors import EmailProofUnusable, TooManyEmails
from souk.modules.accounts.models import EmailChallengeRow
from souk.modules.accounts.repository import emails
from souk.modules.accounts.service.sessions import open_session
from souk.modules.accounts.service.tokens import new_token, token_hash

_log = logging.getLogger(__name__)


class Emails:
    """Who reads an address, signs in by it. Nothing tells whether an address has an account: all
    are sent the same, and the first sign-in opens one."""

    def __init__(self, uow: UnitOfWork, mailer: Mailer, config: EmailConfig) -> None:
        self._uow = uow
        self._mailer = mailer
        self._config = config

    def request(self, email: str) -> EmailChallenge:
        """Send a code and a link. Raises `MalformedEmail`, `TooManyEmails`,
        `ProviderUnavailable`."""
        address, code, link = normal_email(email), new_code(), new_token()
        with self._uow.begin() as tx:
            self._require_few(tx, address)
            challenge = EmailChallenge(tx.new_id("eml"), tx.now + CODE_LASTS)
            emails.add(
                tx,
                EmailChallengeRow(
                    id=challenge.challenge_id,
                    address=address,
                    code_hash=code_hash(self._config, challenge.challenge_id, code),
                    link_hash=token_hash(link),
                    created_at=tx.now,
                    expires_at=challenge.expires_at,
                    attempts=0,
                ),
            )
            tx.commit()
        self._send(address, code, link)
        return challenge

    def sign_in_by_code(self, challenge_id: str, code: str) -> SignedIn:
        """Open a session for whoever reads the address. Raises `EmailProofUnusable`, for which
        there is one word whatever is wrong."""
        with self._uow.begin() as tx:
            row = emails.lock(tx, challenge_id)
            if row is None or not _is_open(tx, row) or row.attempts >= MAX_ATTEMPTS:
                raise _unusable()
            row.attempts += 1
            right = hmac.compare_digest(row.code_hash, code_hash(self._config, row.id, code))
            signed_in = self._open(tx, row.address) if right else None
            # Also when it was wrong: the attempt counts.
            tx.commit()
        if signed_in is None:
            raise _unusable()
        return signed_in

    def sign_in_by_link(self, link: str) -> SignedIn:
        """Open a session for whoever opened the link. Raises `EmailProofUnusable`."""
        with self._uow.begin() as tx:
            row = emails.lock_by_link(tx, token_hash(link))
            if row is None or not _is_open(tx, row):
                raise _unusable()
            signed_in = self._open(tx, row.address)
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

    @staticmethod
    def _require_few(tx: Transaction, address: str) -> None:
        emails.lock_address(tx, address)
        sent, first = emails.count_sent(tx, address, since=tx.now - MESSAGES_COUNT_FOR)
        if sent >= MAX_MESSAGES and first is not None:
            left = MESSAGES_COUNT_FOR - tx.age(first)
            raise TooManyEmails(
                "this address was sent enough for now; use what is there, or wait",
                retry_after_seconds=int(left / timedelta(seconds=1)) + 1,
            )

    def _send(self, address: str, code: str, link: str) -> None:
        """An address that the mail server never takes is answered as any other: nobody is to learn
        from us which exist."""
        subject, body = written(self._config, code, link)
        try:
            self._mailer.send(to=address, subject=subject, body=body)
        except ProviderRejected as error:
            _log.warning("a code was not sent: %s", error.detail)

    def _open(self, tx: Transaction, address: str) -> SignedIn:
        """An address proves its account unless that has a wallet, whose signature says more."""
        emails.consume(tx, address)
        fresh = tx.new_id("acc")
        account_id = emails.bind(tx, fresh, address)
        if account_id == fresh:
            repository.add_account(tx, fresh)
        return open_session(
            tx,
            account_id,
            days=self._config.session_days,
            proves=not repository.exists_wallet(tx, account_id),
            email=address,
        )


def _is_open(tx: Transaction, row: EmailChallengeRow) -> bool:
    return row.consumed_at is None and row.expires_at > tx.now


def _unusable() -> EmailProofUnusable:
    return EmailProofUnusable(
        "this code or link is wrong, used or too old; ask for another and use the newest"
    )
