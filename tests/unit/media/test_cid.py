"""The names of bytes, beside those that somebody else's code gives."""

import random
from collections.abc import Iterator

import pytest
from multiformats import CID, multihash

from souk.modules.media.domain import MAX_BLOCK_BYTES, compute_cid, is_named, parse_cid
from souk.modules.media.errors import MalformedCid

OF_NOTHING = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"


def blobs(count: int) -> Iterator[bytes]:
    """Of any length up to a block, mostly short: hashing is what takes long."""
    dice = random.Random(6)
    for number in range(count):
        most = MAX_BLOCK_BYTES if number % 25 == 0 else 20_000
        yield dice.randbytes(dice.randint(0, most))
    yield dice.randbytes(MAX_BLOCK_BYTES)


def test_compute_gives_what_another_implementation_gives() -> None:
    for blob in blobs(1_000):
        digest = multihash.digest(blob, "sha2-256")
        assert compute_cid(blob) == str(CID("base32", 1, "raw", digest))
        assert CID.decode(compute_cid(blob)).digest == digest


def test_compute_names_nothing_as_everybody_does() -> None:
    assert compute_cid(b"") == OF_NOTHING


def test_compute_refuses_more_than_a_block() -> None:
    with pytest.raises(ValueError, match="more than one block"):
        compute_cid(bytes(MAX_BLOCK_BYTES + 1))


def test_parse_takes_what_was_computed() -> None:
    assert all(parse_cid(compute_cid(blob)) == compute_cid(blob) for blob in blobs(50))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "b",
        OF_NOTHING[:-1],
        f"{OF_NOTHING}a",
        f"{OF_NOTHING}\n",
        OF_NOTHING.upper(),
        OF_NOTHING.replace("b", "z", 1),
        OF_NOTHING.replace("f", "1", 1),
        # The last digit has two bits that belong to nothing.
        f"{OF_NOTHING[:-1]}v",
        # A directory (dag-pb), another hash (blake2b-256), and version 0.
        "bafybeihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",
        str(CID("base32", 1, "raw", multihash.digest(b"", "sha3-256"))),
        "QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n",
    ],
)
def test_parse_refuses_when_it_is_no_name_of_ours(text: str) -> None:
    with pytest.raises(MalformedCid):
        parse_cid(text)


@pytest.mark.parametrize("position", [0, 17, 63])
def test_is_named_notices_when_one_bit_is_wrong(position: int) -> None:
    content = bytes(range(64))
    wrong = bytearray(content)
    wrong[position] ^= 1
    assert is_named(content, compute_cid(content))
    assert not is_named(bytes(wrong), compute_cid(content))
    assert not is_named(bytes(MAX_BLOCK_BYTES + 1), compute_cid(content))
