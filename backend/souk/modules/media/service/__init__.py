"""What is done with pictures."""

from souk.modules.media.service.images import ImageRules, Images, Outcome, ServedFile
from souk.modules.media.service.pins import Pins

__all__ = ["ImageRules", "Images", "Outcome", "Pins", "ServedFile"]
