"""Runs the parts: starts them, reports and restarts the ones that crash, ends them in order."""

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from souk.embedded.parts import Part, PartFailed, Running, describe_exit, launch, tail

_POLL_SECONDS = 0.1
_HOUSEKEEPING_SECONDS = 2
_CRASHES_ALLOWED = 5
_CRASH_WINDOW_SECONDS = 60
_LONGEST_BACKOFF_SECONDS = 5
# Everything is gone within 6 s of being asked: each stage may be polite until its instant, the
# last one has the whole 5 s.
_POLITE_SECONDS = (3.0, 4.0, 5.0)

Report = Callable[[str], None]


class StopAsked(BaseException):
    """Someone pressed Ctrl-C or sent SIGTERM. Not an error, and caught nowhere but at the top."""


def _raise_stop(_number: int, _frame: FrameType | None) -> None:
    raise StopAsked


@dataclass(slots=True)
class _Slot:
    """One part's place: the process that fills it now, and how often it fell out of it."""

    part: Part
    running: Running | None = None
    ready: bool = False
    restart_at: float = 0
    crashed_at: list[float] = field(default_factory=list)


class Supervisor:
    """Owner of every process of one stack. Not for use from several threads."""

    def __init__(self, logs: Path, report: Report) -> None:
        self._logs = logs
        self._report = report
        self._slots: list[_Slot] = []
        self._housekept_at = 0.0

    def __enter__(self) -> "Supervisor":
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _raise_stop)
        # `nohup` means to outlive the terminal.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, _raise_stop)
        return self

    def __exit__(self, *_: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        self.stop()

    def log_of(self, name: str) -> Path:
        """Where a part's output goes."""
        return self._logs / f"{name}.log"

    def start(self, *parts: Part) -> None:
        """Start parts side by side and wait until all of them serve. Raises `PartFailed`."""
        self.launch(*parts)
        self.await_ready()

    def launch(self, *parts: Part) -> None:
        """Start parts side by side; does not wait."""
        for part in parts:
            slot = _Slot(part, launch(part, self.log_of(part.name)))
            self._slots.append(slot)

    def await_ready(self) -> None:
        """Wait until every part serves. Raises `PartFailed` when one ends instead."""
        while not all(slot.ready for slot in self._slots):
            for slot in self._slots:
                self._advance(slot)
                if slot.running is None:
                    raise PartFailed(f"{slot.part.name} did not start; see the report above")
            time.sleep(_POLL_SECONDS / 4)

    def run(self, commands: Mapping[str, Sequence[str]], environment: Mapping[str, str]) -> None:
        """Run commands side by side to their ends. Raises `PartFailed` with the log's tail of the
        first that fails."""
        tasks = [self._launch_task(name, words, environment) for name, words in commands.items()]
        try:
            while tasks:
                tasks = [task for task in tasks if not _has_succeeded(task)]
                time.sleep(_POLL_SECONDS / 4)
        finally:
            for task in tasks:
                task.kill()

    def _launch_task(
        self, name: str, command: Sequence[str], environment: Mapping[str, str]
    ) -> Running:
        log = self.log_of(name)
        log.unlink(missing_ok=True)
        return launch(Part(name, lambda: command, lambda: True, environment), log)

    def watch(self) -> str:
        """Keep the parts running. Returns only when one crashed too often, with the reason."""
        while True:
            for slot in self._slots:
                self._advance(slot)
                if len(slot.crashed_at) >= _CRASHES_ALLOWED:
                    return f"{slot.part.name} crashed {len(slot.crashed_at)} times in a minute"
            self._housekeep()
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """End everything, the parts that use others first; whoever is not done in time is
        killed."""
        begun = time.monotonic()
        for stage, polite in enumerate(_POLITE_SECONDS):
            group = [
                slot.running for slot in self._slots if slot.running and slot.part.stage == stage
            ]
            for running in group:
                running.ask_to_stop()
            for running in group:
                if not running.wait(max(0.05, begun + polite - time.monotonic())):
                    self._report(f"{running.part.name} did not stop when asked and was killed")
                running.kill()
        self._slots.clear()

    def _advance(self, slot: _Slot) -> None:
        """Notice what became of one part since the last look."""
        now = time.monotonic()
        if slot.running is None:
            if now >= slot.restart_at:
                self._restart(slot)
            return
        code = slot.running.exit_code()
        if code is not None:
            self._note_crash(slot, describe_exit(code))
        elif not slot.ready:
            self._await(slot, slot.running)

    def _await(self, slot: _Slot, running: Running) -> None:
        if slot.part.ready():
            try:
                slot.part.settle()
            except PartFailed as error:
                running.kill()
                self._note_crash(slot, f"could not be made ready: {error}")
                return
            slot.ready = True
            if slot.crashed_at:
                self._report(f"{slot.part.name} is back")
        elif time.monotonic() > running.started_at + slot.part.ready_seconds:
            running.kill()
            self._note_crash(slot, f"was not ready after {slot.part.ready_seconds:g} s")

    def _restart(self, slot: _Slot) -> None:
        try:
            slot.running = launch(slot.part, self.log_of(slot.part.name))
        except (PartFailed, OSError) as error:
            self._note_crash(slot, f"could not be started: {error}")

    def _note_crash(self, slot: _Slot, how: str) -> None:
        now = time.monotonic()
        recent = [at for at in slot.crashed_at if at > now - _CRASH_WINDOW_SECONDS]
        slot.crashed_at = [*recent, now]
        slot.running, slot.ready = None, False
        # The first restart follows at once, the next ones wait longer and longer.
        wait = 0.25 * 2 ** len(recent) if recent else 0
        slot.restart_at = now + min(wait, _LONGEST_BACKOFF_SECONDS)
        log = self.log_of(slot.part.name)
        self._report(f"{slot.part.name} {how}. The end of {log}:\n{tail(log, 12)}")

    def _housekeep(self) -> None:
        now = time.monotonic()
        if now < self._housekept_at + _HOUSEKEEPING_SECONDS:
            return
        self._housekept_at = now
        for slot in self._slots:
            if slot.ready:
                slot.part.housekeeping()


def _has_succeeded(task: Running) -> bool:
    code = task.exit_code()
    if code:
        raise PartFailed(f"souk {task.part.name} {describe_exit(code)}\n{task.tail()}")
    return code == 0
