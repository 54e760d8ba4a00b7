"""What is sent to addresses, and what it proves. The letters themselves are sent by a worker."""

import hmac
import secrets
from datetime import datetime, timedelta

from souk.core.principal import Principal
from souk.core.unit_of_work import Transaction
from souk.modules.accounts.domain.emails import (
    CODE_LASTS,
    LINK_LASTS,
    MAX_ATTEMPTS,
    MAX_MESSAGES,
    MAX_MESSAGES_TO_ADD,
    MESSAGES_COUNT_FOR,
    SEED_BYTES,
    EmailChallenge,
    EmailConfig,
    code_hash,
    enclosed,
)
from souk.modules.accounts.errors import EmailProofUnusable, TooManyEmails
from souk.modules.accounts.models import EmailChallengeRow
from souk.modules.accounts.repository import emails
from souk.modules.accounts.service.tokens import token_hash


class Challenges:
    """Opened for anybody to sign in, or for one session to add an address to its account; each is
    good for that alone."""

    def __init__(self, config: EmailConfig) -> None:
        self._config = config

    def open(self, tx: Transaction, address: str, asker: Principal | None = None) -> EmailChallenge:
        """Have a letter sent. The address is locked from here on. Raises `TooManyEmails`."""
        _require_few(tx, address, asker)
        challenge = EmailChallenge(tx.new_id("eml"), tx.now + CODE_LASTS)
        seed = secrets.token_bytes(SEED_BYTES)
        inside = enclosed(self._config, challenge.challenge_id, seed)
        row = EmailChallengeRow(
            id=challenge.challenge_id,
            address=address,
            account_id=None if asker is None else asker.account_id,
            session_id=None if asker is None else asker.session_id,
            code_hash=code_hash(self._config, challenge.challenge_id, inside.code),
            link_hash=token_hash(inside.link),
            seed=seed,
            sends=0,
            next_attempt_at=tx.now,
            created_at=tx.now,
            expires_at=challenge.expires_at,
            attempts=0,
        )
        emails.add(tx, row)
        return challenge

    def try_code(
        self, tx: Transaction, challenge_id: str, code: str, asker: Principal | None = None
    ) -> str | None:
        """The address that a code proves, which is locked; `None` when the code is wrong, which
        counts once the transaction is committed. Raises `EmailProofUnusable`."""
        row = emails.lock(tx, challenge_id)
        if row is None or not _is_open(row, asker):
            raise unusable()
        if row.expires_at <= tx.now or row.attempts >= MAX_ATTEMPTS:
            raise unusable()
        row.attempts += 1
        right = hmac.compare_digest(row.code_hash, code_hash(self._config, row.id, code))
        return row.address if right else None

    @staticmethod
    def use_link(tx: Transaction, link: str, asker: Principal | None = None) -> str:
        """The address that a link proves, which is locked. Raises `EmailProofUnusable`."""
        row = emails.lock_by_link(tx, token_hash(link))
        if row is None or not _is_open(row, asker) or tx.age(row.created_at) >= LINK_LASTS:
            raise unusable()
        return row.address


def unusable() -> EmailProofUnusable:
    """There is one word for it whatever is wrong."""
    return EmailProofUnusable(
        "this code or link is wrong, used or too old; ask for another and use the newest"
    )


def _require_few(tx: Transaction, address: str, asker: Principal | None) -> None:
    emails.lock_address(tx, address)
    since = tx.now - MESSAGES_COUNT_FOR
    if asker is None:
        sent = emails.count_sent(tx, address, since=since, adding=False)
        _require_fewer(tx, MAX_MESSAGES, *sent)
        return
    mine = emails.count_sent(tx, address, since=since, adding=True, to=asker.account_id)
    _require_fewer(tx, MAX_MESSAGES, *mine)
    everybodys = emails.count_sent(tx, address, since=since, adding=True)
    _require_fewer(tx, MAX_MESSAGES_TO_ADD, *everybodys)


def _require_fewer(tx: Transaction, most: int, sent: int, first: datetime | None) -> None:
    if sent >= most and first is not None:
        left = MESSAGES_COUNT_FOR - tx.age(first)
        raise TooManyEmails(
            "this address was sent enough for now; open the link in the newest letter, or wait",
            retry_after_seconds=int(left / timedelta(seconds=1)) + 1,
        )


def _is_open(row: EmailChallengeRow, asker: Principal | None) -> bool:
    asked_by = (None, None) if asker is None else (asker.account_id, asker.session_id)
    return row.consumed_at is None and (row.account_id, row.session_id) == asked_by
