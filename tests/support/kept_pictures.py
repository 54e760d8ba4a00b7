"""Pictures with everything that keeps them, on one database and a clock that is moved."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from souk.adapters.content.disk import DiskContentStore
from souk.adapters.crypto.sealed_documents import XChaChaDocumentSealer
from souk.adapters.ipfs.directory import DirectoryPinStore
from souk.core.principal import Principal
from souk.core.unit_of_work import UnitOfWork
from souk.modules.media.domain import Cid, ImageRecord, Purpose
from souk.modules.media.ports import BlockSource, ContentStore, ImageCleaner, PinStore
from souk.modules.media.service import (
    Blocks,
    Collection,
    CollectionRules,
    ImageRules,
    Images,
    Liars,
    Overview,
    Pins,
    Repair,
    Sealing,
)
from tests.support.pictures import a_picture

GRACE = timedelta(days=30)


@dataclass
class Keeping:
    """The services, as the composition root puts them together."""

    uow: UnitOfWork
    cleaner: ImageCleaner
    content: ContentStore
    targets: Sequence[PinStore]
    source: BlockSource | None = None
    grace: timedelta = GRACE
    most: int = 100
    liars: Liars = field(init=False)

    def __post_init__(self) -> None:
        self.liars = Liars(self.uow)
        self.blocks = blocks = Blocks(self.uow, self.content, self.targets, self.source, self.liars)
        rules = CollectionRules(self.grace)
        names = [one.target for one in self.targets]
        self.sealing = Sealing(XChaChaDocumentSealer(b"k" * 32), self.content, names)
        self.images = Images(
            self.uow, self.cleaner, self.content, self.sealing, None, ImageRules(self.most)
        )
        self.pins = Pins(self.uow, blocks, self.targets, self.liars)
        self.collection = Collection(self.uow, self.content, self.targets, rules)
        self.repair = Repair(self.uow, blocks, self.pins, self.liars)
        self.overview = Overview(self.uow)

    def upload(self, who: Principal, seed: int = 1) -> ImageRecord:
        """A small picture of somebody's."""
        picture = a_picture(seed, width=96, height=64)
        [one] = self.images.upload(who, Purpose.PRODUCT, [lambda: picture])
        if one.refusal is not None:
            raise one.refusal
        assert one.image is not None
        return one.image

    def held(self, image: ImageRecord) -> set[Cid]:
        """Which of its files lie in the content store."""
        return {one.cid for one in image.files if self.content.find_size(one.cid) is not None}


def on_disk(
    uow: UnitOfWork, cleaner: ImageCleaner, root: Path, *targets: PinStore, **more: object
) -> Keeping:
    """With a store of its own, and a directory that keeps blocks unless others do."""
    kept = targets or (DirectoryPinStore(root / "node"),)
    return Keeping(uow, cleaner, DiskContentStore(root / "content"), kept, **more)


def cids(image: ImageRecord) -> set[Cid]:
    """Of all its files."""
    return {one.cid for one in image.files}
