"""A blow that takes the chain's files along: the node comes back with an empty chain."""

from pathlib import Path

from tests.support.kill_blow import KillBlow
from tests.support.kill_points import Victim
from tests.support.kill_world import KillWorld

_CONTRACTS = "SELECT DISTINCT contract FROM payment_attempt_leg"


class KillLoss(KillBlow):
    """Kills anvil and deletes what it has stored below `state`, before anybody can start it
    again. The story goes on once the contracts stand again, as a coin sent to an address without
    a contract is lost, on any chain."""

    def __init__(self, world: KillWorld, point: str, state: Path) -> None:
        super().__init__(world, point, Victim.ANVIL)
        self._home = state / "chain"

    def _strike(self) -> None:
        with self._world.parts.unattended():
            super()._strike()
            self._world.parts.await_end(self._killed)
            for stored in self._home.iterdir():
                stored.unlink()
        contract = self._world.value(_CONTRACTS)
        self._world.patiently(
            lambda: self._world.node.require_code(contract), "the contracts to stand again"
        )
