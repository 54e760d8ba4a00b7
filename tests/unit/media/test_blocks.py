"""Names of blocks that others have made."""

import pytest

from souk.modules.media.domain import compute_cid, find_block, is_named, is_raw, parse_cid
from souk.modules.media.errors import MalformedCid

# The same block of a file that says `hello world`, as `ipfs add` names it in either version.
OLD = "Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD"
NEW = "bafybeihykld7uyxzogax6vgyvag42y7464eywpf55gxi5qpoisibh3c5wa"
RAW_NAME = "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"
HELLO = b"hello world"
BLOCK = bytes.fromhex("0a110802120b68656c6c6f20776f726c64180b")


def test_both_versions_name_the_same_block():
    assert find_block(OLD) == find_block(NEW) == NEW


def test_block_is_compared_whatever_is_in_it():
    cid = find_block(OLD)
    assert (is_named(BLOCK, cid), is_named(BLOCK + b" ", cid), is_raw(cid)) == (True, False, False)


def test_raw_block_is_named_as_ours_are():
    assert find_block(RAW_NAME) == compute_cid(HELLO) == RAW_NAME
    assert is_raw(find_block(RAW_NAME))


def test_name_has_one_form_when_bits_in_it_stand_for_nothing():
    """The last digit has three bits too many."""
    assert find_block(RAW_NAME[:-1] + "f") == RAW_NAME


def test_block_of_anybodys_is_none_of_ours():
    with pytest.raises(MalformedCid):
        parse_cid(NEW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "b",
        "Qm",
        "Qm" + "0" * 44,
        OLD[:-1],
        NEW[:-1],
        NEW.upper(),
        "z" + OLD,
        "bafybeihykld7uyxzogax6vgyvag42y7464eywpf55gxi5qpoisibh3c5w!",
        "bafzbeihykld7uyxzogax6vgyvag42y7464eywpf55gxi5qpoisibh3c5wa",
        "bafkqac3imvwgy3zao5xxe3de",
        "../../etc/passwd",
    ],
)
def test_other_texts_name_nothing(text):
    assert find_block(text) is None
