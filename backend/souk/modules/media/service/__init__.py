"""What is done with pictures."""

from souk.modules.media.service.images import ImageRules, Images, Outcome, ServedFile
from souk.modules.media.service.pins import Pins
from souk.modules.media.service.sealing import Sealing, find_sealed
from souk.modules.media.service.showing import get_shown, show_images

__all__ = [
    "ImageRules",
    "Images",
    "Outcome",
    "Pins",
    "Sealing",
    "ServedFile",
    "find_sealed",
    "get_shown",
    "show_images",
]
