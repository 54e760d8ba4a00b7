"""What a picture is uploaded for, and what each may be."""

from dataclasses import dataclass
from enum import StrEnum

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Caps:
    """The largest file, and how many pictures stand in one place: a listing's gallery, a store's
    head, one review, one case."""

    max_bytes: int
    max_count: int


class Purpose(StrEnum):
    """What a picture is for."""

    PRODUCT = "product"
    PROFILE = "profile"
    COVER = "cover"
    EVIDENCE = "evidence"
    REVIEW = "review"

    @property
    def caps(self) -> Caps:
        """What is taken for it."""
        return _CAPS[self]

    @property
    def is_sealed(self) -> bool:
        """Whether only some may see it, so that it goes nowhere but as ciphertext."""
        return self is Purpose.EVIDENCE


_CAPS = {
    Purpose.PRODUCT: Caps(20 * _MIB, 12),
    Purpose.PROFILE: Caps(5 * _MIB, 1),
    Purpose.COVER: Caps(10 * _MIB, 1),
    Purpose.EVIDENCE: Caps(20 * _MIB, 10),
    Purpose.REVIEW: Caps(10 * _MIB, 6),
}
PUBLIC_PURPOSES = tuple(one for one in Purpose if not one.is_sealed)
"""Files of these pictures are served to everybody."""
MAX_UPLOAD_BYTES = max(caps.max_bytes for caps in _CAPS.values())
MAX_REQUEST_BYTES = 64 * _MIB
"""Of all files that are sent at once: three of the largest."""
