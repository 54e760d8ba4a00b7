"""The same picture many times at once, and one that is deleted while it is put on show."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from souk.adapters.images.cleaner import SandboxedImageCleaner
from souk.core.principal import Principal
from souk.core.unit_of_work import Transaction
from souk.modules.media.domain import ImageRecord, Purpose, Shown, UseKind
from souk.modules.media.errors import ImageInUse, ImageNotFound, ImageNotYours
from souk.modules.media.repository import images as repository
from souk.modules.media.service import Images, show_images
from tests.support.account_builders import an_account
from tests.support.kept_pictures import Keeping, on_disk
from tests.support.pictures import a_picture
from tests.support.threads import at_once, second_waits_for_first

SMALL = a_picture(width=64, height=48)


@pytest.fixture
def uow(committing_uow):
    return committing_uow


@pytest.fixture
def keeping(uow, tmp_path: Path) -> Iterator[Keeping]:
    cleaner = SandboxedImageCleaner()
    yield on_disk(uow, cleaner, tmp_path)
    cleaner.close()


@pytest.fixture
def images(keeping) -> Images:
    return keeping.images


@pytest.fixture
def sofia(uow) -> Principal:
    return an_account(uow, "sofia")


def upload(images: Images, who: Principal) -> ImageRecord:
    """The picture that it became."""
    [one] = images.upload(who, Purpose.PRODUCT, [lambda: SMALL])
    assert one.image is not None, one.refusal
    return one.image


def count(engine: Engine, of: str) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text(f"SELECT count(*) FROM {of}")) or 0)


def show(tx: Transaction, who: Principal, image: ImageRecord) -> None:
    """Put it on show with a listing."""
    wanted = [Shown(image.cid, "")]
    show_images(tx, who.account_id, UseKind.LISTING, "prd_shown", wanted)


def test_upload_is_one_picture_when_it_comes_twenty_times_at_once(engine, images, sofia):
    found = at_once(20, lambda _number: upload(images, sofia).id)
    assert len(set(found)) == count(engine, "image_storage") == 1


def test_upload_is_one_picture_a_seller_and_one_content_when_four_send_it_at_once(
    uow, engine, images, keeping
):
    sellers = [an_account(uow, f"seller{number}") for number in range(4)]
    found = at_once(20, lambda number: upload(images, sellers[number % 4]))
    assert len({image.id for image in found}) == count(engine, "image_storage") == 4
    assert {image.cid for image in found} == {found[0].cid}
    assert set(keeping.content.list_cids()) == {file.cid for file in found[0].files}


def test_picture_stays_when_it_was_put_on_show_before_it_is_deleted(uow, engine, images, sofia):
    image = upload(images, sofia)
    deleted = second_waits_for_first(
        uow, engine, lambda tx: show(tx, sofia, image), lambda: images.remove(sofia, image.cid)
    )
    assert isinstance(deleted.exception(), ImageInUse)
    assert images.show(None, image.cid).cid == image.cid
    assert count(engine, "image_use") == 1


def test_picture_is_not_put_on_show_when_it_was_deleted_before(uow, engine, images, sofia):
    image = upload(images, sofia)

    def delete(tx: Transaction) -> None:
        for row in repository.lock_own(tx, image.cid, sofia.account_id):
            repository.remove(tx, row)

    def put_on_show() -> None:
        with uow.begin() as tx:
            show(tx, sofia, image)
            tx.commit()

    shown = second_waits_for_first(uow, engine, delete, put_on_show)
    assert isinstance(shown.exception(), ImageNotYours)
    with pytest.raises(ImageNotFound):
        images.show(None, image.cid)
    assert count(engine, "image_use") == 0
