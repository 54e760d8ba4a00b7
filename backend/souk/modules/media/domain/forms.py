"""Which pictures are taken, told by their first bytes, and how large they may be."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Form(StrEnum):
    """A format that is taken. What a client says about a file is never asked."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    GIF = "gif"


SNIFFED_BYTES = 16
"""How much of a file `sniff` needs."""
MAX_FRAMES = 60
MAX_SIDE = 16_384
MAX_MOVING_PIXELS = 2_000_000
"""Of one frame of an animation, as every frame is painted over others."""
MAX_ANIMATED_PIXELS = 24_000_000
"""Of all frames of an animation together, each counted as large as the whole."""

_MEGA = 1_000_000
MAX_PIXELS: Mapping[Form, int] = MappingProxyType(
    {
        # Decoded at a fraction of its size, unlike the others.
        Form.JPEG: 64 * _MEGA,
        Form.PNG: 12 * _MEGA,
        Form.WEBP: 12 * _MEGA,
        Form.GIF: 12 * _MEGA,
    }
)
"""What can be decoded within the memory that one picture gets."""
MAX_HELD_SAMPLES = 40 * _MEGA
"""A progressive JPEG is held as a whole until its last scan: one and a half samples for a pixel,
three if its colours are as fine as its brightness."""


def sniff(head: bytes) -> Form | None:
    """The format by the first bytes of a file; `None` when it is none of those."""
    if head.startswith(b"\xff\xd8\xff"):
        return Form.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return Form.PNG
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return Form.WEBP
    if head.startswith((b"GIF87a", b"GIF89a")):
        return Form.GIF
    return None


def is_too_large(form: Form, width: int, height: int) -> bool:
    """Whether a picture has more pixels than are decoded here."""
    return max(width, height) > MAX_SIDE or width * height > MAX_PIXELS[form]


def is_too_long(width: int, height: int, frames: int) -> bool:
    """Whether an animation has more pixels than are decoded here."""
    pixels = width * height
    return pixels > MAX_MOVING_PIXELS or pixels * frames > MAX_ANIMATED_PIXELS
