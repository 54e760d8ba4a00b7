"""What every request meets before and after its handler."""

from collections.abc import Iterator

import pytest

from souk.bootstrap.checks import readiness
from souk.core.errors import ProviderUnavailable
from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.service import Chains
from tests.support.http import Api
from tests.support.shop import Shop, shared_shop
from tests.support.stack import Databases


@pytest.fixture(scope="module")
def running(
    databases: Databases, _redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    with shared_shop(databases, _redis_url, tmp_path_factory.mktemp("shop")) as open_shop:
        yield open_shop


@pytest.fixture(scope="module")
def api(running: Shop) -> Api:
    return running.api


def _problem(answer) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert body["type"] == f"/errors#{body['code']}"
    assert body["status"] == answer.status_code
    return answer.status_code, body["code"]


def test_is_ready_when_every_part_answers(api: Api) -> None:
    answer = api("GET", "/health/ready")

    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_says_which_part_is_silent_when_the_chain_is_not_followed(running: Shop) -> None:
    running.clock.advance(minutes=1)
    answer = running.api("GET", "/health/ready")
    running.follow(blocks=1)

    assert answer.status_code == 503
    parts = answer.json()["parts"]
    assert [name for name, part in parts.items() if part["status"] == "down"] == ["chain 31337"]


def test_is_ready_though_the_card_provider_is_away(running: Shop) -> None:
    def away() -> str:
        raise ProviderUnavailable("does not answer")

    known = running.container
    chains, uow = known.get(Chains), known.get(UnitOfWork)
    well, parts = readiness(known.engine, lambda: None, uow, chains, {"cards": away}).report()
    assert (well, parts["cards"]) == (True, {"status": "down", "detail": "does not answer"})


def test_is_ready_and_says_that_nobody_looks_for_malware(api: Api) -> None:
    parts = api("GET", "/health/ready").json()["parts"]
    assert parts["malware scanner"]["detail"].startswith("none is configured (CLAMAV_URL)")
    assert parts["pins"] == {"status": "ok", "detail": "0 wait, 0 fail"}


def test_lives_whatever_else_is_down(api: Api) -> None:
    assert api("GET", "/health/live").json() == {"status": "ok"}


def test_tells_clients_the_chain_and_its_tokens(running: Shop) -> None:
    [chain] = running.api("GET", "/api/config").json()["chains"]

    assert chain["escrow"] == running.deployment.escrow.address
    assert [token["symbol"] for token in chain["tokens"]] == ["tUSD"]


def test_tells_clients_where_names_are(running: Shop) -> None:
    ens = running.deployment.ens
    assert ens is not None

    found = running.api("GET", "/api/config").json()["ens"]

    assert found == {
        "chain_id": running.deployment.chain_id,
        "registry": ens.registry,
        "controller": ens.controller,
    }


def test_keeps_the_request_id_that_a_client_sends(api: Api) -> None:
    answer = api("GET", "/health/live", x_request_id="trace-0123456789")

    assert answer.headers["x-request-id"] == "trace-0123456789"


@pytest.mark.parametrize("given", ["", "short", "a b c d e f g h", "x" * 65, 'a"injected"'])
def test_makes_a_request_id_when_the_clients_is_no_token(api: Api, given: str) -> None:
    answer = api("GET", "/health/live", x_request_id=given)

    assert answer.headers["x-request-id"].startswith("rid_")


def test_names_the_request_in_a_problem(api: Api) -> None:
    answer = api("GET", "/api/nothing", x_request_id="trace-0123456789")

    assert _problem(answer) == (404, "not_found")
    assert answer.json()["instance"] == "trace-0123456789"


def test_refuses_another_method(api: Api) -> None:
    assert _problem(api("DELETE", "/api/config")) == (405, "method_not_allowed")


@pytest.mark.parametrize("path", ["/api/orders/%00", "/api/marketplace/products?q=%00"])
@pytest.mark.pitfall("H1")
def test_refuses_nul_characters_in_the_address(api: Api, path: str) -> None:
    assert _problem(api("GET", path)) == (400, "malformed_url")


def test_refuses_a_body_over_the_cap(api: Api) -> None:
    body = b'{"message": "' + b"x" * 1_100_000 + b'"}'

    assert _problem(api("POST", "/api/auth/siwe/verify", body)) == (413, "body_too_large")


def test_ends_the_connection_when_the_rest_of_a_body_is_left_unread(api: Api) -> None:
    answer = api("POST", "/api/auth/siwe/verify", b"x" * 1_100_000)

    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[1]", b'"text"', b"1" * 5_000])
@pytest.mark.pitfall("H1")
def test_refuses_what_is_no_json_object(api: Api, body: bytes) -> None:
    answer = api("POST", "/api/auth/siwe/verify", body)

    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("body", [b"1" * 5_000, b"[" * 100_000])
def test_lists_the_code_of_a_body_that_cannot_be_read(api: Api, body: bytes) -> None:
    refusal = api("POST", "/api/auth/siwe/verify", body)

    listed = {entry["code"] for entry in api("GET", "/api/errors").json()["data"]}
    assert refusal.json()["code"] in listed


def test_refuses_an_address_over_its_cap(api: Api) -> None:
    assert _problem(api("GET", "/" + "a" * 9_000)) == (414, "url_too_long")


def test_points_at_the_field_that_is_wrong(api: Api) -> None:
    answer = api("POST", "/api/auth/siwe/verify", {"message": 1, "signature": "0x"})

    assert "/message" in [error["pointer"] for error in answer.json()["errors"]]


@pytest.mark.parametrize(
    "path", ["/", "/listings/x", "/orders/x", "/reference", "/errors", "/sign-in", "/confirm-email"]
)
def test_serves_pages_that_load_nothing_from_elsewhere(api: Api, path: str) -> None:
    page = api("GET", path)

    assert page.headers["content-type"].startswith("text/html")
    assert "http" not in page.text.replace("http-equiv", "")
    assert "default-src 'self'" in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    "name", ["souk.css", "dom.js", "order.js", "sign-in.js", "confirm-email.js", "souk.svg"]
)
def test_serves_what_the_pages_need(api: Api, name: str) -> None:
    answer = api("GET", f"/static/{name}")

    assert answer.status_code == 200
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_lists_every_code_that_a_refusal_showed(api: Api) -> None:
    listed = {entry["code"]: entry["status"] for entry in api("GET", "/api/errors").json()["data"]}

    assert listed["listing_sold_out"] == 409
    assert listed["sign_in_required"] == 401
    assert listed["database_unavailable"] == 503


def test_describes_every_refusal_as_a_problem(api: Api) -> None:
    paths = api("GET", "/openapi.json").json()["paths"]

    for operations in paths.values():
        for operation in operations.values():
            refusals = {c: r for c, r in operation["responses"].items() if c[0] in "45"}
            assert {"application/problem+json"} == {
                t for r in refusals.values() for t in r["content"]
            }
