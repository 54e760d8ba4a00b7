"""Which sort of picture some bytes are, by how they begin, whatever anybody calls them.

Drawings that can hold programs (SVG) are not among them, nor is anything else that a browser could
take for a page.
"""

from souk.modules.names.domain import Picture

_BEGINNINGS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def picture_in(content: bytes) -> Picture | None:
    """The picture; `None` when it is none that may be shown."""
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return Picture("image/webp", content)
    for beginning, media_type in _BEGINNINGS:
        if content.startswith(beginning):
            return Picture(media_type, content)
    return None
