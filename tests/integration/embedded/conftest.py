"""A supervisor as a process of its own, and directories short enough for sockets."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[3]
Start = Callable[..., "SmallStack"]


class SmallStack:
    """A running supervisor and what it says."""

    def __init__(self, directory: Path, names: tuple[str, ...]) -> None:
        self.output = directory / "said"
        command = [sys.executable, "-m", "tests.support.small_stack", str(directory), *names]
        with self.output.open("wb") as output:
            self._process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output)

    @property
    def pid(self) -> int:
        return self._process.pid

    def said(self) -> str:
        return self.output.read_text()

    def processes(self) -> list[psutil.Process]:
        return psutil.Process(self.pid).children(recursive=True)

    def wait(self, seconds: float = 10) -> int:
        return self._process.wait(seconds)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def directory() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="souk-e-"))
    if os.geteuid() == 0:
        made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def start_stack(directory: Path) -> Iterator[Start]:
    started: list[SmallStack] = []

    def start(*names: str) -> SmallStack:
        started.append(SmallStack(directory, names))
        return started[-1]

    yield start
    for stack in started:
        stack.kill()
