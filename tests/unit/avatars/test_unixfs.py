"""The blocks that files are cut into."""

import pytest

from souk.adapters.avatars.unixfs import parse_node
from tests.support.ipfs_files import Blocks

HELLO = b"hello world"


def test_block_of_a_file_is_read():
    block = bytes.fromhex("0a110802120b68656c6c6f20776f726c64180b")

    assert parse_node(block).content == HELLO


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

    assert parse_node(blocks.kept[cid]) is None


def test_links_of_a_folder_have_names():
    blocks = Blocks()
    fig = blocks.raw(b"fig")
    cid = blocks.folder({"fig.png": fig, "olive.png": blocks.raw(b"olive")})

    node = parse_node(blocks.kept[cid])

    assert (node.is_folder, node.links[0]) == (True, ("fig.png", fig))
    assert len(node.links) == 2
