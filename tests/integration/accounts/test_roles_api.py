"""`/api/accounts/{account_id}/roles`: who is staff, by the word of an admin."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from souk.core.clock import Clock
from souk.core.principal import Role, Scope
from souk.modules.accounts.api import router
from souk.modules.accounts.service import Accounts, ApiKeys, Roles
from tests.support.account_builders import a_message, a_wallet, accounts_on, sign_in
from tests.support.http import Api, assembled

STAFF = ("arbiter", "support", "admin")


@pytest.fixture
def accounts(committing_uow):
    return accounts_on(committing_uow)


@pytest.fixture
def roles(committing_uow, accounts):
    return Roles(committing_uow, accounts)


@pytest.fixture
def api(database_url, committing_uow, accounts, roles, clock):
    container = assembled(
        database_url,
        committing_uow,
        router,
        services={Accounts: accounts, Clock: clock, Roles: roles},
        authenticate=accounts.authenticate,
    )
    with Api(container) as api:
        yield api


def admin(accounts, roles, name="alice"):
    """The token of an admin who has just signed in."""
    roles.give(sign_in(accounts, a_wallet(name)).account_id, Role.ADMIN)
    return sign_in(accounts, a_wallet(name)).token


def step_up(accounts, token, name="alice"):
    message = a_message(accounts.issue_nonce(), a_wallet(name)).render()
    principal = accounts.authenticate(token)
    return accounts.step_up(principal, message, a_wallet(name).sign(message)).token


@pytest.fixture
def token(accounts, roles):
    return admin(accounts, roles)


@pytest.fixture
def bob(accounts):
    return sign_in(accounts, a_wallet("bob"))


def put(api, token, account_id, role="support"):
    return api("PUT", f"/api/accounts/{account_id}/roles/{role}", token=token)


def take(api, token, account_id, role="support"):
    return api("DELETE", f"/api/accounts/{account_id}/roles/{role}", token=token)


def seen(api, token, account_id):
    return api("GET", f"/api/accounts/{account_id}/roles", token=token).json()


def refused(answer):
    return (answer.status_code, answer.json()["code"])


@pytest.mark.parametrize("role", STAFF)
def test_giving_ends_what_was_and_holds_from_the_next_sign_in_on(api, accounts, token, bob, role):
    assert put(api, token, bob.account_id, role).status_code == 204
    assert api("GET", "/api/auth/session", token=bob.token).status_code == 401
    again = accounts.authenticate(sign_in(accounts, a_wallet("bob")).token)
    assert again.roles == {Role.BUYER, Role(role)}


@pytest.mark.parametrize("role", STAFF)
def test_taking_ends_all_sessions_at_once(api, accounts, roles, token, bob, role):
    roles.give(bob.account_id, Role(role))
    staff = sign_in(accounts, a_wallet("bob")).token
    assert take(api, token, bob.account_id, role).status_code == 204
    assert api("GET", "/api/auth/session", token=staff).status_code == 401
    assert seen(api, token, bob.account_id)["roles"] == ["buyer"]


def test_key_of_a_program_gains_nothing_by_what_its_owner_is(
    api, committing_uow, accounts, token, bob
):
    keys = ApiKeys(committing_uow)
    principal = accounts.authenticate(bob.token)
    key = keys.create(principal, name="Program", scopes=list(Scope)).token
    put(api, token, bob.account_id, "admin")
    assert accounts.authenticate(key).roles == {Role.BUYER}
    assert refused(put(api, key, bob.account_id)) == (403, "key_lacks_scope")


def test_what_was_done_is_written_down_once_with_who_and_when(
    api, accounts, roles, token, bob, clock
):
    me = accounts.authenticate(token).account_id
    put(api, token, bob.account_id)
    clock.advance(minutes=1)
    token = step_up(accounts, token)
    put(api, token, bob.account_id)
    token = step_up(accounts, token)
    take(api, token, bob.account_id)
    roles.give(bob.account_id, Role.ARBITER)
    changes = seen(api, token, bob.account_id)["changes"]
    assert [(one["role"], one["given"], one["by"]) for one in changes] == [
        ("arbiter", True, None),
        ("support", False, me),
        ("support", True, me),
    ]
    assert changes[2]["changed_at"] == "2026-03-01T12:00:00.000Z"
    assert changes[1]["changed_at"] == "2026-03-01T12:01:00.000Z"


def test_giving_again_ends_no_session(api, accounts, token, bob):
    put(api, token, bob.account_id)
    staff = sign_in(accounts, a_wallet("bob")).token
    assert put(api, step_up(accounts, token), bob.account_id).status_code == 204
    assert accounts.authenticate(staff).is_staff


@pytest.mark.parametrize("act", [put, take])
def test_change_needs_a_proof_and_uses_it_up(api, accounts, token, bob, clock, act):
    clock.advance(minutes=5)
    assert refused(act(api, token, bob.account_id)) == (403, "step_up_required")
    token = step_up(accounts, token)
    assert act(api, token, bob.account_id).status_code == 204
    assert refused(act(api, token, bob.account_id)) == (403, "step_up_required")


@pytest.mark.parametrize("role", [None, Role.SUPPORT, Role.ARBITER])
def test_nobody_but_an_admin_sees_or_changes_who_is_staff(api, accounts, roles, bob, role):
    if role is not None:
        roles.give(bob.account_id, role)
    token = sign_in(accounts, a_wallet("bob")).token
    answers = [
        put(api, token, bob.account_id, "admin"),
        take(api, token, bob.account_id),
        api("GET", f"/api/accounts/{bob.account_id}/roles", token=token),
    ]
    assert {refused(answer) for answer in answers} == {(403, "admins_only")}


def test_last_admin_cannot_be_taken_away(api, accounts, roles, token):
    me = accounts.authenticate(token).account_id
    assert refused(take(api, token, me, "admin")) == (409, "last_admin")
    assert accounts.authenticate(token).roles == {Role.BUYER, Role.ADMIN}


def test_admin_leaves_when_there_is_another(api, accounts, roles, token):
    admin(accounts, roles, "bob")
    me = accounts.authenticate(token).account_id
    assert take(api, token, me, "admin").status_code == 204
    assert api("GET", "/api/auth/session", token=token).status_code == 401


@pytest.mark.parametrize(
    ("account_id", "code"),
    [("acc_01h455vb4pex5vsknk084sn02q", "account_not_found"), ("1", "unknown_id")],
)
def test_refuses_when_there_is_no_such_account(api, token, account_id, code):
    asked = api("GET", f"/api/accounts/{account_id}/roles", token=token)
    for answer in (asked, put(api, token, account_id), take(api, token, account_id)):
        assert refused(answer) == (404, code)


@pytest.mark.parametrize("role", ["seller", "buyer", "owner"])
def test_refuses_what_is_no_role_of_staff(api, token, bob, role):
    assert put(api, token, bob.account_id, role).status_code == 422


@pytest.mark.parametrize(
    "act", ["DELETE FROM role_change", "UPDATE role_change SET given = NOT given"]
)
def test_what_is_written_down_stays(api, token, bob, engine, act):
    put(api, token, bob.account_id)
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text(act))
