"""Deleted pictures: what stays for how long, and what brings it back."""

from datetime import timedelta

import pytest

from souk.adapters.content.disk import DiskContentStore
from souk.adapters.ipfs.directory import DirectoryPinStore
from souk.core.errors import ProviderUnavailable
from souk.modules.media.domain import Cid, PinState, Shown, UseKind
from souk.modules.media.errors import ImageLeaving, ImageNotFound, TooManyImages
from souk.modules.media.repository import leaving
from souk.modules.media.service import keep_shown, show_images
from tests.support.account_builders import an_account
from tests.support.kept_pictures import GRACE, Keeping, cids, on_disk

LEASE = timedelta(minutes=2)


class StubbornPinStore(DirectoryPinStore):
    """A node that may be away when it is to let go."""

    away = False

    def unpin(self, cid: Cid) -> None:
        if self.away:
            raise ProviderUnavailable("the node is away")
        super().unpin(cid)


@pytest.fixture
def node(tmp_path) -> StubbornPinStore:
    return StubbornPinStore(tmp_path / "node")


@pytest.fixture
def keeping(uow, cleaner, tmp_path, node) -> Keeping:
    return on_disk(uow, cleaner, tmp_path, node)


@pytest.fixture
def sofia(uow):
    return an_account(uow, "sofia")


@pytest.fixture
def image(keeping, sofia):
    image = keeping.upload(sofia)
    keeping.pins.pin_due()
    return image


def pass_grace(clock) -> None:
    clock.advance(seconds=GRACE.total_seconds() + 1)


def show(uow, who, *images, listing: str = "lst_pot") -> None:
    with uow.begin() as tx:
        wanted = [Shown(image.cid) for image in images]
        show_images(tx, who.account_id, UseKind.LISTING, listing, wanted)
        tx.commit()


def test_deleted_picture_keeps_its_bytes_within_the_grace(keeping, node, sofia, image, clock):
    keeping.images.remove(sofia, image.cid)
    clock.advance(seconds=GRACE.total_seconds() - 1)
    assert keeping.collection.collect_due() == 0
    assert keeping.held(image) == node.list_pins() == cids(image)


def test_deleted_picture_loses_bytes_and_pins_after_the_grace(keeping, node, sofia, image, clock):
    keeping.images.remove(sofia, image.cid)
    pass_grace(clock)
    assert keeping.collection.collect_due() == len(cids(image))
    assert keeping.held(image) == node.list_pins() == set()
    assert keeping.overview.look().images.collected == 1


def test_nothing_is_collected_twice(keeping, sofia, image, clock):
    keeping.images.remove(sofia, image.cid)
    pass_grace(clock)
    keeping.collection.collect_due()
    assert keeping.collection.collect_due() == 0


def test_collected_blocks_are_not_pinned_again(keeping, node, sofia, image, clock):
    keeping.images.remove(sofia, image.cid)
    pass_grace(clock)
    keeping.collection.collect_due()
    assert (keeping.pins.pin_due(), node.list_pins()) == (0, frozenset())


def test_picture_that_is_not_deleted_stays(keeping, image, clock):
    pass_grace(clock)
    assert keeping.collection.collect_due() == 0
    assert keeping.held(image) == cids(image)


def test_blocks_stay_when_somebody_else_has_the_same(uow, keeping, sofia, image, clock):
    keeping.upload(an_account(uow, "otto"))
    keeping.images.remove(sofia, image.cid)
    pass_grace(clock)
    keeping.collection.collect_due()
    assert keeping.held(image) == cids(image)


def test_picture_stays_when_it_was_sold(uow, keeping, node, sofia, image, clock):
    show(uow, sofia, image)
    with uow.begin() as tx:
        keep_shown(tx, {"oln_1": "lst_pot"})
        tx.commit()
    show(uow, sofia)
    keeping.images.remove(sofia, image.cid)
    pass_grace(clock)
    keeping.collection.collect_due()
    assert keeping.held(image) == cids(image)
    assert node.list_pins() == cids(image)
    with pytest.raises(ImageNotFound):
        keeping.images.show(sofia, image.cid)


def test_upload_within_the_grace_brings_the_picture_back(keeping, sofia, image, clock):
    keeping.images.remove(sofia, image.cid)
    clock.advance(days=29)
    assert keeping.upload(sofia).cid == image.cid
    pass_grace(clock)
    keeping.collection.collect_due()
    assert keeping.held(image) == cids(image)


def test_upload_after_the_grace_brings_the_picture_back(keeping, node, sofia, image, clock):
    keeping.images.remove(sofia, image.cid)
    pass_grace(clock)
    keeping.collection.collect_due()
    assert keeping.upload(sofia).cid == image.cid
    keeping.pins.pin_due()
    assert keeping.held(image) == node.list_pins() == cids(image)


