"""`/api/ens` over HTTP."""

import pytest

from souk.adapters.avatars.reader import EnsAvatarReader
from souk.modules.names.api import router
from souk.modules.names.service import Avatars, LookupGate, Lookups, Verifications
from tests.integration.names.conftest import NORMALISER, NoTokens
from tests.support.account_builders import a_session, a_wallet, accounts_on
from tests.support.fake_names import a_name
from tests.support.http import Api, assembled
from tests.support.seller_builders import a_profile, sellers_on
from tests.support.strangers import PNG

SOFIA = a_wallet("sofia").address


class Turnstile:
    """A `RateLimiter` that lets so many through."""

    def __init__(self, admits: int = 1_000) -> None:
        self.left = admits

    def take(self, key: str, *, limit: int, per_seconds: int) -> int:
        self.left -= 1
        return 0 if self.left >= 0 else per_seconds


@pytest.fixture
def turnstile() -> Turnstile:
    return Turnstile()


@pytest.fixture
def api(database_url, committing_uow, chain, turnstile, pages, cache):
    uow = committing_uow
    services = {
        Lookups: Lookups(uow, sellers_on(uow), NORMALISER, chain),
        LookupGate: LookupGate(turnstile, per_minute=60),
    }
    reader = EnsAvatarReader(pages, NoTokens())
    services[Avatars] = Avatars(services[Lookups], chain, reader, cache)
    accounts, sellers = accounts_on(uow), sellers_on(uow)
    services[Verifications] = Verifications(uow, accounts, sellers, services[Lookups], chain)
    authenticate = accounts.authenticate
    container = assembled(database_url, uow, router, services=services, authenticate=authenticate)
    with Api(container) as api:
        yield api


def test_validate_answers_with_all_that_is_known(api, chain):
    chain.names["fig.eth"] = a_name(SOFIA)
    chain.names["fig.eth"].texts["url"] = "https://fig.example"

    answer = api("GET", "/api/ens/validate/Fig.ETH")

    assert answer.status_code == 200
    found = answer.json()
    assert (found["asked"], found["valid"], found["name"]) == ("Fig.ETH", True, "fig.eth")
    assert found["lookup"] == {
        "state": "held",
        "address": SOFIA,
        "owner": SOFIA,
        "wrapped": False,
        "answered_by": None,
        "expires_at": "2027-03-01T12:00:00.000Z",
        "grace_until": "2027-05-30T12:00:00.000Z",
        "off_chain": False,
        "primary_name": None,
        "contenthash": None,
        "avatar_url": None,
        "unverified_texts": {"url": "https://fig.example"},
        "block": found["lookup"]["block"],
    }
    assert found["lookup"]["block"]["number"] == 7


def test_validate_answers_with_reason_and_correction_when_the_text_is_no_name(api):
    found = api("GET", "/api/ens/validate/p%D0%B0ypal.eth").json()

    assert (found["valid"], found["lookup"], found["suggestion"]) == (False, None, "pypal.eth")
    assert (found["refusal"]["code"], found["refusal"]["position"]) == ("conf_mixed", 1)


def test_validate_answers_the_rest_when_the_chain_is_away(api, chain):
    chain.away = True

    answer = api("GET", "/api/ens/validate/fig.eth")

    assert answer.status_code == 200
    found = answer.json()
    assert (found["name"], found["lookup"]) == ("fig.eth", None)
    assert found["unavailable"]["retryable"] is True


@pytest.fixture
def figs(chain, pages) -> str:
    """A name with a picture; its owner's address of it."""
    chain.names["fig.eth"] = a_name(SOFIA)
    chain.names["fig.eth"].texts["avatar"] = "https://fig.example/fig.png"
    pages.put("https://fig.example/fig.png", PNG)
    return "https://fig.example/fig.png"


def test_validate_names_where_the_avatar_is_shown_and_fetches_nothing(api, chain, pages, figs):
    chain.names["\N{PEACH}.eth"] = chain.names["fig.eth"]
    lookup = api("GET", "/api/ens/validate/fig.eth").json()["lookup"]
    peach = api("GET", "/api/ens/validate/\N{PEACH}.eth").json()["lookup"]

    assert lookup["avatar_url"] == "/api/ens/avatar/fig.eth"
    assert lookup["unverified_texts"] == {"avatar": figs}
    assert pages.fetched == []
    assert api("GET", peach["avatar_url"]).content == PNG


def test_avatar_is_shown_as_a_picture_and_nothing_else(api, figs):
    answer = api("GET", "/api/ens/avatar/Fig.eth")

    assert (answer.status_code, answer.content) == (200, PNG)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["cache-control"] == "public, max-age=300"


