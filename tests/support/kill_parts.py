"""The processes of a running stack by the names of its parts: to kill, to freeze, to find again."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

from tests.support.waiting import eventually

_BACK_SECONDS = 60
# The supervisor gives up on a part that ends five times in a minute.
_KILLS_ALLOWED = 4
_KILL_WINDOW_SECONDS = 61


class KillParts:
    """The parts below one supervisor."""

    def __init__(self, supervisor_pid: int) -> None:
        self._supervisor = psutil.Process(supervisor_pid)
        self._killed_at: dict[str, list[float]] = defaultdict(list)

    def of(self, part: str) -> list[psutil.Process]:
        """The part's processes, the topmost first, without their guardian; none while it is
        down."""
        for guardian in self._supervisor.children():
            with suppress(psutil.NoSuchProcess):
                if part_guarded_by(guardian.cmdline()) == part:
                    return [p for p in guardian.children(recursive=True) if _lives(p)]
        return []

    def await_patience(self, part: str) -> None:
        """Wait until the supervisor would stand one more death of a part."""

        def patient() -> bool:
            since = time.monotonic() - _KILL_WINDOW_SECONDS
            return sum(at > since for at in self._killed_at[part]) < _KILLS_ALLOWED

        eventually(patient, seconds=2 * _KILL_WINDOW_SECONDS)

    def kill(self, part: str) -> frozenset[int]:
        """SIGKILL every process of a part that is up; their pids."""
        victims = eventually(lambda: self.of(part), seconds=_BACK_SECONDS, what=f"{part} is up")
        for process in victims:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._killed_at[part].append(time.monotonic())
        return frozenset(process.pid for process in victims)

    @staticmethod
    def await_end(killed: frozenset[int]) -> None:
        """Wait until none of those that were killed runs."""
        eventually(lambda: not any(_runs(pid) for pid in killed), what="the killed to end")

    @contextmanager
    def unattended(self) -> Iterator[None]:
        """Nothing is started again while the block runs."""
        self._supervisor.suspend()
        try:
            yield
        finally:
            self._supervisor.resume()

    def await_return(self, part: str, killed: frozenset[int]) -> float:
        """Wait until others run in the place of those that were killed; how long that took."""
        begun = time.monotonic()

        def returned() -> bool:
            now = {process.pid for process in self.of(part)}
            return bool(now) and not now & killed

        eventually(returned, seconds=_BACK_SECONDS, what=f"{part} is started again")
        return time.monotonic() - begun

    @contextmanager
    def frozen(self, part: str) -> Iterator[None]:
        """Hold a part still while the block runs, as a machine that is too busy would."""
        held = eventually(lambda: self.of(part), seconds=_BACK_SECONDS, what=f"{part} is up")
        for process in held:
            with suppress(psutil.NoSuchProcess):
                process.suspend()
        try:
            yield
        finally:
            for process in held:
                with suppress(psutil.NoSuchProcess):
                    process.resume()


def part_guarded_by(command_line: list[str]) -> str | None:
    """The part that a guardian's command line names."""
    if "--" not in command_line or not any(w.endswith("guardian.py") for w in command_line):
        return None
    words = command_line[command_line.index("--") + 1 :]
    if "souk.entrypoints.cli" in words:
        return "-".join(words[words.index("souk.entrypoints.cli") + 1 :])
    program = words[0].rpartition("/")[2]
    return {"redis-server": "redis"}.get(program, program)


def _runs(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return _lives(psutil.Process(pid))
    return False


def _lives(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False
