"""One whole stack, shared by the stories; whoever must kill it starts one of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import gone
from tests.support.whole_stack import WholeStack


@pytest.fixture(scope="session")
def whole_stack(stack_directory: Path) -> Iterator[WholeStack]:
    """Serves until the last test; the tests leave it well."""
    stack = WholeStack(stack_directory / "whole")
    stack.start()
    yield stack
    processes = stack.processes()
    assert stack.interrupt() == 0
    assert gone(processes)


@pytest.fixture
def fresh_stack(stack_directory: Path, request: pytest.FixtureRequest) -> Iterator[WholeStack]:
    """Not yet started, on an empty directory, for this test alone."""
    stack = WholeStack(stack_directory / f"fresh{abs(hash(request.node.nodeid)) % 10_000}")
    yield stack
    stack.kill()
