"""Imports everything in a fresh process with an empty environment, and tells what it did.

Run as a program it prints one line for every module that fails and every act at import time that
is more than defining names: sockets, threads, child processes, files written.
"""

import importlib
import importlib.util
import os
import pkgutil
import sys
import threading
import traceback
from collections.abc import Callable

_ACTS = {
    "socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.fork",
    "os.forkpty", "os.posix_spawn", "os.system", "os.putenv",
    "os.mkdir", "signal.signal", "atexit.register",
}  # fmt: skip
_WRITING = set("wax+")


def _culprit(root: str) -> str | None:
    """The line of our package that acts, `None` when it is a library that does so by itself."""
    for frame in reversed(traceback.extract_stack()):
        if f"{os.sep}site-packages{os.sep}" in frame.filename:
            return None
        if frame.filename.startswith(root):
            return f"{frame.filename}:{frame.lineno}"
    return None


def watch(package: str) -> list[str]:
    """Import every module under `package`; returns what went wrong."""
    seen: list[str] = []
    root = _root(package)

    def act(what: str) -> None:
        line = _culprit(root)
        if line is not None:
            seen.append(f"{line} {what}")

    def notice(event: str, arguments: tuple[object, ...]) -> None:
        if event in _ACTS:
            act(f"{event}{arguments!r:.80}")
        elif event == "open" and _writes(arguments):
            act(f"writes {arguments[0]}")

    sys.addaudithook(notice)
    _tell_of_threads(act)
    for name in _names(package):
        try:
            importlib.import_module(name)
        except Exception as error:
            seen.append(f"{name} cannot be imported: {type(error).__name__}: {error}")
    return seen


def _root(package: str) -> str:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(package)
    return os.path.dirname(spec.origin)


def _tell_of_threads(act: Callable[[str], None]) -> None:
    """Python 3.11 has no audit event for threads; this process does nothing else with them."""
    start = threading.Thread.start

    def started(thread: threading.Thread) -> None:
        act(f"starts thread {thread.name}")
        start(thread)

    threading.Thread.start = started  # type: ignore[method-assign, assignment]  # a process of its own


def _writes(arguments: tuple[object, ...]) -> bool:
    return isinstance(arguments[1], str) and bool(_WRITING & set(arguments[1]))


def _names(package: str) -> list[str]:
    root = importlib.import_module(package)
    found = pkgutil.walk_packages(root.__path__, f"{package}.", onerror=lambda _name: None)
    return [package, *(item.name for item in found if not item.name.endswith(".__main__"))]


if __name__ == "__main__":
    print("\n".join(watch(sys.argv[1])))
