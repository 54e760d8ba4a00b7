"""Who runs a part: PostgreSQL refuses to run as root, so it is given an unprivileged account."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine."""

    name: str
    uid: int
    gid: int

    def may_enter(self, directory: Path) -> bool:
        """Whether this account can reach `directory`: every directory on the way, and itself,
        lets it pass. Of the account's groups only the first counts, as nothing else is kept."""
        resolved = directory.resolve()
        return all(self._may_pass(step) for step in (resolved, *resolved.parents))

    def _may_pass(self, directory: Path) -> bool:
        try:
            status = directory.stat()
        except OSError:
            return False
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)


def unprivileged_account() -> Account | None:
    """The account a root user hands a part to; `None` when we are not root, where the part runs
    as whoever started it."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    return Account("65534", 65534, 65534)
