"""The sizes in which a picture is kept."""

from enum import StrEnum

from souk.modules.media.domain.documents import MAX_DOCUMENT_BYTES

MAX_VARIANT_BYTES = MAX_DOCUMENT_BYTES
"""One raw block, so that the CID is that of the bytes, even when they are sealed."""


class MediaType(StrEnum):
    """In what a variant is written: WebP, and JPEG for who cannot read that."""

    WEBP = "image/webp"
    JPEG = "image/jpeg"


class Variant(StrEnum):
    """One size of a picture. Only `page` moves, if the picture does."""

    THUMB = "thumb"
    CARD = "card"
    PAGE = "page"
    FULL = "full"

    @property
    def edge(self) -> int:
        """How long its longer side is at most, in pixels."""
        return _EDGES[self]


_EDGES = {Variant.THUMB: 160, Variant.CARD: 480, Variant.PAGE: 1080, Variant.FULL: 2048}


def fitted(width: int, height: int, edge: int) -> tuple[int, int]:
    """The largest size of the same shape whose sides are at most `edge`; never a larger one than
    there was, and never less than a pixel."""
    longer = max(width, height)
    if longer <= edge:
        return width, height
    return max(1, round(width * edge / longer)), max(1, round(height * edge / longer))
