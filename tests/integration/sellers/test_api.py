"""`/api/marketplace/sellers` over HTTP."""

import pytest

from tests.integration.sellers.conftest import A_STORE, PATH
from tests.support.account_builders import a_wallet, sign_in


def a_body(**changes):
    return {**A_STORE, **changes}


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
        **dict.fromkeys(["shipping_policy", "returns_policy", "ships_from", "ships_from_place"]),
        **dict.fromkeys(["profile_image", "cover_image"]),
        "on_holiday": False,
        "holiday_note": None,
        "payout_wallet": a_wallet("sofia").address,
        "payout_wallets": {},
        "ens_name": None,
        "status": "approved",
        "verified": False,
        "version": 1,
        "created_at": "2026-03-01T12:00:00.000Z",
        "updated_at": "2026-03-01T12:00:00.000Z",
    }


def test_me_finds_the_callers_own_store(api, token, stranger, store):
    own = {**store, "payout_frozen_until": None}
    assert api("GET", f"{PATH}/me", token=token).json() == own
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
    assert (refusal.status_code, refusal.json()["code"]) == (412, "stale_version")
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
    ("ships_from", "UK"),
    ("returns_policy", "x" * 4001),
    ("on_holiday", "perhaps"),
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
    (error,) = refusal["errors"]
    assert (error["pointer"], error["suggestion"]) == ("/handle", "fig-olive-shop")


def test_create_suggests_what_was_meant_when_a_field_is_wrong(api, token):
    body = a_body(website="http://figs.example")
    (error,) = api("POST", PATH, body, token=token, key="k").json()["errors"]
    assert (error["pointer"], error["suggestion"]) == ("/website", "https://figs.example")


EVERY_FIELD = {
    "name": "Figs",
    "handle": "figs",
    "bio": "Preserves.",
    "location": "Valletta",
    "website": "https://figs.example",
    "twitter": "figs",
    "discord": "figs",
    "telegram": "fig_olive",
    "shipping_policy": "Mondays.",
    "returns_policy": "30 days.",
    "ships_from": "MT",
    "ships_from_place": "Valletta",
    "on_holiday": True,
    "holiday_note": "Back in May.",
}


def test_edit_changes_every_field_of_the_public_page(api, token, store):
    edited = api("PATCH", f"{PATH}/fig-olive", EVERY_FIELD, token=token, If_Match='"1"')
    assert edited.status_code == 200, edited.text
    shown = api("GET", f"{PATH}/figs").json()
    fixed = {"id", "payout_wallet", "status", "verified", "version", "created_at", "updated_at"}
    # Pictures have to be uploaded first; tests/integration/media has them.
    fixed |= {"ens_name", "payout_wallets", "profile_image", "cover_image"}
    assert shown.keys() - fixed == EVERY_FIELD.keys()
    assert {field: shown[field] for field in EVERY_FIELD} == EVERY_FIELD


MAIN = "1"


def test_edit_names_wallets_of_single_chains_on_the_public_page(api, accounts, store):
    wallet = a_wallet("sofia").address
    edits = [({MAIN: wallet.lower(), "31337": wallet}, {MAIN: wallet, "31337": wallet}), (None, {})]
    for version, (sent, shown) in enumerate(edits, 1):
        body, etag = {"payout_wallets": sent}, f'"{version}"'
        token = sign_in(accounts, a_wallet("sofia")).token
        edited = api("PATCH", f"{PATH}/fig-olive", body, token=token, If_Match=etag)
        assert edited.status_code == 200, edited.text
        page = api("GET", f"{PATH}/fig-olive").json()
        assert edited.json() == page
        assert page["payout_wallets"] == shown


@pytest.mark.parametrize(
    ("sent", "pointer", "code"),
    [
        ({MAIN: "vitalik.eth"}, "/payout_wallets/1", "invalid_request"),
        ({"01": a_wallet("sofia").address}, "/payout_wallets/01", "invalid_request"),
        ({"main": a_wallet("sofia").address}, "/payout_wallets/main", "invalid_request"),
        ({MAIN: None}, "/payout_wallets/1", "invalid_request"),
        ({"8453": a_wallet("sofia").address}, "/payout_wallets/8453", "invalid_profile"),
        ({MAIN: a_wallet("bob").address}, "/payout_wallets/1", "payout_wallet_not_proved"),
    ],
)
def test_edit_points_to_the_chain_whose_wallet_is_wrong(api, token, store, sent, pointer, code):
    body = {"payout_wallets": sent}
    refusal = api("PATCH", f"{PATH}/fig-olive", body, token=token, If_Match='"1"').json()
    assert refusal["code"] == code
    assert refusal["errors"][0]["pointer"].startswith(pointer)
    assert api("GET", f"{PATH}/fig-olive").json() == store


def test_edit_refuses_to_say_neither_when_the_store_may_be_on_holiday(api, token, store):
    body = {"on_holiday": None}
    refusal = api("PATCH", f"{PATH}/fig-olive", body, token=token, If_Match='"1"')
    assert (refusal.status_code, refusal.json()["code"]) == (422, "invalid_profile")
