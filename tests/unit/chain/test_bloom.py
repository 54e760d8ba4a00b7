"""The bloom of a header."""

from hypothesis import given
from hypothesis import strategies as st

from souk.modules.chain.domain import Bloom
from tests.support.chain_builders import a_log

HASHES = st.binary(min_size=32, max_size=32).map(lambda value: "0x" + value.hex())

# keccak256 of nothing begins with these bytes.
EMPTY_DIGEST = "c5d2460186f7"


def bit(pair: str) -> int:
    return int(pair, 16) % 2048


def test_sets_the_low_eleven_bits_of_three_pairs_of_the_digest() -> None:
    log = a_log(address="0x", topics=())

    expected = 0
    for start in (0, 4, 8):
        expected |= 1 << bit(EMPTY_DIGEST[start : start + 4])
    assert Bloom.of_logs([log]) == Bloom(expected)


@given(topics=st.lists(HASHES, min_size=1, max_size=4))
def test_holds_whatever_was_put_in(topics: list[str]) -> None:
    log = a_log(topics=tuple(topics))
    bloom = Bloom.of_header(Bloom.of_logs([log]).to_bytes())

    assert bloom.may_hold_any(log.address, topics[-1:])


def test_holds_nothing_when_it_is_empty() -> None:
    assert not Bloom().may_hold(a_log().address)


def test_needs_address_and_topic_to_hold_a_log() -> None:
    log = a_log(topics=("0x" + "01" * 32,))
    bloom = Bloom.of_logs([log])

    assert not bloom.may_hold_any(log.address, ["0x" + "02" * 32])


def test_tells_nothing_when_most_bits_are_set() -> None:
    assert Bloom(2**700 - 1).tells
    assert not Bloom(2**1200 - 1).tells
