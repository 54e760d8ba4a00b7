"""Pictures: `/api/images`."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from mmap import mmap
from typing import Annotated

from fastapi import Depends, Path, Request, Response
from fastapi.responses import StreamingResponse

from souk.core.multipart import Part, divided, only_known, text_of
from souk.core.uploads import Uploads
from souk.core.web import (
    INVALID,
    UNAUTHENTICATED,
    Caller,
    MaybeCaller,
    Section,
    provided,
)
from souk.modules.media.domain import (
    ALT_TEXT_LENGTH,
    FileAddresses,
    Purpose,
    normal_alt_text,
)
from souk.modules.media.errors import PurposeNotYet, UnknownPurpose
from souk.modules.media.schemas import CID, ImageOut, UploadedFile, UploadOut
from souk.modules.media.service import Images, Outcome

router = Section(tags=["images"])

UPLOAD_PATH = "/api/images/upload"
MAX_PARTS = 16
LINES = "application/x-ndjson"
_FIELD_BYTES = 4 * ALT_TEXT_LENGTH
_PURPOSES = (Purpose.PRODUCT, Purpose.PROFILE, Purpose.COVER, Purpose.EVIDENCE)
_PARTS = {"purpose": False, "alt_text": False, "files": True}


_Service = Annotated[Images, Depends(provided(Images))]
_Addresses = Annotated[FileAddresses, Depends(provided(FileAddresses))]
_Hash = Annotated[
    str,
    Path(
        max_length=100,
        description="The picture's `ipfs_hash`, or the CID of any of its files.",
        examples=[CID],
    ),
]
_NOT_FOUND = {"description": "There is no such picture, or not one of yours"}
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["purpose", "files"],
                    "properties": {
                        "purpose": {"type": "string", "enum": [str(one) for one in _PURPOSES]},
                        "alt_text": {
                            "type": "string",
                            "maxLength": ALT_TEXT_LENGTH,
                            "description": "What is to be seen, for who cannot see it.",
                        },
                        "files": {
                            "type": "array",
                            "minItems": 1,
                            "maxItems": Purpose.PRODUCT.caps.max_count,
                            "items": {"type": "string", "format": "binary"},
                        },
                    },
                },
                "example": {"purpose": "product", "alt_text": "A copper pot", "files": ["..."]},
            }
        },
    }
}


@dataclass(frozen=True, slots=True)
class Body:
    """A form whose bytes lie on disk."""

    content: mmap | bytes
    boundary: bytes


async def taken_body(
    request: Request, caller: Caller, uploads: Annotated[Uploads, Depends(provided(Uploads))]
) -> AsyncIterator[Body]:
    """For as long as it is answered."""
    async with uploads.taken(request, caller.account_id) as upload:
        with upload.content() as content:
            yield Body(content, upload.boundary)


@router.post(
    UPLOAD_PATH,
    summary="Upload pictures",
    status_code=201,
    response_model=UploadOut,
    openapi_extra=_FORM,
    responses={
        200: {
            "description": "What came of each file in a line of its own, as soon as it is known",
            "content": {LINES: {"schema": {"type": "string"}}},
        },
        401: UNAUTHENTICATED,
        409: {"description": "You have as many pictures as you may have"},
        413: {"description": "A file, a field or the whole has more bytes or parts than are taken"},
        415: {"description": "The body is no such form, or its only file is no picture"},
        422: INVALID,
        429: {"description": "Too many uploads are on their way"},
        503: {"description": "There is no room for uploads, or nothing to look at them, now"},
    },
)
def upload_images(
    request: Request,
    caller: Caller,
    body: Annotated[Body, Depends(taken_body)],
    images: _Service,
    addresses: _Addresses,
) -> UploadOut | Response:
    """Makes pictures of files: the right way up, without anything but pixels, in four sizes, each
    as WebP and as JPEG. They can be shown at once. The originals are not kept, and the same file
    sent again is the picture that there is. When no file becomes a picture, the answer is why the
    first did not. Evidence is sealed: nobody else sees it before it is attached to an order.

    Who accepts `application/x-ndjson` is told of each file as soon as it was looked at, in a line
    of its own, while the others still are; whoever hangs up meanwhile keeps what is done."""
    content, parts = body.content, divided(body.content, body.boundary, max_parts=MAX_PARTS)
    only_known(parts, _PARTS)
    outcomes = images.upload(
        caller,
        _purpose(content, parts),
        [partial(_bytes, content, part) for part in parts if part.is_file],
        alt_text=_alt_text(content, parts),
    )
    if LINES in request.headers.get("accept", ""):
        lines = _lines(outcomes, addresses, caller.account_id)
        return StreamingResponse(lines, media_type=LINES, headers={"Cache-Control": "no-store"})
    return _all_of(list(outcomes), addresses, caller.account_id)


def _lines(outcomes: Iterable[Outcome], addresses: FileAddresses, account_id: str) -> Iterator[str]:
    for one in outcomes:
        told = UploadedFile.of(one, addresses, account_id=account_id)
        yield f"{told.model_dump_json()}\n"


def _all_of(outcomes: Sequence[Outcome], addresses: FileAddresses, account_id: str) -> UploadOut:
    refusal = outcomes[0].refusal
    if refusal is not None and all(one.image is None for one in outcomes):
        raise refusal
    return UploadOut.of(outcomes, addresses, account_id=account_id)


@router.get(
    "/api/images/{ipfs_hash}",
    summary="One picture",
    response_model=ImageOut,
    responses={401: UNAUTHENTICATED, 404: _NOT_FOUND, 422: INVALID},
)
def read_image(
    ipfs_hash: _Hash, caller: MaybeCaller, images: _Service, addresses: _Addresses
) -> ImageOut:
    """Its files and their addresses, and whether they are kept. Its owner also sees where it is
    shown."""
    account_id = None if caller is None else caller.account_id
    return ImageOut.of(images.show(caller, ipfs_hash), addresses, account_id=account_id)


@router.delete(
    "/api/images/{ipfs_hash}",
    summary="Delete a picture",
    status_code=204,
    responses={
        401: UNAUTHENTICATED,
        404: _NOT_FOUND,
        409: {"description": "The picture is shown somewhere"},
        422: INVALID,
    },
)
def delete_image(ipfs_hash: _Hash, caller: Caller, images: _Service) -> None:
    """It is not served any more, unless somebody else has uploaded the same or has bought what it
    shows. Its bytes are kept for some time, and uploading it again brings it back. What others have
    fetched stays with them."""
    images.remove(caller, ipfs_hash)


def _purpose(content: mmap | bytes, parts: Sequence[Part]) -> Purpose:
    said = _said(content, parts, "purpose")
    if said == [Purpose.REVIEW]:
        raise PurposeNotYet(Purpose.REVIEW)
    found = [purpose for purpose in _PURPOSES if said == [purpose]]
    if not found:
        raise UnknownPurpose(_PURPOSES)
    return found[0]


def _alt_text(content: mmap | bytes, parts: Sequence[Part]) -> str:
    return normal_alt_text(" ".join(_said(content, parts, "alt_text")))


def _said(content: mmap | bytes, parts: Sequence[Part], name: str) -> list[str]:
    """What the fields of this name say; there are no more of them than parts."""
    return [text_of(content, one, max_bytes=_FIELD_BYTES) for one in parts if one.name == name]


def _bytes(content: mmap | bytes, part: Part) -> bytes:
    return content[part.start : part.end]
