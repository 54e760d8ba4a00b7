"""API keys over HTTP: what programs may do with them, and what nobody may."""

import pytest
from sqlalchemy import text

from souk.core.db import make_engine
from souk.core.principal import Role, Scope
from souk.modules.accounts.api import router
from souk.modules.accounts.domain.keys import MAX_KEYS
from souk.modules.accounts.errors import KeyEnded
from souk.modules.accounts.service import Accounts, ApiKeys, KeyGate, SignInGate
from souk.modules.catalog.api import router as catalog_router
from souk.modules.catalog.service import Catalog
from tests.support.account_builders import a_message, a_wallet, accounts_on, sign_in
from tests.support.http import Api, assembled
from tests.support.seller_builders import sellers_on

PATH = "/api/auth/api-keys"


class Limiter:
    """Lets everything through until it is told how long to wait."""

    def __init__(self) -> None:
        self.wait, self.keys = 0, []

    def take(self, key, *, limit, per_seconds):
        self.keys.append((key, limit, per_seconds))
        return self.wait


@pytest.fixture
def limiter():
    return Limiter()


@pytest.fixture
def accounts(committing_uow):
    return accounts_on(committing_uow)


@pytest.fixture
def api(database_url, committing_uow, accounts, limiter):
    gate = KeyGate(limiter, per_minute=7)

    def authenticate(token):
        principal = accounts.authenticate(token)
        gate.admit(principal)
        return principal

    container = assembled(
        database_url,
        committing_uow,
        router,
        catalog_router,
        services={
            Accounts: accounts,
            ApiKeys: ApiKeys(committing_uow),
            Catalog: Catalog(committing_uow, sellers_on(committing_uow)),
            SignInGate: SignInGate(limiter, per_minute=60),
        },
        authenticate=authenticate,
    )
    with Api(container) as api:
        yield api


@pytest.fixture
def token(accounts):
    return sign_in(accounts, a_wallet()).token


def wish(*scopes, **more):
    return {"name": "Stock-keeping", "scopes": list(scopes or [Scope.CATALOGUE_READ]), **more}


def make(api, token, *scopes, key="k", **more):
    answer = api("POST", PATH, wish(*scopes, **more), token=token, key=key)
    assert answer.status_code == 201, answer.text
    return answer.json()


