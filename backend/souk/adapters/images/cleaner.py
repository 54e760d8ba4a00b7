"""The cleaner that others use: it reads no picture itself."""

import signal
from pathlib import Path
from threading import Lock

from souk.adapters.images.confinement import Limits
from souk.adapters.images.process import Ran, Sandbox, SandboxFailed
from souk.adapters.images.wire import Garbled, read_answer
from souk.core.transaction_guard import refuse_open_transaction
from souk.modules.media.domain import (
    MAX_UPLOAD_BYTES,
    SNIFFED_BYTES,
    CleanedImage,
    Refusal,
    sniff,
)
from souk.modules.media.errors import ImageCleanerUnavailable

WALL_SECONDS = 20.0
"""Time of the clock for one picture: ten times what it has of the processor, for a busy machine."""
_CRASHES = frozenset(
    -one for one in (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL)
)


class SandboxedImageCleaner:
    """The `ImageCleaner` whose pictures are decoded by a confined process. Several threads may
    use one; their pictures are looked at one after the other."""

    def __init__(self, limits: Limits | None = None, *, wall_seconds: float = WALL_SECONDS) -> None:
        self._sandbox = Sandbox(limits or Limits(), wall_seconds)
        self._lock = Lock()

    def clean(self, upload: bytes | Path, *, max_bytes: int) -> CleanedImage | Refusal:
        """The picture in every variant, or why it is not taken."""
        refuse_open_transaction()
        most = min(max_bytes, MAX_UPLOAD_BYTES)
        content = upload if isinstance(upload, bytes) else _read(upload, most + 1)
        if not content:
            return Refusal.EMPTY
        if len(content) > most:
            return Refusal.TOO_MANY_BYTES
        if sniff(content[:SNIFFED_BYTES]) is None:
            return Refusal.WRONG_FORM
        with self._lock:
            return self._looked_at(content)

    def close(self) -> None:
        """End the sandbox. The next picture would start another."""
        with self._lock:
            self._sandbox.kill()

    def _looked_at(self, content: bytes) -> CleanedImage | Refusal:
        try:
            return judged(self._sandbox.run(content))
        except SandboxFailed as error:
            raise ImageCleanerUnavailable(f"the picture could not be looked at: {error}") from error
        except Garbled as error:
            # Whoever says such things may have been taken over.
            self._sandbox.kill()
            raise ImageCleanerUnavailable("the picture could not be looked at") from error


def judged(ran: Ran) -> CleanedImage | Refusal:
    """What a run says about its picture. A picture that brings its process down would do so again,
    and so it is refused. Raises `ImageCleanerUnavailable` when the picture need not have been the
    reason, and `Garbled` when an answer is none."""
    code = ran.ended.code
    if code == -signal.SIGXCPU:
        return Refusal.TOO_COSTLY
    if code in _CRASHES:
        return Refusal.BROKEN
    if code != 0:
        raise ImageCleanerUnavailable(f"what looked at the picture ended with {code}")
    if ran.answer is None:
        raise Garbled("it ended well and said nothing")
    return read_answer(ran.answer)


def _read(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        return file.read(most)
