"""What is done with pictures."""

from souk.modules.media.service.blocks import Blocks
from souk.modules.media.service.collection import Collection, CollectionRules
from souk.modules.media.service.exports import Exports
from souk.modules.media.service.images import ImageRules, Images, Outcome
from souk.modules.media.service.liars import Liars
from souk.modules.media.service.pins import Pins
from souk.modules.media.service.repair import Repair
from souk.modules.media.service.sealing import Sealing, find_sealed
from souk.modules.media.service.showing import forget_shown, get_shown, keep_shown, show_images
from souk.modules.media.service.standing import Overview

__all__ = [
    "Blocks",
    "Collection",
    "CollectionRules",
    "Exports",
    "ImageRules",
    "Images",
    "Liars",
    "Outcome",
    "Overview",
    "Pins",
    "Repair",
    "Sealing",
    "find_sealed",
    "forget_shown",
    "get_shown",
    "keep_shown",
    "show_images",
]
