"""ClamAV's daemon with a database of one signature, where there is one: on the path, or taken from
Debian's packages by the deep run."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from souk.embedded import parts
from souk.embedded.anvil import free_port
from souk.embedded.parts import Part
from tests.support import debian

PACKAGES = ("clamav-daemon", "libclamav12", "libjson-c5", "libmspack0", "libcurl4", "libncurses6")
# https://www.eicar.org/download-anti-malware-testfile/: harmless, and known to every scanner. It is
# in two pieces for scanners that look at this file.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
NAME = "Test.Eicar"
MAX_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Clamd:
    """Where it listens."""

    port: int
    path: Path


@contextmanager
def clamd(directory: Path, *, download: bool) -> Iterator[Clamd]:
    """A fresh one, which knows the EICAR file alone."""
    binary, unpacked = debian.program("clamd", *PACKAGES, download=download)
    directory.mkdir(mode=0o700)
    (directory / "eicar.ndb").write_text(f"{NAME}:0:*:{EICAR.hex()}\n")
    running_at = Clamd(free_port(), directory / "clamd.sock")
    settings = directory / "clamd.conf"
    settings.write_text(_settings(running_at, directory))
    part = Part(
        name="clamd",
        command=lambda: [str(binary), f"--config-file={settings}"],
        ready=lambda: _answers(running_at),
        directory=directory,
        environment={} if unpacked is None else {"LD_LIBRARY_PATH": _libraries(unpacked)},
    )
    running = parts.start(part, directory / "clamd.log")
    yield running_at
    running.kill()


def _libraries(unpacked: Path) -> str:
    (found,) = {path.parent for path in (unpacked / "usr" / "lib").rglob("libclamav.so.12")}
    return str(found)


def _settings(at: Clamd, directory: Path) -> str:
    return f"""\
Foreground yes
DatabaseDirectory {directory}
TCPSocket {at.port}
TCPAddr 127.0.0.1
LocalSocket {at.path}
StreamMaxLength {MAX_BYTES}
MaxFileSize {MAX_BYTES}
AlertExceedsMax yes
TemporaryDirectory {directory}
"""


def _answers(at: Clamd) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", at.port), timeout=2) as connection:
            connection.sendall(b"zPING\0")
            return connection.recv(16) == b"PONG\0"
    except OSError:
        return False
