"""Sessions: where somebody is signed in, and what a token alone must not do."""

import pytest

from souk.core.clock import Clock
from souk.core.principal import Role
from souk.modules.accounts.api import router
from souk.modules.accounts.domain import Proof
from souk.modules.accounts.errors import (
    SessionEnded,
    SignatureMismatch,
    StepUpRequired,
    WalletNotFound,
    WalletOfAnotherChain,
)
from souk.modules.accounts.service import Accounts, ApiKeys, Sessions, SignInGate
from tests.support.account_builders import SIGN_IN, a_message, a_wallet, accounts_on, sign_in
from tests.support.http import Api, assembled


class Limiter:
    """Lets everything through."""

    def take(self, key, *, limit, per_seconds):
        return 0


@pytest.fixture
def accounts(committing_uow):
    return accounts_on(committing_uow)


@pytest.fixture
def api(database_url, committing_uow, accounts, clock):
    container = assembled(
        database_url,
        committing_uow,
        router,
        services={
            Accounts: accounts,
            ApiKeys: ApiKeys(committing_uow),
            Clock: clock,
            Sessions: Sessions(committing_uow),
            SignInGate: SignInGate(Limiter(), per_minute=60),
        },
        authenticate=accounts.authenticate,
    )
    with Api(container) as api:
        yield api


def signed(accounts, wallet, **changes):
    text = a_message(accounts.issue_nonce(), wallet, **changes).render()
    return text, wallet.sign(text)


def step_up(accounts, token, wallet=None):
    return accounts.step_up(accounts.authenticate(token), *signed(accounts, wallet or a_wallet()))


def require(committing_uow, accounts, token):
    """Do what changes where money goes."""
    principal = accounts.authenticate(token)
    with committing_uow.begin() as tx:
        accounts.require_step_up(tx, principal)
        tx.commit()


def test_list_shows_the_sessions_that_live(api, accounts, clock):
    clock.advance(days=-SIGN_IN.session_days)
    sign_in(accounts, a_wallet())
    clock.advance(days=SIGN_IN.session_days)
    first, second = sign_in(accounts, a_wallet()), sign_in(accounts, a_wallet())
    ended = sign_in(accounts, a_wallet())
    sign_in(accounts, a_wallet("bob"))
    api("POST", "/api/auth/logout", token=ended.token)

    sessions = api("GET", "/api/auth/sessions", token=first.token).json()["data"]
    assert {entry["session_id"]: entry["current"] for entry in sessions} == {
        first.session_id: True,
        second.session_id: False,
    }
    assert {entry["wallet"] for entry in sessions} == {a_wallet().address}


def test_end_makes_the_other_token_good_for_nothing(api, accounts):
    mine, other = sign_in(accounts, a_wallet()), sign_in(accounts, a_wallet())
    path = f"/api/auth/sessions/{other.session_id}"
    assert api("DELETE", path, token=mine.token).status_code == 204
    assert api("GET", "/api/auth/session", token=other.token).json()["code"] == "session_ended"
    assert api("DELETE", path, token=mine.token).json()["code"] == "session_not_found"


def test_end_does_not_find_what_belongs_to_somebody_else(api, accounts):
    mine, theirs = sign_in(accounts, a_wallet()), sign_in(accounts, a_wallet("bob"))
    refusal = api("DELETE", f"/api/auth/sessions/{theirs.session_id}", token=mine.token)
    assert (refusal.status_code, refusal.json()["code"]) == (404, "session_not_found")
    assert accounts.authenticate(theirs.token)


def test_end_others_leaves_the_one_that_asks(api, accounts):
    mine, other = sign_in(accounts, a_wallet()), sign_in(accounts, a_wallet())
    theirs = sign_in(accounts, a_wallet("bob"))
    assert api("DELETE", "/api/auth/sessions", token=mine.token).status_code == 204
    assert accounts.authenticate(mine.token)
    assert accounts.authenticate(theirs.token)
    with pytest.raises(SessionEnded):
        accounts.authenticate(other.token)


def test_step_up_goes_on_under_another_token(api, accounts):
    before = sign_in(accounts, a_wallet())
    message, signature = signed(accounts, a_wallet())
    body = {"message": message, "signature": signature}
    after = api("POST", "/api/auth/step-up", body, token=before.token).json()
    assert after["session_id"] == before.session_id
    assert accounts.authenticate(after["token"]).session_id == before.session_id
    with pytest.raises(SessionEnded):
        accounts.authenticate(before.token)


