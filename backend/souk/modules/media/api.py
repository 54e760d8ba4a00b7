"""Pictures: `/api/images`, and their files: `/ipfs/{cid}`."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from mmap import mmap
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Request, Response
from fastapi.responses import StreamingResponse

from souk.core.multipart import Part, divided, only_known, text_of
from souk.core.uploads import Uploads
from souk.core.web import (
    INVALID,
    UNAUTHENTICATED,
    Caller,
    MaybeCaller,
    has_seen,
    provided,
)
from souk.modules.media.domain import (
    ALT_TEXT_LENGTH,
    MediaType,
    Purpose,
    StoredFile,
    find_range,
    normal_alt_text,
)
from souk.modules.media.errors import PurposeNotYet, UnknownPurpose
from souk.modules.media.schemas import CID, ImageOut, UploadedFile, UploadOut
from souk.modules.media.service import Images, Outcome

router = APIRouter(tags=["images"])

UPLOAD_PATH = "/api/images/upload"
MAX_PARTS = 16
LINES = "application/x-ndjson"
_FIELD_BYTES = 4 * ALT_TEXT_LENGTH
_PURPOSES = (Purpose.PRODUCT, Purpose.PROFILE, Purpose.COVER, Purpose.EVIDENCE)
_PARTS = {"purpose": False, "alt_text": False, "files": True}


@dataclass(frozen=True, slots=True)
class ImageSite:
    """What stands before `/ipfs/` in the addresses of files; nothing when this server does."""

    base_url: str


_Service = Annotated[Images, Depends(provided(Images))]
_Site = Annotated[ImageSite, Depends(provided(ImageSite))]
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
_BYTES = {str(one): {"schema": {"type": "string", "format": "binary"}} for one in MediaType}
# Nothing that these bytes might be taken for may do anything.
_SERVED = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
    "Content-Disposition": "inline",
    "Accept-Ranges": "bytes",
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
    },
)
def upload_images(
    request: Request,
    caller: Caller,
    body: Annotated[Body, Depends(taken_body)],
    images: _Service,
    site: _Site,
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
        lines = _lines(outcomes, site, caller.account_id)
        return StreamingResponse(lines, media_type=LINES, headers={"Cache-Control": "no-store"})
    return _all_of(list(outcomes), site, caller.account_id)


def _lines(outcomes: Iterable[Outcome], site: ImageSite, account_id: str) -> Iterator[str]:
    for one in outcomes:
        told = UploadedFile.of(one, site.base_url, account_id=account_id)
        yield f"{told.model_dump_json()}\n"


def _all_of(outcomes: Sequence[Outcome], site: ImageSite, account_id: str) -> UploadOut:
    refusal = outcomes[0].refusal
    if refusal is not None and all(one.image is None for one in outcomes):
        raise refusal
    return UploadOut.of(outcomes, site.base_url, account_id=account_id)


@router.get(
    "/api/images/{ipfs_hash}",
    summary="One picture",
    response_model=ImageOut,
    responses={401: UNAUTHENTICATED, 404: _NOT_FOUND, 422: INVALID},
)
def read_image(ipfs_hash: _Hash, caller: MaybeCaller, images: _Service, site: _Site) -> ImageOut:
    """Its files and their addresses, and whether they are kept. Its owner also sees where it is
    shown."""
    account_id = None if caller is None else caller.account_id
    return ImageOut.of(images.show(caller, ipfs_hash), site.base_url, account_id=account_id)


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


@router.head("/ipfs/{cid}", include_in_schema=False)
@router.get(
    "/ipfs/{cid}",
    summary="A file of a picture",
    response_class=Response,
    responses={
        200: {"description": "The file", "content": _BYTES},
        206: {"description": "The range of it that was asked for", "content": _BYTES},
        304: {"description": "You have it"},
        404: {"description": "No picture that is shown here has a file of this CID"},
        416: {"description": "The file has no bytes in that range"},
        422: {"description": "This is no CID of a file"},
    },
)
def serve_file(
    request: Request,
    cid: Annotated[str, Path(max_length=100, description="The file's CID.", examples=[CID])],
    images: _Service,
) -> Response:
    """The bytes that the CID stands for: they never change, so that whoever has them need not ask
    again. A single range may be asked for."""
    served = images.serve(cid)
    etag = f'"{served.file.cid}"'
    headers = {**_SERVED, "ETag": etag}
    if has_seen(request, etag):
        return Response(status_code=304, headers=headers)
    wanted = _wanted(request, served.file, etag)
    if wanted is None:
        wanted, status = range(served.file.size), 200
    elif not wanted:
        raise HTTPException(
            416,
            f"this file has {served.file.size} bytes",
            headers={"Content-Range": f"bytes */{served.file.size}"},
        )
    else:
        status = 206
        headers["Content-Range"] = f"bytes {wanted[0]}-{wanted[-1]}/{served.file.size}"
    headers["Content-Length"] = str(len(wanted))
    body = b"" if request.method == "HEAD" else served.read()[wanted.start : wanted.stop]
    return Response(body, status, headers, media_type=served.file.media_type)


def _wanted(request: Request, file: StoredFile, etag: str) -> range | None:
    """A client that goes on with another file's beginning gets the whole."""
    if request.headers.get("if-range", etag) != etag:
        return None
    return find_range(request.headers.get("range"), file.size)


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
