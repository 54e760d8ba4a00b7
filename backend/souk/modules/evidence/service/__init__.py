"""What is done with what was laid down about an order."""

from souk.modules.evidence.service.pictures import ClearFile, Pictures
from souk.modules.evidence.service.readers import Readers
from souk.modules.evidence.service.terms import HandedTerms, HandingOut

__all__ = ["ClearFile", "HandedTerms", "HandingOut", "Pictures", "Readers"]
