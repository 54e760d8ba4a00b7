"""A chain on which what is sent stands in a block at once, so that deploying waits for nothing."""

from collections.abc import Iterator

import pytest

from tests.support.stack import Chain


@pytest.fixture
def prompt_chain(still_chain: Chain) -> Iterator[Chain]:
    """A fresh one."""
    still_chain.call("evm_setAutomine", True)
    yield still_chain
    still_chain.call("evm_setAutomine", False)
