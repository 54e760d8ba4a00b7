"""Which bytes are asked for."""

import pytest

from souk.modules.media.domain import find_range


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", range(1)),
        ("bytes=2-4", range(2, 5)),
        ("bytes=2-", range(2, 10)),
        ("bytes=2-99", range(2, 10)),
        ("bytes=-3", range(7, 10)),
        ("bytes=-99", range(10)),
        ("bytes=10-", range(0)),
        ("bytes=-0", range(0)),
    ],
)
def test_finds_the_range_that_is_asked_for(header, expected):
    assert find_range(header, 10) == expected


@pytest.mark.parametrize(
    "header",
    [None, "", "bytes=", "bytes=-", "bytes=4-2", "lines=1-2", "bytes=1-2,4-5", "bytes=\u0661-2"],
)
def test_takes_the_whole_when_no_single_range_is_asked_for(header):
    assert find_range(header, 10) is None


@pytest.mark.pitfall("I11")
def test_looks_at_no_header_that_is_longer_than_any_range():
    assert find_range("bytes=0-0" + " " * 1_000, 10) is None
