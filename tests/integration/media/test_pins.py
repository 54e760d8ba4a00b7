"""Blocks that others keep for us, and what happens when they do not."""

from datetime import timedelta
from pathlib import Path

import pytest

from souk.adapters.content.disk import DiskContentStore
from souk.adapters.crypto.sealed_documents import XChaChaDocumentSealer
from souk.adapters.ipfs.directory import DirectoryPinStore
from souk.core.errors import ProviderUnavailable
from souk.core.principal import Principal
from souk.modules.media.domain import Cid, PinCounts, Pinned, PinState, Purpose
from souk.modules.media.service import Blocks, ImageRules, Images, Liars, Overview, Pins, Sealing
from tests.support.account_builders import an_account
from tests.support.pictures import a_picture


class AwayPinStore(DirectoryPinStore):
    """A node that may be away, or forget what it was given."""

    away = False
    forgetful = False

    def add(self, cid: Cid, block: bytes) -> PinState:
        if self.away:
            raise ProviderUnavailable("the node is away")
        return PinState.PINNED if self.forgetful else super().add(cid, block)


class NewPinStore(DirectoryPinStore):
    """One that nobody knew of before."""

    @property
    def target(self) -> str:
        return "new"


@pytest.fixture
def content(tmp_path: Path) -> DiskContentStore:
    return DiskContentStore(tmp_path / "content")


@pytest.fixture
def images(uow, cleaner, content, sealing) -> Images:
    return Images(uow, cleaner, content, sealing, None, ImageRules(10))


@pytest.fixture
def sealing(content, node) -> Sealing:
    return Sealing(XChaChaDocumentSealer(b"k" * 32), content, [node.target])


@pytest.fixture
def node(tmp_path: Path) -> AwayPinStore:
    return AwayPinStore(tmp_path / "node")


def pins_on(uow, content, *targets) -> Pins:
    liars = Liars(uow)
    return Pins(uow, Blocks(uow, content, targets, None, liars), targets, liars)


@pytest.fixture
def pins(uow, content, node) -> Pins:
    return pins_on(uow, content, node)


@pytest.fixture
def sofia(uow) -> Principal:
    return an_account(uow, "sofia")


@pytest.fixture
def cid(images, sofia) -> Cid:
    [one] = images.upload(sofia, Purpose.PRODUCT, [a_picture])
    assert one.image is not None
    return one.image.cid


def state(images: Images, cid: Cid) -> Pinned:
    return images.show(None, cid).pinned


def test_picture_waits_to_be_pinned_when_it_is_new(images, cid):
    assert state(images, cid) is Pinned.PENDING


@pytest.mark.pitfall("I10")
def test_picture_is_pinned_when_every_block_was_read_back(images, pins, node, cid):
    pins.pin_due()
    assert state(images, cid) is Pinned.PINNED
    assert node.list_pins() == {file.cid for file in images.show(None, cid).files}


def test_nothing_is_done_twice_while_it_is_kept(pins, cid):
    assert pins.pin_due() > 0
    assert pins.pin_due() == 0


@pytest.mark.pitfall("I10")
def test_picture_is_not_pinned_when_the_node_only_says_so(images, pins, node, cid):
    node.forgetful = True
    pins.pin_due()
    assert state(images, cid) is Pinned.FAILED


def test_picture_is_pinned_later_when_the_node_is_away(uow, images, pins, node, cid, clock):
    node.away = True
    pins.pin_due()
    assert state(images, cid) is Pinned.FAILED
    blocks = {file.cid for file in images.show(None, cid).files}
    assert Overview(uow).count_not_kept() == PinCounts(failing=len(blocks), waiting=0)
    node.away = False
    clock.advance(seconds=2)
    pins.pin_due()
    assert state(images, cid) is Pinned.PINNED
    assert Overview(uow).count_not_kept() == PinCounts(failing=0, waiting=0)


def test_node_is_asked_less_often_the_longer_it_is_away(pins, node, cid, clock):
    node.away = True
    waited = []
    for _ in range(4):
        pins.pin_due()
        waited.append(0)
        while not pins.pin_due():
            clock.advance(seconds=1)
            waited[-1] += 1
    assert waited == sorted(waited)
    assert waited[-1] > 4 * waited[0]


def test_sealed_document_is_pinned_as_pictures_are(uow, sealing, pins, node):
    pins.pin_due()
    document = sealing.store("ord_1", b"the terms of an order")
    with uow.begin() as tx:
        sealing.keep(tx, "ord_1", [document])
        tx.commit()
    pins.pin_due()
    assert node.list_pins() == {document.cid}


def test_target_that_is_new_keeps_what_was_sealed_before(uow, content, sealing, tmp_path):
    document = sealing.store("ord_1", b"the terms of an order")
    with uow.begin() as tx:
        sealing.keep(tx, "ord_1", [document])
        tx.commit()
    new = NewPinStore(tmp_path / "new")
    pins_on(uow, content, new).pin_due()
    assert new.list_pins() == {document.cid}


@pytest.mark.pitfall("I10")
def test_lost_block_is_mended_by_the_daily_look(images, pins, node, cid, clock):
    pins.pin_due()
    node.unpin(cid)
    clock.advance(days=1, seconds=1)
    pins.pin_due()
    assert node.state(cid) is PinState.PINNED
    assert state(images, cid) is Pinned.PINNED


def test_block_is_looked_at_again_when_whoever_claimed_it_died(uow, content, images, cid, clock):
    class DyingPinStore(DirectoryPinStore):
        def add(self, cid: Cid, block: bytes) -> PinState:
            raise KeyboardInterrupt

    root = content._blocks._root.parent / "dying"
    with pytest.raises(KeyboardInterrupt):
        pins_on(uow, content, DyingPinStore(root)).pin_due()
    blocks = {file.cid for file in images.show(None, cid).files}
    assert Overview(uow).count_not_kept() == PinCounts(failing=0, waiting=len(blocks))
    clock.advance(seconds=timedelta(minutes=11).total_seconds())
    pins_on(uow, content, DirectoryPinStore(root)).pin_due()
    assert state(images, cid) is Pinned.PINNED
