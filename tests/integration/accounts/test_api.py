"""`/api/auth` over HTTP."""

from dataclasses import replace
from ipaddress import ip_network

import pytest
from sqlalchemy import text

from souk.core.clock import Clock
from souk.core.principal import Principal
from souk.modules.accounts.api import router
from souk.modules.accounts.domain.grammar import parse_message
from souk.modules.accounts.service import Accounts, Sessions, SignInGate
from tests.support.account_builders import SIGN_IN, a_wallet, accounts_on, sign_in
from tests.support.http import CLIENT_ADDRESS, Api, assembled


class CountingLimiter:
    """Lets through as many uses of a key as it is told to."""

    def __init__(self) -> None:
        self.limit, self.taken = 1000, []

    def take(self, key, *, limit, per_seconds):
        self.taken.append((key, limit, per_seconds))
        return 0 if len(self.taken) <= self.limit else 42


@pytest.fixture
def limiter():
    return CountingLimiter()


@pytest.fixture
def accounts(committing_uow):
    return accounts_on(committing_uow)


@pytest.fixture
def container(database_url, committing_uow, accounts, limiter, clock):
    services = {
        Accounts: accounts,
        Clock: clock,
        Sessions: Sessions(committing_uow),
        SignInGate: SignInGate(limiter, per_minute=60),
    }
    return assembled(
        database_url,
        committing_uow,
        router,
        services=services,
        authenticate=accounts.authenticate,
    )


@pytest.fixture
def api(container):
    with Api(container) as api:
        yield api


@pytest.fixture
def token(accounts):
    return sign_in(accounts, a_wallet()).token


def signed(api, wallet, **headers):
    challenge = api("POST", "/api/auth/siwe/nonce", **headers).json()
    message = challenge["message_template"].replace("{address}", wallet.address)
    return {"message": message, "signature": wallet.sign(message)}


def test_nonce_answers_with_everything_that_a_message_needs(api, clock):
    answer = api("POST", "/api/auth/siwe/nonce")
    challenge = answer.json()
    assert answer.status_code == 200
    assert (challenge["domain"], challenge["uri"]) == (SIGN_IN.domain, SIGN_IN.uri)
    assert challenge["chain_ids"] == [31337, 1]
    assert challenge["issued_at"] == "2026-03-01T12:00:00.000Z"
    assert challenge["expires_at"] == "2026-03-01T12:10:00.000Z"


def test_nonce_template_is_a_message_once_the_address_is_filled_in(api):
    message = parse_message(signed(api, a_wallet())["message"])
    assert (message.address, message.chain_id) == (a_wallet().address, 31337)


def test_verify_answers_with_a_token_that_opens_the_session(api):
    signed_in = api("POST", "/api/auth/siwe/verify", signed(api, a_wallet())).json()
    session = api("GET", "/api/auth/session", token=signed_in["token"]).json()
    assert session["wallets"] == [
        {"address": a_wallet().address, "proved_at": "2026-03-01T12:00:00.000Z"}
    ]
    assert {key: session[key] for key in ("account_id", "session_id", "wallet", "expires_at")} == {
        key: signed_in[key] for key in ("account_id", "session_id", "wallet", "expires_at")
    }
    assert session["roles"] == ["buyer"]


@pytest.mark.pitfall("A3")
def test_verify_keeps_to_the_configured_domain_when_the_host_header_is_evil(api):
    assert api("POST", "/api/auth/siwe/nonce", Host="evil.example").json()["domain"] == (
        SIGN_IN.domain
    )
    body = signed(api, a_wallet(), Host="evil.example")
    message = body["message"].replace(SIGN_IN.domain, "evil.example")
    evil = {"message": message, "signature": a_wallet().sign(message)}
    refusal = api("POST", "/api/auth/siwe/verify", evil, Host="evil.example")
    assert (refusal.status_code, refusal.json()["code"]) == (422, "wrong_domain")
    assert api("POST", "/api/auth/siwe/verify", body, Host="evil.example").status_code == 200


def test_verify_refuses_with_its_code_when_the_nonce_was_used(api):
    body = signed(api, a_wallet())
    api("POST", "/api/auth/siwe/verify", body)
    refusal = api("POST", "/api/auth/siwe/verify", body)
    assert refusal.headers["content-type"] == "application/problem+json"
    assert (refusal.status_code, refusal.json()["code"]) == (422, "nonce_unusable")


JUNK = [
    b"",
    b"[]",
    b"{}",
    b"null",
    b'{"message": "\\u0000", "signature": "0x"}',
    b'{"message": "\\ud800", "signature": "0x"}',
    b'{"message": "m", "signature": "s"}',
    b'{"message": 1, "signature": 2}',
    b'{"message": "m", "signature": "s", "more": 1}',
    b'{"message": "' + b"m" * 9000 + b'", "signature": "s"}',
    b'{"message": "m", "signature": "' + b"0" * 9000 + b'"}',
    b"\xff\xfe",
    b"[" * 3000,
    b'{"message": ' + b"[" * 900 + b"]" * 900 + b"}",
]