def test_pins_go_later_when_the_node_is_away(keeping, node, sofia, image, clock):
    keeping.images.remove(sofia, image.cid)
    pass_grace(clock)
    node.away = True
    assert keeping.collection.collect_due() == 0
    assert (keeping.held(image), keeping.overview.look().leaving) == (set(), len(cids(image)))
    node.away = False
    clock.advance(seconds=3)
    assert keeping.collection.collect_due() == len(cids(image))
    assert node.list_pins() == frozenset()


def test_upload_takes_back_what_a_node_that_is_away_has_still(keeping, node, sofia, image, clock):
    keeping.images.remove(sofia, image.cid)
    pass_grace(clock)
    node.away = True
    keeping.collection.collect_due()
    keeping.upload(sofia)
    node.away = False
    clock.advance(hours=1)
    assert keeping.collection.collect_due() == 0
    assert keeping.held(image) == node.list_pins() == cids(image)


def test_upload_is_put_off_while_its_blocks_are_taken_away(uow, keeping, sofia, image, clock):
    keeping.images.remove(sofia, image.cid)
    pass_grace(clock)
    with uow.begin() as tx:
        leaving.give_up(tx, deleted_before=tx.now - GRACE, limit=1)
        leaving.claim(tx, until=tx.after(LEASE))
        tx.commit()
    with pytest.raises(ImageLeaving):
        keeping.upload(sofia)
    clock.advance(seconds=LEASE.total_seconds())
    keeping.collection.collect_due()
    assert keeping.held(image) == set()


def test_nothing_stays_of_an_upload_that_came_while_its_blocks_were_taken_away(
    uow, cleaner, tmp_path, sofia, clock
):
    class UploadedMeanwhile(DiskContentStore):
        """Right after a file has gone, the same is uploaded."""

        refused = 0

        def delete(self, cid: Cid) -> None:
            super().delete(cid)
            if not self.refused:
                self.refused = 1
                with pytest.raises(ImageLeaving):
                    keeping.upload(sofia)

    node = DirectoryPinStore(tmp_path / "node")
    keeping = Keeping(uow, cleaner, UploadedMeanwhile(tmp_path / "content"), [node])
    image = keeping.upload(sofia)
    keeping.images.remove(sofia, image.cid)
    pass_grace(clock)
    for _ in range(2):
        keeping.collection.collect_due()
        clock.advance(seconds=LEASE.total_seconds())
    assert keeping.held(image) == set()


def test_what_a_dead_process_had_begun_is_done_by_the_next(uow, keeping, sofia, image, clock):
    keeping.images.remove(sofia, image.cid)
    pass_grace(clock)
    with uow.begin() as tx:
        leaving.give_up(tx, deleted_before=tx.now - GRACE, limit=1)
        leaving.claim(tx, until=clock.now())
        tx.commit()
    assert keeping.collection.collect_due() == len(cids(image))
    assert keeping.held(image) == set()


def test_pin_goes_when_its_block_was_given_up_while_it_was_set(
    uow, cleaner, tmp_path, sofia, clock
):
    class SlowPinStore(DirectoryPinStore):
        """While it takes a block in, others decide that it goes."""

        def add(self, cid: Cid, block: bytes) -> PinState:
            pass_grace(clock)
            keeping.collection.collect_due()
            return super().add(cid, block)

    node = SlowPinStore(tmp_path / "node")
    keeping = on_disk(uow, cleaner, tmp_path, node)
    image = keeping.upload(sofia)
    keeping.images.remove(sofia, image.cid)
    keeping.pins.look_at(image.cid)
    assert node.list_pins() == frozenset()


def test_deleted_picture_counts_until_its_bytes_are_gone(uow, cleaner, tmp_path, sofia, clock):
    keeping = on_disk(uow, cleaner, tmp_path, most=1)
    keeping.images.remove(sofia, keeping.upload(sofia).cid)
    with pytest.raises(TooManyImages):
        keeping.upload(sofia, 2)
    pass_grace(clock)
    keeping.collection.collect_due()
    assert keeping.upload(sofia, 2)


def test_upload_of_the_same_puts_back_what_is_missing(uow, cleaner, tmp_path, sofia):
    keeping = on_disk(uow, cleaner, tmp_path, most=1)
    image = keeping.upload(sofia)
    keeping.content.delete(image.cid)
    assert keeping.upload(sofia).id == image.id
    assert keeping.held(image) == cids(image)


def test_upload_puts_again_what_went_before_it_was_kept(uow, cleaner, tmp_path, sofia):
    class LosingContentStore(DiskContentStore):
        """Loses the first file that it is given."""

        has_lost = False

        def put(self, cid: Cid, content: bytes) -> None:
            super().put(cid, content)
            if not self.has_lost:
                self.has_lost = True
                self.delete(cid)

    content = LosingContentStore(tmp_path / "content")
    keeping = Keeping(uow, cleaner, content, [DirectoryPinStore(tmp_path / "node")])
    image = keeping.upload(sofia)
    assert keeping.held(image) == cids(image)
