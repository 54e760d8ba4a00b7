"""The one file with all blocks, as the standard's own example and somebody else's code have it."""

from pathlib import Path

import pytest
from multiformats import CID, varint

from souk.modules.media.domain import Cid, bytes_of, car_head, car_section, compute_cid
from tests.support.cars import read_car

# How the file begins that `@ipld/car` is tried by: its head, and two blocks.
ROOTS = (
    "bafyreihyrpefhacm6kkp4ql6j6udakdit7g3dmkzfriqfykhjw6cad5lrm",
    "bafyreidj5idub6mapiupjwjsyyxhyhedxycv4vihfsicm2vt46o7morwlm",
)
BLOCKS = (b"aaaa", b"bbbb")
BEGINNING = bytes.fromhex(
    "63a265726f6f747382d82a58250001711220f88bc853804cf294fe417e4fa83028689fcdb1b1592c5102e1474dbc20"
    "0fab8bd82a5825000171122069ea0740f9807a28f4d932c62e7c1c83be055e55072c90266ab3e79df63a365b677665"
    "7273696f6e01"
    "280155122061be55a8e2f6b4e172338bddf184d6dbee29c98853e0a0485ecee7f27b9af0b461616161"
    "280155122081cc5b17018674b401b42f35ba07bb79e211239c23bffe658da1577e3e64687762626262"
)


def test_file_begins_as_the_one_that_others_are_tried_by() -> None:
    head = car_head([Cid(root) for root in ROOTS])
    sections = [car_section(compute_cid(block), block) for block in BLOCKS]
    assert b"".join((head, *sections)) == BEGINNING


def test_cid_in_bytes_is_what_others_write() -> None:
    cid = compute_cid(b"a picture")
    assert bytes_of(cid) == bytes(CID.decode(cid))


@pytest.mark.parametrize("size", [0, 91, 92, 16_347, 16_348, 1_048_576])
def test_section_says_how_long_it_is_as_others_do(size: int) -> None:
    section = car_section(compute_cid(bytes(size)), bytes(size))
    length, at, _ = varint.decode_raw(section)
    assert (length, len(section) - at) == (36 + size, 36 + size)


@pytest.mark.parametrize("count", [1, 23, 24, 255, 256, 70_000])
def test_file_is_read_by_who_specifies_it_however_many_roots_there_are(
    tmp_path: Path, count: int
) -> None:
    cids = [compute_cid(b"%d" % number) for number in range(count)]
    sections = b"".join(car_section(cid, b"%d" % number) for number, cid in enumerate(cids[:5]))
    (tmp_path / "a.car").write_bytes(car_head(cids) + sections)
    car = read_car(tmp_path / "a.car")
    assert (car.version, car.roots) == (1, cids)
    assert car.blocks == dict.fromkeys(cids[:5], True)
