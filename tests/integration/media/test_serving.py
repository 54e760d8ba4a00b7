"""Files by their CID, as caches and browsers ask for them."""

import pytest

from souk.bootstrap.media import Kept
from souk.modules.media.domain import compute_cid
from tests.support.pictures import an_image


@pytest.fixture(scope="module")
def file(shop) -> dict:
    return an_image(shop, shop.person("sofia"))["files"][0]


@pytest.fixture(scope="module")
def whole(shop, file) -> bytes:
    return shop.api("GET", file["url"]).content


def test_file_is_what_its_cid_says(file, whole):
    assert (compute_cid(whole), len(whole)) == (file["cid"], file["bytes"])


@pytest.mark.pitfall("I5")
def test_file_is_served_as_nothing_but_a_picture(shop, file):
    headers = shop.api("GET", file["url"]).headers
    assert headers["content-type"] == file["media_type"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"


def test_file_may_be_kept_for_ever_and_by_who_shares_it_for_a_minute(shop, file):
    headers = shop.api("GET", file["url"]).headers
    assert headers["cache-control"] == "public, max-age=31536000, s-maxage=60, immutable"
    assert headers["etag"] == f'"{file["cid"]}"'


def test_file_is_not_sent_again_to_who_has_it(shop, file):
    answer = shop.api("GET", file["url"], If_None_Match=f'"{file["cid"]}"')
    assert (answer.status_code, answer.content) == (304, b"")


def test_head_says_what_get_would(shop, file, whole):
    answer = shop.api("HEAD", file["url"])
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(whole))


def test_part_of_a_file_is_served(shop, file, whole):
    answer = shop.api("GET", file["url"], Range="bytes=10-19")
    assert (answer.status_code, answer.content) == (206, whole[10:20])
    assert answer.headers["content-range"] == f"bytes 10-19/{len(whole)}"


def test_whole_file_is_served_when_the_beginning_was_anothers(shop, file, whole):
    answer = shop.api("GET", file["url"], Range="bytes=10-19", If_Range='"another"')
    assert (answer.status_code, answer.content) == (200, whole)


def test_part_beyond_the_end_is_refused(shop, file, whole):
    answer = shop.api("GET", file["url"], Range=f"bytes={len(whole)}-")
    assert (answer.status_code, answer.json()["code"]) == (416, "no_such_range")
    assert answer.headers["content-range"] == f"bytes */{len(whole)}"


@pytest.mark.pitfall("I11")
def test_whole_file_is_served_once_when_a_hundred_thousand_ranges_are_asked_for(shop, file, whole):
    ranges = "bytes=" + ",".join(f"{at}-{at}" for at in range(100_000))
    answer = shop.api("GET", file["url"], Range=ranges)
    assert (answer.status_code, answer.content) == (200, whole)


def test_nothing_is_served_that_is_no_picture_of_ours(shop, file):
    secret = b"a sealed document"
    cid = compute_cid(secret)
    shop.container.get(Kept).content.put(cid, secret)
    assert shop.api("GET", f"/ipfs/{cid}").status_code == 404


@pytest.mark.parametrize("name", ["..%2f..%2fetc%2fpasswd", "x" * 59, "b" + "a" * 58, "Qm" * 23])
def test_nothing_is_looked_for_that_is_no_cid(shop, name):
    assert shop.api("GET", f"/ipfs/{name}").status_code in (404, 422)
