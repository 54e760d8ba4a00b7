"""The program that looks at pictures: `python -m souk.adapters.images.sandbox <limits>`.

It loads all that it will ever need, gives up what it will not, sees that this has worked, and
then reads pictures from standard input and answers on standard output. Each picture has a process
of its own, forked from what is loaded, which ends with it. It goes when standard input ends.
"""

import contextlib
import gc
import os
import signal
import sys

from souk.adapters.images import confinement
from souk.adapters.images.confinement import Limits
from souk.adapters.images.pipeline import clean, warm_up
from souk.adapters.images.wire import HEADER, Ended, Kind, frame, read_header, write_answer
from souk.modules.media.domain import CleanedImage, Refusal

WAYS_OUT = 3
"""The exit code of a sandbox that would hold nothing."""
_DEFECT = 70
_IN, _OUT = 0, 1


def main(words: list[str]) -> int:
    """Serve until nobody asks any more."""
    limits = Limits(*map(int, words))
    warm_up()
    mapped = confinement.mapped_bytes()
    confinement.leave_root()
    isolated = confinement.isolate()
    if isolated:
        _go_on_as_child()
    confinement.seal(limits)
    gc.collect()
    gc.freeze()
    gc.disable()
    if _probe(limits, mapped) != 0:
        return WAYS_OUT
    _say(Kind.READY, bytes((isolated,)))
    while (picture := _hear()) is not None:
        _serve(picture, limits, mapped)
    return 0


def _go_on_as_child() -> None:
    """Only children live in the new namespaces. The first is the one that nobody there can end,
    and all end with it; this process waits for it and hears nothing."""
    child = os.fork()
    if child == 0:
        confinement.die_with_parent(signal.SIGKILL)
        return
    os.close(_IN)
    os.close(_OUT)
    _, status = os.waitpid(child, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0x7F)


def _probe(limits: Limits, mapped: int | None) -> int:
    """The exit code of a process that tries to get out, once it is as confined as a picture's."""
    child = os.fork()
    if child == 0:
        confinement.bound(limits, mapped)
        os._exit(1 if list(confinement.find_ways_out()) else 0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _serve(picture: bytes, limits: Limits, mapped: int | None) -> None:
    child = os.fork()
    if child == 0:
        try:
            confinement.die_with_parent(signal.SIGKILL)
            confinement.bound(limits, mapped)
            _say(Kind.ANSWER, write_answer(_look_at(picture)))
            os._exit(0)
        finally:
            os._exit(_DEFECT)
    _, status, used = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    ended = Ended(code, used.ru_maxrss * 1024, used.ru_utime + used.ru_stime)
    _say(Kind.ENDED, ended.encoded())


def _look_at(picture: bytes) -> CleanedImage | Refusal:
    try:
        return clean(picture)
    except MemoryError:
        return Refusal.TOO_COSTLY


def _say(kind: Kind, body: bytes) -> None:
    rest = memoryview(frame(kind, body))
    while rest:
        rest = rest[os.write(_OUT, rest) :]


def _hear() -> bytes | None:
    header = _read(HEADER.size)
    if header is None:
        return None
    _, length = read_header(header, Kind.PICTURE)
    return _read(length)


def _read(count: int) -> bytes | None:
    """So many bytes, or nothing when there are no more."""
    taken = bytearray(count)
    rest = memoryview(taken)
    while rest:
        got = os.readv(_IN, [rest])
        if got == 0:
            return None
        rest = rest[got:]
    return bytes(taken)


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        sys.exit(main(sys.argv[1:]))
