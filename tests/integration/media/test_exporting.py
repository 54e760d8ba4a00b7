"""`souk media export`: pictures in a folder, for whoever goes on with them elsewhere."""

import json
from itertools import count
from pathlib import Path

import pytest

from souk.entrypoints.picture_folder import PictureFolder
from souk.modules.media.domain import compute_cid
from souk.modules.media.service import Exports
from tests.support.cars import read_car
from tests.support.ipfs_shop import Operator, file_cids, give_environment, lose
from tests.support.pictures import an_image, put_on_show
from tests.support.shop import Person

SEEDS = count(100)


@pytest.fixture
def operator(shop, capsys, monkeypatch) -> Operator:
    give_environment(monkeypatch, shop.container.settings)
    return Operator(capsys)


@pytest.fixture
def seller(shop) -> Person:
    return shop.seller()


@pytest.fixture
def image(shop, seller) -> dict:
    return an_image(shop, seller, next(SEEDS))


@pytest.fixture
def export(operator, seller, tmp_path):
    """Writes the seller's pictures to the test's folder; how that ended, and what was said."""
    return lambda: operator.souk("export", str(tmp_path), "--store", seller.seller_id)


def described(folder: Path) -> list[dict]:
    return json.loads((folder / "manifest.json").read_text())["images"]


def test_export_writes_each_file_under_its_cid(export, image, tmp_path):
    code, said = export()
    files = {path.stem: path.read_bytes() for path in (tmp_path / "files").iterdir()}
    assert (code, sorted(files)) == (0, file_cids(image))
    assert {compute_cid(content): content for content in files.values()} == files
    assert said == f"1 pictures, {len(files)} files in {tmp_path}\n"


def test_export_packs_all_blocks_as_somebody_elses_code_reads_them(export, image, tmp_path):
    export()
    car = read_car(tmp_path / "pictures.car")
    assert (car.version, car.roots) == (1, [image["ipfs_hash"]])
    assert car.blocks == dict.fromkeys(file_cids(image), True)


def test_export_describes_every_picture(export, image, tmp_path):
    export()
    [one] = described(tmp_path)
    assert one["ipfs_hash"] == image["ipfs_hash"]
    paths = [tmp_path / file["path"] for file in one["files"]]
    assert [path.stem for path in paths] == [file["cid"] for file in image["files"]]
    assert all(path.is_file() for path in paths)


def test_export_of_a_store_holds_what_it_shows_and_its_owners_pictures_alone(
    shop, export, seller, image, tmp_path
):
    an_image(shop, shop.seller(), next(SEEDS))
    listing = shop.listing(seller)
    put_on_show(shop, seller, listing, image)
    export()
    [one] = described(tmp_path)
    assert one["uses"] == [{"kind": "listing", "subject_id": listing, "position": 0}]


def test_export_holds_everybodys_pictures_when_no_store_is_named(shop, operator, image, tmp_path):
    other = an_image(shop, shop.person("otto"), next(SEEDS))
    operator.souk("export", str(tmp_path))
    assert {image["ipfs_hash"], other["ipfs_hash"]} <= {
        one["ipfs_hash"] for one in described(tmp_path)
    }


def test_export_goes_on_with_what_is_there(export, image, tmp_path):
    export()
    whole, damaged = (next((tmp_path / "files").glob(f"{cid}.*")) for cid in file_cids(image)[:2])
    damaged.write_bytes(b"half a file")
    before = whole.stat().st_mtime_ns
    code, _ = export()
    assert (code, whole.stat().st_mtime_ns) == (0, before)
    assert compute_cid(damaged.read_bytes()) == damaged.stem


def test_export_that_was_stopped_has_no_manifest(shop, seller, image, export, tmp_path):
    def stopped(_cid):
        raise KeyboardInterrupt

    mine = shop.container.get(Exports).list_images(account_id=seller.account_id)
    export()
    for path in (tmp_path / "files").iterdir():
        path.unlink()
    with pytest.raises(KeyboardInterrupt):
        list(PictureFolder(tmp_path, stopped).write(mine))
    assert not (tmp_path / "manifest.json").exists()


def test_export_names_what_it_could_not_get(shop, export, image, tmp_path):
    lost = file_cids(image)[0]
    lose(shop, lost)
    code, said = export()
    assert (code, f"not to be had: {lost}\n" in said) == (1, True)
    assert None in [file["path"] for file in described(tmp_path)[0]["files"]]


def test_export_says_so_when_the_folder_cannot_be_written(operator, image, tmp_path):
    (tmp_path / "out").write_text("in the way")
    assert operator.souk("export", str(tmp_path / "out"))[0] == 2


def test_export_says_so_when_there_is_no_such_store(operator, tmp_path):
    assert operator.souk("export", str(tmp_path), "--store", "sel_none")[0] == 2
