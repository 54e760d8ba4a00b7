"""Signing in with a wallet."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from souk.core.principal import Role
from souk.modules.accounts.errors import (
    IssuedInFuture,
    MalformedSignature,
    MalformedSignInMessage,
    MessageExpired,
    MessageNotYetValid,
    MessageTooOld,
    NonceUnusable,
    SessionEnded,
    SignatureMismatch,
    StepUpRequired,
    WalletOfAnotherAccount,
    WrongChain,
    WrongDomain,
    WrongScheme,
    WrongUri,
)
from souk.modules.accounts.models import AccountRow, NonceRow, SessionRow, WalletRow
from souk.modules.accounts.service import Sessions
from tests.support.account_builders import SIGN_IN, a_message, a_wallet, accounts_on, sign_in


@pytest.fixture
def accounts(uow):
    return accounts_on(uow)


@pytest.fixture
def wallet():
    return a_wallet()


def count(session, table):
    return session.scalar(select(func.count()).select_from(table))


def test_sign_in_opens_an_account_when_the_wallet_is_new(accounts, wallet, session):
    signed_in = sign_in(accounts, wallet)
    row = session.scalars(select(WalletRow)).one()
    assert (row.account_id, row.address) == (signed_in.account_id, wallet.address)


def test_sign_in_finds_the_account_when_the_wallet_is_known(accounts, wallet, session):
    first, second = sign_in(accounts, wallet), sign_in(accounts, wallet)
    assert first.account_id == second.account_id
    assert (count(session, AccountRow), count(session, SessionRow)) == (1, 2)


def test_sign_in_stores_no_token_when_it_hands_one_out(accounts, wallet, session):
    token = sign_in(accounts, wallet).token
    stored = session.scalars(select(SessionRow.token_hash)).one()
    assert len(stored) == 32
    assert token.encode() not in stored


def test_authenticate_names_the_caller_when_the_session_lives(accounts, wallet, clock):
    signed_in = sign_in(accounts, wallet)
    principal = accounts.authenticate(signed_in.token)
    assert (principal.account_id, principal.session_id) == (
        signed_in.account_id,
        signed_in.session_id,
    )
    assert (principal.roles, principal.wallets) == (frozenset({Role.BUYER}), (wallet.address,))
    assert principal.step_up_at == clock.now()


@pytest.mark.parametrize("token", ["", "x" * 43, "\x00", "é", "\ud800"])
def test_authenticate_refuses_when_the_token_is_unknown(accounts, token):
    with pytest.raises(SessionEnded):
        accounts.authenticate(token)


def test_authenticate_refuses_when_the_session_expired(accounts, wallet, clock):
    token = sign_in(accounts, wallet).token
    clock.advance(days=SIGN_IN.session_days)
    with pytest.raises(SessionEnded):
        accounts.authenticate(token)


def test_sign_out_ends_this_session_only_when_there_are_two(accounts, wallet, uow):
    first, second = sign_in(accounts, wallet).token, sign_in(accounts, wallet).token
    Sessions(uow).sign_out(accounts.authenticate(first))
    assert accounts.authenticate(second)
    with pytest.raises(SessionEnded):
        accounts.authenticate(first)


def test_sign_in_refuses_when_the_nonce_was_used(accounts, wallet):
    text = a_message(accounts.issue_nonce(), wallet).render()
    accounts.sign_in(text, wallet.sign(text))
    with pytest.raises(NonceUnusable):
        accounts.sign_in(text, wallet.sign(text))


def test_sign_in_accepts_the_same_nonce_when_only_the_signature_was_refused(accounts, wallet):
    text = a_message(accounts.issue_nonce(), wallet).render()
    with pytest.raises(SignatureMismatch):
        accounts.sign_in(text, a_wallet("mallory").sign(text))
    assert accounts.sign_in(text, wallet.sign(text)).wallet == wallet.address


def test_sign_in_refuses_when_the_nonce_outlived_its_time(accounts, wallet, clock):
    challenge = accounts.issue_nonce()
    clock.advance(seconds=SIGN_IN.nonce_seconds)
    fresh = {"issued_at": clock.now(), "expiration_time": None}
    text = a_message(challenge, wallet, **fresh).render()
    with pytest.raises(NonceUnusable):
        accounts.sign_in(text, wallet.sign(text))


MATRIX = {
    "domain": ({"domain": "evil.example"}, WrongDomain),
    "domain_suffix": ({"domain": "souk.example.evil.example"}, WrongDomain),
    "domain_port": ({"domain": "souk.example:444"}, WrongDomain),
    "domain_user": ({"domain": "souk.example@evil.example"}, WrongDomain),
    "scheme": ({"scheme": "http"}, WrongScheme),
    "uri": ({"uri": "https://evil.example"}, WrongUri),
    "uri_path": ({"uri": "https://souk.example/other"}, WrongUri),
    "chain_id": ({"chain_id": 10}, WrongChain),
    "chain_id_zero": ({"chain_id": 0}, MalformedSignInMessage),
    "nonce": ({"nonce": "0" * 32}, NonceUnusable),
    "nonce_short": ({"nonce": "0000000"}, MalformedSignInMessage),
    "issued_2020": ({"issued_at": "-6y"}, MessageTooOld),
    "issued_2999": ({"issued_at": "+973y"}, IssuedInFuture),
    "issued_beyond_skew": ({"issued_at": "+61s"}, IssuedInFuture),
    "expired": ({"expiration_time": "0s"}, MessageExpired),
    "not_yet_valid": ({"not_before": "+1s"}, MessageNotYetValid),
}
_SHIFTS = {
    "-6y": timedelta(days=-6 * 365),
    "+973y": timedelta(days=355_000),
    "+61s": timedelta(seconds=61),
    "0s": timedelta(),
    "+1s": timedelta(seconds=1),
}


def _at(clock, value):
    return clock.now() + _SHIFTS[value] if value in _SHIFTS else value


@pytest.mark.pitfall("A1")
@pytest.mark.parametrize("case", MATRIX)
def test_sign_in_refuses_when_a_field_is_altered_and_signed(accounts, wallet, clock, session, case):
    changes, refusal = MATRIX[case]
    with pytest.raises(refusal):
        sign_in(accounts, wallet, **{k: _at(clock, v) for k, v in changes.items()})
    assert count(session, SessionRow) == 0


@pytest.mark.pitfall("A1")
def test_sign_in_refuses_when_the_version_is_altered_and_signed(accounts, wallet):
    text = a_message(accounts.issue_nonce(), wallet).render().replace("Version: 1", "Version: 2")
    with pytest.raises(MalformedSignInMessage):
        accounts.sign_in(text, wallet.sign(text))


ALTERED = {
    "scheme": {"scheme": "https"},
    "address": {"address": a_wallet("mallory").address},
    "statement": {"statement": "Something else."},
    "no_statement": {"statement": None},
    "chain_id": {"chain_id": 1},
    "issued_at": {"issued_at": "+1s"},
    "expiration_time": {"expiration_time": "+61s"},
    "no_expiration_time": {"expiration_time": None},
    "not_before": {"not_before": "0s"},
    "request_id": {"request_id": "another"},
    "resources": {"resources": ("https://souk.example/more",)},
}


@pytest.mark.pitfall("A1")
@pytest.mark.parametrize("case", ALTERED)
def test_sign_in_refuses_when_a_field_is_altered_after_signing(accounts, wallet, clock, case):
    challenge = accounts.issue_nonce()
    signature = wallet.sign(a_message(challenge, wallet).render())
    changes = {key: _at(clock, value) for key, value in ALTERED[case].items()}
    with pytest.raises(SignatureMismatch):
        accounts.sign_in(a_message(challenge, wallet, **changes).render(), signature)


OPTIONAL = [
    {"scheme": "https"},
    {"scheme": "HTTPS"},
    {"statement": None},
    {"statement": ""},
    {"expiration_time": None},
    {"not_before": "0s"},
    {"request_id": ""},
    {"resources": ()},
    {"resources": ("ipfs://bafy", "https://souk.example/terms")},
    {"chain_id": 1},
    {"issued_at": "+1s"},
]


@pytest.mark.parametrize("changes", OPTIONAL, ids=str)
def test_sign_in_succeeds_when_an_optional_field_is_used(accounts, wallet, clock, changes):
    changes = {key: _at(clock, value) for key, value in changes.items()}
    assert sign_in(accounts, wallet, **changes).wallet == wallet.address


def test_sign_in_succeeds_when_the_template_is_filled_with_the_address(accounts, wallet):
    text = accounts.issue_nonce().message_template.replace("{address}", wallet.address)
    assert accounts.sign_in(text, wallet.sign(text)).wallet == wallet.address


@pytest.mark.parametrize("signature", ["", "0x", "0x00", "nonsense", "0x" + "ff" * 65, "é" * 132])
def test_sign_in_refuses_when_the_signature_is_junk(accounts, wallet, signature):
    text = a_message(accounts.issue_nonce(), wallet).render()
    with pytest.raises(MalformedSignature):
        accounts.sign_in(text, signature)


def test_add_wallet_lets_it_sign_in_to_the_same_account(accounts, wallet):
    signed_in, other = sign_in(accounts, wallet), a_wallet("alice's second")
    add(accounts, signed_in.token, other)
    assert sign_in(accounts, other).account_id == signed_in.account_id
    assert accounts.authenticate(signed_in.token).wallets == (wallet.address, other.address)


def test_add_wallet_changes_nothing_when_it_was_added_before(accounts, wallet, session):
    token = sign_in(accounts, wallet).token
    assert add(accounts, token, wallet) == wallet.address
    assert count(session, WalletRow) == 1


def test_add_wallet_refuses_when_the_caller_has_only_a_token(accounts, wallet, clock, session):
    token = sign_in(accounts, wallet).token
    clock.advance(minutes=5)
    with pytest.raises(StepUpRequired):
        add(accounts, token, a_wallet("mallory"))
    assert count(session, WalletRow) == 1


def test_add_wallet_uses_up_what_was_proved(accounts, wallet):
    token = sign_in(accounts, wallet).token
    add(accounts, token, a_wallet("alice's second"))
    assert accounts.authenticate(token).step_up_at is None
    with pytest.raises(StepUpRequired):
        add(accounts, token, a_wallet("alice's third"))


def test_add_wallet_refuses_when_it_belongs_to_another_account(accounts, wallet, session):
    other = a_wallet("bob")
    bob = sign_in(accounts, other).account_id
    with pytest.raises(WalletOfAnotherAccount):
        add(accounts, sign_in(accounts, wallet).token, other)
    holder = select(WalletRow.account_id).where(WalletRow.address == other.address)
    assert session.scalar(holder) == bob


def add(accounts, token, wallet):
    text = a_message(accounts.issue_nonce(), wallet).render()
    return accounts.add_wallet(accounts.authenticate(token), text, wallet.sign(text))


def test_owns_wallet_tells_whose_it_is(accounts, wallet, uow):
    account_id = sign_in(accounts, wallet).account_id
    with uow.begin() as tx:
        assert accounts.owns_wallet(tx, account_id, wallet.address)
        assert not accounts.owns_wallet(tx, account_id, a_wallet("bob").address)
        assert not accounts.owns_wallet(tx, "acc_other", wallet.address)


def test_grant_role_shows_in_the_next_request_when_given_twice(accounts, wallet, uow):
    signed_in = sign_in(accounts, wallet)
    with uow.begin() as tx:
        accounts.grant_role(tx, signed_in.account_id, Role.SELLER)
        accounts.grant_role(tx, signed_in.account_id, Role.SELLER)
        tx.commit()
    assert accounts.authenticate(signed_in.token).roles == {Role.BUYER, Role.SELLER}


def test_forget_expired_keeps_what_still_lives(accounts, wallet, clock, session):
    sign_in(accounts, wallet)
    clock.advance(days=SIGN_IN.session_days, seconds=1)
    token = sign_in(accounts, wallet).token
    assert accounts.forget_expired() == 2
    assert accounts.authenticate(token)
    assert (count(session, NonceRow), count(session, SessionRow)) == (1, 1)
