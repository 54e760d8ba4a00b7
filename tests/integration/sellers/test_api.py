"""`/api/marketplace/sellers` over HTTP."""

import pytest

from souk.modules.sellers.api import router
from souk.modules.sellers.service import Sellers
from tests.support.account_builders import a_wallet, accounts_on, sign_in
from tests.support.http import Api, assembled
from tests.support.seller_builders import sellers_on

PATH = "/api/marketplace/sellers"


@pytest.fixture
def accounts(committing_uow):
    return accounts_on(committing_uow)


@pytest.fixture
def api(database_url, committing_uow, accounts):
    services = {Sellers: sellers_on(committing_uow)}
    container = assembled(
        database_url,
        committing_uow,
        router,
        services=services,
        authenticate=accounts.authenticate,
    )
    with Api(container) as api:
        yield api


@pytest.fixture
def token(accounts):
    return sign_in(accounts, a_wallet("sofia")).token


@pytest.fixture
def stranger(accounts):
    return sign_in(accounts, a_wallet("bob")).token


def a_body(**changes):
    wallet = a_wallet("sofia").address
    return {"name": "Fig & Olive", "handle": "fig-olive", "payout_wallet": wallet, **changes}


@pytest.fixture
def store(api, token):
    answer = api("POST", PATH, a_body(), token=token, key="open")
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_create_shows_the_profile_to_everybody_at_once(api, store):
    assert api("GET", f"{PATH}/{store['id']}").json() == store
    assert api("GET", f"{PATH}/Fig-Olive").json() == store


def test_create_answers_the_same_when_the_request_is_repeated(api, token, store):
    again = api("POST", PATH, a_body(), token=token, key="open")
    assert (again.status_code, again.json()) == (201, store)
    assert again.headers["idempotent-replayed"] == "true"


def test_profile_shows_public_fields_only(store):
    assert store == {
        "id": store["id"],
        "handle": "fig-olive",
        "name": "Fig & Olive",
        **dict.fromkeys(["bio", "location", "website", "twitter", "discord", "telegram"]),
        "payout_wallet": a_wallet("sofia").address,
        "ens_name": None,
        "status": "approved",
        "version": 1,
        "created_at": "2026-03-01T12:00:00.000Z",
        "updated_at": "2026-03-01T12:00:00.000Z",
    }


def test_me_finds_the_callers_own_store(api, token, stranger, store):
    assert api("GET", f"{PATH}/me", token=token).json() == store
    assert api("GET", f"{PATH}/me", token=stranger).json()["code"] == "seller_not_found"
    assert api("GET", f"{PATH}/me").status_code == 401


def test_read_answers_304_when_the_client_has_the_profile(api, store):
    etag = api("GET", f"{PATH}/fig-olive").headers["etag"]
    assert etag.startswith('"1-')
    again = api("GET", f"{PATH}/fig-olive", If_None_Match=f'W/"other", {etag}')
    assert (again.status_code, again.content) == (304, b"")


def test_edit_takes_the_etag_of_the_profile_and_is_visible_at_once(api, token, store):
    etag = api("GET", f"{PATH}/fig-olive").headers["etag"]
    edited = api("PATCH", f"{PATH}/fig-olive", {"bio": "New."}, token=token, If_Match=etag)
    assert (edited.status_code, edited.headers["etag"]) == (200, '"2"')
    assert api("GET", f"{PATH}/fig-olive").json() == edited.json()
    assert edited.json()["bio"] == "New."


def test_edit_takes_the_etag_of_the_edit_before(api, token, store):
    path = f"{PATH}/{store['id']}"
    first = api("PATCH", path, {"bio": "One."}, token=token, If_Match='"1"')
    second = api("PATCH", path, {"bio": "Two."}, token=token, If_Match=first.headers["etag"])
    assert second.json()["version"] == 3


