"""Programs and packages that are no dependencies of this package.

The deep run gets each for itself alone, for they clash or are of no use to anybody else.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

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


def make_importable(name: str) -> None:
    """The packages of that environment, behind everything that is installed here."""
    (packages,) = python_of(name).parents[1].glob("lib/python*/site-packages")
    if str(packages) not in sys.path:
        sys.path.append(str(packages))
