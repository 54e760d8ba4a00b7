"""Pictures and their files."""

from fastapi import APIRouter

from souk.modules.media.api import files, images
from souk.modules.media.api.files import Files
from souk.modules.media.api.images import UPLOAD_PATH

__all__ = ["UPLOAD_PATH", "Files", "router"]

router = APIRouter()
for _part in (files, images):
    router.include_router(_part.router)