def test_edit_refuses_with_the_present_version_when_it_is_stale(api, token, store):
    api("PATCH", f"{PATH}/fig-olive", {"bio": "One."}, token=token, If_Match='"1"')
    refusal = api("PATCH", f"{PATH}/fig-olive", {"bio": "Two."}, token=token, If_Match='"1"')
    assert (refusal.status_code, refusal.json()["code"]) == (409, "stale_version")
    assert refusal.json()["version"] == 2


@pytest.mark.parametrize("if_match", [None, "", "*", "1", '"0"', '"x"', '"' + "9" * 40 + '"'])
def test_edit_refuses_when_it_names_no_version(api, token, store, if_match):
    headers = {} if if_match is None else {"If_Match": if_match}
    refusal = api("PATCH", f"{PATH}/fig-olive", {"bio": "New."}, token=token, **headers)
    assert (refusal.status_code, refusal.json()["code"]) == (422, "version_required")


@pytest.mark.pitfall("H3")
def test_edit_refuses_when_the_store_is_anothers(api, stranger, store):
    refusal = api("PATCH", f"{PATH}/fig-olive", {"bio": "x"}, token=stranger, If_Match='"1"')
    assert (refusal.status_code, refusal.json()["code"]) == (403, "not_yours")
    assert api("PATCH", f"{PATH}/fig-olive", {"bio": "x"}, If_Match='"1"').status_code == 401


def test_read_answers_404_when_nobody_has_the_reference(api):
    for reference in ("nobody", "sel_01h455vb4pex5vsknk084sn02q", "%F0%9F%90%AB"):
        assert api("GET", f"{PATH}/{reference}").json()["code"] == "seller_not_found"


def wrong_case():
    return a_wallet("sofia").address.swapcase().replace("0X", "0x")


WRONG = [
    ("name", ""),
    ("name", "x" * 81),
    ("name", "two\nlines"),
    ("name", "nul\x00"),
    ("handle", "ab"),
    ("handle", "-figs"),
    ("handle", "fig--olive"),
    ("handle", "support"),
    ("handle", "fíg-olive"),
    ("payout_wallet", "sofia.eth"),
    ("payout_wallet", wrong_case()),
    ("bio", "x" * 2001),
    ("website", "http://figs.example"),
    ("website", "https://user:pass@figs.example"),
    ("twitter", "https://twitter.com/figs"),
    ("discord", "figs#1234"),
    ("telegram", "fig"),
    ("colour", "green"),
    ("bio", 7),
    ("bio", {"$gt": ""}),
]


@pytest.mark.parametrize(("field", "value"), WRONG, ids=lambda value: repr(value)[:24])
def test_create_points_at_the_field_when_it_is_wrong(api, token, field, value):
    refusal = api("POST", PATH, a_body(**{field: value}), token=token, key="k").json()
    assert (refusal["status"], refusal["code"]) == (422, "invalid_request")
    pointers = [error["pointer"] for error in refusal["errors"]]
    assert pointers == [f"/{field}"] or (value == "nul\x00" and pointers == [""])


@pytest.mark.pitfall("A13")
def test_create_resolves_no_name_when_one_is_sent_as_wallet(api, token):
    refusal = api("POST", PATH, a_body(payout_wallet="vitalik.eth"), token=token, key="k")
    assert refusal.status_code == 422


def test_create_points_at_the_wallet_when_it_is_not_proved(api, token):
    body = a_body(payout_wallet=a_wallet("bob").address)
    refusal = api("POST", PATH, body, token=token, key="k").json()
    assert (refusal["status"], refusal["code"]) == (422, "payout_wallet_not_proved")
    assert [error["pointer"] for error in refusal["errors"]] == ["/payout_wallet"]


def test_create_points_at_the_handle_when_it_is_taken(api, stranger, store):
    body = a_body(payout_wallet=a_wallet("bob").address)
    refusal = api("POST", PATH, body, token=stranger, key="k").json()
    assert (refusal["status"], refusal["code"]) == (409, "handle_taken")
    assert [error["pointer"] for error in refusal["errors"]] == ["/handle"]
