"""Files through nginx, with the repository's own file of settings, in front of a real API."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from threading import Barrier

import httpx
import pytest

from souk.core.clock import SystemClock
from souk.modules.media.domain import FileAddresses, compute_cid
from tests.support import debian
from tests.support.api_process import API, environment_of, program
from tests.support.clock import MovableClock
from tests.support.nginx import Nginx, nginx
from tests.support.pictures import an_image
from tests.support.sockets import door, read_request
from tests.support.threads import at_once
from tests.support.waiting import eventually

SECRET = "a-secret-of-the-test-0123456789abcdef"


@pytest.fixture(scope="session")
def at_hand(request) -> bool:
    """Whether a program may be downloaded; asks for it before anything else is started."""
    deep = bool(request.config.getoption("--deep"))
    debian.program("nginx", "nginx", download=deep)
    return deep


@pytest.fixture(scope="module")
def behind(at_hand, shop) -> Iterator[str]:
    # The connections of the shop's own API are made while it is asked something; left half made,
    # they would keep its database from being dropped for a minute.
    an_image(shop, shop.person("sofia"))
    shop.api("GET", "/api/marketplace/products")
    words = [*API, "--workers", "1"]
    with program(words, environment_of(shop), "/health/live") as (port, _):
        yield f"127.0.0.1:{port}"


@pytest.fixture(scope="module")
def start(at_hand, behind, stack_directory) -> Callable[..., object]:
    return lambda name, **said: nginx(stack_directory / name, behind, download=at_hand, **said)


@pytest.fixture(scope="module")
def cdn(start) -> Iterator[Nginx]:
    with start("cdn") as running:
        yield running


@pytest.fixture(scope="module")
def signed(start) -> Iterator[Nginx]:
    with start("signed", secret=SECRET) as running:
        yield running


@pytest.fixture
def file(shop, sofia) -> dict:
    return an_image(shop, sofia)["files"][0]


def get(cdn: Nginx, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.request(method, f"{cdn.url}{path}", headers=named)


def kept(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.headers["x-cache-status"]


def test_file_is_fetched_once(shop, sofia, cdn):
    file = an_image(shop, sofia, 41)["files"][0]
    first, second = (get(cdn, file["url"]) for _ in range(2))
    assert (kept(first), kept(second)) == ((200, "MISS"), (200, "HIT"))
    assert compute_cid(second.content) == compute_cid(first.content) == file["cid"]


@pytest.mark.pitfall("I5")
def test_file_is_passed_on_with_all_that_the_api_says_of_it(shop, cdn, file):
    said = shop.api("GET", file["url"]).headers
    get(cdn, file["url"])
    passed_on = get(cdn, file["url"]).headers
    for name in (
        "content-type",
        "x-content-type-options",
        "content-security-policy",
        "etag",
        "cache-control",
        "cross-origin-resource-policy",
        "content-disposition",
    ):
        assert passed_on[name] == said[name]


def test_part_of_a_kept_file_is_served_and_nothing_to_who_has_it(cdn, file):
    whole = get(cdn, file["url"])
    part = get(cdn, file["url"], Range="bytes=10-19")
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    seen = get(cdn, file["url"], If_None_Match=whole.headers["etag"])
    assert (seen.status_code, seen.content) == (304, b"")


def test_whole_file_is_kept_when_a_part_was_asked_for_first(shop, sofia, cdn):
    file = an_image(shop, sofia, 42)["files"][0]
    assert get(cdn, file["url"], Range="bytes=0-9").status_code == 206
    whole = get(cdn, file["url"])
    assert (kept(whole), len(whole.content)) == ((200, "HIT"), file["bytes"])


def test_file_is_the_same_whatever_stands_behind_it(cdn, file):
    get(cdn, file["url"])
    assert kept(get(cdn, f"{file['url']}?width=9999&cookie=1")) == (200, "HIT")


def test_refusal_is_not_kept(cdn):
    cid = compute_cid(b"no picture of ours")
    assert [kept(get(cdn, f"/ipfs/{cid}")) for _ in range(2)] == [(404, "MISS")] * 2


def test_kept_file_is_asked_about_after_a_minute_and_not_fetched_again(cdn, file):
    get(cdn, file["url"])
    cdn.let_a_minute_pass()
    assert kept(get(cdn, file["url"])) == (200, "REVALIDATED")


def test_kept_file_is_served_no_more_after_a_minute_when_it_was_deleted(shop, sofia, cdn):
    image = an_image(shop, sofia, 43)
    path = image["files"][0]["url"]
    assert get(cdn, path).status_code == 200
    shop.ask(sofia, "DELETE", f"/api/images/{image['ipfs_hash']}")

    def is_gone() -> bool:
        cdn.let_a_minute_pass()
        return get(cdn, path).status_code == 404

    # The API itself may serve it for a second more.
    eventually(is_gone, what="the file to be given up")


def test_deleted_file_is_served_to_nobody_when_several_ask_at_once(at_hand, stack_directory):
    all_ask = Barrier(3)

    def serve(connection, _over) -> None:
        answer = b'200 OK\r\nETag: "hi"'
        if b"if-none-match:" in read_request(connection).lower():
            all_ask.wait(5)
            answer = b"404 Not Found"
        head = b"HTTP/1.1 %b\r\nConnection: close\r\nContent-Length: 2\r\n\r\n"
        connection.sendall(head % answer + b"hi")

    path = f"/ipfs/{compute_cid(b'hi')}"
    home = stack_directory / "deleted"
    with door(serve) as there, nginx(home, f"127.0.0.1:{there.port}", download=at_hand) as cdn:
        assert get(cdn, path).status_code == 200
        cdn.let_a_minute_pass()
        answers = at_once(all_ask.parties, lambda _: get(cdn, path).status_code)
    assert answers == [404] * all_ask.parties


@pytest.mark.parametrize("path", ["/", "/health/live", "/ipfs/", "/ipfs/../health/live", "/api/x"])
def test_nothing_else_is_passed_on(cdn, path):
    assert get(cdn, path).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_is_changed_through_it(cdn, file, method):
    assert get(cdn, file["url"], method).status_code == 403


def test_nobody_is_known_there(at_hand, stack_directory):
    asked: list[bytes] = []

    def serve(connection, _over) -> None:
        asked.append(read_request(connection))
        connection.sendall(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\nhi")

    path = f"/ipfs/{compute_cid(b'hi')}?word=canary"
    home = stack_directory / "nobody"
    with door(serve) as there, nginx(home, f"127.0.0.1:{there.port}", download=at_hand) as cdn:
        answer = get(cdn, path, Cookie="a=canary", Authorization="Bearer canary")
    assert (answer.content, "set-cookie" in answer.headers) == (b"hi", False)
    assert [b"canary" in request for request in asked] == [False]


def test_signed_address_is_served(signed, file):
    at = FileAddresses(SystemClock(), secret=SECRET)
    assert get(signed, at.of(file["cid"])).status_code == 200
    assert kept(get(signed, at.of(file["cid"]))) == (200, "HIT")


def test_address_is_refused_when_its_signature_is_not_good(signed, file):
    now, past = datetime.now(UTC), datetime.now(UTC) - timedelta(days=3)
    at, before = (FileAddresses(MovableClock(when), secret=SECRET) for when in (now, past))
    other = FileAddresses(MovableClock(now), secret=SECRET[::-1])
    good = at.of(file["cid"])
    assert get(signed, good).status_code == 200
    anothers = at.of(compute_cid(b"another")).partition("?")[2]
    refused = [
        file["url"],
        f"{file['url']}?{anothers}",
        before.of(file["cid"]),
        other.of(file["cid"]),
        good.replace("expires=1", "expires=2"),
        good[:-1],
    ]
    assert [get(signed, address).status_code for address in refused] == [403] * len(refused)
