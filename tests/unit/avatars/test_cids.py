"""Names of content, and the blocks that they name."""

import pytest

from souk.adapters.avatars.cids import DAG_PB, RAW, parse_cid, parse_node
from tests.support.ipfs_files import Blocks

# The same block of a file that says `hello world`, as `ipfs add` names it in either version.
OLD = "Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD"
NEW = "bafybeihykld7uyxzogax6vgyvag42y7464eywpf55gxi5qpoisibh3c5wa"
RAW_NAME = "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"
HELLO = b"hello world"


def test_both_versions_name_the_same_block():
    assert parse_cid(OLD) == parse_cid(NEW)
    assert parse_cid(OLD).codec == DAG_PB
    assert parse_cid(OLD).text == NEW


def test_raw_block_is_named_by_its_hash():
    cid = parse_cid(RAW_NAME)

    assert (cid.codec, cid.text) == (RAW, RAW_NAME)
    assert cid.names(HELLO)
    assert not cid.names(HELLO + b" ")


def test_block_of_a_file_is_read():
    block = bytes.fromhex("0a110802120b68656c6c6f20776f726c64180b")

    assert parse_cid(OLD).names(block)
    assert parse_node(block).content == HELLO


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
    assert parse_cid(text) is None


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"\xff" * 40,
        b"\x0a",
        b"\x0a\xff\xff\xff\xff\x0f",
        b"\x0a\x02\x08",
        b"\x0d\x00\x00\x00\x00",
        b"\x08\x01",
        b"\x12\x02\x0a\x00\x0a\x02\x08\x02",
        b"\x80" * 20 + b"\x01",
        b"\x0a\x04\x0a\x02\x08\x02",
    ],
)
def test_other_blocks_are_no_files(block):
    assert parse_node(block) is None


def test_folder_of_many_blocks_is_not_read():
    blocks = Blocks()
    cid = blocks.folder({"00fig.png": blocks.raw(b"fig")}, kind=5)

    assert parse_node(blocks.kept[cid.text]) is None


def test_links_of_a_folder_have_names():
    blocks = Blocks()
    fig = blocks.raw(b"fig")
    cid = blocks.folder({"fig.png": fig, "olive.png": blocks.raw(b"olive")})

    node = parse_node(blocks.kept[cid.text])

    assert (node.is_folder, node.links[0]) == (True, ("fig.png", fig))
    assert len(node.links) == 2
