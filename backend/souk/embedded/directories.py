"""Directories of our own. The mode or owner of one that we did not make is never changed."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from souk.embedded.accounts import Account

# The kernel's limit for a unix socket's path is 108 bytes (104 on macOS), the last one a NUL;
# PostgreSQL appends `/.s.PGSQL.5432` to its directory.
_LONGEST_SOCKET_PATH = 99


class UnsafeDirectory(RuntimeError):
    """A directory we would have made exists already and belongs to someone else."""


def make_private(directory: Path, *, owner: Account | None = None, mode: int = 0o700) -> Path:
    """Make `directory` with `mode`, owned by `owner`; left as it is when it exists already.

    Raises `UnsafeDirectory` when what exists is not a directory of ours or of `owner`.
    """
    uid = owner.uid if owner else os.geteuid()
    try:
        directory.mkdir(mode=0o700)
    except FileExistsError:
        status = directory.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid not in {uid, os.geteuid()}:
            raise UnsafeDirectory(f"{directory} exists and is not ours") from None
        return directory
    if owner is not None:
        os.chown(directory, owner.uid, owner.gid)
    directory.chmod(mode)
    return directory


def make_state(directory: Path) -> Path:
    """The installation's own directory. Root lets others pass through it (0711, they cannot list
    it, and everything inside is closed), because PostgreSQL then runs as someone else."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    return make_private(directory, mode=0o711 if os.geteuid() == 0 else 0o700)


def outside(state: Path, *, base: Path = Path("/var/tmp")) -> Path:  # noqa: S108 - checked below
    """The directory that stands in for `state` where an account cannot reach that one. Its name
    is derived from the state's, so the same one is found again; its owner is checked."""
    name = hashlib.sha256(str(state.resolve()).encode()).hexdigest()[:12]
    return make_private(base / f"souk-{name}", mode=0o711)


def reachable_state(state: Path, account: Account | None) -> Path:
    """`state`, or the directory that stands in for it when `account` cannot reach it."""
    if account is None or account.may_enter(state):
        return state
    return outside(state)


def fits_socket(path: Path) -> bool:
    """Whether the kernel takes this path for a unix socket."""
    return len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH


def socket_directory(preferred: Path, file_name: str, *, owner: Account | None = None) -> Path:
    """`preferred` when a socket called `file_name` fits there, else a short one under /tmp that
    is derived from it."""
    if fits_socket(preferred / file_name):
        return make_private(preferred, owner=owner)
    name = hashlib.sha256(str(preferred).encode()).hexdigest()[:12]
    return make_private(Path(tempfile.gettempdir()) / f"souk-{name}", owner=owner)
