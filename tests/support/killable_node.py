"""A node that keeps its state in a file, and can be killed and set back to a copy of it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from souk.embedded import anvil, parts
from souk.embedded.anvil import head_time
from tests.support.stack import CONTRACTS, Chain
from tests.support.waiting import eventually


class KillableNode:
    """A node that keeps its state in a file, and can be set back to a copy of it."""

    def __init__(self, directory: Path) -> None:
        self._log = directory / "anvil.log"
        self._state = directory / "chain" / "state.json"
        self._saved = directory / "saved.json"
        self._anvil = anvil.Anvil(
            anvil.program(CONTRACTS), anvil.free_port(), directory / "chain", ticking=False
        )
        self.chain = self._started()

    def save(self) -> None:
        """Remember the state as soon as it is on disk."""
        newest = int(self.chain.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
        eventually(lambda: head_time(self._state) == newest)
        shutil.copyfile(self._state, self._saved)

    def kill_and_restart_from_saved(self) -> None:
        """What a kill in the wrong moment does."""
        self.chain.running.kill()
        shutil.copyfile(self._saved, self._state)
        self.chain = self._started()

    def _started(self) -> Chain:
        return Chain(self._anvil, parts.start(self._anvil.part(), self._log))


@contextmanager
def killable_node(directory: Path) -> Iterator[KillableNode]:
    """A fresh one, which is killed at the end."""
    node = KillableNode(directory)
    try:
        yield node
    finally:
        node.chain.running.kill()
