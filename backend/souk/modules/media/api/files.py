"""Files of pictures: `/ipfs/{cid}`."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Self

from fastapi import Depends, HTTPException, Path, Query, Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from souk.core.db import Reads
from souk.core.gathering import Gathered
from souk.core.web import Section, has_seen, provided
from souk.modules.media import queries
from souk.modules.media.domain import (
    FILES_PATH,
    Cid,
    FileAddresses,
    MediaType,
    find_range,
    parse_cid,
)
from souk.modules.media.errors import ImageNotFound
from souk.modules.media.ports import ContentStore
from souk.modules.media.schemas import CID

router = Section(tags=["images"])

SHOWN_SECONDS = 1.0
"""A file may be served so long after it was last seen to be shown."""
_PATH = f"{FILES_PATH}{{cid}}"
_MOST_BYTES = 64 * 1024 * 1024
_LOADS_AT_ONCE = 8

_BYTES = {str(one): {"schema": {"type": "string", "format": "binary"}} for one in MediaType}
# Nothing that these bytes might be taken for may do anything.
_SERVED = {
    "Cache-Control": "public, max-age=31536000, s-maxage=60, immutable",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
    "Content-Disposition": "inline",
    "Accept-Ranges": "bytes",
}


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file in memory, with the headers of an answer that holds all of it, and when it was last
    asked whether it is shown."""

    cid: Cid
    media_type: MediaType
    content: bytes
    asked_at: float
    headers: Sequence[tuple[bytes, bytes]]

    @classmethod
    def of(cls, cid: Cid, media_type: MediaType, content: bytes, asked_at: float) -> Self:
        """A file that was read."""
        whole = Response(content, headers=_headers(cid), media_type=media_type)
        return cls(cid, media_type, content, asked_at, tuple(whole.raw_headers))


class Files:
    """Files that are asked for again and again, at hand in this process: at most so many bytes, the
    longest unused go first. Their bytes never change and were compared with their CIDs when they
    were read. Whether they are still shown is asked again after a second; however many are wanted,
    one query at a time asks for all of them, and however many want one, it is read once."""

    def __init__(
        self,
        reads: Reads,
        content: ContentStore,
        *,
        most_bytes: int = _MOST_BYTES,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._content = content
        self._shown = Gathered(partial(queries.shown_files, reads))
        self._most_bytes = most_bytes
        self._monotonic = monotonic
        self._held: OrderedDict[str, HeldFile] = OrderedDict()
        self._bytes = 0
        self._sought: dict[Cid, asyncio.Task[HeldFile]] = {}
        self._loads = asyncio.Semaphore(_LOADS_AT_ONCE)

    async def get(self, cid: str) -> HeldFile:
        """A file that everybody may see. Raises `ImageNotFound`, `MalformedCid`, and what reading
        the database or the store raises."""
        return self.find_held(cid) or await self._sought_once(parse_cid(cid))

    def find_held(self, cid: str) -> HeldFile | None:
        """The file, if it is at hand and need not be asked about."""
        held = self._held.get(cid)
        if held is None or self._monotonic() - held.asked_at >= SHOWN_SECONDS:
            return None
        self._held.move_to_end(cid)
        return held

    async def _sought_once(self, cid: Cid) -> HeldFile:
        task = self._sought.get(cid)
        if task is None:
            task = self._sought[cid] = asyncio.create_task(self._seek(cid))
            task.add_done_callback(lambda _task: self._sought.pop(cid))
        # Whoever leaves must not end what others wait for.
        return await asyncio.shield(task)

    async def _seek(self, cid: Cid) -> HeldFile:
        asked_at = self._monotonic()
        media_type = await self._shown.find(cid)
        held = self._forget(cid)
        if media_type is None:
            raise ImageNotFound
        content = await self._load(cid) if held is None else held.content
        found = HeldFile.of(cid, media_type, content, asked_at)
        self._keep(found)
        return found

    async def _load(self, cid: Cid) -> bytes:
        async with self._loads:
            return await run_in_threadpool(self._read, cid)

    def _read(self, cid: Cid) -> bytes:
        with self._content.open(cid) as file:
            return file.read()

    def _forget(self, cid: str) -> HeldFile | None:
        held = self._held.pop(cid, None)
        if held is not None:
            self._bytes -= len(held.content)
        return held

    def _keep(self, file: HeldFile) -> None:
        self._held[file.cid] = file
        self._bytes += len(file.content)
        while self._bytes > self._most_bytes:
            self._forget(next(iter(self._held)))


@router.head(_PATH, include_in_schema=False)
@router.get(
    _PATH,
    summary="A file of a picture",
    response_class=Response,
    responses={
        200: {"description": "The file", "content": _BYTES},
        206: {"description": "The range of it that was asked for", "content": _BYTES},
        304: {"description": "You have it"},
        403: {"description": "Files here have signed addresses, and this is none now"},
        404: {"description": "No picture that is shown here has a file of this CID"},
        416: {"description": "The file has no bytes in that range"},
        422: {"description": "This is no CID of a file"},
    },
)
async def serve_file(
    request: Request,
    cid: Annotated[str, Path(max_length=100, description="The file's CID.", examples=[CID])],
    files: Annotated[Files, Depends(provided(Files))],
    addresses: Annotated[FileAddresses, Depends(provided(FileAddresses))],
    expires: Annotated[str, Query(max_length=200, description="Part of a signed address.")] = "",
    signature: Annotated[str, Query(max_length=200, description="Part of a signed address.")] = "",
) -> Response:
    """The bytes that the CID stands for: they never change, so that whoever has them need not ask
    again. A single range may be asked for. Where addresses are signed, take them as they are from
    what names the file; other parameters mean nothing."""
    addresses.require_signed(parse_cid(cid), expires, signature)
    file = await files.get(cid)
    headers = _headers(file.cid)
    etag = headers["ETag"]
    if has_seen(request, etag):
        return Response(status_code=304, headers=headers)
    body, status, size = file.content, 200, len(file.content)
    wanted = _wanted(request, size, etag)
    if wanted is not None:
        if not wanted:
            raise HTTPException(
                416, f"this file has {size} bytes", headers={"Content-Range": f"bytes */{size}"}
            )
        headers["Content-Range"] = f"bytes {wanted[0]}-{wanted[-1]}/{size}"
        body, status = body[wanted.start : wanted.stop], 206
    headers["Content-Length"] = str(len(body))
    if request.method == "HEAD":
        body = b""
    return Response(body, status, headers, media_type=file.media_type)


# Requests that take a shorter way are counted under it.
(ROUTE,) = (one for one in router.routes if isinstance(one, APIRoute) and one.methods == {"GET"})


def _headers(cid: Cid) -> dict[str, str]:
    return {**_SERVED, "ETag": f'"{cid}"'}


def _wanted(request: Request, size: int, etag: str) -> range | None:
    """A client that goes on with another file's beginning gets the whole."""
    if request.headers.get("if-range", etag) != etag:
        return None
    return find_range(request.headers.get("range"), size)
