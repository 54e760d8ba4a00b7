"""What images need from outside."""

from pathlib import Path
from typing import Protocol

from souk.modules.images.domain import CleanedImage, Refusal


class ImageCleaner(Protocol):
    """Turns a file that anybody may have made into pictures that hold nothing but pixels. Called
    with no transaction open. The same file gives the same bytes, and so the same CIDs."""

    def clean(self, upload: bytes | Path, *, max_bytes: int) -> CleanedImage | Refusal:
        """The picture in every variant, or why it is not taken; a refused file is refused again.
        Of a path no more than `max_bytes` are read. Raises `ImageCleanerUnavailable` when nothing
        can be said now."""
        ...
