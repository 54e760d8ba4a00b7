"""Pictures and their files."""

from souk.core.web import Section
from souk.modules.media.api import files, images
from souk.modules.media.api.files import Files
from souk.modules.media.api.images import UPLOAD_PATH

__all__ = ["UPLOAD_PATH", "Files", "router"]

router = Section.of(files.router, images.router)
