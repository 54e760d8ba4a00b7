"""Blocks that are looked after at the moment in which they are given up."""

from collections.abc import Callable

import pytest

from souk.adapters.ipfs.directory import DirectoryPinStore
from souk.core.principal import Principal
from souk.modules.media.domain import Cid, ImageRecord
from souk.modules.media.errors import BlockNotFound
from souk.modules.media.service import Exports
from tests.support.account_builders import an_account
from tests.support.kept_pictures import GRACE, Keeping, on_disk


class TornPinStore(DirectoryPinStore):
    """Gives its blocks out and does something before they arrive."""

    meanwhile: Callable[[], object] = staticmethod(lambda: None)

    def read(self, cid: Cid) -> bytes:
        block = super().read(cid)
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return block

    def unpin(self, cid: Cid) -> None:
        """Its bytes may be there for long."""


@pytest.fixture
def node(tmp_path) -> TornPinStore:
    return TornPinStore(tmp_path / "node")


@pytest.fixture
def keeping(uow, cleaner, tmp_path, node) -> Keeping:
    return on_disk(uow, cleaner, tmp_path, node)


@pytest.fixture
def sofia(uow) -> Principal:
    return an_account(uow, "sofia")


@pytest.fixture
def image(keeping, sofia) -> ImageRecord:
    image = keeping.upload(sofia)
    keeping.pins.pin_due()
    return image


def give_up(keeping: Keeping, sofia: Principal, image: ImageRecord, clock) -> None:
    keeping.images.remove(sofia, image.cid)
    clock.advance(seconds=GRACE.total_seconds() + 1)
    keeping.collection.collect_due()


def test_block_that_was_given_up_is_not_fetched(keeping, sofia, image, clock):
    give_up(keeping, sofia, image, clock)
    with pytest.raises(BlockNotFound):
        keeping.blocks.read(image.cid)
    assert keeping.held(image) == set()


def test_block_goes_again_when_it_was_given_up_while_it_was_fetched(
    uow, keeping, node, sofia, image, clock
):
    keeping.content.delete(image.cid)
    node.meanwhile = lambda: give_up(keeping, sofia, image, clock)
    with pytest.raises(BlockNotFound):
        Exports(uow, keeping.blocks).read(image.cid)
    clock.advance(minutes=2)
    keeping.collection.collect_due()
    assert keeping.held(image) == set()


def test_block_stays_when_it_was_given_up_and_uploaded_while_it_was_fetched(
    keeping, node, sofia, image, clock
):
    def give_up_and_upload() -> None:
        give_up(keeping, sofia, image, clock)
        keeping.upload(sofia)

    keeping.content.delete(image.cid)
    node.meanwhile = give_up_and_upload
    assert keeping.blocks.read(image.cid)
    clock.advance(minutes=2)
    assert keeping.collection.collect_due() == 0


def test_block_that_was_given_up_is_pinned_by_nobody(keeping, sofia, image, clock):
    give_up(keeping, sofia, image, clock)
    assert keeping.pins.look_at(image.cid) == {}
    assert keeping.overview.look().pins == []


def test_repair_tells_nothing_of_what_is_given_up_meanwhile(keeping, sofia, image, clock):
    repairing = keeping.repair.mend()
    next(repairing)
    give_up(keeping, sofia, image, clock)
    assert list(repairing) == []
