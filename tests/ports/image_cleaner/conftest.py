"""One sandbox for a worker's tests, as one would serve for a worker's jobs."""

from collections.abc import Iterator

import pytest

from souk.adapters.images.cleaner import WALL_SECONDS, SandboxedImageCleaner
from souk.adapters.images.confinement import Limits
from souk.adapters.images.process import Sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """The sandbox itself, which tells what each picture took."""
    made = Sandbox(Limits(), WALL_SECONDS)
    yield made
    made.kill()


@pytest.fixture(scope="session")
def cleaner() -> Iterator[SandboxedImageCleaner]:
    made = SandboxedImageCleaner()
    yield made
    made.close()
