"""A part of the stack, and the handle of one that runs."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from souk.embedded import guardian
from souk.embedded.accounts import Account

_LOG_LIMIT_BYTES = 20 * 1024 * 1024
_TAIL_BYTES = 16 * 1024


class PartFailed(RuntimeError):
    """A part did not start, or ended by itself; the message names it and shows its log's tail."""


def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Part:
    """What to run and how to tell that it serves.

    `command` is asked anew at each start, because it may depend on what the last run left;
    `prepare` runs before it, `ready` is polled after it, and `settle` runs once when ready.
    `housekeeping` is called every few seconds while it runs. Parts with a lower `stage` are
    stopped first.
    """

    name: str
    command: Callable[[], Sequence[str]]
    ready: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict)
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stage: int = 0
    ready_seconds: float = 60
    directory: Path | None = None
    prepare: Callable[[], None] = _nothing
    settle: Callable[[], None] = _nothing
    housekeeping: Callable[[], None] = _nothing


class Running:
    """A started part, behind its guardian."""

    def __init__(self, part: Part, process: subprocess.Popen[bytes], log: Path) -> None:
        self.part = part
        self.log = log
        self.started_at = time.monotonic()
        self._process = process

    @property
    def guardian_pid(self) -> int:
        """The pid of the guardian; the part is its child and shares its session."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """`None` while it runs. Once it has ended, whatever is left of its session is killed."""
        code = self._process.poll()
        if code is not None:
            guardian.kill(guardian.session_members(self._process.pid))
        return code

    def ask_to_stop(self) -> None:
        """Pass the part its stop signal; does not wait."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float) -> bool:
        """Whether it has ended within `seconds`."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return self.exit_code() is not None

    def kill(self) -> None:
        """End it and everything below it at once."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        if not self.wait(2):
            self._process.kill()
            self.wait(2)

    def stop(self, seconds: float = 5) -> bool:
        """Ask, wait, and kill what has not ended by then; whether asking was enough."""
        self.ask_to_stop()
        polite = self.wait(seconds)
        self.kill()
        return polite

    def tail(self, lines: int = 20) -> str:
        """The end of its log."""
        return tail(self.log, lines)


def tail(log: Path, lines: int = 20) -> str:
    """The last `lines` of a log file, or nothing when there is none."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])


def launch(part: Part, log: Path) -> Running:
    """Start `part` behind a guardian, its output appended to `log`; does not wait until ready."""
    part.prepare()
    if log.exists() and log.stat().st_size > _LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".log.1"))
    user = part.account
    who = (str(user.uid), str(user.gid)) if user else ("-", "-")
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-I", "-S", guardian.__file__),
                *(str(os.getpid()), str(int(part.stop_signal)), *who, "--"),
                *part.command(),
            ],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(part.environment),
            cwd=part.directory,
        )
    return Running(part, process, log)


def await_ready(running: Running) -> None:
    """Wait until the part serves. Raises `PartFailed` when it ends first or takes too long; it
    is then stopped."""
    part = running.part
    deadline = time.monotonic() + part.ready_seconds
    while not part.ready():
        code = running.exit_code()
        if code is not None:
            raise PartFailed(f"{part.name} {describe_exit(code)}\n{running.tail()}")
        if time.monotonic() > deadline:
            running.kill()
            raise PartFailed(
                f"{part.name} was not ready after {part.ready_seconds:g} s\n{running.tail()}"
            )
        time.sleep(0.02)
    part.settle()


def start(part: Part, log: Path) -> Running:
    """Start `part` and wait until it serves. Raises `PartFailed`."""
    running = launch(part, log)
    try:
        await_ready(running)
    except BaseException:
        running.kill()
        raise
    return running


def describe_exit(code: int) -> str:
    """How a part ended, in words."""
    if code > 128:
        with contextlib.suppress(ValueError):
            return f"was ended by {signal.Signals(code - 128).name}"
    return f"ended with exit code {code}"
