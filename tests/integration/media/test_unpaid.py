"""Pictures that orders keep, and let go of when nobody pays."""

import pytest

from souk.core.unit_of_work import UnitOfWork
from souk.modules.media.domain import ImageRecord, Shown, UseKind
from souk.modules.media.service import show_images
from souk.modules.orders.domain import Actor
from tests.support.account_builders import an_account
from tests.support.catalog_builders import a_listing
from tests.support.kept_pictures import GRACE, Keeping, cids, on_disk
from tests.support.order_builders import move, place
from tests.support.seller_builders import a_seller


@pytest.fixture
def keeping(uow, cleaner, tmp_path) -> Keeping:
    return on_disk(uow, cleaner, tmp_path)


class Sale:
    """A picture, a listing that shows it, and an order that is not paid yet."""

    def __init__(self, uow: UnitOfWork, keeping: Keeping) -> None:
        self.uow, self.keeping, store = uow, keeping, a_seller(uow)
        self.seller, self.listing = store.principal, a_listing(uow, store).id
        self.image: ImageRecord = keeping.upload(self.seller)
        self.show(Shown(self.image.cid))
        [self.order] = place(uow, an_account(uow, "bruno"), (self.listing, 1)).orders

    def show(self, *shown: Shown) -> None:
        """With the listing, and nothing else."""
        with self.uow.begin() as tx:
            show_images(tx, self.seller.account_id, UseKind.LISTING, self.listing, shown)
            tx.commit()

    def move(self, verb: str, actor: Actor) -> None:
        """The order."""
        move(self.uow, self.order.id, verb, actor)

    def is_kept_when_deleted(self, clock) -> bool:
        """Whether anything is left of the picture long after its owner deleted it."""
        self.show()
        self.keeping.images.remove(self.seller, self.image.cid)
        clock.advance(seconds=GRACE.total_seconds() + 1)
        self.keeping.collection.collect_due()
        return self.keeping.held(self.image) == cids(self.image)


@pytest.fixture
def sale(uow, keeping) -> Sale:
    return Sale(uow, keeping)


def test_picture_stays_while_an_order_may_be_paid(sale, clock):
    assert sale.is_kept_when_deleted(clock)


@pytest.mark.parametrize(
    ("verb", "actor"),
    [("expire", Actor.SYSTEM), ("cancel", Actor.BUYER), ("cancel", Actor.CHAIN)],
)
def test_picture_goes_when_its_order_ends_unpaid(sale, clock, verb, actor):
    sale.move(verb, actor)
    assert not sale.is_kept_when_deleted(clock)


def test_picture_stays_when_its_order_was_paid_and_is_cancelled(sale, clock):
    sale.move("mark_paid", Actor.CHAIN)
    sale.move("cancel", Actor.SELLER)
    assert sale.is_kept_when_deleted(clock)


def test_picture_stays_when_money_came_after_its_order_had_expired(sale, clock):
    sale.move("expire", Actor.SYSTEM)
    sale.move("revive", Actor.CHAIN)
    assert sale.is_kept_when_deleted(clock)
