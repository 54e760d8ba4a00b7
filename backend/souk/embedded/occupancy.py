"""Who runs on a state directory: one stack at a time, and others can find out where it is."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, repr=False)
class Occupant:
    """A running stack: its supervisor, its address, and the settings its processes were given."""

    pid: int
    url: str
    environment: Mapping[str, str]


class AlreadyUp(RuntimeError):
    """Another supervisor runs on this state directory."""

    def __init__(self, state: Path, occupant: Occupant | None) -> None:
        where = f" at {occupant.url} (process {occupant.pid})" if occupant else ""
        super().__init__(f"Souk is up already on {state}{where}")
        self.occupant = occupant


@contextmanager
def occupy(state: Path) -> Iterator[None]:
    """Hold `state` until the block ends; the kernel lets go of it should we die.

    Raises `AlreadyUp` when someone else holds it.
    """
    lock = os.open(_lock_file(state), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyUp(state, _read(state)) from None
        # A killed predecessor could not take its word back.
        _record(state).unlink(missing_ok=True)
        try:
            yield
        finally:
            _record(state).unlink(missing_ok=True)
    finally:
        os.close(lock)


def announce(state: Path, occupant: Occupant) -> None:
    """Leave word of the stack that holds `state`; readable by its owner alone."""
    fresh = _record(state).with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        json.dump(asdict(occupant), out)
    fresh.replace(_record(state))


def find_occupant(state: Path) -> Occupant | None:
    """The stack that runs on `state` now, if any."""
    try:
        lock = os.open(_lock_file(state), os.O_RDWR)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(state)
    finally:
        os.close(lock)
    return None


def _read(state: Path) -> Occupant | None:
    try:
        known = json.loads(_record(state).read_text())
    except (OSError, ValueError):
        return None
    return Occupant(known["pid"], known["url"], known["environment"])


def _lock_file(state: Path) -> Path:
    return state / "lock"


def _record(state: Path) -> Path:
    return state / "running.json"