def forget_who_made_keys(engine):
    """As it is with keys that were made before that was stored."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE api_key SET wallet = NULL, email = NULL"))


def listed(api, token):
    return api("GET", PATH, token=token).json()["data"]


def test_create_shows_the_secret_once(api, token):
    made = make(api, token)
    again = make(api, token)
    assert made["secret"].startswith(made["prefix"] + "_")
    assert again == made | {"secret": None}
    assert listed(api, token) == [{k: v for k, v in made.items() if k != "secret"}]


def test_create_stores_no_secret(api, token, database_url):
    secret = make(api, token)["secret"].rpartition("_")[2]
    engine = make_engine(database_url, pool_size=1)
    with engine.connect() as connection:
        rows = [str(connection.execute(text(f"SELECT * FROM {t}")).all())
                for t in ("api_key", "idempotency_key")]  # fmt: skip
    engine.dispose()
    assert secret not in "".join(rows)


def test_key_opens_what_its_scopes_say(api, token):
    secret = make(api, token, Scope.CATALOGUE_READ)["secret"]
    mine = api("GET", "/api/marketplace/products/mine", token=secret)
    assert mine.json()["code"] != "key_lacks_scope"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/auth/session"),
        ("POST", "/api/auth/logout"),
        ("POST", "/api/auth/wallets"),
        ("GET", PATH),
        ("POST", PATH),
        ("DELETE", PATH + "/key_01h455vb4pex5vsknk084sn02q"),
    ],
)
def test_key_never_manages_keys_sessions_and_wallets(api, token, method, path):
    secret = make(api, token, *Scope)["secret"]
    refusal = api(method, path, token=secret, key="k")
    assert (refusal.status_code, refusal.json()["code"]) == (403, "key_lacks_scope")


def test_key_writes_nothing_when_it_may_only_read(api, token):
    secret = make(api, token, Scope.CATALOGUE_READ)["secret"]
    refusal = api("POST", "/api/marketplace/products", {}, token=secret, key="k")
    assert (refusal.status_code, refusal.json()["code"]) == (403, "key_lacks_scope")
    assert refusal.json()["scope"] == "catalogue:write"


def test_key_sees_no_public_page_either_when_it_lacks_the_scope(api, token):
    secret = make(api, token, Scope.ORDERS_READ)["secret"]
    path = "/api/marketplace/products/lst_01h455vb4pex5vsknk084sn02q"
    assert api("GET", path).status_code == 404
    assert api("GET", path, token=secret).json()["code"] == "key_lacks_scope"


def test_key_is_never_staff(api, token, accounts, committing_uow):
    account_id = accounts.authenticate(token).account_id
    with committing_uow.begin() as tx:
        accounts.grant_role(tx, account_id, Role.ADMIN)
        tx.commit()
    token = sign_in(accounts, a_wallet()).token
    assert accounts.authenticate(token).is_staff
    program = accounts.authenticate(make(api, token, *Scope)["secret"])
    assert (program.is_staff, program.roles) == (False, {Role.BUYER})
    assert program.step_up_at is None


def test_revoke_ends_the_key_at_once(api, token, accounts):
    made = make(api, token)
    assert api("DELETE", f"{PATH}/{made['id']}", token=token).status_code == 204
    refusal = api("GET", "/api/marketplace/products/mine", token=made["secret"])
    assert (refusal.status_code, refusal.json()["code"]) == (401, "key_ended")
    assert listed(api, token) == []
    assert api("DELETE", f"{PATH}/{made['id']}", token=token).json()["code"] == "key_not_found"


def test_key_of_somebody_else_is_not_found(api, token, accounts):
    made = make(api, token)
    other = sign_in(accounts, a_wallet("bob")).token
    refusal = api("DELETE", f"{PATH}/{made['id']}", token=other)
    assert (refusal.status_code, refusal.json()["code"]) == (404, "key_not_found")
    assert listed(api, other) == []
    assert accounts.authenticate(made["secret"])


def test_key_ends_when_its_days_are_over(api, token, accounts, clock):
    made = make(api, token, expires_in_days=2)
    assert made["expires_at"] == "2026-03-03T12:00:00.000Z"
    clock.advance(days=2)
    refusal = api("GET", "/api/marketplace/products/mine", token=made["secret"])
    assert refusal.json()["code"] == "key_ended"


def test_use_of_a_key_is_noted_to_the_minute(api, token, accounts, clock):
    secret = make(api, token)["secret"]
    for seconds in (10, 30, 40):
        clock.advance(seconds=seconds)
        accounts.authenticate(secret)
    (key,) = listed(api, token)
    assert key["last_used_at"] == "2026-03-01T12:01:20.000Z"


def test_create_refuses_when_there_are_too_many(api, accounts):
    for number in range(MAX_KEYS):
        make(api, sign_in(accounts, a_wallet()).token, key=str(number))
    token = sign_in(accounts, a_wallet()).token
    refusal = api("POST", PATH, wish(), token=token, key="one more")
    assert (refusal.status_code, refusal.json()["code"]) == (409, "too_many_keys")


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": " "},
        {"scopes": []},
        {"scopes": ["everything"]},
        {"expires_in_days": 0},
    ],
    ids=str,
)
def test_create_refuses_when_a_field_is_wrong(api, token, changes):
    assert api("POST", PATH, wish() | changes, token=token, key="k").status_code == 422


def test_requests_are_counted_by_key_and_not_by_session(api, token, limiter):
    made = make(api, token)
    assert limiter.keys == []
    limiter.wait = 9
    refusal = api("GET", "/api/marketplace/products/mine", token=made["secret"])
    assert limiter.keys == [(f"key:{made['id']}", 7, 60)]
    assert (refusal.status_code, refusal.headers["retry-after"]) == (429, "9")


def test_one_proof_makes_one_key(api, token):
    make(api, token)
    refusal = api("POST", PATH, wish(), token=token, key="another")
    assert (refusal.status_code, refusal.json()["code"]) == (403, "step_up_required")


def test_key_ends_with_the_wallet_in_whose_session_it_was_made(
    api, accounts, token, committing_uow
):
    stolen = a_wallet("stolen")
    text = a_message(accounts.issue_nonce(), stolen).render()
    owner = accounts.authenticate(sign_in(accounts, a_wallet()).token)
    accounts.add_wallet(owner, text, stolen.sign(text))
    taken = make(api, sign_in(accounts, stolen).token, key="by the thief")["secret"]
    kept = make(api, sign_in(accounts, a_wallet()).token, key="by the owner")["secret"]

    owner = accounts.authenticate(sign_in(accounts, a_wallet()).token)
    sellers_on(committing_uow).remove_wallet(owner, stolen.address)

    assert accounts.authenticate(kept).account_id == owner.account_id
    with pytest.raises(KeyEnded):
        accounts.authenticate(taken)


def test_key_of_unknown_making_ends_with_any_wallet(api, accounts, token, committing_uow, engine):
    stolen = a_wallet("stolen")
    message = a_message(accounts.issue_nonce(), stolen).render()
    accounts.add_wallet(accounts.authenticate(token), message, stolen.sign(message))
    old = make(api, sign_in(accounts, a_wallet()).token)["secret"]
    theirs = make(api, sign_in(accounts, a_wallet("bob")).token)["secret"]
    forget_who_made_keys(engine)

    owner = accounts.authenticate(sign_in(accounts, a_wallet()).token)
    sellers_on(committing_uow).remove_wallet(owner, stolen.address)

    assert accounts.authenticate(theirs).account_id != owner.account_id
    with pytest.raises(KeyEnded):
        accounts.authenticate(old)