def test_avatar_is_not_sent_again_to_who_has_it(api, figs):
    etag = api("GET", "/api/ens/avatar/fig.eth").headers["etag"]

    again = api("GET", "/api/ens/avatar/fig.eth", If_None_Match=etag)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    other = api("GET", "/api/ens/avatar/fig.eth", If_None_Match='"other"')
    assert other.status_code == 200


def test_avatar_says_why_there_is_none(api, chain, pages, figs):
    missing = api("GET", "/api/ens/avatar/nobody-has.eth")
    pages.put(figs, b"<svg/>")
    refused = api("GET", "/api/ens/avatar/fig.eth")
    no_name = api("GET", "/api/ens/avatar/fig%20olive.eth")

    assert (missing.status_code, missing.json()["code"]) == (404, "ens_avatar_missing")
    assert (refused.status_code, refused.json()["code"]) == (404, "ens_avatar_refused")
    assert (no_name.status_code, no_name.json()["code"]) == (422, "ens_name_refused")
    assert "JPEG" in refused.json()["detail"]


def test_avatar_says_when_its_server_is_away(api, pages, figs):
    pages.pages.clear()

    answer = api("GET", "/api/ens/avatar/fig.eth")
    assert (answer.status_code, answer.json()["code"]) == (503, "ens_avatar_unreachable")
    assert answer.json()["retryable"] is True


def test_avatars_are_limited_by_network_address(api, chain, turnstile, figs):
    turnstile.left = 0

    assert api("GET", "/api/ens/avatar/fig.eth").status_code == 429
    assert chain.asked == 0


def test_suggestions_have_names_and_prices(api):
    found = api("GET", "/api/ens/suggestions/fig.eth").json()

    assert found["base"] == "fig"
    assert found["suggestions"][0] == {
        "name": "fig.eth",
        "price_a_year": {
            "amount": str(128 * 10**15),
            "currency": "eip155:31337/slip44:60",
            "exponent": 18,
        },
    }


def test_suggestions_say_so_when_the_chain_is_away(api, chain):
    chain.away = True

    answer = api("GET", "/api/ens/suggestions/fig")

    assert (answer.status_code, answer.json()["retryable"]) == (503, True)


def test_lookups_are_limited_by_network_address(api, chain, turnstile):
    turnstile.left = 0

    assert api("GET", "/api/ens/validate/fig.eth").status_code == 429
    assert chain.asked == 0


@pytest.fixture
def token(committing_uow):
    """Somebody with a store."""
    token = a_session(committing_uow, "sofia")
    principal = accounts_on(committing_uow).authenticate(token)
    sellers_on(committing_uow).create(principal, a_profile("sofia"))
    return token


def test_verify_answers_with_the_proof_when_the_wallet_is_proved(api, chain, token):
    chain.names["fig.eth"] = a_name(SOFIA)

    answer = api("POST", "/api/ens/verify", {"ens_name": "Fig.eth"}, token=token, key="1")

    assert answer.status_code == 200
    found = answer.json()
    assert (found["status"], found["name"], found["message"]) == ("verified", "fig.eth", None)
    assert found["verification"]["block"]["hash"] == "0x" + "07" * 32
    again = api("POST", "/api/ens/verify", {"ens_name": "Fig.eth"}, token=token, key="1")
    assert again.json() == found


def test_verify_answers_with_a_message_and_then_takes_its_signature(api, chain, token):
    second = a_wallet("second")
    chain.names["fig.eth"] = a_name(second.address)
    body = {"ens_name": "fig.eth"}

    asked = api("POST", "/api/ens/verify", body, token=token, key="1").json()
    proof = {"message": asked["message"], "signature": second.sign(asked["message"])}
    found = api("POST", "/api/ens/verify", {**body, **proof}, token=token, key="2").json()

    assert (asked["status"], asked["wallet"]) == ("signature_required", second.address)
    assert (found["status"], found["wallet"]) == ("verified", second.address)


def test_verify_needs_message_and_signature_together(api, token):
    body = {"ens_name": "fig.eth", "message": "only this"}

    assert api("POST", "/api/ens/verify", body, token=token, key="1").status_code == 422


def test_verify_needs_somebody_signed_in(api):
    assert api("POST", "/api/ens/verify", {"ens_name": "fig.eth"}, key="1").status_code == 401


@pytest.mark.pitfall("A10")
def test_verify_says_what_to_do_when_the_name_has_expired(api, chain, token):
    chain.names["fig.eth"] = a_name(SOFIA, days=-1)

    answer = api("POST", "/api/ens/verify", {"ens_name": "fig.eth"}, token=token, key="1")

    assert (answer.status_code, answer.json()["code"]) == (409, "ens_name_unfit")
    assert "renew" in answer.json()["detail"]
