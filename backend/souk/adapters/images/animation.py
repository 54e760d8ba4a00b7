"""The one variant that moves."""

from collections.abc import Iterable
from io import BytesIO
from math import sqrt

from PIL import Image

from souk.adapters.images.encoding import cleaned_file
from souk.modules.media.domain import (
    MAX_VARIANT_BYTES,
    CleanedFile,
    MediaType,
    Variant,
    fitted,
)

_MAX_WRITTEN_PIXELS = 8_000_000
"""Of all frames together: what is written in the time that one picture has."""
_QUALITY, _LOWER_QUALITY = 84, 40


def page_size(width: int, height: int, frames: int) -> tuple[int, int]:
    """In what size so many frames are shown."""
    wide, high = fitted(width, height, Variant.PAGE.edge)
    excess = wide * high * frames / _MAX_WRITTEN_PIXELS
    edge = max(wide, high)
    return fitted(width, height, edge if excess <= 1 else max(1, int(edge / sqrt(excess))))


def written_page(frames: Iterable[tuple[Image.Image, int]], loop: int) -> CleanedFile:
    """Frames with the milliseconds that each is shown, in as good a quality and, if it must be, in
    as large a size as fits into one block."""
    both = list(frames)
    images, durations = [one for one, _ in both], [shown for _, shown in both]
    quality = _QUALITY
    while True:
        content = _saved(images, durations, loop, quality)
        excess = len(content) / MAX_VARIANT_BYTES
        if excess <= 1:
            return cleaned_file(Variant.PAGE, MediaType.WEBP, content, images[0].size)
        if quality == _LOWER_QUALITY or excess > 2:
            edge = int(max(images[0].size) * min(0.85, 1 / sqrt(excess)))
            size = fitted(*images[0].size, max(1, edge))
            images = [one.resize(size, Image.Resampling.BILINEAR) for one in images]
        quality = _LOWER_QUALITY


def _saved(images: list[Image.Image], durations: list[int], loop: int, quality: int) -> bytes:
    written = BytesIO()
    first, *others = images
    first.save(
        written,
        "WEBP",
        save_all=True,
        append_images=others,
        duration=durations,
        loop=loop,
        quality=quality,
        method=0,
        background=(0, 0, 0, 0),
    )
    return written.getvalue()
