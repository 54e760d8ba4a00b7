"""Programs of Debian's packages, where the machine has none of its own. Nothing is installed."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.support.absent import not_run

ROOT = Path(__file__).resolve().parents[2]


def program(name: str, *packages: str, download: bool) -> tuple[Path, Path | None]:
    """The program, and where it was unpacked if it is not this machine's. With `download` it is got
    from Debian and unpacked below `.souk`; without it, or when that fails, a test does not run."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if found:
        return Path(found), None
    place = ROOT / ".souk" / packages[0]
    unpacked = place / "usr" / "sbin" / name
    if not unpacked.exists() and download and shutil.which("apt-get"):
        _unpack(place, packages)
    if not unpacked.exists():
        not_run(f"{name} is not installed (on Debian: apt install {packages[0]})")
    return unpacked, place


def _unpack(place: Path, packages: tuple[str, ...]) -> None:
    fetched = place / "packages"
    fetched.mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "--quiet", "update"], check=False, capture_output=True)
    done = subprocess.run(
        ["apt-get", "--quiet", "download", *packages], cwd=fetched, check=False, capture_output=True
    )
    if done.returncode == 0:
        for package in fetched.glob("*.deb"):
            subprocess.run(["dpkg-deb", "--extract", package, place], check=True)
