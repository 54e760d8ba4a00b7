"""CIDs are those of the standard, and no content has two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multiformats import CID, multihash

from souk.modules.media.domain import MAX_BLOCK_BYTES, compute_cid, is_named, parse_cid
from souk.modules.media.errors import MalformedCid

KNOWN = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"


def independent(content: bytes, codec: str = "raw", hashed: str = "sha2-256", version=1) -> CID:
    return CID("base32", version, codec, multihash.digest(content, hashed))


def test_cid_of_nothing_is_the_one_everybody_knows() -> None:
    assert compute_cid(b"") == KNOWN


@given(st.binary(max_size=300))
def test_cid_is_what_others_compute(content: bytes) -> None:
    assert compute_cid(content) == str(independent(content))
    assert parse_cid(compute_cid(content)) == compute_cid(content)


def test_cid_is_of_one_block_at_most() -> None:
    assert parse_cid(compute_cid(b"x" * MAX_BLOCK_BYTES))
    with pytest.raises(ValueError, match="more than one block"):
        compute_cid(b"x" * (MAX_BLOCK_BYTES + 1))


@pytest.mark.parametrize(
    "text",
    [
        "",
        KNOWN.upper(),
        KNOWN[:-1],
        KNOWN + "a",
        KNOWN + "\n",
        f"/ipfs/{KNOWN}",
        "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH",
        str(independent(b"x", codec="dag-pb")),
        str(independent(b"x", hashed="sha3-256")),
        str(independent(b"x", hashed="sha2-512")),
        str(independent(b"x").encode("base58btc")),
        # The last digit stands for one bit and four that must be zero.
        KNOWN[:-1] + "v",
        "b" + "é" * 58,
    ],
)
def test_parse_refuses_whatever_is_not_ours(text: str) -> None:
    with pytest.raises(MalformedCid):
        parse_cid(text)


@pytest.mark.parametrize(
    ("content", "is_it"),
    [(b"", True), (b"x", False), (b"x" * (MAX_BLOCK_BYTES + 1), False)],
)
def test_content_is_named_when_it_hashes_to_the_cid(content: bytes, is_it: bool) -> None:
    assert is_named(content, parse_cid(KNOWN)) is is_it