@pytest.mark.pitfall("A4")
@pytest.mark.parametrize("body", JUNK, ids=lambda body: body[:24].decode("latin-1"))
def test_verify_answers_with_a_problem_when_the_body_is_junk(api, body):
    refusal = api("POST", "/api/auth/siwe/verify", body)
    assert refusal.status_code in (400, 422)
    assert refusal.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("length", [0, 1, 64, 65, 66, 130, 600])
@pytest.mark.pitfall("A4")
def test_verify_refuses_when_the_signature_has_any_other_length(api, length):
    body = signed(api, a_wallet()) | {"signature": "0x" + "ff" * length}
    refusal = api("POST", "/api/auth/siwe/verify", body)
    assert (refusal.status_code, refusal.json()["code"]) == (422, "malformed_signature")


@pytest.mark.parametrize("authorization", ["Bearer nonsense", "Bearer \xe9", "Bearer"])
def test_session_refuses_when_the_token_is_unknown(api, authorization):
    refusal = api("GET", "/api/auth/session", Authorization=authorization)
    assert refusal.status_code == 401
    assert refusal.headers["www-authenticate"] == "Bearer"


def test_session_asks_to_sign_in_when_no_token_is_sent(api):
    assert api("GET", "/api/auth/session").json()["code"] == "sign_in_required"


def test_session_asks_to_sign_in_again_when_it_was_deleted_meanwhile(api):
    gone = Principal("acc_01h455vb4pex5vsknk084sn02q", "ses_01h455vb4pex5vsknk084sn02q")
    api.authenticate_as(gone)
    assert api("GET", "/api/auth/session", token="any").json()["code"] == "session_ended"


def test_logout_ends_the_session(api, token):
    assert api("POST", "/api/auth/logout", token=token).status_code == 204
    assert api("GET", "/api/auth/session", token=token).json()["code"] == "session_ended"


def test_wallets_adds_the_wallet_once_when_the_request_is_repeated(api, token):
    body = signed(api, a_wallet("second"))
    answers = [api("POST", "/api/auth/wallets", body, token=token, key="k") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotent-replayed"] == "true"
    assert answers[0].json()["address"] == a_wallet("second").address


def test_wallets_refuses_when_no_idempotency_key_is_sent(api, token):
    refusal = api("POST", "/api/auth/wallets", signed(api, a_wallet("second")), token=token)
    assert refusal.json()["code"] == "idempotency_key_required"


def test_wallets_refuses_when_the_wallet_is_anothers(api, accounts, token):
    sign_in(accounts, a_wallet("bob"))
    body = signed(api, a_wallet("bob"))
    refusal = api("POST", "/api/auth/wallets", body, token=token, key="k")
    assert (refusal.status_code, refusal.json()["code"]) == (409, "wallet_of_another_account")


def test_no_secret_is_stored_when_a_wallet_is_added(api, token, engine):
    body = signed(api, a_wallet("second"))
    api("POST", "/api/auth/wallets", body, token=token, key="k")
    with engine.connect() as connection:
        stored = connection.execute(text("SELECT row_to_json(k)::text FROM idempotency_key k"))
        assert body["signature"] not in stored.scalar_one()


@pytest.mark.parametrize("path", ["siwe/nonce", "siwe/verify", "wallets"])
def test_sign_in_routes_are_counted_by_client_address(api, limiter, path):
    api("POST", f"/api/auth/{path}", {"message": "m", "signature": "s"})
    assert limiter.taken == [(f"sign-in:{CLIENT_ADDRESS}", 60, 60)]


@pytest.mark.parametrize(
    ("proxies", "counted"), [(CLIENT_ADDRESS, "198.51.100.1"), ("192.0.2.0/24", CLIENT_ADDRESS)]
)
def test_sign_in_routes_believe_trusted_proxies_alone(container, limiter, proxies, counted):
    with Api(replace(container, trusted_proxies=(ip_network(proxies),))) as api:
        api("POST", "/api/auth/siwe/nonce", x_forwarded_for="198.51.100.1")
    assert limiter.taken == [(f"sign-in:{counted}", 60, 60)]


def test_sign_in_routes_refuse_when_the_client_asks_too_often(api, limiter):
    limiter.limit = 0
    refusal = api("POST", "/api/auth/siwe/nonce")
    assert (refusal.status_code, refusal.json()["code"]) == (429, "too_many_sign_ins")
    assert refusal.headers["retry-after"] == "42"
