"""The mocks that tests carry in compiled form are what their sources compile to."""

from pathlib import Path

import pytest

from tests.support import mocks


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build from nothing."""
    folder = tmp_path_factory.mktemp("mocks")
    mocks.build(folder)
    return folder


@pytest.mark.parametrize("name", mocks.NAMES)
def test_mock_is_the_same_when_built_afresh(fresh: Path, name: str) -> None:
    assert mocks.bytecode(name) == mocks.bytecode(name, fresh), "run python -m tests.support.mocks"
