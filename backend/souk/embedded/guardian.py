"""A tiny init that runs one part and leaves nothing of it behind.

It is started as a script of its own, with the standard library alone, so that it is up in a few
milliseconds. It owns a session, adopts every orphan below it (subreaper), and holds one end of
a pipe whose other end only its starter holds: when the starter is gone, even by SIGKILL, the
pipe reads empty and everything below is killed. If the guardian itself is killed, the kernel
kills the part (PR_SET_PDEATHSIG).

    python guardian.py <starter's pid> <stop signal> <uid or -> <gid or -> -- command...

Standard input is the pipe. SIGTERM forwards the stop signal to the part; the guardian then ends
when the part has ended, with the part's own exit code (128 + n for a signal).
"""

import contextlib
import ctypes
import os
import select
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_EXEC_FAILED = 127


def prctl(option: int, value: int) -> None:
    """Linux's process control; nothing elsewhere, where the pipe alone has to do."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def become_subreaper() -> None:
    """Orphaned grandchildren become our children instead of init's."""
    prctl(_PR_SET_CHILD_SUBREAPER, 1)


def parents() -> dict[int, tuple[int, int]]:
    """Parent and session of every process of this machine, by pid; empty without /proc."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError, ValueError):
            # The command's name stands in parentheses and may hold anything, spaces too.
            fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
            found[int(entry.name)] = (int(fields[1]), int(fields[3]))
    return found


def descendants(root: int) -> set[int]:
    """Every process below `root`."""
    table = parents()
    below: set[int] = set()
    grown = True
    while grown:
        more = {pid for pid, (parent, _) in table.items() if parent == root or parent in below}
        grown = not more <= below
        below |= more
    return below


def session_members(session: int) -> set[int]:
    """Every process whose session is `session`."""
    return {pid for pid, (_, owner) in parents().items() if owner == session}


def kill(pids: Iterable[int]) -> None:
    """SIGKILL each; one that is gone already is fine."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _spawn(command: list[str], starter: int, user: str, group: str) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        if user != "-":
            os.setgroups([])
            os.setgid(int(group))
            os.setuid(int(user))
        # After the change of user, which would clear it.
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        if os.getppid() != starter:
            os._exit(_EXEC_FAILED)
        os.execvp(command[0], command)  # noqa: S606 - no shell is what we want
    except OSError as error:
        os.write(2, f"cannot run {command[0]}: {error}\n".encode())
    os._exit(_EXEC_FAILED)


def _reap(child: int) -> int | None:
    """Collect everything that ended; the exit code of `child` when it is among it."""
    code = None
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid == child:
                raw = os.waitstatus_to_exitcode(status)
                code = raw if raw >= 0 else 128 - raw
    return code


def _clear() -> None:
    """Kill and collect until nothing is left below us."""
    with contextlib.suppress(ChildProcessError):
        while True:
            kill(descendants(os.getpid()))
            os.waitpid(-1, 0)


def main(arguments: list[str]) -> int:
    """Run one part to its end; see the module's docstring for the arguments."""
    starter, stop_signal, user, group = arguments[:4]
    command = arguments[5:]
    os.setsid()
    become_subreaper()
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_read, False)
    os.set_blocking(wake_write, False)
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: asked.append(int(stop_signal)))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    if os.getppid() != int(starter):
        return _EXEC_FAILED
    child = _spawn(command, os.getpid(), user, group)
    try:
        return _watch(child, wake_read, asked)
    finally:
        _clear()


def _watch(child: int, wake_read: int, asked: list[int]) -> int:
    while True:
        # A signal may land between the check and the wait; the wake-up pipe remembers it.
        ready, _, _ = select.select([0, wake_read], [], [], 5)
        if wake_read in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(wake_read, 512)
        code = _reap(child)
        if code is not None:
            return code
        if 0 in ready and os.read(0, 1) == b"":
            return 128 + signal.SIGKILL
        while asked:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, asked.pop())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
