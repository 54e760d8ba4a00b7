"""Where files are fetched from, and for how long under a signature."""

import hashlib
import json
from base64 import urlsafe_b64encode
from urllib.parse import parse_qs, urlsplit

import pytest

from souk.modules.media.domain import Cid, FileAddresses, compute_cid
from souk.modules.media.errors import AddressNotSigned
from tests.support.clock import MovableClock

CID, OTHER = compute_cid(b"one"), compute_cid(b"other")
SECRET = "a-secret-of-the-test-0123456789abcdef"
HOUR = 3_600


def signed(clock: MovableClock | None = None) -> FileAddresses:
    return FileAddresses(clock or MovableClock(), "https://cdn.example", SECRET, HOUR)


def asked(address: str) -> tuple[str, str]:
    query = parse_qs(urlsplit(address).query)
    return query["expires"][0], query["signature"][0]


def document(*texts: str) -> bytes:
    """As PostgreSQL writes it."""
    return b'{"url" : "/ipfs/%b", "texts" : %b}' % (CID.encode(), json.dumps(texts).encode())


def test_file_is_fetched_from_here_when_nothing_is_said():
    at = FileAddresses(MovableClock())
    assert at.of(CID) == f"/ipfs/{CID}"
    assert at.completed(document("x")) == document("x")


def test_document_names_the_addresses_of_its_files_and_nothing_else_is_changed():
    at = FileAddresses(MovableClock(), "https://cdn.example")
    typed = f'"url" : "/ipfs/{OTHER}"'
    found = json.loads(at.completed(document(typed, f"/ipfs/{OTHER}")))
    assert found == {"url": f"https://cdn.example/ipfs/{CID}", "texts": [typed, f"/ipfs/{OTHER}"]}


def test_signature_is_that_of_nginx():
    expires, signature = asked(signed().of(CID))
    text = f"{expires}/ipfs/{CID} {SECRET}"
    expected = urlsafe_b64encode(hashlib.md5(text.encode(), usedforsecurity=False).digest())
    assert signature == expected.decode().rstrip("=")


def test_address_is_the_same_for_an_hour_and_then_another():
    clock = MovableClock()
    at, found = signed(clock), []
    for _ in range(4):
        found.append(at.of(CID))
        clock.advance(minutes=20)
    assert found[0] == found[1] == found[2] != found[3]


@pytest.mark.parametrize(("minutes", "good"), [(0, True), (60, True), (120, True), (121, False)])
def test_address_is_good_for_an_hour_or_two(minutes: int, good: bool):
    clock = MovableClock()
    at = signed(clock)
    expires, signature = asked(at.of(CID))
    clock.advance(minutes=minutes)
    if good:
        at.require_signed(CID, expires, signature)
    else:
        with pytest.raises(AddressNotSigned):
            at.require_signed(CID, expires, signature)


@pytest.mark.parametrize(
    ("cid", "expires", "signature"),
    [
        (OTHER, None, None),
        (CID, "99999999999", None),
        (CID, None, ""),
        (CID, None, "\u00e9"),
        (CID, "", ""),
        (CID, "\u0661" * 10, None),
        (CID, "9" * 50, None),
    ],
)
def test_address_is_refused_when_any_of_it_was_changed(
    cid: Cid, expires: str | None, signature: str | None
):
    good_until, good = asked(signed().of(CID))
    with pytest.raises(AddressNotSigned):
        signed().require_signed(
            cid,
            good_until if expires is None else expires,
            good if signature is None else signature,
        )


def test_address_is_refused_when_it_was_signed_with_another_secret():
    other = FileAddresses(MovableClock(), "", SECRET[::-1], HOUR)
    with pytest.raises(AddressNotSigned):
        signed().require_signed(CID, *asked(other.of(CID)))


def test_secret_is_not_shown():
    assert SECRET not in repr(signed())
