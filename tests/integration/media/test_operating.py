"""`souk media status` and `repair` on a shop of which it knows nothing but the environment."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from souk.bootstrap.media import Kept
from souk.core.clock import SystemClock
from souk.entrypoints.commands.media import Progress
from souk.modules.media.domain import compute_cid
from souk.modules.media.service import Pins
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
from tests.support.sockets import door
from tests.support.waiting import eventually

# What runs in a shell's background is deaf to Ctrl-C, and so is all that it starts.
AT_A_TERMINAL = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from souk.entrypoints import cli
sys.exit(cli.main(["media", "repair"]))
"""


@pytest.fixture
def parts(database_url, redis_url, deployed_chain, tmp_path) -> Parts:
    return Parts(database_url, redis_url, deployed_chain, tmp_path / "state")


@pytest.fixture
def shop(parts, monkeypatch) -> Iterator[Shop]:
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


def test_repair_says_how_far_it_came_when_it_is_stopped(parts, monkeypatch):
    with (
        door(lambda _connection, over: over.wait()) as node,
        parts.shop(ipfs_settings(kubo=f"http://127.0.0.1:{node.port}"), SystemClock()) as shop,
    ):
        give_environment(monkeypatch, shop.container.settings)
        count = len(file_cids(an_image(shop, shop.person("sofia"))))
        repairing = subprocess.Popen(
            [sys.executable, "-c", AT_A_TERMINAL], stdout=subprocess.PIPE, text=True
        )
        eventually(lambda: node.visits)
        repairing.send_signal(signal.SIGINT)
        said, _ = repairing.communicate(timeout=30)
    assert (repairing.returncode, f"looked at 0 of {count} blocks" in said) == (130, True)
    assert said.endswith("stopped; run it again to go on\n")


def test_long_work_says_every_few_seconds_how_far_it_is(capsys):
    seconds = iter([0, 1, 2, 3, 4])
    progress = Progress(lambda: next(seconds))
    for number in range(4):
        progress.tell(number)
    assert capsys.readouterr().out == "1\n3\n"
