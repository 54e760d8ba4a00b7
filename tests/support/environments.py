"""Programs and packages that are no dependencies of this package.

The deep run gets each for itself alone. Without them a suite says that it was not run.
"""

import hashlib
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def python_of(name: str) -> Path:
    """The Python that has what `requirements-<name>.lock` lists, made once for each content of
    it."""
    lock = ROOT / f"requirements-{name}.lock"
    made_from = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    environment = ROOT / ".souk" / f"{name}-{made_from[:12]}"
    python = environment / "bin" / "python"
    if not (environment / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--no-deps", "--require-hashes", "-r", lock], check=True)
        (environment / "complete").touch()
    return python


def ipfshttpclient(*, install: bool) -> None:
    """Make the package importable, behind everything that is installed here, or skip the test."""
    if find_spec("ipfshttpclient"):
        return
    if not install:
        pytest.skip("NOT RUN: ipfshttpclient is an extra, which the deep run installs")
    (packages,) = python_of("ipfshttpclient").parents[1].glob("lib/python*/site-packages")
    sys.path.append(str(packages))
