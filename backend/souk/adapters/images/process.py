"""The sandbox as seen from outside: it is started, asked, measured and killed."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from souk.adapters.images.confinement import Limits
from souk.adapters.images.wire import (
    HEADER,
    Ended,
    Garbled,
    Kind,
    frame,
    read_ended,
    read_header,
)

_START_SECONDS = 30.0
_PACKAGES = ("souk", "PIL")
_PROGRAM = "souk.adapters.images.sandbox"
_BOOT = (
    "import runpy, sys; count = int(sys.argv[1]); sys.path[:0] = sys.argv[2:2 + count];"
    "sys.argv[1:2 + count] = []; runpy.run_module({!r}, run_name='__main__')"
)


class SandboxFailed(Exception):
    """The sandbox did not answer. It was killed, and the next picture gets a new one."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of one picture. There is no answer when its process ended before it gave one."""

    answer: bytes | None
    ended: Ended
    seconds: float


class Sandbox:
    """One sandbox, started when it is first needed. Of one thread at a time.

    It belongs to the process that started it: a fork gets one of its own."""

    def __init__(self, limits: Limits, wall_seconds: float, program: str = _PROGRAM) -> None:
        self._limits = limits
        self._wall_seconds = wall_seconds
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self.isolated = False

    @property
    def pid(self) -> int | None:
        """Of the process that was started, while there is one."""
        return None if self._process is None else self._process.pid

    def run(self, picture: bytes) -> Ran:
        """Have one picture looked at. Raises `SandboxFailed`, at the latest when the time for it
        is over."""
        self._ensure_started()
        began = time.monotonic()
        deadline = began + self._wall_seconds
        try:
            self._write(frame(Kind.PICTURE, picture), deadline)
            kind, body = self._read_frame(deadline, Kind.ANSWER, Kind.ENDED)
            answer = body if kind is Kind.ANSWER else None
            if answer is not None:
                _, body = self._read_frame(deadline, Kind.ENDED)
            return Ran(answer, read_ended(body), time.monotonic() - began)
        except (OSError, Garbled, EOFError, TimeoutError) as error:
            self.kill()
            raise SandboxFailed(str(error) or type(error).__name__) from error

    def kill(self) -> None:
        """End it and everything below it at once."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        if self._owner == os.getpid():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _ensure_started(self) -> None:
        process = self._process
        if process is not None and self._owner == os.getpid() and process.poll() is None:
            return
        self.kill()
        self._owner = os.getpid()
        self._process = self._launch()
        for pipe in self._pipes():
            os.set_blocking(pipe, False)
        try:
            _, body = self._read_frame(time.monotonic() + _START_SECONDS, Kind.READY)
        except (OSError, Garbled, EOFError, TimeoutError) as error:
            code = self._process.poll()
            self.kill()
            raise SandboxFailed(f"it did not start ({code=}): {error}") from error
        self.isolated = body == b"\x01"

    def _launch(self) -> subprocess.Popen[bytes]:
        packages = *_PACKAGES, self._program.split(".")[0]
        places = list(dict.fromkeys(map(_place, packages)))
        words = [str(len(places)), *places, *self._limits.words()]
        return subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", "-c", _BOOT.format(self._program), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            bufsize=0,
            start_new_session=True,
        )

    def _pipes(self) -> tuple[int, int]:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise EOFError("it does not run")
        return process.stdin.fileno(), process.stdout.fileno()

    def _read_frame(self, deadline: float, *expected: Kind) -> tuple[Kind, bytes]:
        header = self._read(HEADER.size, deadline)
        kind, length = read_header(header, *expected)
        return kind, self._read(length, deadline)

    def _write(self, content: bytes, deadline: float) -> None:
        pipe, rest = self._pipes()[0], memoryview(content)
        while rest:
            _await(pipe, select.POLLOUT, deadline)
            rest = rest[os.write(pipe, rest) :]

    def _read(self, count: int, deadline: float) -> bytes:
        pipe, taken = self._pipes()[1], bytearray()
        while len(taken) < count:
            _await(pipe, select.POLLIN, deadline)
            more = os.read(pipe, count - len(taken))
            if not more:
                raise EOFError("it has ended")
            taken += more
        return bytes(taken)


def _place(package: str) -> str:
    """The directory from which a package is loaded; it is not loaded here."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise SandboxFailed(f"{package} is not installed")
    return str(Path(spec.origin).parents[1])


def _await(descriptor: int, event: int, deadline: float) -> None:
    """Wait until a pipe can be used. Raises `TimeoutError`."""
    waiting = select.poll()
    waiting.register(descriptor, event)
    left = deadline - time.monotonic()
    if left <= 0 or not waiting.poll(1000 * left):
        raise TimeoutError("it takes too long")
