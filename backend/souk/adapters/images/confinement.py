"""What a process can give up, so that a picture which takes it over gains nothing.

Limits of the kernel are lowered for good: no account but root's could raise them again, and root
is left first. With no descriptor to be had nothing can be opened, neither a file nor a socket nor
a pipe, while those that are open go on. Namespaces come on top where the machine permits them: no
network, no other process to be seen or signalled.
"""

import contextlib
import ctypes
import os
import resource
import sys
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

_MIB = 1024 * 1024
_NOBODY = 65534
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_CLONE_NEWUTS, _CLONE_NEWIPC, _CLONE_NEWUSER = 0x04000000, 0x08000000, 0x10000000
_CLONE_NEWPID, _CLONE_NEWNET = 0x20000000, 0x40000000
_NAMESPACES = _CLONE_NEWUSER | _CLONE_NEWPID | _CLONE_NEWNET | _CLONE_NEWIPC | _CLONE_NEWUTS
_CAPABILITIES_VERSION = 0x20080522
_AF_UNIX, _AF_INET, _SOCK_STREAM = 1, 2, 1
_IN, _OUT, _ERRORS = 0, 1, 2
_PROBED_BYTES = 1024 * _MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """What one picture may use. `memory_bytes` come on top of what the process had before;
    `descriptors` and `processes` are none, or the sandbox refuses to serve."""

    memory_bytes: int = 165 * _MIB
    cpu_seconds: int = 2
    descriptors: int = 0
    processes: int = 0

    def words(self) -> list[str]:
        """As words of a command line."""
        return [str(value) for value in astuple(self)]


def leave_root() -> None:
    """Become nobody, if this is root and there is a nobody to become: in a container there may be
    root alone, which `seal` leaves nothing to raise a limit with."""
    if os.geteuid() == 0:
        with contextlib.suppress(OSError):
            os.setgroups([])
            os.setgid(_NOBODY)
            os.setuid(_NOBODY)


def isolate() -> bool:
    """Have what this process forks live where there is no network and nobody else; whether the
    machine permits it."""
    if sys.platform != "linux":
        return False
    return int(ctypes.CDLL(None).unshare(_NAMESPACES)) == 0


def die_with_parent(signal: int) -> None:
    """Have the kernel send a signal as soon as the parent has ended."""
    _prctl(_PR_SET_PDEATHSIG, signal)


def hang_up() -> None:
    """Give up standard input and output, over which others' pictures come and answers go."""
    for pipe in (_IN, _OUT):
        os.close(pipe)


def mapped_bytes() -> int | None:
    """How much memory this process has mapped; `None` where that cannot be told."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return None
    return int(statm.read_text().split()[0]) * resource.getpagesize()


def seal(limits: Limits) -> None:
    """Give up privileges, descriptors and files, for good."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _drop_capabilities()
    # Nobody else of this account, such as a picture's process, may read or change this one.
    _prctl(_PR_SET_DUMPABLE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, limits.descriptors)


def bound(limits: Limits, mapped: int | None) -> None:
    """Give up memory, time and further processes. `mapped` is what `mapped_bytes` said before."""
    if mapped is not None:
        _limit(resource.RLIMIT_AS, mapped + limits.memory_bytes)
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    _limit(resource.RLIMIT_NPROC, limits.processes)


def find_ways_out() -> Iterator[str]:
    """What a sealed and bounded process can still do and must not; nothing, if all is well."""
    for what, attempt in _ATTEMPTS.items():
        try:
            attempt()
        except (OSError, MemoryError):
            continue
        yield what


def _socket(family: int) -> None:
    """Ask the kernel itself, as code that took this process over would."""
    if ctypes.CDLL(None).socket(family, _SOCK_STREAM, 0) < 0:
        raise OSError("there is no socket to be had")


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


_ATTEMPTS: dict[str, Callable[[], object]] = {
    "an internet socket": lambda: _socket(_AF_INET),
    "a local socket": lambda: _socket(_AF_UNIX),
    "a file": lambda: os.open(os.devnull, os.O_RDONLY),
    "a pipe": os.pipe,
    "another descriptor": lambda: os.dup(_ERRORS),
    # Of no bytes, neither waits.
    "another's picture": lambda: os.read(_IN, 0),
    "another's answer": lambda: os.write(_OUT, b""),
    "a process": _fork,
    "memory": lambda: bytearray(_PROBED_BYTES),
}


def _limit(which: int, value: int) -> None:
    resource.setrlimit(which, (value, value))


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _drop_capabilities() -> None:
    if sys.platform == "linux":
        header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)
        ctypes.CDLL(None).capset(header, (ctypes.c_uint32 * 6)())
