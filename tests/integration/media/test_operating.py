"""`souk media` on a shop of which it knows nothing but the environment."""

import json
from collections.abc import Iterator

import pytest

from souk.bootstrap.media import Kept
from souk.core.clock import SystemClock
from souk.entrypoints.picture_folder import PictureFolder
from souk.modules.media.domain import compute_cid
from souk.modules.media.service import Exports, Pins
from tests.support.cars import read_car
from tests.support.ipfs_shop import (
    Operator,
    Parts,
    file_cids,
    give_environment,
    ipfs_settings,
    lose,
    pinned,
)
from tests.support.pictures import an_image
from tests.support.shop import Shop


@pytest.fixture
def shop(database_url, redis_url, deployed_chain, tmp_path, monkeypatch) -> Iterator[Shop]:
    parts = Parts(database_url, redis_url, deployed_chain, tmp_path / "state")
    with parts.shop(ipfs_settings(), SystemClock()) as running:
        give_environment(monkeypatch, running.container.settings)
        yield running


@pytest.fixture
def operator(capsys) -> Operator:
    return Operator(capsys)


@pytest.fixture
def image(shop) -> dict:
    return an_image(shop, shop.person("sofia"))


def pins_of(shop: Shop):
    [target] = shop.container.get(Kept).targets
    return target


def test_status_counts_pictures_bytes_and_pins(shop, operator, image):
    sizes = {file["cid"]: file["bytes"] for file in image["files"]}
    waiting = operator.souk("status")
    shop.container.get(Pins).pin_due()
    code, said = operator.souk("status")
    assert waiting[0] == code == 0
    assert "1 that can be shown, 0 deleted, 0 deleted but sold, 0 gone" in said
    assert f"{len(sizes)} held, {sum(sizes.values())} bytes; 0 still to be taken away" in said
    assert f"directory: {len(sizes)} kept, 0 waiting, 0 failing\n" in said


def test_status_tells_since_when_blocks_wait(shop, operator, image):
    shop.container.get(Pins)._enrol("directory")
    assert "0 kept, 6 waiting, 0 failing, the oldest since 20" in operator.souk("status")[1]


def test_repair_pins_what_a_target_has_lost(shop, operator, image):
    shop.container.get(Pins).pin_due()
    target = pins_of(shop)
    for cid in file_cids(image)[:2]:
        target.unpin(cid)
    code, said = operator.souk("repair")
    assert (code, target.list_pins()) == (0, set(file_cids(image)))
    assert f"directory: {len(file_cids(image)) - 2} whole, 2 mended, 0 lost, 0 unknown" in said


def test_repair_puts_back_what_the_content_store_has_lost_or_damaged(shop, operator, image):
    shop.container.get(Pins).pin_due()
    lost, damaged = file_cids(image)[:2]
    lose(shop, lost)
    [path] = shop.container.settings.paths.state_dir.glob(f"content/*/{damaged}")
    path.chmod(0o600)
    path.write_bytes(b"damaged")
    code, said = operator.souk("repair")
    assert (code, "2 mended, 0 lost" in said) == (0, True)
    assert compute_cid(shop.api("GET", f"/ipfs/{damaged}").content) == damaged
    assert compute_cid(shop.api("GET", f"/ipfs/{lost}").content) == lost


def test_repair_names_what_nobody_has(shop, operator, image):
    lost = file_cids(image)[0]
    lose(shop, lost)
    code, said = operator.souk("repair")
    assert (code, f"nobody has {lost}\n" in said) == (1, True)


def test_repair_leaves_nothing_to_do_for_the_next_one(shop, operator, image):
    assert "mended" in operator.souk("repair")[1]
    count = len(file_cids(image))
    assert f"directory: {count} whole, 0 mended" in operator.souk("repair")[1]
    assert pinned(shop, image) == "pinned"


def test_export_writes_each_file_under_its_cid(shop, operator, image, tmp_path):
    code, _ = operator.souk("export", str(tmp_path / "out"))
    files = {path.stem: path.read_bytes() for path in (tmp_path / "out" / "files").iterdir()}
    assert (code, sorted(files)) == (0, file_cids(image))
    assert {compute_cid(content): content for content in files.values()} == files


def test_export_packs_all_blocks_as_somebody_elses_code_reads_them(shop, operator, image, tmp_path):
    operator.souk("export", str(tmp_path))
    car = read_car(tmp_path / "pictures.car")
    assert (car.version, car.roots) == (1, [image["ipfs_hash"]])
    assert car.blocks == dict.fromkeys(file_cids(image), True)


def test_export_describes_every_picture(shop, operator, image, tmp_path):
    operator.souk("export", str(tmp_path))
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    [described] = manifest["images"]
    assert described["ipfs_hash"] == image["ipfs_hash"]
    paths = [tmp_path / file["path"] for file in described["files"]]
    assert [path.stem for path in paths] == [file["cid"] for file in image["files"]]
    assert all(path.is_file() for path in paths)


def test_export_of_a_store_holds_what_it_shows_and_what_is_its_owners(shop, operator, tmp_path):
    seller, otto = shop.seller(), shop.person("otto")
    mine = an_image(shop, seller, 2)
    an_image(shop, otto, 3)
    operator.souk("export", str(tmp_path), "--store", seller.seller_id)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert [one["ipfs_hash"] for one in manifest["images"]] == [mine["ipfs_hash"]]


def test_export_goes_on_with_what_is_there(shop, operator, image, tmp_path):
    operator.souk("export", str(tmp_path))
    whole, damaged = (next((tmp_path / "files").glob(f"{cid}.*")) for cid in file_cids(image)[:2])
    damaged.write_bytes(b"half a file")
    before = whole.stat().st_mtime_ns
    code, _ = operator.souk("export", str(tmp_path))
    assert (code, whole.stat().st_mtime_ns) == (0, before)
    assert compute_cid(damaged.read_bytes()) == damaged.stem


def test_export_that_was_stopped_has_no_manifest(shop, image, tmp_path):
    exports = shop.container.get(Exports)

    def stopped(_cid):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(PictureFolder(tmp_path, stopped).write(exports.list_images()))
    assert not (tmp_path / "manifest.json").exists()
    list(PictureFolder(tmp_path, exports.read).write(exports.list_images()))
    assert (tmp_path / "manifest.json").exists()


def test_export_names_what_it_could_not_get(shop, operator, image, tmp_path):
    lost = file_cids(image)[0]
    lose(shop, lost)
    code, said = operator.souk("export", str(tmp_path))
    assert (code, f"not to be had: {lost}\n" in said) == (1, True)


def test_export_says_so_when_the_folder_cannot_be_written(shop, image, operator, tmp_path, capsys):
    (tmp_path / "out").write_text("in the way")
    assert operator.souk("export", str(tmp_path / "out"))[0] == 2
    assert operator.souk("export", str(tmp_path), "--store", "sel_none")[0] == 2
