"""`souk up` as a process, on free ports and a state directory of the test's own."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx
import psutil

from souk.embedded.occupancy import Occupant, find_occupant
from tests.support.waiting import eventually

START_SECONDS = 120
# What the machine of the tests may have set must not decide where a stack of theirs runs.
_NOT_HANDED_ON = ("DATABASE_URL", "REDIS_URL", "STATE_DIR", "HTTP_PORT", "HTTP_HOST", "PUBLIC_URL")
_NEVER_HANDED_ON = ("_RPC_", "STRIPE_")


class WholeStack:
    """Everything that `scripts/run` starts."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.said = state.with_name(f"{state.name}.said")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it serves."""
        ports = ("--port", "--chain-port", "--card-port")
        words = ["up", *(word for port in ports for word in (port, "0"))]
        words += ["--state-dir", str(self.state)]
        with self.said.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "souk.entrypoints.cli", *words],
                env=self.environment(),
                stdout=output,
                stderr=output,
            )
        eventually(self._has_announced, seconds=START_SECONDS, what="the stack to serve")

    def _has_announced(self) -> Occupant | None:
        ended = self._process is None or self._process.poll() is not None
        if ended:
            raise RuntimeError(f"souk up ended:\n{self.said.read_text()}")
        return find_occupant(self.state)

    def environment(self) -> dict[str, str]:
        """What a command needs to find this stack."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in _NOT_HANDED_ON and not any(part in name for part in _NEVER_HANDED_ON)
        }
        return {**kept, "STATE_DIR": str(self.state)}

    @property
    def occupant(self) -> Occupant:
        """Where it serves and with which settings."""
        found = find_occupant(self.state)
        assert found is not None
        return found

    @property
    def settings(self) -> Mapping[str, str]:
        """The environment of its processes."""
        return self.occupant.environment

    def get(self, path: str) -> httpx.Response:
        """Ask its API."""
        return httpx.get(f"{self.occupant.url}{path}", timeout=10)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a `souk` command beside it, as a user would in a second terminal."""
        return subprocess.run(
            [sys.executable, "-m", "souk.entrypoints.cli", *words],
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    def processes(self) -> list[psutil.Process]:
        """Every process below the supervisor."""
        return psutil.Process(self.occupant.pid).children(recursive=True)

    def part(self, words: str) -> psutil.Process:
        """What the guardian whose command line holds `words` has started. What it is called itself
        may change: the server of the API gives itself another title where it can."""
        guardian = next(
            process
            for process in self.processes()
            if words in (line := " ".join(process.cmdline())) and "guardian.py" in line
        )
        return guardian.children()[0]

    def interrupt(self, seconds: float = 6) -> int:
        """Ctrl-C; the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(seconds)

    def kill(self) -> None:
        """End the supervisor without a word; its guardians see to the rest."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
