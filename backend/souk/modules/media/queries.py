"""Which files may be served to everybody."""

import json
from collections.abc import Mapping, Sequence

from souk.core.db import Reads
from souk.modules.media.domain import PUBLIC_PURPOSES, Cid, MediaType

_SHOWN = """
    SELECT json_object_agg(file.cid, file.media_type)
    FROM image_variant file JOIN image_storage image ON image.id = file.image_id
    WHERE file.cid = ANY(%(cids)s) AND image.purpose = ANY(%(public)s)
      AND (image.deleted_at IS NULL
           OR EXISTS (SELECT FROM image_use used WHERE used.image_id = image.id))
"""


async def shown_files(reads: Reads, cids: Sequence[Cid]) -> Mapping[Cid, MediaType]:
    """What those of these files are that belong to a picture which is there for everybody, and is
    not deleted unless somebody has bought what it shows. Nothing else that the store may hold is
    among them."""
    asked = {"cids": list(cids), "public": list(PUBLIC_PURPOSES)}
    found = json.loads(await reads.document(_SHOWN, asked) or b"{}")
    return {Cid(cid): MediaType(media_type) for cid, media_type in found.items()}