def test_step_up_refuses_a_wallet_of_somebody_else(accounts):
    token = sign_in(accounts, a_wallet()).token
    with pytest.raises(WalletNotFound):
        step_up(accounts, token, a_wallet("mallory"))
    assert accounts.authenticate(token)


def test_require_step_up_refuses_when_signing_in_was_too_long_ago(accounts, committing_uow, clock):
    token = sign_in(accounts, a_wallet()).token
    clock.advance(minutes=5)
    with pytest.raises(StepUpRequired):
        require(committing_uow, accounts, token)
    require(committing_uow, accounts, step_up(accounts, token).token)


def test_require_step_up_takes_a_proof_once(accounts, committing_uow):
    token = sign_in(accounts, a_wallet()).token
    require(committing_uow, accounts, token)
    with pytest.raises(StepUpRequired):
        require(committing_uow, accounts, token)


def test_create_key_refuses_when_the_caller_has_only_a_token(api, accounts, clock):
    token = sign_in(accounts, a_wallet()).token
    clock.advance(minutes=5)
    body = {"name": "n", "scopes": ["orders:read"]}
    refusal = api("POST", "/api/auth/api-keys", body, token=token, key="k")
    assert (refusal.status_code, refusal.json()["code"]) == (403, "step_up_required")


class OwnedContract:
    """A `SignatureVerifier` for a wallet that is a contract; whoever `owner` names owns it now."""

    def __init__(self) -> None:
        self.owner = "former"

    def verify(self, *, message, signature, address, chain_id) -> Proof:
        if signature != self.owner:
            raise SignatureMismatch("the wallet's contract does not accept the signature")
        return Proof.CONTRACT


@pytest.mark.pitfall("A6")
def test_former_owner_cannot_have_money_sent_elsewhere(committing_uow, clock):
    contract = OwnedContract()
    accounts = Accounts(committing_uow, contract, SIGN_IN)
    message = a_message(accounts.issue_nonce(), a_wallet()).render()
    token = accounts.sign_in(message, "former").token
    require(committing_uow, accounts, token)
    contract.owner = "present"

    with pytest.raises(StepUpRequired):
        require(committing_uow, accounts, token)
    again = a_message(accounts.issue_nonce(), a_wallet()).render()
    with pytest.raises(SignatureMismatch):
        accounts.step_up(accounts.authenticate(token), again, "former")


@pytest.mark.pitfall("A6")
def test_step_up_refuses_the_contract_of_another_chain(committing_uow):
    accounts = Accounts(committing_uow, OwnedContract(), SIGN_IN)
    local, main = (
        a_message(accounts.issue_nonce(), a_wallet(), chain_id=chain_id).render()
        for chain_id in SIGN_IN.chain_ids
    )
    token = accounts.sign_in(local, "former").token
    with pytest.raises(WalletOfAnotherChain):
        accounts.step_up(accounts.authenticate(token), main, "former")


@pytest.mark.parametrize("role", [Role.ARBITER, Role.SUPPORT, Role.ADMIN])
def test_grant_role_ends_the_sessions_when_the_role_allows_more(accounts, committing_uow, role):
    signed_in = sign_in(accounts, a_wallet())
    with committing_uow.begin() as tx:
        accounts.grant_role(tx, signed_in.account_id, role)
        tx.commit()
    with pytest.raises(SessionEnded):
        accounts.authenticate(signed_in.token)
    assert role in accounts.authenticate(sign_in(accounts, a_wallet()).token).roles


def test_take_role_ends_the_sessions(accounts, committing_uow):
    account_id = sign_in(accounts, a_wallet()).account_id
    with committing_uow.begin() as tx:
        accounts.grant_role(tx, account_id, Role.ADMIN)
        tx.commit()
    token = sign_in(accounts, a_wallet()).token
    with committing_uow.begin() as tx:
        accounts.take_role(tx, account_id, Role.ADMIN)
        tx.commit()
    with pytest.raises(SessionEnded):
        accounts.authenticate(token)
    assert not accounts.authenticate(sign_in(accounts, a_wallet()).token).is_staff
