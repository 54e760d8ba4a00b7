"""Rule 10: every module imports with an empty environment, and importing does nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

from .robots import fresh


def imported(package: str, *search: Path) -> str:
    """What a fresh process with an empty environment says about importing this package."""
    found = ":".join(str(path) for path in search)
    done = subprocess.run(
        [sys.executable, "-B", fresh.__file__, package],
        env={"PYTHONPATH": found} if found else {},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return (done.stdout + done.stderr).strip()


def test_imports_every_module_when_the_environment_is_empty() -> None:
    assert imported("souk") == ""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("import os; os.environ['DATABASE_URL']", "KeyError"),
        ("import threading; threading.Thread(target=print).start()", "starts thread"),
        ("import socket; socket.socket().bind(('127.0.0.1', 0))", "socket.bind"),
        ("import subprocess; subprocess.run(['true'])", "subprocess.Popen"),
        ("open('/dev/null', 'w')", "writes /dev/null"),
        ("raise ValueError('at once')", "ValueError: at once"),
    ],
)
def test_flags_a_module_when_importing_it_acts(tmp_path: Path, line: str, expected: str) -> None:
    package = tmp_path / "stall"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "deed.py").write_text(f"{line}\n")

    assert expected in imported("stall", tmp_path)


def test_passes_a_package_when_it_only_defines_names(tmp_path: Path) -> None:
    (tmp_path / "stall.py").write_text("")
    package = tmp_path / "quiet"
    package.mkdir()
    (package / "__init__.py").write_text("import json\nX = open(__file__).close()\n")

    assert imported("quiet", tmp_path) == ""
