"""The program that looks at pictures: `python -m souk.adapters.images.sandbox <limits>`.

It loads all that it will ever need, gives up what it will not, sees that this has worked, and
then reads pictures from standard input and answers on standard output. Each picture has a process
of its own, forked from what is loaded, which ends with it. It goes when standard input ends.

That process may have been taken over by its picture. It has neither pipe: its answer is what it
left on a paper of its own by the time it ended, and only then is anything said or heard again. What
others sent or were answered is in no memory that it gets: it lay in mappings, gone by then.
"""

import contextlib
import gc
import os
import signal
import sys
from collections.abc import Callable
from mmap import mmap

from souk.adapters.images import confinement
from souk.adapters.images.confinement import Limits
from souk.adapters.images.pipeline import clean, warm_up
from souk.adapters.images.wire import (
    HEADER,
    Ended,
    Garbled,
    Kind,
    frame,
    read_header,
    write_answer,
)
from souk.modules.media.domain import CleanedImage, Refusal

WAYS_OUT = 3
"""The exit code of a sandbox that would hold nothing."""
_DEFECT = 70
_IN, _OUT = 0, 1
_PAPER_BYTES = HEADER.size + Kind.ANSWER.most

Look = Callable[[bytes], CleanedImage | Refusal]


def main(words: list[str], look_at: Look = clean) -> int:
    """Serve until nobody asks any more."""
    limits = Limits(*map(int, words))
    warm_up()
    with _paper():
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
    _say(frame(Kind.READY, bytes((isolated,))))
    while (picture := _hear()) is not None:
        _serve(picture, look_at, limits, mapped)
    return 0


def _go_on_as_child() -> None:
    """Only children live in the new namespaces. The first is the one that nobody there can end,
    and all end with it; this process waits for it and hears nothing."""
    child = os.fork()
    if child == 0:
        confinement.die_with_parent(signal.SIGKILL)
        return
    confinement.hang_up()
    _, status = os.waitpid(child, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0x7F)


def _probe(limits: Limits, mapped: int | None) -> int:
    """The exit code of a process that tries to get out, once it is as confined as a picture's."""
    child = os.fork()
    if child == 0:
        confinement.hang_up()
        confinement.bound(limits, mapped)
        os._exit(1 if list(confinement.find_ways_out()) else 0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _serve(picture: mmap, look_at: Look, limits: Limits, mapped: int | None) -> None:
    paper = _paper()
    child = os.fork()
    if child == 0:
        try:
            confinement.die_with_parent(signal.SIGKILL)
            confinement.hang_up()
            confinement.bound(limits, mapped)
            paper.write(frame(Kind.ANSWER, write_answer(_look_at(picture, look_at))))
            os._exit(0)
        finally:
            os._exit(_DEFECT)
    _, status, used = os.wait4(child, 0)
    _pass_on(paper)
    code = os.waitstatus_to_exitcode(status)
    ended = Ended(code, used.ru_maxrss * 1024, used.ru_utime + used.ru_stime)
    _say(frame(Kind.ENDED, ended.encoded()))


def _look_at(picture: mmap, look_at: Look) -> CleanedImage | Refusal:
    content = picture[:]
    picture.close()
    try:
        return look_at(content)
    except MemoryError:
        return Refusal.TOO_COSTLY


def _paper() -> mmap:
    """Empty, and shared with whom this process forks. It takes no descriptor, and memory only as
    far as it is written on."""
    return mmap(-1, _PAPER_BYTES)


def _pass_on(paper: mmap) -> None:
    """Say what is on it if that begins as an answer. Nobody else may have it any more."""
    try:
        _, length = read_header(paper[: HEADER.size], Kind.ANSWER)
    except Garbled:
        return
    _say(memoryview(paper)[: HEADER.size + length])


def _say(whole: bytes | memoryview) -> None:
    rest = memoryview(whole)
    while rest:
        rest = rest[os.write(_OUT, rest) :]


def _hear() -> mmap | None:
    header = bytearray(HEADER.size)
    if not _fill(header):
        return None
    _, length = read_header(bytes(header), Kind.PICTURE)
    picture = mmap(-1, length)
    return picture if _fill(picture) else None


def _fill(room: bytearray | mmap) -> bool:
    """Whether as many bytes came as there is room for."""
    rest = memoryview(room)
    while rest:
        got = os.readv(_IN, [rest])
        if got == 0:
            return False
        rest = rest[got:]
    return True


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        sys.exit(main(sys.argv[1:]))
