"""Writing variants: as good as fits into one block.

Nothing but pixels is handed to an encoder, and every setting is fixed here, so that the same
pixels always give the same bytes.
"""

from io import BytesIO

from PIL import Image

from souk.adapters.images.colours import on_white
from souk.modules.media.domain import (
    MAX_VARIANT_BYTES,
    CleanedFile,
    MediaType,
    Variant,
    compute_cid,
    fitted,
)

_QUALITIES = (82, 70, 58, 46, 34, 22, 12, 5, 1)
_SHRINKING = 0.75
_SMALL_PIXELS = 300_000
_Encoded = tuple[bytes, tuple[int, int]]


def written_variants(image: Image.Image) -> tuple[dict[Variant, Image.Image], list[CleanedFile]]:
    """A still image in each variant, and its files. Each variant is made of the one above it,
    which is quicker than to begin anew; those of one size are the same."""
    images: dict[Variant, Image.Image] = {}
    files: list[CleanedFile] = []
    done: dict[tuple[int, int], dict[MediaType, _Encoded]] = {}
    for variant in sorted(Variant, key=lambda one: -one.edge):
        size = fitted(*image.size, variant.edge)
        if size != image.size:
            image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
        if size not in done:
            done[size] = {MediaType.WEBP: _webp(image), MediaType.JPEG: _jpeg(on_white(image))}
        images[variant] = image
        files += [cleaned_file(variant, kind, *one) for kind, one in done[size].items()]
    return images, files


def cleaned_file(
    variant: Variant, media_type: MediaType, content: bytes, size: tuple[int, int]
) -> CleanedFile:
    """A file with its name."""
    return CleanedFile(variant, media_type, content, compute_cid(content), *size)


def _webp(image: Image.Image) -> _Encoded:
    # The slower method saves some bytes, which pays where there are few pixels.
    method = 4 if image.width * image.height <= _SMALL_PIXELS else 1
    return _largest_that_fits(image, "WEBP", method=method)


def _jpeg(image: Image.Image) -> _Encoded:
    return _largest_that_fits(image, "JPEG", optimize=True)


def _largest_that_fits(image: Image.Image, form: str, **settings: int) -> _Encoded:
    """Written at falling quality, and smaller if even the lowest does not do."""
    while True:
        step = 0
        while step < len(_QUALITIES):
            quality = _QUALITIES[step]
            content = _saved(image, form, quality=quality, alpha_quality=quality, **settings)
            if len(content) <= MAX_VARIANT_BYTES:
                return content, image.size
            # What is far too large need not be tried a little smaller first.
            step += max(1, int(1.5 * len(content) / MAX_VARIANT_BYTES))
        smaller = max(1, max(image.size) * 3 // 4)
        image = image.resize(fitted(*image.size, smaller), Image.Resampling.LANCZOS)


def _saved(image: Image.Image, form: str, **settings: int) -> bytes:
    written = BytesIO()
    image.save(written, form, **settings)
    return written.getvalue()
