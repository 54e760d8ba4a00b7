"""One sandbox for a worker's tests, as one would serve for a worker's jobs."""

from collections.abc import Iterator

import pytest

from souk.adapters.images.cleaner import WALL_SECONDS, SandboxedImageCleaner
from souk.adapters.images.confinement import Limits
from souk.adapters.images.process import Ran, Sandbox

MOST_CPU_SECONDS = 30.0


class Campaign:
    """All files of a run together: no more than this of a processor, whatever each may take."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.files = 0
        self.cpu_seconds = 0.0

    def run(self, content: bytes) -> Ran:
        """One of them, as the process tells of it that looked at it."""
        ran = self.sandbox.run(content)
        self.files += 1
        self.cpu_seconds += ran.ended.cpu_seconds
        assert self.cpu_seconds < MOST_CPU_SECONDS
        return ran


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """The sandbox itself, which tells what each picture took."""
    made = Sandbox(Limits(), WALL_SECONDS)
    yield made
    made.kill()


@pytest.fixture(scope="session")
def campaign(sandbox: Sandbox) -> Campaign:
    return Campaign(sandbox)


@pytest.fixture(scope="session")
def cleaner() -> Iterator[SandboxedImageCleaner]:
    made = SandboxedImageCleaner()
    yield made
    made.close()
