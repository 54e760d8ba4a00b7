"""Who somebody is, while what proved it is being taken away or outdone."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from souk.core.principal import Scope
from souk.modules.accounts import repository
from souk.modules.accounts.errors import SessionEnded, StepUpRequired
from souk.modules.accounts.service import ApiKeys, Emails, Letters, Sessions
from tests.support.account_builders import SIGN_IN, a_message, a_wallet, accounts_on, sign_in
from tests.support.letterbox import EMAILS, Letterbox
from tests.support.seller_builders import sellers_on
from tests.support.threads import at_once, second_waits_for_first

ROUNDS = 6


@pytest.fixture
def uow(committing_uow):
    return committing_uow


@pytest.fixture
def accounts(uow):
    return accounts_on(uow)


def caller(accounts, name="alice"):
    return accounts.authenticate(sign_in(accounts, a_wallet(name)).token)


def add(accounts, name):
    """Another wallet of alice's account."""
    wallet = a_wallet(name)
    text = a_message(accounts.issue_nonce(), wallet).render()
    accounts.add_wallet(caller(accounts), text, wallet.sign(text))
    return wallet


@pytest.mark.pitfall("A6")
def test_sign_in_opens_another_account_when_its_wallet_is_being_removed(uow, engine, accounts):
    stolen = add(accounts, "stolen")
    owner = caller(accounts)

    signed_in = second_waits_for_first(
        uow,
        engine,
        lambda tx: accounts.remove_wallet(tx, owner, stolen.address),
        lambda: sign_in(accounts, stolen),
    ).result()

    assert signed_in.account_id != owner.account_id


@pytest.mark.pitfall("A6")
def test_no_session_is_left_of_a_wallet_that_was_removed_meanwhile(uow, accounts):
    for number in range(ROUNDS):
        stolen = add(accounts, f"stolen-{number}")
        owner = caller(accounts)
        text = a_message(accounts.issue_nonce(), stolen).render()
        signature = stolen.sign(text)
        acts = [
            lambda text=text, signature=signature: accounts.sign_in(text, signature),
            lambda owner=owner, stolen=stolen: sellers_on(uow).remove_wallet(owner, stolen.address),
        ]
        signed_in, removed = at_once(2, lambda n, acts=acts: acts[n]())
        assert removed is None
        if signed_in.account_id == owner.account_id:
            with pytest.raises(SessionEnded):
                accounts.authenticate(signed_in.token)


def test_address_proves_nothing_when_a_wallet_is_being_added(uow, engine, accounts):
    letters, emails = Letterbox(), Emails(uow, EMAILS)
    emails.request("ada@buyers.example")
    Letters(uow, letters, EMAILS).send_due()
    ada = emails.sign_in_by_link(letters.link)
    emails.request("ada@buyers.example")
    Letters(uow, letters, EMAILS).send_due()

    def add_wallet(tx):
        repository.lock_account(tx, ada.account_id)
        repository.bind_wallet(tx, ada.account_id, a_wallet("first").address)
        repository.forget_step_ups(tx, ada.account_id)

    signed_in = second_waits_for_first(
        uow, engine, add_wallet, lambda: emails.sign_in_by_link(letters.link)
    ).result()

    assert accounts.authenticate(signed_in.token).step_up_at is None


def test_key_is_not_made_in_a_session_that_is_being_ended(uow, engine, accounts):
    thief, owner = caller(accounts), caller(accounts)

    def end_others(tx):
        repository.lock_account(tx, owner.account_id)
        repository.revoke_sessions(tx, owner.account_id, but=owner.session_id)

    made = second_waits_for_first(
        uow,
        engine,
        end_others,
        lambda: ApiKeys(uow).create(thief, name="mine", scopes=[Scope.ORDERS_READ]),
    )

    assert isinstance(made.exception(), StepUpRequired)


def test_ending_the_others_waits_for_whoever_touches_all_sessions(uow, engine, accounts):
    """Each takes the account before its sessions, so that they never wait for each other."""
    owner = caller(accounts)
    caller(accounts)

    ended = second_waits_for_first(
        uow,
        engine,
        lambda tx: repository.lock_account(tx, owner.account_id),
        lambda: Sessions(uow).end_others(owner),
    )

    assert ended.exception() is None


def hold(tx, session_id):
    """Keep a session's row from everybody else."""
    tx.session.execute(text("SELECT 1 FROM session WHERE id = :id FOR UPDATE"), {"id": session_id})


@pytest.mark.parametrize(
    "ended", ["expires_at = created_at", "revoked_at = created_at", "step_up_at = NULL"]
)
def test_forgetting_proofs_waits_for_no_session_that_has_none(uow, engine, accounts, ended):
    owner, other = caller(accounts), caller(accounts)
    with engine.begin() as connection:
        changed = text(f"UPDATE session SET {ended} WHERE id = :id")
        connection.execute(changed, {"id": other.session_id})

    def forget(_number):
        with uow.begin() as tx:
            repository.forget_step_ups(tx, owner.account_id)
            tx.commit()
            return "done"

    with uow.begin() as tx:
        hold(tx, other.session_id)
        assert at_once(1, forget) == ["done"]
    with uow.begin() as tx:
        long_ago = tx.now - timedelta(days=1)
        assert not repository.use_step_up(tx, owner.session_id, since=long_ago)


def test_deleting_expired_sessions_leaves_those_that_others_hold(uow, accounts, clock):
    held = caller(accounts)
    caller(accounts)
    clock.advance(days=SIGN_IN.session_days, seconds=1)

    with uow.begin() as tx:
        hold(tx, held.session_id)
        assert at_once(1, lambda _number: accounts.forget_expired()) == [3]
    assert accounts.forget_expired() == 1
