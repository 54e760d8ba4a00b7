"""Blocks in a directory, each a file that is called by its CID.

A file appears whole or not at all, and is never written to again, so that whoever has opened one
may read it in peace. It is read-only and its owner's alone. The directories go by the two digits
before the last of the CID: the first ones are the same in all of them.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from souk.adapters.content.checks import find_cid, require_named
from souk.core.errors import ProviderUnavailable
from souk.core.transaction_guard import refuse_open_transaction
from souk.modules.media.domain import MAX_BLOCK_BYTES, Cid
from souk.modules.media.errors import BlockNotFound, ContentMismatch

_UNFINISHED = ".unfinished-"


class BlockDirectory:
    """Puts, checks and finds files. `name` is what it is called in errors. Safe to share between
    threads and processes."""

    def __init__(self, root: Path, *, name: str) -> None:
        self._root = root
        self._name = name

    def put(self, cid: Cid, content: bytes) -> None:
        """Write the file unless it is there as it should be. Raises `ContentMismatch`."""
        refuse_open_transaction()
        require_named(content, cid, "the caller")
        path = self._path(cid)
        try:
            if not self._is_whole(cid):
                _write(path, content)
        except OSError as error:
            raise self._unavailable() from error

    def open(self, cid: Cid) -> BinaryIO:
        """The file, compared with its CID through the very handle that is returned. Raises
        `BlockNotFound` and `ContentMismatch`."""
        refuse_open_transaction()
        try:
            file = self._path(cid).open("rb")
        except FileNotFoundError:
            raise BlockNotFound(cid, self._name) from None
        except OSError as error:
            raise self._unavailable() from error
        try:
            # One byte more than a block tells that it is none, however large the file is.
            require_named(file.read(MAX_BLOCK_BYTES + 1), cid, self._name)
            file.seek(0)
        except BaseException:
            file.close()
            raise
        return file

    def find_size(self, cid: Cid) -> int | None:
        """From the directory alone."""
        refuse_open_transaction()
        try:
            return self._path(cid).stat().st_size
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unavailable() from error

    def delete(self, cid: Cid) -> None:
        """Whoever has it open may read on."""
        refuse_open_transaction()
        path = self._path(cid)
        try:
            path.unlink(missing_ok=True)
            if path.parent.is_dir():
                _sync(path.parent)
        except OSError as error:
            raise self._unavailable() from error

    def list_cids(self) -> Iterator[Cid]:
        """Every name of our kind; what a crash left half done is none."""
        refuse_open_transaction()
        for path in self._root.glob("??/b*"):
            cid = find_cid(path.name)
            if cid is not None:
                yield cid

    def _is_whole(self, cid: Cid) -> bool:
        with suppress(BlockNotFound, ContentMismatch):
            self.open(cid).close()
            return True
        return False

    def _path(self, cid: Cid) -> Path:
        return self._root / cid[-3:-1] / cid

    def _unavailable(self) -> ProviderUnavailable:
        return ProviderUnavailable(f"{self._name} cannot be read or written")


def _write(path: Path, content: bytes) -> None:
    """Power may fail at any line: the name leads to all of the content or to what it did before."""
    _make_directory(path.parent)
    # Made for its owner alone.
    descriptor, unfinished = tempfile.mkstemp(prefix=_UNFINISHED, dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), 0o400)
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(unfinished)
        raise
    _sync(path.parent)


def _make_directory(directory: Path) -> None:
    if directory.is_dir():
        return
    _make_directory(directory.parent)
    directory.mkdir(mode=0o700, exist_ok=True)
    _sync(directory.parent)


def _sync(directory: Path) -> None:
    """Until then the system may forget the names in it."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
