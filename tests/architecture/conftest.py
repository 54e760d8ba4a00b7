"""What the robots share."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="package", autouse=True)
def _uncollected() -> Iterator[None]:
    """The parsed files stay to the end; looking for garbage among them again and again would
    take a third of the time."""
    gc.disable()
    yield
    gc.freeze()
    gc.enable()
