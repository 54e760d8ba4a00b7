"""What is done with pictures."""

from souk.modules.media.service.images import ImageRules, Images, Outcome
from souk.modules.media.service.pins import Pins
from souk.modules.media.service.showing import show_images

__all__ = ["ImageRules", "Images", "Outcome", "Pins", "show_images"]
