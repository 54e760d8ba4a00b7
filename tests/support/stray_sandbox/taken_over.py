"""The real sandbox, with a decoder that `TAKEN_OVER` in a picture takes over. It gives the right
answer itself, ends, lives on, and would answer the next picture as well."""

import contextlib
import os
import sys

from souk.adapters.images import sandbox
from souk.adapters.images.pipeline import clean
from souk.adapters.images.wire import HEADER, Ended, Kind, frame, read_header, write_answer
from souk.modules.media.domain import CleanedImage, Refusal
from tests.support.stray_sandbox import OUT, TAKEN_OVER


def look_at(picture: bytes) -> CleanedImage | Refusal:
    """Like the real one, unless it is taken over."""
    outcome = clean(picture)
    if TAKEN_OVER in picture:
        forged = frame(Kind.ANSWER, write_answer(outcome))
        forged += frame(Kind.ENDED, Ended(0, 0, 0).encoded())
        with contextlib.suppress(OSError):
            os.write(OUT, forged)
            _, length = read_header(os.read(0, HEADER.size), Kind.PICTURE)
            os.read(0, length)
            os.write(OUT, forged)
    return outcome


if __name__ == "__main__":
    sys.exit(sandbox.main(sys.argv[1:], look_at))
