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

from souk.embedded import accounts, parts, postgres
from souk.embedded.accounts import Account
from souk.embedded.directories import make_private
from tests.support.small_stack import a_cluster

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
def directory(stack_directory: Path) -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="e-", dir=stack_directory))
    if os.geteuid() == 0:
        made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def account() -> Account | None:
    return accounts.unprivileged_account()


@pytest.fixture(scope="session")
def made(stack_directory: Path, account: Account | None) -> postgres.Cluster:
    """A cluster that was made, served and stopped: a copy of it is there sooner than a new one."""
    directory = stack_directory / "made"
    directory.mkdir(mode=0o711)
    cluster = a_cluster(directory, account)
    assert parts.start(cluster.part(), stack_directory / "made.log").stop()
    return cluster


def copy_of(made: postgres.Cluster, directory: Path) -> postgres.Cluster:
    """The same cluster elsewhere."""
    cluster = a_cluster(directory, made.account)
    make_private(cluster.home, owner=made.account)
    subprocess.run(["cp", "-a", made.data, cluster.data], check=True)
    return cluster


@pytest.fixture
def start_stack(directory: Path, made: postgres.Cluster) -> Iterator[Start]:
    started: list[SmallStack] = []

    def start(*names: str) -> SmallStack:
        if "postgres" in names:
            copy_of(made, directory)
        started.append(SmallStack(directory, names))
        return started[-1]

    yield start
    for stack in started:
        stack.kill()
