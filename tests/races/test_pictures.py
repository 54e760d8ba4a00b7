"""Pictures that go at the moment in which somebody wants them again."""

from collections.abc import Iterator
from functools import partial

import pytest
from sqlalchemy import text

from souk.adapters.content.disk import DiskContentStore
from souk.adapters.images.cleaner import SandboxedImageCleaner
from souk.adapters.ipfs.directory import DirectoryPinStore
from souk.core.principal import Principal
from souk.core.unit_of_work import UnitOfWork
from souk.modules.media.domain import Back, Cid, ImageRecord, Shown, UseKind
from souk.modules.media.errors import ImageLeaving, ImageNotYours
from souk.modules.media.repository import leaving
from souk.modules.media.service import show_images
from tests.support.account_builders import an_account
from tests.support.kept_pictures import GRACE, Keeping, cids, on_disk
from tests.support.threads import at_once, second_waits_for_first

ROUNDS = 4
ADDED = text(
    """
    INSERT INTO image_storage SELECT (jsonb_populate_record(old, '{"id": "img_again",
        "deleted_at": null}')).* FROM image_storage AS old WHERE id = :id
    """
)
FILES_ADDED = text(
    """
    INSERT INTO image_variant SELECT (jsonb_populate_record(old, '{"image_id": "img_again"}')).*
    FROM image_variant AS old WHERE image_id = :id
    """
)


@pytest.fixture(scope="module")
def cleaner() -> Iterator[SandboxedImageCleaner]:
    cleaner = SandboxedImageCleaner()
    yield cleaner
    cleaner.close()


@pytest.fixture
def keeping(committing_uow, cleaner, tmp_path) -> Keeping:
    return on_disk(committing_uow, cleaner, tmp_path)


@pytest.fixture
def sofia(committing_uow):
    return an_account(committing_uow, "sofia")


def deleted(keeping: Keeping, who, clock, seed: int = 1) -> ImageRecord:
    """A picture whose time is over."""
    image = keeping.upload(who, seed)
    keeping.images.remove(who, image.cid)
    clock.advance(seconds=GRACE.total_seconds() + 1)
    return image


def show(uow: UnitOfWork, who: Principal, image: ImageRecord) -> None:
    """With a listing."""
    with uow.begin() as tx:
        show_images(tx, who.account_id, UseKind.LISTING, "lst_pot", [Shown(image.cid)])
        tx.commit()


def assert_whole_or_gone(keeping: Keeping, image: ImageRecord, *, is_back: bool) -> None:
    """A picture that is back has all of its bytes, and one that is not has none."""
    keeping.collection.collect_due()
    assert keeping.held(image) == (cids(image) if is_back else set())


def test_picture_is_whole_when_it_is_uploaded_again_while_it_is_collected(keeping, sofia, clock):
    for seed in range(ROUNDS):
        image = deleted(keeping, sofia, clock, seed)
        acts = [keeping.collection.collect_due, lambda seed=seed: keeping.upload(sofia, seed)]
        _, uploaded = at_once(2, lambda number, acts=acts: acts[number]())
        assert isinstance(uploaded, ImageRecord | ImageLeaving)
        clock.advance(minutes=5)
        is_back = isinstance(uploaded, ImageRecord)
        assert_whole_or_gone(keeping, image, is_back=is_back)


def test_upload_that_has_stored_its_bytes_stores_them_again_when_they_were_collected(
    committing_uow, cleaner, tmp_path, sofia, clock
):
    class CollectedMeanwhile(DiskContentStore):
        """All is collected right after the last file was stored."""

        collects = False

        def put(self, cid: Cid, content: bytes) -> None:
            super().put(cid, content)
            if self.collects and cid == last:
                self.collects = False
                keeping.collection.collect_due()

    content = CollectedMeanwhile(tmp_path / "content")
    keeping = Keeping(committing_uow, cleaner, content, [DirectoryPinStore(tmp_path / "node")])
    image = deleted(keeping, sofia, clock)
    last = image.files[-1].cid
    content.collects = True
    keeping.upload(sofia)
    assert not content.collects
    assert_whole_or_gone(keeping, image, is_back=True)


def test_upload_waits_for_the_decision_and_sees_what_was_decided(
    committing_uow, engine, keeping, sofia, clock
):
    image = deleted(keeping, sofia, clock)

    def decide(tx) -> None:
        leaving.give_up(tx, deleted_before=tx.now - GRACE, limit=1)

    second_waits_for_first(committing_uow, engine, decide, lambda: keeping.upload(sofia)).result()
    assert_whole_or_gone(keeping, image, is_back=True)


@pytest.mark.parametrize(
    "look",
    [
        lambda keeping, _: keeping.pins.pin_due(),
        lambda keeping, cid: keeping.pins.look_at(cid),
        lambda keeping, cid: keeping.blocks.is_kept(cid),
    ],
    ids=["pin", "repair", "fetch"],
)
def test_who_looks_after_blocks_waits_for_the_decision(
    committing_uow, engine, keeping, sofia, clock, look
):
    image = deleted(keeping, sofia, clock)

    def decide(tx) -> None:
        leaving.give_up(tx, deleted_before=tx.now - GRACE, limit=1)

    act = partial(look, keeping, image.cid)
    assert not second_waits_for_first(committing_uow, engine, decide, act).result()


def test_decision_waits_for_an_upload_and_leaves_its_blocks(
    committing_uow, engine, keeping, sofia, clock
):
    image = deleted(keeping, sofia, clock)

    def add(tx) -> None:
        """The last transaction of an upload of the same by the same account."""
        leaving.wait_for_decisions(tx)
        assert leaving.get_back(tx, cids(image)) is Back.FREE
        tx.session.execute(ADDED, {"id": image.id})
        tx.session.execute(FILES_ADDED, {"id": image.id})

    second_waits_for_first(committing_uow, engine, add, keeping.collection.collect_due).result()
    assert_whole_or_gone(keeping, image, is_back=True)


def test_picture_that_is_shown_again_stays_when_the_old_one_is_collected(
    committing_uow, keeping, sofia, clock
):
    for seed in range(ROUNDS):
        image = deleted(keeping, sofia, clock, seed)
        keeping.upload(sofia, seed)
        acts = [
            keeping.collection.collect_due,
            lambda image=image: show(committing_uow, sofia, image),
        ]
        at_once(2, lambda number, acts=acts: acts[number]())
        assert [use.subject_id for use in keeping.images.show(sofia, image.cid).uses] == ["lst_pot"]
        assert_whole_or_gone(keeping, image, is_back=True)


def test_deleted_picture_is_shown_by_nobody_while_it_is_collected(
    committing_uow, keeping, sofia, clock
):
    image = deleted(keeping, sofia, clock)
    acts = [keeping.collection.collect_due, lambda: show(committing_uow, sofia, image)]
    _, refused = at_once(2, lambda number: acts[number]())
    assert isinstance(refused, ImageNotYours)
    assert_whole_or_gone(keeping, image, is_back=False)


def test_two_that_collect_at_once_take_each_block_away_once(keeping, sofia, clock):
    images = [keeping.upload(sofia, seed) for seed in range(3)]
    for image in images:
        keeping.images.remove(sofia, image.cid)
    clock.advance(seconds=GRACE.total_seconds() + 1)
    taken = at_once(2, lambda _: keeping.collection.collect_due())
    assert sum(taken) == sum(len(cids(image)) for image in images)
