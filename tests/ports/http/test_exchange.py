"""What is sent, and what servers do with it."""

import pytest

from souk.adapters.http.client import PublicHttp
from souk.adapters.http.targets import Policy
from souk.core.errors import OutcomeUnknown, ProviderRejected, ProviderUnavailable
from souk.core.transaction_guard import ProviderCallInTransaction
from souk.embedded.anvil import free_port
from tests.ports.http.conftest import post, soon
from tests.support.merchant import Answer, Merchant, merchant
from tests.support.sockets import answering, door, hang_up, repeating, stay_silent
from tests.support.strangers import Names

OK = b"HTTP/1.1 200 OK\r\n"
ENDLESS = OK + b"Content-Length: 1000000000000\r\n\r\n"


@pytest.fixture
def receiver():
    with merchant() as running:
        yield running


def local(port: int) -> str:
    return f"http://127.0.0.1:{port}/"


def test_post_carries_body_and_headers(http: PublicHttp, receiver: Merchant) -> None:
    answer = post(http, f"{receiver.url}?store=1", body=b'{"a":1}')
    (hook,) = receiver.hooks
    assert (answer.status, hook.path, hook.body) == (200, "/hooks?store=1", b'{"a":1}')
    assert hook.headers["content-type"] == "application/json"
    assert hook.headers["host"] == receiver.url.split("/")[2]
    assert "accept-encoding" not in hook.headers


def test_fetch_answers_with_status_headers_and_body(http: PublicHttp) -> None:
    page = OK + b"Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
    with door(answering(page)) as server:
        answer = http.fetch(local(server.port), max_bytes=5, timeout_seconds=5)
    assert (answer.status, answer.headers["content-type"], answer.body) == (
        200,
        "text/plain",
        b"hello",
    )


@pytest.mark.parametrize("status", [201, 400, 404, 410, 429, 500, 503])
def test_post_answers_with_any_status(http: PublicHttp, receiver: Merchant, status: int) -> None:
    receiver.answers = [Answer(status, b"because", {"Retry-After": "7"})]
    answer = post(http, receiver.url)
    assert (answer.status, answer.body, answer.headers["retry-after"]) == (status, b"because", "7")


@pytest.mark.pitfall("P21")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed(http: PublicHttp, receiver: Merchant, status: int) -> None:
    with door() as elsewhere:
        receiver.answers = [Answer(status, b"", {"Location": local(elsewhere.port)})]
        answer = post(http, receiver.url)
    assert (answer.status, elsewhere.visits) == (status, 0)


@pytest.mark.pitfall("P21")
def test_proxy_of_the_environment_is_not_used(
    http: PublicHttp, receiver: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with door() as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, local(proxy.port))
            monkeypatch.setenv(name.lower(), local(proxy.port))
        post(http, receiver.url)
    assert (len(receiver.hooks), proxy.visits) == (1, 0)


def test_post_keeps_the_beginning_when_the_answer_is_huge(http: PublicHttp) -> None:
    with door(repeating(ENDLESS, b"x" * 65_536)) as server, soon():
        answer = post(http, local(server.port), max_bytes=10)
    assert (answer.status, answer.body) == (200, b"x" * 10)


def test_fetch_gives_up_when_the_answer_is_too_long(http: PublicHttp) -> None:
    with (
        door(repeating(ENDLESS, b"x" * 65_536)) as server,
        pytest.raises(ProviderRejected, match="more than 10 bytes"),
    ):
        http.fetch(local(server.port), max_bytes=10, timeout_seconds=5)


def test_answer_is_not_unpacked(http: PublicHttp, receiver: Merchant) -> None:
    receiver.answers = [Answer(200, b"not gzip", {"Content-Encoding": "gzip"})]
    assert post(http, receiver.url).body == b"not gzip"


def test_post_has_its_answer_when_only_the_rest_of_the_body_does_not_come(
    http: PublicHttp,
) -> None:
    with door(repeating(ENDLESS + b"so far", b"", pause=0.05)) as server:
        answer = post(http, local(server.port), seconds=0.3)
    assert (answer.status, answer.body) == (200, b"so far")


DRIPPING = {
    "silence": stay_silent,
    "a head that drips": repeating(OK, b"X: y\r\n", pause=0.05),
    "a status line that drips": repeating(b"HTTP/1.1 ", b"2", pause=0.05),
    "news without end": repeating(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", pause=0.02),
}


@pytest.mark.parametrize("serve", DRIPPING.values(), ids=DRIPPING)
def test_post_ends_in_time_when_the_server_gives_no_answer(http: PublicHttp, serve) -> None:
    with door(serve) as server, soon(), pytest.raises(OutcomeUnknown, match="in time"):
        post(http, local(server.port), seconds=0.4)


def test_fetch_ends_in_time_when_the_body_drips(http: PublicHttp) -> None:
    dripping = repeating(ENDLESS, b"x", pause=0.02)
    with door(dripping) as server, soon(), pytest.raises(ProviderUnavailable):
        http.fetch(local(server.port), max_bytes=10_000, timeout_seconds=0.3)


BROKEN = {
    "nothing": hang_up,
    "half a head": answering(b"HTTP/1.1 200 OK\r\nContent-"),
    "another protocol": answering(b"220 mail.example ESMTP\r\n"),
    "an endless head": repeating(OK, b"X: " + b"y" * 10_000 + b"\r\n"),
    "a wrong length": answering(OK + b"Content-Length: -1\r\n\r\n"),
}


@pytest.mark.parametrize("serve", BROKEN.values(), ids=BROKEN)
def test_outcome_is_unknown_when_the_server_sends_no_http(http: PublicHttp, serve) -> None:
    with door(serve) as server, pytest.raises(OutcomeUnknown):
        post(http, local(server.port))


def test_provider_is_unavailable_when_nobody_listens(http: PublicHttp) -> None:
    with pytest.raises(ProviderUnavailable, match="could not be connected to"):
        post(http, local(free_port()))


def test_next_address_is_tried_when_nobody_listens_at_the_first(receiver: Merchant) -> None:
    names = Names(["::1", "127.0.0.1"])
    http = PublicHttp(Policy(to_loopback=True), resolve=names)
    port = receiver.url.split(":")[2].split("/")[0]
    assert post(http, f"http://localhost:{port}/").status == 200


def test_name_is_looked_up_by_the_system(http: PublicHttp, receiver: Merchant) -> None:
    assert post(http, receiver.url.replace("127.0.0.1", "localhost")).status == 200


def test_provider_is_unavailable_when_the_name_leads_nowhere() -> None:
    def resolve(_host: str, _port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(ProviderUnavailable, match="leads nowhere"):
        post(PublicHttp(resolve=resolve), "https://merchant.example/")


def test_provider_is_unavailable_when_the_name_is_looked_up_for_too_long() -> None:
    with door(stay_silent) as slow:

        def resolve(_host: str, _port: int) -> list[str]:
            slow.over.wait()
            return ["127.0.0.1"]

        with soon(), pytest.raises(ProviderUnavailable, match="in time"):
            post(PublicHttp(resolve=resolve), "https://merchant.example/", seconds=0.2)


def test_nothing_is_sent_while_a_transaction_is_open(
    http: PublicHttp, receiver: Merchant, uow
) -> None:
    with uow.begin(), pytest.raises(ProviderCallInTransaction):
        post(http, receiver.url)
    assert receiver.hooks == []
