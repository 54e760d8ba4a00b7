"""Which sort of picture some bytes are, by how they begin, whatever anybody calls them.

Drawings that can hold programs (SVG) are not among them, nor is anything else that a browser could
take for a page.
"""

from souk.modules.media.domain.forms import sniff
from souk.modules.names.domain import Picture


def picture_in(content: bytes) -> Picture | None:
    """The picture; `None` when it is none that may be shown."""
    form = sniff(content)
    return None if form is None else Picture(f"image/{form.value}", content)
