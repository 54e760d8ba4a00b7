"""Pictures in a folder: a file for each block, one with all of them, and what they are.

A folder that was left half done is gone on with. What is there as it should be is not read again.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from souk.core.clock import rfc3339
from souk.core.errors import DomainError
from souk.modules.media.domain import (
    Cid,
    ImageRecord,
    MediaType,
    StoredFile,
    car_head,
    car_section,
    is_named,
)

_ENDINGS = {MediaType.WEBP: "webp", MediaType.JPEG: "jpg"}


@dataclass
class Written:
    """What came of it so far: pictures and files, and the CIDs of those that nobody has."""

    images: int = 0
    files: int = 0
    missing: list[Cid] = field(default_factory=list)


class PictureFolder:
    """`files/<cid>.webp` or `.jpg`, `pictures.car`, and `manifest.json`, which is written last: as
    long as there is none, the folder is not complete."""

    def __init__(self, root: Path, read: Callable[[Cid], bytes]) -> None:
        self._read = read
        self._files = root / "files"
        self._manifest = root / "manifest.json"
        self._car = root / "pictures.car"
        self._paths: dict[Cid, Path] = {}

    def write(self, images: Iterator[ImageRecord]) -> Iterator[Written]:
        """Write everything; where it stands after each picture, and in the end. Raises `OSError`
        when the disk does not take it."""
        self._files.mkdir(parents=True, exist_ok=True)
        for path in (self._manifest, self._car):
            path.unlink(missing_ok=True)
        written, roots = Written(), dict[Cid, None]()
        with _replacing(self._manifest) as manifest:
            manifest.write(b'{"format": "souk pictures 1", "images": [')
            for image in images:
                for file in image.files:
                    self._keep(file, written)
                if image.cid in self._paths:
                    roots[image.cid] = None
                described = json.dumps(_described(image, self._paths), ensure_ascii=False)
                manifest.write(b",\n"[not written.images :] + described.encode())
                written.images += 1
                yield written
            manifest.write(b"\n]}\n")
            if roots:
                self._pack(list(roots))
        yield written

    def _keep(self, file: StoredFile, written: Written) -> None:
        if file.cid in self._paths or file.cid in written.missing:
            return
        path = self._files / f"{file.cid}.{_ENDINGS[file.media_type]}"
        if not (path.is_file() and is_named(path.read_bytes(), file.cid)):
            try:
                block = self._read(file.cid)
            except DomainError:
                written.missing.append(file.cid)
                return
            with _replacing(path) as opened:
                opened.write(block)
        self._paths[file.cid] = path
        written.files += 1

    def _pack(self, roots: list[Cid]) -> None:
        with _replacing(self._car) as car:
            car.write(car_head(roots))
            for cid, path in self._paths.items():
                car.write(car_section(cid, path.read_bytes()))


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file that is there once all of it is."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    with unfinished.open("wb") as opened:
        yield opened
        opened.flush()
        os.fsync(opened.fileno())
    unfinished.replace(path)


def _described(image: ImageRecord, paths: Mapping[Cid, Path]) -> dict[str, object]:
    return {
        "ipfs_hash": image.cid,
        "purpose": image.purpose,
        "width": image.width,
        "height": image.height,
        "animated": image.animated,
        "alt_text": image.alt_text,
        "created_at": rfc3339(image.created_at),
        "uses": [
            {"kind": use.kind, "subject_id": use.subject_id, "position": use.position}
            for use in image.uses
        ],
        "files": [
            {
                "cid": file.cid,
                "path": f"files/{paths[file.cid].name}" if file.cid in paths else None,
                "variant": file.variant,
                "media_type": file.media_type,
                "width": file.width,
                "height": file.height,
                "bytes": file.size,
            }
            for file in image.files
        ],
    }
